"""Whether what happened by itself was agreed to: auto top-ups, and what people were told of them.

What somebody agreed to is what they themselves said in the drill, and it is over when they were told so: what the
database says of it is judged, and no evidence. The sentences are those of sms/messages/auto.py in English.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from drills.chaos.deeds import Deeds, balances_by_line
from drills.chaos.evidence import AutoTerms, Entry, Evidence, LineAtFirst, OrderKept, StandingKept

# Whose weeks count.
_ZONE = ZoneInfo("Africa/Nairobi")

_UNPAID_UNTIL_IT_STOPS = 3

_KES = r"KES (?P<{}>-?[\d,]+(?:\.\d\d)?)"
_AMOUNT, _BELOW, _CAP, _OWED, _BALANCE = (_KES.format(part) for part in ("amount", "below", "cap", "owed", "balance"))
_FOR_LINE = rf"{_AMOUNT} for (?P<line>\d+)"
_TERMS = rf"{_FOR_LINE} when below {_BELOW}, at most {_CAP} a week\."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A sentence that somebody read at a time, by its parts."""

    reader: str
    at: str
    parts: Mapping[str, str | None]

    def minor(self, part: str) -> int | None:
        """An amount of the sentence in minor units; None when it has none of this name."""
        written = self.parts.get(part)
        return None if written is None else int(Decimal(written.replace(",", "")) * 100)

    @property
    def line(self) -> str:
        """The line that the sentence is about, in E.164."""
        return f"+254{(self.parts['line'] or '').removeprefix('0')}"


