"""The judge: the world's own books against what Redial has written down. Pure, and without mercy.

What is not in the books did not happen, whatever anybody was told. What is in them did.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from drills.chaos.deeds import Deeds, deeds_of, order_id_in, reference_of_credit, total
from drills.chaos.evidence import Evidence, OrderKept
from drills.chaos.told import false_messages

ENDS = frozenset({"DONE", "UNPAID", "REFUNDED"})
_EMPTY_AT_THE_END = ("holding", "refunds_payable")


class Wrong(Enum):
    """The ways in which a drill can fail, in the words of its table."""

    DOUBLE_CHARGE = "double charges"
    DOUBLE_CREDIT = "double credits"
    LOST = "lost"
    UNBALANCED = "unbalanced"
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
    return [
        *_doubles(evidence),
        *(
            finding
            for order in evidence.orders
            for finding in _of_end(order, deeds[order.id], repaid=max(0, -kept[order.id]["advances"]))
        ),
        *_of_debts(evidence, kept),
        *_of_nobody(evidence, deeds),
        *_of_promises(evidence),
        *_of_ledger(evidence, deeds),
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


def _of_nobody(evidence: Evidence, deeds: Mapping[str, Deeds]) -> Iterator[Finding]:
    known = {order.id for order in evidence.orders}
    for order_id, done in deeds.items():
        if order_id not in known and (done.charges or done.credits or done.reversals):
            yield Finding(Wrong.LOST, order_id, f"is no order, but {done}")


def _of_promises(evidence: Evidence) -> Iterator[Finding]:
    """Whoever was told that they will be asked for their PIN has an order."""
    told = Counter((promise.msisdn, promise.amount_minor) for promise in evidence.promises)
    kept = Counter((order.asked_by, order.amount_minor) for order in evidence.orders if order.kind != "stray")
    for (msisdn, amount_minor), times in (told - kept).items():
        yield Finding(Wrong.LOST, "-", f"{msisdn} agreed to {amount_minor}, and {times} such orders are missing")


def _of_debts(evidence: Evidence, kept: Mapping[str, Counter[str]]) -> Iterator[Finding]:
    """No line has repaid more than it was lent; what it was lent the books say, order by order."""
    owed: Counter[str] = Counter()
    for order in evidence.orders:
        owed[order.line] += kept[order.id]["advances"]
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
    yield from _of_balances("-", whole, taken=taken, given=total(books["refills"]) + total(books["airtime"]))


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
