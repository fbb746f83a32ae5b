"""Whether what people were told of vouchers was true when it was told.

The sentences are those of sms/messages/vouchers.py in English. A sentence names its parts: the `worth` of the voucher,
the `tail` of its number, the line it went `to`, or whom it came `by`, the line's `balance`, or what it still `owes`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from drills.chaos.deeds import Deeds
from drills.chaos.evidence import Card, Entry, Evidence, Fate, LineAtFirst, OrderKept

_KES = r"KES (?P<{}>-?[\d,]+(?:\.\d\d)?)"
_WORTH, _BALANCE, _OWES = (_KES.format(part) for part in ("worth", "balance", "owes"))
_OWN = rf"(?:{_WORTH} from your voucher|Your voucher) was added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A sentence that somebody read at a time, with what they could know then: their `balances` until that time."""

    reader: str
    at: str
    parts: Mapping[str, str | None]
    text: str
    line: LineAtFirst
    balances: Sequence[int]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence about a voucher, and whether it can be true of an order with these deeds until then."""

    pattern: re.Pattern[str]
    is_true: Callable[[Reading, OrderKept, Deeds], bool]


def _loaded(said: Reading, order: OrderKept, done: Deeds) -> bool:
    worths = [entry["amount_minor"] for entry in done.loads]
    worth = minor(said.parts.get("worth"))
    return bool(worths) and worth in (None, *worths) and _is_between(said, order)


def _is_between(said: Reading, order: OrderKept) -> bool:
    """Whether the order is of the reader, and for and by whom the sentence says."""
    to, by = said.parts.get("to"), said.parts.get("by")
    if by is not None:
        return (order.line, order.asked_by) == (said.reader, _international(by))
    line = said.reader if to is None else _international(to)
    return (order.asked_by, order.line) == (said.reader, line)


def _loaded_and_active(said: Reading, order: OrderKept, done: Deeds) -> bool:
    balance = minor(said.parts.get("balance"))
    is_active = not said.line.closed and said.balances[-1] >= 0
    return _loaded(said, order, done) and is_active and balance in (None, *said.balances)


def _loaded_and_owes(said: Reading, order: OrderKept, done: Deeds) -> bool:
    return _loaded(said, order, done) and -(minor(said.parts["owes"]) or 0) in said.balances


def _not_loaded(said: Reading, order: OrderKept, done: Deeds) -> bool:
    return _is_about(said, order, done) and not done.loads


def _is_about(said: Reading, order: OrderKept, _: Deeds) -> bool:
    return order.asked_by == said.reader and order.tail == said.parts["tail"]


def _on_its_way(said: Reading, order: OrderKept, done: Deeds) -> bool:
    return _is_about(said, order, done) and _is_between(said, order)


def _sentence(pattern: str, is_true: Callable[[Reading, OrderKept, Deeds], bool]) -> Sentence:
    return Sentence(re.compile(pattern, re.DOTALL), is_true)


_ABOUT = r"\.\.\.(?P<tail>\d{3})"

SENTENCES = (
    _sentence(rf"We are loading your voucher {_ABOUT}(?: on (?P<to>\d+))?\. An SMS tells .*", _on_its_way),
    _sentence(rf"{_OWN}\. You still owe {_OWES}, so your line stays suspended\. Dial .*", _loaded_and_owes),
    _sentence(rf"{_OWN}\.(?: Your line is back\.)?(?: Balance {_BALANCE}\.)?", _loaded_and_active),
    _sentence(rf"{_OWN}\. Your line may take some minutes to come back\. Dial .*", _loaded),
    _sentence(rf"{_OWN} to (?P<to>\d+)\.", _loaded),
    _sentence(rf"(?P<by>\d+) loaded a voucher(?: of {_WORTH})? on your line\.", _loaded),
    _sentence(
        rf"(?P<by>\d+) loaded a voucher(?: of {_WORTH})? on your line\. Balance {_BALANCE}\.", _loaded_and_active
    ),
    _sentence(rf"Voucher {_ABOUT} was not loaded\. .* Dial .* to try again\.", _not_loaded),
    _sentence(rf"We have checked your voucher {_ABOUT}: it was not loaded\. Dial .*", _not_loaded),
    _sentence(
        rf"Loading your voucher {_ABOUT}(?: on (?P<to>\d+))? takes longer than usual\. Please keep it .*", _on_its_way
    ),
    _sentence(rf"We are checking your voucher {_ABOUT}\. .*", _is_about),
)


def why_false(
    message: Entry, orders: Sequence[OrderKept], deeds: Mapping[str, Deeds], evidence: Evidence, balances: Sequence[int]
) -> str | None:
    """Why this SMS is true of none of its reader's orders; None when it is. It is one of SENTENCES."""
    sentence, found = next((known, found) for known in SENTENCES if (found := known.pattern.fullmatch(message["text"])))
    who, at = message["msisdn"], message["at"]
    line = evidence.lines.get(who, LineAtFirst(balance_minor=0))
    said = Reading(reader=who, at=at, parts=found.groupdict(), text=message["text"], line=line, balances=balances)
    about = [(order, deeds[order.id].until(at)) for order in orders if order.kind == "voucher"]
    true_of = [order for order, done in about if sentence.is_true(said, order, done)]
    if not true_of:
        return f"{[(order.tail, str(done)) for order, done in about]}, balances {list(balances)}"
    return _why_untrue_of_the_world(said, true_of, evidence)


def is_about_a_voucher(text: str) -> bool:
    """Whether this is one of SENTENCES."""
    return any(known.pattern.fullmatch(text) for known in SENTENCES)


def minor(written: str | None) -> int | None:
    """An amount as it was written, in minor units; None when there is none."""
    return None if written is None else int(Decimal(written.replace(",", "")) * 100)


def _why_untrue_of_the_world(said: Reading, orders: Sequence[OrderKept], evidence: Evidence) -> str | None:
    """A reason that speaks of the voucher itself must be so of the card with this number."""
    cards = [card for card in evidence.cards if card.tail in {order.tail for order in orders}]
    for words, is_so in _REASONS.items():
        if words in said.text and not any(is_so(card, said, orders, evidence) for card in cards):
            return f"the cards are {cards}"
    return None


def _uses(card: Card, at: str, evidence: Evidence) -> list[str]:
    """The lines that have had this card until then."""
    books = evidence.books["refills"]
    return [entry["msisdn"] for entry in books if entry.get("voucher_serial") == card.serial and entry["at"] <= at]


def _had_it(card: Card, said: Reading, orders: Sequence[OrderKept], evidence: Evidence) -> bool:
    return any(order.line in _uses(card, said.at, evidence) for order in orders)


def _another_had_it(card: Card, said: Reading, orders: Sequence[OrderKept], evidence: Evidence) -> bool:
    uses = _uses(card, said.at, evidence)
    return card.fate is Fate.USED or any(line != order.line for order in orders for line in uses)


def _was_never_printed(card: Card, _: Reading, _orders: Sequence[OrderKept], _evidence: Evidence) -> bool:
    return card.fate is Fate.WRONG


_REASONS: Mapping[str, Callable[[Card, Reading, Sequence[OrderKept], Evidence], bool]] = {
    "There is no such voucher": _was_never_printed,
    "This line has had it already": _had_it,
    "Another line has had it already": _another_had_it,
}


def _international(written: str) -> str:
    return f"+254{written.removeprefix('0')}"