class ByItself:
    """The evidence about auto top-ups."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._orders = [order for order in evidence.orders if order.channel == "auto"]
        self._standing = {one.id: one for one in evidence.standing}
        self._agreed = {agreement.terms: agreement.at for agreement in reversed(evidence.autos.agreements)}
        self._changes = balances_by_line(evidence)
        self._stops = list(_stops_that_were_told(evidence))

    # What was done.

    def not_agreed(self, deeds: Mapping[str, Deeds]) -> Iterator[tuple[str, str]]:
        """Every order that nobody wanted to be placed, and why it should not have been."""
        for order in self._orders:
            if (why := self._why_not(order)) is not None:
                yield order.id, why
        yield from self._beyond_the_most(deeds)

    def forgotten(self) -> Iterator[str]:
        """Every agreement that a screen confirmed, and that was not kept."""
        for agreement in self._evidence.autos.agreements:
            if agreement.seen and not self._is_kept(agreement.terms):
                yield f"{agreement} was confirmed, and is not kept"

    def _why_not(self, order: OrderKept) -> str | None:
        standing = self._standing.get(order.standing_id or "")
        if standing is None:
            return "was placed by no standing order"
        terms = standing.terms
        if (order.payer, order.line, order.amount_minor) != (terms.payer, terms.line, terms.amount_minor):
            return f"is not what {terms} says"
        if self._agreed.get(terms, order.placed_at) >= order.placed_at:
            return f"nobody had agreed to {terms}"
        for stop in self._stops:
            if stop.ends(standing) and stop.at < order.placed_at:
                return f"was placed at {order.placed_at}, after {stop}"
        held = self._balances(terms.line, until=order.placed_at)[-1]
        return f"was placed although the line had {held}" if held >= terms.below_minor else None

    def _beyond_the_most(self, deeds: Mapping[str, Deeds]) -> Iterator[tuple[str, str]]:
        """What was taken by itself, strays too, is no more than the most of its week."""
        by_id, taken = {order.id: order for order in self._orders}, Counter[tuple[str, object]]()
        for each in self._evidence.orders:
            order = by_id.get(each.came_to)
            standing = self._standing.get(order.standing_id or "") if order else None
            if order is None or standing is None:
                continue
            week = standing.id, datetime.fromisoformat(order.placed_at).astimezone(_ZONE).isocalendar()[:2]
            taken[week] += deeds[each.id].taken_minor
            if taken[week] > standing.terms.cap_minor:
                yield order.id, f"brings to {taken[week]} what was taken in a week by {standing.terms}"

    def _is_kept(self, terms: AutoTerms, *, until: str | None = None) -> bool:
        kept = [one for one in self._standing.values() if one.terms == terms]
        return any(until is None or one.agreed_at <= until for one in kept)

    def _balances(self, line: str, *, until: str) -> list[int]:
        first = self._evidence.lines.get(line, LineAtFirst(balance_minor=0)).balance_minor
        changes = self._changes.get(line, ())
        return [first, *(each["balance_after_minor"] for each in changes if each["at"] <= until)]

    # What was told.

    def why_false(self, message: Entry) -> str | None:
        """Why this SMS was not true when it went out; None when it was. It is one of SENTENCES."""
        sentence, found = next(
            (each, found) for each in SENTENCES if (found := each.pattern.fullmatch(message["text"]))
        )
        said = Reading(reader=message["msisdn"], at=message["at"], parts=found.groupdict())
        if sentence.is_true(self, said):
            return None
        standing = [one for one in self._standing.values() if one.terms.payer == said.reader]
        return f"{standing}, {[stop for stop in self._evidence.autos.stops if stop.payer == said.reader]}"

    def is_agreed(self, said: Reading) -> bool:
        """Whether the reader had agreed to these terms, and they were kept."""
        amounts = {f"{part}_minor": said.minor(part) or 0 for part in ("amount", "below", "cap")}
        terms = AutoTerms(payer=said.reader, line=said.line, **amounts)
        return terms in self._agreed and self._is_kept(terms, until=said.at)

    def was_refused(self, said: Reading) -> bool:
        """Whether something that the reader wanted to agree to was not kept."""
        wanted = [terms for terms in self._agreed if terms.payer == said.reader]
        return any(not self._is_kept(terms, until=said.at) for terms in wanted)

    def will_ask(self, said: Reading) -> bool:
        """Whether there was an order, and the line did hold what is given as the reason."""
        orders = self._orders_about(said)
        balances = self._balances(said.line, until=said.at)
        owed, balance = said.minor("owed"), said.minor("balance")
        if owed is not None:
            return bool(orders) and -owed in balances
        return bool(orders) and (balance in balances if balance is not None else min(balances) < 0)

    def was_not_paid(self, said: Reading) -> bool:
        """Whether so many orders came to nothing that it had to stop."""
        unpaid = [order for order in self._orders_about(said) if order.state == "UNPAID"]
        return len(unpaid) >= _UNPAID_UNTIL_IT_STOPS

    def none_runs(self, said: Reading) -> bool:
        """Whether nothing of the reader's ran from a stop that they asked for until now."""
        asked = [stop.sent_at for stop in self._evidence.autos.stops if stop.payer == said.reader]
        own = [one for one in self._standing.values() if one.terms.payer == said.reader]
        return any(not any(_ran(one, since, said.at) for one in own) for since in asked if since < said.at)

    def _orders_about(self, said: Reading) -> list[OrderKept]:
        about = said.reader, said.line, said.minor("amount")
        return [
            order
            for order in self._orders
            if (order.payer, order.line, order.amount_minor) == about and order.placed_at <= said.at
        ]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence about auto top-ups, and whether it can be true."""

    pattern: re.Pattern[str]
    is_true: Callable[[ByItself, Reading], bool]


def _never(_: ByItself, _said: Reading) -> bool:
    """People of a drill write what can be read, and none closes a line to others."""
    return False


_HAS_STOPPED = re.compile(r"Auto top-up has stopped\. You are not asked any more\. .*")

SENTENCES = (
    Sentence(re.compile(rf"Agreed: {_TERMS} Each time you enter your PIN\. .*"), ByItself.is_agreed),
    Sentence(re.compile(rf"{_TERMS} (?:To stop send STOPAUTO|And \d+ more)\."), ByItself.is_agreed),
    Sentence(re.compile(r".* Nothing was agreed\. Send AUTO .*"), ByItself.was_refused),
    Sentence(
        re.compile(
            rf"Auto top-up: {_FOR_LINE}, because it(?: owes {_OWED}|s balance is {_BALANCE}| is suspended)\. "
            r"Enter your PIN when asked, or send STOPAUTO\."
        ),
        ByItself.will_ask,
    ),
    Sentence(
        re.compile(rf"Auto top-up of {_FOR_LINE} was not paid three times and has stopped\. .*"), ByItself.was_not_paid
    ),
    Sentence(_HAS_STOPPED, ByItself.none_runs),
    Sentence(re.compile(r"You have no auto top-up\. .*"), ByItself.none_runs),
    Sentence(re.compile(r"Auto top-up of .* has stopped: its owner lets nobody else top it up\."), _never),
    Sentence(re.compile(r"Send AUTO .*"), _never),
)


def is_about_an_auto_top_up(text: str) -> bool:
    """Whether this is one of SENTENCES."""
    return any(known.pattern.fullmatch(text) for known in SENTENCES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A payer was told `at` a time that what they had agreed to `before` has stopped: for a line, or (None) for all."""

    payer: str
    line: str | None
    before: str
    at: str

    def ends(self, standing: StandingKept) -> bool:
        """Whether this standing order is one of those that have stopped."""
        terms = standing.terms
        return terms.payer == self.payer and self.line in (None, terms.line) and standing.agreed_at < self.before


def _stops_that_were_told(evidence: Evidence) -> Iterator[_Told]:
    """By a screen, or by SMS, which does not say what it answers: surely the payer's first STOPAUTO."""
    first: dict[str, str] = {}
    for stop in sorted(evidence.autos.stops, key=lambda stop: stop.sent_at):
        if stop.seen_at is not None:
            yield _Told(payer=stop.payer, line=stop.line, before=stop.sent_at, at=stop.seen_at)
        if stop.line is None:
            first.setdefault(stop.payer, stop.sent_at)
    for message in evidence.books["sms"]:
        sent_at = first.get(message["msisdn"])
        if sent_at is not None and _HAS_STOPPED.fullmatch(message["text"]):
            yield _Told(payer=message["msisdn"], line=None, before=sent_at, at=message["at"])


def _ran(standing: StandingKept, since: str, until: str) -> bool:
    """Whether it ran all the time between."""
    return standing.agreed_at < since and (standing.stopped_at is None or standing.stopped_at > until)
