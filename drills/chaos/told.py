"""Whether what people were told by SMS was true at the moment when the gateway took it.

The sentences are those of sms/messages/ in English, which is what everybody in a drill reads. One that is not known
here is an error: a new sentence must say what would make it false.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from drills.chaos import told_of_vouchers
from drills.chaos.by_itself import ByItself, is_about_an_auto_top_up
from drills.chaos.deeds import Deeds, balances_by_line, fee_of, total
from drills.chaos.evidence import Evidence, LineAtFirst, OrderKept

_KES = r"KES (-?[\d,]+(?:\.\d\d)?)"

# What was repaid of an advance: the ledger says it too.
_REPAID = r"KES (?P<repaid>[\d,]+(?:\.\d\d)?)"

# What is owed for an advance, with its fee.
_OWED = r"KES (?P<owed>[\d,]+)"


@dataclass(frozen=True, slots=True)
class Moment:
    """What was so when something was told: the deeds for one order until then, and the balances of its reader's line.

    `repaid_minor` is what the order repaid of an advance, by the ledger.
    """

    deeds: Deeds
    line: LineAtFirst
    balances: Sequence[int]
    repaid_minor: int = 0

    @property
    def is_active(self) -> bool:
        """Whether the line works. What is spent in a drill leaves no line with a debt."""
        return not self.line.closed and self.balances[-1] >= 0

    @property
    def was_received(self) -> bool:
        """Whether the payment came, stayed, and is on the line."""
        return bool(self.deeds.charges) and bool(self.deeds.credits) and not self.deeds.reversals

    @property
    def was_given_whole(self) -> bool:
        """Whether all of it is on the line, and nothing of it repaid an advance."""
        return self.was_received and not self.repaid_minor


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence about an order. The pattern's first group is the order's amount, the second a balance.

    A group `repaid` is what of the amount repaid an advance, `owed` what is owed for one. `lends` says that it is about
    an advance, and not about what somebody pays for.
    """

    pattern: re.Pattern[str]
    is_true: Callable[[Moment, int | None], bool]
    lends: bool = False


def _back(now: Moment, balance_minor: int | None) -> bool:
    return now.was_received and now.is_active and _was_seen(now, balance_minor)


def _in_part(now: Moment, owed_minor: int | None) -> bool:
    return now.was_received and owed_minor is not None and _was_seen(now, -owed_minor)


def _added(now: Moment, balance_minor: int | None) -> bool:
    return now.was_given_whole and _was_seen(now, balance_minor)


def _taken(now: Moment, _: int | None) -> bool:
    """Paid and kept, whether or not anything was left for the line after an advance was repaid."""
    return bool(now.deeds.charges) and not now.deeds.reversals


def _all_repaid(now: Moment, _: int | None) -> bool:
    return _taken(now, None) and now.repaid_minor == total(now.deeds.charges)


def _lent(now: Moment, balance_minor: int | None) -> bool:
    return bool(now.deeds.credits) and _was_seen(now, balance_minor)


def _was_seen(now: Moment, balance_minor: int | None) -> bool:
    return balance_minor is None or balance_minor in now.balances


def _sentence(pattern: str, is_true: Callable[[Moment, int | None], bool], *, lends: bool = False) -> Sentence:
    return Sentence(re.compile(pattern, re.DOTALL), is_true, lends)


