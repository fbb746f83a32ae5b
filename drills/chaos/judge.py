"""The judge: the world's own books against what Redial has written down. Pure, and without mercy.

What is not in the books did not happen, whatever anybody was told. What is in them did.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from drills.chaos.by_itself import ByItself
from drills.chaos.deeds import Deeds, deeds_of, fee_of, is_load, order_id_in, reference_of_credit, total
from drills.chaos.evidence import Card, Evidence, OrderKept, Promise
from drills.chaos.told import false_messages

ENDS = frozenset({"DONE", "UNPAID", "REFUNDED"})

_NOT_PAID_FOR = ("voucher", "advance")
_EMPTY_AT_THE_END = ("holding", "refunds_payable")


class Wrong(Enum):
    """The ways in which a drill can fail, in the words of its table."""

    DOUBLE_CHARGE = "double charges"
    DOUBLE_CREDIT = "double credits"
    DOUBLE_VOUCHER = "vouchers used twice"
    LOST = "lost"
    UNBALANCED = "unbalanced"
    NOT_AGREED = "auto top-ups not agreed to"
    FALSE_SMS = "false SMS"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be, of one order (or of the whole: `-`)."""

    wrong: Wrong
    order_id: str
    what: str


def judge(evidence: Evidence) -> list[Finding]:
    """Everything that is wrong. Empty is how it must be."""
    deeds, kept = deeds_of(evidence.books, evidence.orders), _balances(evidence)
    by_itself = ByItself(evidence)
    return [
        *_doubles(evidence),
        *(
            finding
            for order in evidence.orders
            for finding in _of_end(order, deeds[order.id], repaid=max(0, -kept[order.id]["advances"]))
        ),
        *(finding for order in evidence.orders for finding in _of_voucher(order, deeds[order.id], evidence.cards)),
        *_of_lines(evidence, deeds),
        *_of_debts(evidence, kept),
        *_of_nobody(evidence, deeds),
        *_of_promises(evidence),
        *_of_ledger(evidence, deeds),
        *(Finding(Wrong.NOT_AGREED, order_id, what) for order_id, what in by_itself.not_agreed(deeds)),
        *(Finding(Wrong.LOST, "-", what) for what in by_itself.forgotten()),
        *(Finding(Wrong.FALSE_SMS, order_id, what) for order_id, what in false_messages(evidence, deeds)),
    ]


def _doubles(evidence: Evidence) -> Iterator[Finding]:
    """Counted by the reference in the books alone, whatever Redial made of a second payment."""
    charged = Counter(order_id_in(entry["reference"]) for entry in evidence.books["charges"])
    credited = Counter(
        order_id_in(reference_of_credit(entry)) for book in ("refills", "airtime") for entry in evidence.books[book]
    )
    for wrong, counted in ((Wrong.DOUBLE_CHARGE, charged), (Wrong.DOUBLE_CREDIT, credited)):
        for order_id, times in counted.items():
            if times > 1:
                yield Finding(wrong, order_id, f"{times} times in the books")
    loads = [entry for entry in evidence.books["refills"] if is_load(entry)]
    used = Counter(entry["voucher_serial"] for entry in loads)
    for entry in loads:
        if used[entry["voucher_serial"]] > 1:
            order_id = order_id_in(reference_of_credit(entry))
            yield Finding(
                Wrong.DOUBLE_VOUCHER, order_id, f"{entry['voucher_serial']} stands in the books more than once"
            )


def _of_end(order: OrderKept, deeds: Deeds, *, repaid: int) -> Iterator[Finding]:
    """An order ends, and what was taken was given, given back, or `repaid` an advance. An advance is not paid for."""
    lent = order.amount_minor if order.kind == "advance" and order.state == "DONE" else 0
    if order.state not in ENDS:
        yield Finding(Wrong.LOST, order.id, f"has not ended: it is {order.state}")
    elif deeds.taken_minor != deeds.given_minor + repaid - lent:
        yield Finding(Wrong.LOST, order.id, f"is {order.state} and repaid {repaid}, but {deeds}")
    elif order.state == "DONE" and deeds.given_minor + repaid != order.amount_minor:
        yield Finding(Wrong.LOST, order.id, f"is DONE for {order.amount_minor}, but {deeds}")
    elif order.state != "DONE" and deeds.given_minor:
        yield Finding(Wrong.LOST, order.id, f"is {order.state}, but {deeds}")


def _of_voucher(order: OrderKept, deeds: Deeds, cards: Sequence[Card]) -> Iterator[Finding]:
    """A voucher was used if and only if its order is DONE, and it was the one that was typed."""
    if order.kind != "voucher":
        if deeds.loads:
            yield Finding(Wrong.LOST, order.id, f"is a {order.kind}, but {deeds}")
        return
    if deeds.charges or deeds.credits:
        yield Finding(Wrong.LOST, order.id, f"was paid for in a shop, but {deeds}")
    if order.state in ENDS and bool(deeds.loads) != (order.state == "DONE"):
        yield Finding(Wrong.LOST, order.id, f"is {order.state}, but {deeds}")
    tails = {card.serial: card.tail for card in cards}
    for entry in deeds.loads:
        if tails.get(entry["voucher_serial"]) != order.tail:
            yield Finding(Wrong.LOST, order.id, f"is about ...{order.tail}, and used {entry['voucher_serial']}")


