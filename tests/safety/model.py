"""What the world's books must say when an order is in a state: written from what the states mean, not from LIFE.

An order that stands somewhere claims something of the world, and leaves open what may already be so without its
knowing. What it claims must be in the books; what is in the books must be claimed, or at least be left open.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sqlalchemy import text

from tests.safety.town import Town
from tests.safety.world import Moved, World
from topup.life import ENDS, REVIEWS, State


class Fact(Enum):
    """What can be so in the world about an order."""

    PAID = "the payer was charged"
    CREDITED = "the line was credited"
    RETURNED = "the money went back"


_P, _C, _R = Fact.PAID, Fact.CREDITED, Fact.RETURNED

# What is claimed, and what beside it is left open.
MEANING: Mapping[State, tuple[frozenset[Fact], frozenset[Fact]]] = {
    State.ASKED: (frozenset(), frozenset()),
    State.CREATED: (frozenset(), frozenset()),
    State.CHARGING: (frozenset(), frozenset({_P})),
    State.UNPAID: (frozenset(), frozenset({_P})),
    State.REVIEW_CHARGE: (frozenset(), frozenset({_P})),
    State.PAID: (frozenset({_P}), frozenset()),
    State.CREDITING: (frozenset({_P}), frozenset({_C})),
    State.REVIEW_CREDIT: (frozenset({_P}), frozenset({_C})),
    State.CREDITED: (frozenset({_P, _C}), frozenset()),
    State.DONE: (frozenset({_P, _C}), frozenset()),
    State.REFUNDING: (frozenset({_P}), frozenset()),
    State.RETURNING: (frozenset({_P}), frozenset({_R})),
    State.REVIEW_REFUND: (frozenset({_P}), frozenset({_R})),
    State.REFUNDED: (frozenset({_P, _R}), frozenset()),
    State.UNREDEEMED: (frozenset(), frozenset()),
    State.REDEEMING: (frozenset(), frozenset({_C})),
    State.REVIEW_VOUCHER: (frozenset(), frozenset({_C})),
}

# The same of an advance, for which nobody pays.
MEANING_OF_ADVANCES: Mapping[State, tuple[frozenset[Fact], frozenset[Fact]]] = {
    State.PROMISED: (frozenset(), frozenset()),
    State.LENDING: (frozenset(), frozenset({_C})),
    State.REVIEW_ADVANCE: (frozenset(), frozenset({_C})),
    State.CREDITED: (frozenset({_C}), frozenset()),
    State.DONE: (frozenset({_C}), frozenset()),
    State.UNPAID: (frozenset(), frozenset()),
}

_RESTS = ENDS | REVIEWS
_STRAY, _ADVANCE = "stray", "advance"

_ORDERS = text("""
    SELECT orders.id, kind, line, state, seq, orders.amount_minor,
           EXISTS (SELECT FROM order_moves WHERE order_id = orders.id AND event = 'REPAID') AS all_repaid,
           (SELECT coalesce(sum(CASE WHEN target = 'advances' THEN amount_minor
                                     WHEN source = 'advances' THEN -amount_minor ELSE 0 END), 0)
              FROM transfers WHERE order_id = orders.id) AS lent,
           (SELECT receipt FROM attempts WHERE order_id = orders.id AND purpose = 'charge' AND receipt IS NOT NULL
             ORDER BY number DESC LIMIT 1) AS receipt,
           (SELECT coalesce(sum(CASE WHEN target LIKE 'clearing:%' THEN amount_minor
                                     WHEN source LIKE 'clearing:%' THEN -amount_minor ELSE 0 END), 0)
              FROM transfers WHERE order_id = orders.id) AS taken,
           (SELECT coalesce(sum(CASE WHEN source LIKE 'float:%' THEN amount_minor
                                     WHEN target LIKE 'float:%' THEN -amount_minor ELSE 0 END), 0)
              FROM transfers WHERE order_id = orders.id) AS given,
           (SELECT count(*) FROM outbox WHERE subject = orders.id AND done_at IS NULL) AS owed
      FROM orders ORDER BY orders.placed_at, orders.id
