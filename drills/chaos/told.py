"""Whether what people were told by SMS was true at the moment when the gateway took it.

The sentences are those of sms/messages/ in English, which is what everybody in a drill reads. One that is not known
here is an error: a new sentence must say what would make it false.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from drills.chaos.deeds import Deeds
from drills.chaos.evidence import Entry, Evidence, LineAtFirst, OrderKept

_KES = r"KES (-?[\d,]+(?:\.\d\d)?)"

# What was repaid of an advance: the judge reckons it by the ledger and the books.
_REPAID = r"KES [\d,]+(?:\.\d\d)?"


@dataclass(frozen=True, slots=True)
class Moment:
    """What was so when something was told: the deeds for one order until then, and the line's balance."""

    deeds: Deeds
    line: LineAtFirst
    balances: Sequence[int]

    @property
    def is_active(self) -> bool:
        """Whether the line works. Nobody spends in a drill, so a balance only rises."""
        return not self.line.closed and self.balances[-1] >= 0

    @property
    def was_received(self) -> bool:
        """Whether the payment came, stayed, and is on the line."""
        return bool(self.deeds.charges) and bool(self.deeds.credits) and not self.deeds.reversals


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence about an order. The pattern's first group is the order's amount, the second a balance."""

    pattern: re.Pattern[str]
    is_true: Callable[[Moment, int | None], bool]


def _back(now: Moment, balance_minor: int | None) -> bool:
    return now.was_received and now.is_active and _was_seen(now, balance_minor)


def _in_part(now: Moment, owed_minor: int | None) -> bool:
    return now.was_received and owed_minor is not None and _was_seen(now, -owed_minor)


def _added(now: Moment, balance_minor: int | None) -> bool:
    return now.was_received and _was_seen(now, balance_minor)


def _taken(now: Moment, _: int | None) -> bool:
    """Paid and kept, whether or not anything was left for the line after an advance was repaid."""
    return bool(now.deeds.charges) and not now.deeds.reversals


def _was_seen(now: Moment, balance_minor: int | None) -> bool:
    return balance_minor is None or balance_minor in now.balances


def _sentence(pattern: str, is_true: Callable[[Moment, int | None], bool]) -> Sentence:
    return Sentence(re.compile(pattern, re.DOTALL), is_true)


SENTENCES = (
    _sentence(rf"{_KES} received\. You still owe {_KES}, so your line stays suspended\..*", _in_part),
    _sentence(rf"{_KES} received\. (?:Your line is back\. )?Balance {_KES}\.", _back),
    _sentence(rf"{_KES} received\. (?:Your line is back|Thank you)\.", _back),
    _sentence(rf"{_KES} was added to your line\..*", lambda now, _: now.was_received),
    _sentence(rf"{_KES} not paid\. .* Nothing was taken\..*", lambda now, _: now.deeds.taken_minor == 0),
    _sentence(
        rf"We have checked your top-up of {_KES}: (?:nothing was taken|it was not paid)\..*",
        lambda now, _: now.deeds.taken_minor == 0,
    ),
    _sentence(
        rf"Sorry, we could not top up your line\. {_KES} went back to [\w -]+ of .*",
        lambda now, _: bool(now.deeds.reversals) and now.deeds.taken_minor == 0,
    ),
    _sentence(rf"\d+ topped up your line with {_KES}\.(?: Balance {_KES}\.)?", _added),
    _sentence(rf"{_KES} was added to \d+\. Thank you\.", lambda now, _: now.was_received),
    _sentence(rf"{_KES} from you was added to the line of \d+\. Thank you\.", lambda now, _: now.was_received),
    _sentence(
        rf"Sorry, \d+ could not be topped up\. {_KES} went back to you\.",
        lambda now, _: bool(now.deeds.reversals) and now.deeds.taken_minor == 0,
    ),
    _sentence(rf"{_KES} for \d+ was not paid\. Nothing was taken\.", lambda now, _: now.deeds.taken_minor == 0),
    _sentence(rf"\d+ asks you to top up {_KES} for them\. .*", lambda now, _: True),
    _sentence(rf"We have asked \d+ to pay {_KES} for you\..*", lambda now, _: True),
    _sentence(rf"Thank you\. {_KES}: in a moment you are asked for your PIN\.", lambda now, _: True),
    _sentence(rf"Your advance of {_KES} was added\. .*", lambda now, _: bool(now.deeds.credits)),
    _sentence(rf"Sorry, your advance of {_KES} could not be added\. .*", lambda now, _: not now.deeds.credits),
    _sentence(rf"We are checking your advance of {_KES}\..*", lambda now, _: True),
    _sentence(rf"{_KES} is on its way to your line\. Your next top-ups repay .*", lambda now, _: True),
    _sentence(
        rf"{_KES} received, {_REPAID} of it repaid your advance\. Your line still owes {_KES} and stays .*", _in_part
    ),
    _sentence(
        rf"{_KES} received, {_REPAID} of it repaid your advance\. (?:Your line is back\. )?Balance {_KES}\.", _back
    ),
    _sentence(rf"{_KES} received, {_REPAID} of it repaid your advance\. Dial .*", lambda now, _: now.was_received),
    _sentence(rf"{_KES} received and all of it repaid your advance\. .*", _taken),
    _sentence(
        rf"\d+ topped up your line with {_KES}, {_REPAID} of it repaid your advance\.(?: Balance {_KES}\.)?",
        lambda now, balance_minor: _taken(now, None) and _was_seen(now, balance_minor),
    ),
    _sentence(rf"{_KES} was received for \d+\. Thank you\.", _taken),
    _sentence(rf"We are checking your top-up of {_KES}\..*", lambda now, _: True),
    _sentence(rf"Auto top-up: {_KES} for .* Enter your PIN when asked, or send STOPAUTO\.", lambda now, _: True),
    _sentence(rf"{_KES}: in a moment [\w -]+ asks .* for the PIN\.", lambda now, _: True),
)

# What is said of no order.
_OTHERS = (
    re.compile(rf"You have just ordered {_KES}[,.] .*", re.DOTALL),
    re.compile(rf"You have just asked for {_KES}\..*"),
    re.compile(r"[\w -]+ does not answer now\. Nothing was ordered\. .*"),
    re.compile(r"All right\. You pay nothing, and we tell \d+\."),
    re.compile(r"There is nothing for you to answer just now\..*"),
    re.compile(r"You were asked more than once\..*"),
    re.compile(r"Send ADVANCE and the amount: .*"),
    re.compile(r"You get KES .* now, and your next top-ups repay .*"),
    re.compile(r"You owe (?:KES .* for your advance|nothing for advances)\..*"),
    re.compile(r"Advance: you get credit now .*"),
    re.compile(r".* To top up send TOPUP 100, or dial .*", re.DOTALL),
    re.compile(r".* Nothing was taken\. Send TOPUP 100, or dial .*", re.DOTALL),
    re.compile(rf"Your call ended\. Reply 1 to go on with {_KES} for .*"),
    re.compile(r"Auto top-up of .* has stopped.*"),
    re.compile(r"\d+ cannot be topped up\. Nothing was taken\. Help: call \d+\."),
    re.compile(r"Your line is barred by the operator\..*"),
    re.compile(r"The operator does not know this number\..*"),
)


def false_messages(evidence: Evidence, deeds: Mapping[str, Deeds]) -> Iterator[tuple[str, str]]:
    """Every SMS in the books that was true of no order of its reader: an order id (or `-`) and what was told."""
    orders: defaultdict[str, list[OrderKept]] = defaultdict(list)
    for order in evidence.orders:
        for who in {order.asked_by, order.line, order.payer}:
            orders[who].append(order)
    credited = _credits_by_line(evidence)
    for message in evidence.books["sms"]:
        who = message["msisdn"]
        line = evidence.lines.get(who, LineAtFirst(balance_minor=0))
        if (why := _why_false(message, orders[who], deeds, line, credited[who])) is not None:
            about = orders[who][-1].id if orders[who] else "-"
            yield about, f"{who} was told {message['text']!r} at {message['at']}: {why}"


def _why_false(
    message: Entry,
    orders: Sequence[OrderKept],
    deeds: Mapping[str, Deeds],
    line: LineAtFirst,
    credited: Sequence[Entry],
) -> str | None:
    found = _read(message["text"])
    if found is None:
        return None if any(other.fullmatch(message["text"]) for other in _OTHERS) else "no such sentence is known"
    sentence, amount_minor, balance_minor = found
    at = message["at"]
    balances = [line.balance_minor, *(entry["balance_after_minor"] for entry in credited if entry["at"] <= at)]
    about = [deeds[order.id].until(at) for order in orders if order.amount_minor == amount_minor]
    if any(sentence.is_true(Moment(done, line, balances), balance_minor) for done in about):
        return None
    return f"{[str(done) for done in about]}, balances {balances}{', closed' if line.closed else ''}"


def _read(text: str) -> tuple[Sentence, int, int | None] | None:
    for sentence in SENTENCES:
        if found := sentence.pattern.fullmatch(text):
            amounts = [_minor(amount) for amount in found.groups() if amount is not None]
            return sentence, amounts[0], amounts[1] if len(amounts) > 1 else None
    return None


def _minor(written: str) -> int:
    return int(Decimal(written.replace(",", "")) * 100)


def _credits_by_line(evidence: Evidence) -> Mapping[str, list[Entry]]:
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in sorted((*evidence.books["refills"], *evidence.books["airtime"]), key=lambda entry: str(entry["at"])):
        found[entry["msisdn"]].append(entry)
    return found