def _of_lines(evidence: Evidence, deeds: Mapping[str, Deeds]) -> Iterator[Finding]:
    """What was put on a line was put on the one that it was ordered for."""
    for order in evidence.orders:
        for entry in (*deeds[order.id].credits, *deeds[order.id].loads):
            if entry["msisdn"] != order.line:
                yield Finding(Wrong.LOST, order.id, f"is for {order.line}, and {entry['msisdn']} got it")


def _of_nobody(evidence: Evidence, deeds: Mapping[str, Deeds]) -> Iterator[Finding]:
    known = {order.id for order in evidence.orders}
    for order_id, done in deeds.items():
        if order_id not in known and (done.charges or done.credits or done.loads or done.reversals):
            yield Finding(Wrong.LOST, order_id, f"is no order, but {done}")


def _of_promises(evidence: Evidence) -> Iterator[Finding]:
    """Whoever was told that they will be asked for their PIN, or that a voucher or an advance comes, has an order."""
    told = Counter(evidence.promises)
    kept = Counter(
        Promise(
            msisdn=order.asked_by,
            amount_minor=order.amount_minor,
            kind=order.kind if order.kind in _NOT_PAID_FOR else "topup",
            tail=order.tail,
        )
        for order in evidence.orders
        if order.kind != "stray" and order.standing_id is None
    )
    for promise, times in (told - kept).items():
        yield Finding(Wrong.LOST, "-", f"{promise}, and {times} such orders are missing")


def _of_debts(evidence: Evidence, kept: Mapping[str, Counter[str]]) -> Iterator[Finding]:
    """Of an advance that was lent its amount and the fee are owed; no line has repaid more than it was lent."""
    owed: Counter[str] = Counter()
    for order in evidence.orders:
        balances = kept[order.id]
        owed[order.line] += balances["advances"]
        if order.kind == "advance":
            lent = order.amount_minor if order.state == "DONE" else 0
            fee = fee_of(lent)
            if (balances["advances"], balances["fees"]) != (lent + fee, -fee):
                yield Finding(Wrong.UNBALANCED, order.id, f"lent {lent} with a fee of {fee}, and the ledger {balances}")
        elif not 0 <= -balances["advances"] <= order.amount_minor:
            yield Finding(Wrong.UNBALANCED, order.id, f"of {order.amount_minor} repaid {-balances['advances']}")
    for line, minor in owed.items():
        if minor < 0:
            yield Finding(Wrong.UNBALANCED, "-", f"{line} has repaid {-minor} of advances too much")


def _of_ledger(evidence: Evidence, deeds: Mapping[str, Deeds]) -> Iterator[Finding]:
    """The ledger is sound in itself, and says of each order and of all what the books say."""
    for order_id, what in evidence.ledger_faults:
        yield Finding(Wrong.UNBALANCED, order_id, what)
    kept = _balances(evidence)
    for order in evidence.orders:
        yield from _of_balances(
            order.id, kept[order.id], taken=deeds[order.id].taken_minor, given=deeds[order.id].given_minor
        )
    whole: Counter[str] = Counter()
    for balances in kept.values():
        for account, minor in balances.items():
            whole[account] += minor
    books = evidence.books
    taken = total(books["charges"]) - total(books["reversals"])
    refilled = [entry for entry in books["refills"] if not is_load(entry)]
    yield from _of_balances("-", whole, taken=taken, given=total(refilled) + total(books["airtime"]))


def _of_balances(order_id: str, balances: Counter[str], *, taken: int, given: int) -> Iterator[Finding]:
    clearing, credit = _sum(balances, "clearing:"), -_sum(balances, "float:")
    if clearing != taken:
        yield Finding(Wrong.UNBALANCED, order_id, f"the ledger has {clearing} taken, the books have {taken}")
    if credit != given:
        yield Finding(Wrong.UNBALANCED, order_id, f"the ledger has {credit} given, the books have {given}")
    for account in _EMPTY_AT_THE_END:
        if balances[account]:
            yield Finding(Wrong.UNBALANCED, order_id, f"{balances[account]} are left on {account}")


def _balances(evidence: Evidence) -> defaultdict[str, Counter[str]]:
    """What was debited less what was credited, by order and account."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for transfer in evidence.transfers:
        found[transfer.order_id][transfer.target] += transfer.amount_minor
        found[transfer.order_id][transfer.source] -= transfer.amount_minor
    return found


def _sum(balances: Counter[str], kind: str) -> int:
    return sum(minor for account, minor in balances.items() if account.startswith(kind))