SENTENCES = (
    _sentence(rf"{_KES} received\. You still owe {_KES}, so your line stays suspended\..*", _in_part),
    _sentence(rf"{_KES} received\. (?:Your line is back\. )?Balance {_KES}\.", _back),
    _sentence(rf"{_KES} received\. (?:Your line is back|Thank you)\.", _back),
    _sentence(rf"{_KES} was added to your line\..*", lambda now, _: now.was_given_whole),
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
    _sentence(rf"{_KES} was added to \d+\. Thank you\.", lambda now, _: now.was_given_whole),
    _sentence(rf"{_KES} from you was added to the line of \d+\. Thank you\.", lambda now, _: now.was_given_whole),
    _sentence(
        rf"Sorry, \d+ could not be topped up\. {_KES} went back to you\.",
        lambda now, _: bool(now.deeds.reversals) and now.deeds.taken_minor == 0,
    ),
    _sentence(rf"{_KES} for \d+ was not paid\. Nothing was taken\.", lambda now, _: now.deeds.taken_minor == 0),
    _sentence(rf"\d+ asks you to top up {_KES} for them\. .*", lambda now, _: True),
    _sentence(rf"We have asked \d+ to pay {_KES} for you\..*", lambda now, _: True),
    _sentence(
        rf"[\w -]+ does not answer now\. {_KES} was not taken\. Please send YES \d+ again in a few minutes\.",
        lambda now, _: now.deeds.taken_minor == 0,
    ),
    _sentence(rf"Thank you\. {_KES}: in a moment you are asked for your PIN\.", lambda now, _: True),
    _sentence(
        rf"Your advance of {_KES} was added\. Your next top-up repays {_OWED}\. (?:Balance {_KES}\.|Dial .*)",
        _lent,
        lends=True,
    ),
    _sentence(
        rf"Sorry, your advance of {_KES} could not be added\. .*", lambda now, _: not now.deeds.credits, lends=True
    ),
    _sentence(rf"We are checking your advance of {_KES}\..*", lambda now, _: True, lends=True),
    _sentence(
        rf"{_KES} is on its way to your line\. Your next top-ups repay {_OWED}\.", lambda now, _: True, lends=True
    ),
    _sentence(
        rf"{_KES} received, {_REPAID} of it repaid your advance\. Your line still owes {_KES} and stays .*", _in_part
    ),
    _sentence(
        rf"{_KES} received, {_REPAID} of it repaid your advance\. (?:Your line is back\. )?Balance {_KES}\.", _back
    ),
    _sentence(rf"{_KES} received, {_REPAID} of it repaid your advance\. Dial .*", lambda now, _: now.was_received),
    _sentence(rf"{_KES} received and all of it repaid your advance\. .*", _all_repaid),
    _sentence(
        rf"\d+ topped up your line with {_KES}, {_REPAID} of it repaid your advance\.(?: Balance {_KES}\.)?",
        lambda now, balance_minor: _taken(now, None) and _was_seen(now, balance_minor),
    ),
    _sentence(rf"{_KES} was received for \d+\. Thank you\.", _taken),
    _sentence(rf"{_KES} is paid and safe\. Topping up (?:your line|\d+) takes longer than usual\. .*", _taken),
    _sentence(rf"We are checking your top-up of {_KES}\..*", lambda now, _: True),
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
    re.compile(r".* Nothing was loaded\. You can also dial .*"),
    re.compile(rf"Your call ended\. Reply 1 to go on with {_KES} for .*"),
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
    changed, repaid, by_itself = balances_by_line(evidence), _repaid_by_order(evidence), ByItself(evidence)
    for message in evidence.books["sms"]:
        who, at = message["msisdn"], message["at"]
        line = evidence.lines.get(who, LineAtFirst(balance_minor=0))
        balances = [
            line.balance_minor,
            *(each["balance_after_minor"] for each in changed.get(who, ()) if each["at"] <= at),
        ]
        if told_of_vouchers.is_about_a_voucher(message["text"]):
            why = told_of_vouchers.why_false(message, orders[who], deeds, evidence, balances)
        elif is_about_an_auto_top_up(message["text"]):
            why = by_itself.why_false(message)
        else:
            moments = {
                order: Moment(deeds[order.id].until(at), line, balances, repaid[order.id]) for order in orders[who]
            }
            why = _why_false(message["text"], moments)
        if why is not None:
            about = orders[who][-1].id if orders[who] else "-"
            yield about, f"{who} was told {message['text']!r} at {at}: {why}"


def _why_false(text: str, moments: Mapping[OrderKept, Moment]) -> str | None:
    found = _read(text)
    if found is None:
        return None if any(other.fullmatch(text) for other in _OTHERS) else "no such sentence is known"
    about = [
        now
        for order, now in moments.items()
        if order.amount_minor == found.amount_minor and (order.kind == "advance") == found.sentence.lends
    ]
    if any(_is_true(found, now) for now in about):
        return None
    return "; ".join(f"{now.deeds}, balances {now.balances}, {now.line}, repaid {now.repaid_minor}" for now in about)


@dataclass(frozen=True, slots=True)
class _Read:
    """A sentence as it was read: the amounts in it, by what they are. None where the sentence has no such amount."""

    sentence: Sentence
    amount_minor: int
    balance_minor: int | None
    repaid_minor: int | None
    owed_minor: int | None


def _is_true(found: _Read, now: Moment) -> bool:
    owed_minor = found.amount_minor + fee_of(found.amount_minor)
    return (
        found.sentence.is_true(now, found.balance_minor)
        and found.repaid_minor in (None, now.repaid_minor)
        and found.owed_minor in (None, owed_minor)
    )


def _read(text: str) -> _Read | None:
    for sentence in SENTENCES:
        if found := sentence.pattern.fullmatch(text):
            named = sentence.pattern.groupindex
            in_turn = [
                _minor(amount)
                for number, amount in enumerate(found.groups(), start=1)
                if amount is not None and number not in named.values()
            ]
            amounts = {name: _minor(found[name]) for name in named}
            return _Read(
                sentence=sentence,
                amount_minor=in_turn[0],
                balance_minor=in_turn[1] if len(in_turn) > 1 else None,
                repaid_minor=amounts.get("repaid"),
                owed_minor=amounts.get("owed"),
            )
    return None


def _minor(written: str) -> int:
    return int(Decimal(written.replace(",", "")) * 100)


def _repaid_by_order(evidence: Evidence) -> Mapping[str, int]:
    """What each order repaid of an advance, by the ledger."""
    repaid: Counter[str] = Counter()
    for transfer in evidence.transfers:
        if transfer.source == "advances":
            repaid[transfer.order_id] += transfer.amount_minor
    return repaid