""")

# An enquiry that tells no receipt: the payment goes by the provider's name for the request.
_DERIVED = "checkout:"


@dataclass
class Model:
    """Remembers what each order has claimed, which it may never take back."""

    claimed: dict[str, frozenset[Fact]] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)

    def wrong(self, town: Town) -> list[str]:
        """Everything that is wrong just now."""
        with town.outside.connect() as connection:
            orders = connection.execute(_ORDERS).all()
        wrongs = [f"{order.id} is {order.state}: {wrong}" for order in orders for wrong in self._of(order, town.world)]
        return [*wrongs, *_of_books(town.world), *_of_receipts(orders), *_of_debts(orders)]

    def _of(self, order: Any, world: World) -> Iterator[str]:
        state = State(order.state)
        claims, open_facts = _meaning(order)
        if order.seq < self.moved.get(order.id, 0):
            yield "its history became shorter"
        if taken_back := self.claimed.get(order.id, frozenset()) - claims:
            yield f"it no longer says that {_listed(taken_back)}"
        self.moved[order.id], self.claimed[order.id] = order.seq, claims
        if state not in _RESTS and not order.owed:
            yield "nothing is owed for it"
        facts = _facts(order, world)
        if untrue := claims - facts:
            yield f"it is not so that {_listed(untrue)}"
        if unknown := facts - claims - open_facts:
            yield f"it does not know that {_listed(unknown)}"
        yield from _of_ledger(order, claims)


def _meaning(order: Any) -> tuple[frozenset[Fact], frozenset[Fact]]:
    if order.kind == _ADVANCE:
        return MEANING_OF_ADVANCES[State(order.state)]
    if order.all_repaid:  # A debt took all of it, so that nothing was left for the line.
        return frozenset({Fact.PAID}), frozenset()
    return MEANING[State(order.state)]


def _facts(order: Any, world: World) -> frozenset[Fact]:
    """What is so by the world's books. A stray is about the payment of its receipt, an order about its own calls."""
    paid = [moved for moved in world.charges if _is_payment_of(order, moved)]
    receipts = {moved.receipt for moved in paid}
    facts = {Fact.PAID} if paid else set()
    if any(moved.order_id == order.id for moved in world.credits):
        facts.add(Fact.CREDITED)
    if any(moved.receipt in receipts for moved in world.reversals):
        facts.add(Fact.RETURNED)
    return frozenset(facts)


def _is_payment_of(order: Any, moved: Moved) -> bool:
    by_receipt = order.kind == _STRAY or (order.receipt and not order.receipt.startswith(_DERIVED))
    is_named = moved.receipt == order.receipt if by_receipt else moved.order_id == order.id
    return bool(is_named and moved.amount_minor == order.amount_minor)


def _of_ledger(order: Any, claims: frozenset[Fact]) -> Iterator[str]:
    taken = order.amount_minor if Fact.PAID in claims and Fact.RETURNED not in claims else 0
    is_done = Fact.CREDITED in claims or order.all_repaid
    given = order.amount_minor - _repaid(order) if is_done else 0
    if (order.taken, order.given) != (taken, given):
        yield f"the ledger took {order.taken} and gave {order.given}, not {taken} and {given}"
    if order.kind == _ADVANCE and order.lent != (order.amount_minor * 11 // 10 if is_done else 0):
        yield f"the ledger says that {order.lent} are owed for it"


def _repaid(order: Any) -> int:
    """What a top-up has repaid of what its line owed."""
    return 0 if order.kind == _ADVANCE else -int(order.lent)


def _of_debts(orders: Any) -> Iterator[str]:
    """No line ever repays more than it was lent, and no top-up more than itself."""
    owed: Counter[str] = Counter()
    for order in orders:
        owed[order.line] += order.lent
        if not 0 <= _repaid(order) <= order.amount_minor:
            yield f"{order.id} repaid {_repaid(order)} of {order.amount_minor}"
    yield from (f"{line} has repaid {-minor} too much" for line, minor in owed.items() if minor < 0)


def _of_books(world: World) -> Iterator[str]:
    """What can never be right, whatever Redial has written down."""
    charged: dict[str, set[str]] = {}
    for paid in world.charges:
        charged.setdefault(paid.order_id, set()).add(paid.reference)
    yield from (f"{order} was charged by {sorted(by)}" for order, by in charged.items() if len(by) > 1)
    credited = Counter(given.order_id for given in world.credits)
    yield from (f"{order} was credited {times} times" for order, times in credited.items() if times > 1)
    returned = Counter(back.receipt for back in world.reversals)
    yield from (f"{receipt} went back {times} times" for receipt, times in returned.items() if times > 1)


def _of_receipts(orders: Any) -> Iterator[str]:
    taken = Counter(order.receipt for order in orders if order.receipt and Fact.PAID in _meaning(order)[0])
    yield from (f"{receipt} pays {times} orders" for receipt, times in taken.items() if times > 1)


def _listed(facts: frozenset[Fact]) -> str:
    return ", ".join(sorted(fact.value for fact in facts))
