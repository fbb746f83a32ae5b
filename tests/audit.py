"""What must hold of every order, whatever happened: the world's own books against what Redial has written down.

The books are the sandbox's. They are the truth: what is not in them did not happen, whatever anybody was told.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.records import OrderSeen, Records

Books = Mapping[str, list[dict[str, Any]]]

DOUBLE_CHARGE, DOUBLE_CREDIT, LOST, UNBALANCED, FALSE_SMS = (
    "double charge",
    "double credit",
    "lost",
    "unbalanced",
    "false SMS",
)

# How often money was taken, given and given back for an order that has ended so. Late money goes back. An advance is
# given and not paid for; a top-up of which a debt took everything is paid for and not given.
_ALLOWED = {"DONE": {(1, 1, 0)}, "UNPAID": {(0, 0, 0)}, "REFUNDED": {(1, 0, 1)}}
_ALLOWED_OF_ADVANCES = {**_ALLOWED, "DONE": {(0, 1, 0)}}
_ALLOWED_WHEN_REPAID = {**_ALLOWED, "DONE": {(1, 0, 0)}}

# The same for a voucher, which was paid for in a shop.
_ALLOWED_OF_A_VOUCHER = {"DONE": {(0, 1, 0)}, "UNPAID": {(0, 0, 0)}}

# How often, at the least, when a person was told this.
_TOLD = {
    "tell_balance": (1, 1, 0),
    "tell_credited": (1, 1, 0),
    "tell_refunded": (1, 0, 1),
    "tell_repaid": (1, 0, 0),
}
_TOLD_OF_ADVANCES = {"tell_balance": (0, 1, 0), "tell_credited": (0, 1, 0)}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be. `kind` is one of the names above."""

    kind: str
    order_id: str
    what: str


@dataclass(slots=True)
class Deeds:
    """What the world did for one order, in minor units, oldest first."""

    charges: list[int] = field(default_factory=list)
    credits: list[int] = field(default_factory=list)
    reversals: list[int] = field(default_factory=list)

    @property
    def counts(self) -> tuple[int, int, int]:
        """How often money was taken, given and given back."""
        return len(self.charges), len(self.credits), len(self.reversals)


def findings(books: Books, records: Records, orders: Iterable[OrderSeen]) -> list[Finding]:
    """What is wrong with these orders. Empty is how it must be."""
    seen = list(orders)
    deeds, ids = deeds_of(books), [order.id for order in seen]
    kept, told = records.balances_of(ids), records.told_of(ids)
    return [
        finding
        for order in seen
        for finding in _of(order, deeds=deeds[order.id], kept=kept[order.id], told=told[order.id])
    ]


def deeds_of(books: Books) -> Mapping[str, Deeds]:
    """What the world did, by the id of the order; nothing for an order that it never heard of."""
    found: defaultdict[str, Deeds] = defaultdict(Deeds)
    for entry in books["charges"]:
        found[_order_id(entry["reference"])].charges.append(entry["amount_minor"])
    for entry in books["refills"]:
        found[_order_id(entry.get("external_data1", ""))].credits.append(entry["amount_minor"])
    for entry in books["airtime"]:
        found[_order_id(entry["idempotency_key"] or "")].credits.append(entry["amount_minor"])
    for entry in books["reversals"]:
        found[_order_id(entry["charge_reference"])].reversals.append(entry["amount_minor"])
    return found


def _order_id(reference: str) -> str:
    return reference.split("-", 1)[0]


def _of(
    order: OrderSeen, *, deeds: Deeds, kept: Mapping[str, int], told: Iterable[tuple[str, str]]
) -> Iterator[Finding]:
    taken, given, _ = deeds.counts
    if taken > 1:
        yield Finding(DOUBLE_CHARGE, order.id, f"charged {taken} times")
    if given > 1:
        yield Finding(DOUBLE_CREDIT, order.id, f"credited {given} times")
    if order.has_ended:
        yield from _of_ended(order, deeds=deeds, kept=kept)
    for purpose, text in told:
        if order.kind == "voucher":
            least = (0, *_TOLD.get(purpose, (0, 0, 0))[1:])
        else:
            least = (_TOLD_OF_ADVANCES if order.kind == "advance" else _TOLD).get(purpose, (0, 0, 0))
        if any(did < needed for did, needed in zip(deeds.counts, least, strict=True)):
            yield Finding(FALSE_SMS, order.id, f"told {text!r}, but {deeds}")


def _of_ended(order: OrderSeen, *, deeds: Deeds, kept: Mapping[str, int]) -> Iterator[Finding]:
    if order.kind == "voucher":
        yield from _of_ended_voucher(order, deeds=deeds, kept=kept)
        return
    if deeds.counts not in _allowed(order)[order.state]:
        yield Finding(LOST, order.id, f"is {order.state} after {order.events}, but {deeds}")
    meant = order.amount_minor - _repaid(order)
    wrong = {amount for amount in (*deeds.charges, *deeds.reversals) if amount != order.amount_minor}
    if wrong := wrong | {amount for amount in deeds.credits if amount != meant}:
        yield Finding(LOST, order.id, f"is for {order.amount_minor}, but {wrong} moved")
    clearing = sum(minor for account, minor in kept.items() if account.startswith("clearing:"))
    floats = sum(minor for account, minor in kept.items() if account.startswith("float:"))
    rest = {name: minor for name, minor in kept.items() if not name.startswith(("clearing:", "float:"))}
    taken, given = sum(deeds.charges) - sum(deeds.reversals), sum(deeds.credits)
    if (clearing, -floats, rest) != (taken, given, _lent_or_repaid(order)):
        yield Finding(UNBALANCED, order.id, f"{order.state}: the ledger has {kept}, but {deeds}")


def _of_ended_voucher(order: OrderSeen, *, deeds: Deeds, kept: Mapping[str, int]) -> Iterator[Finding]:
    if deeds.counts not in _ALLOWED_OF_A_VOUCHER[order.state]:
        yield Finding(LOST, order.id, f"is {order.state} after {order.events}, but {deeds}")
    worth = [move.detail["value_minor"] for move in order.moves if "value_minor" in move.detail]
    if worth and worth != deeds.credits:
        yield Finding(LOST, order.id, f"is said to be worth {worth}, but {deeds}")
    if kept:
        yield Finding(UNBALANCED, order.id, f"no money of ours moves for a voucher, but the ledger has {kept}")


def _allowed(order: OrderSeen) -> dict[str, set[tuple[int, int, int]]]:
    if order.kind == "advance":
        return _ALLOWED_OF_ADVANCES
    return _ALLOWED_WHEN_REPAID if "REPAID" in order.events else _ALLOWED


def _repaid(order: OrderSeen) -> int:
    """What a top-up was meant to repay of an advance, if it is done."""
    if order.state != "DONE" or order.kind == "advance":
        return 0
    return order.amount_minor if "REPAID" in order.events else int(order.detail("CREDIT_SENT").get("repays_minor", 0))


def _lent_or_repaid(order: OrderSeen) -> dict[str, int]:
    """What an order that has ended leaves on other accounts than the providers'."""
    if order.kind == "advance" and order.state == "DONE":
        fee = int(order.detail("ADVANCE_PLACED")["fee_minor"])
        return {name: minor for name, minor in {"advances": order.amount_minor + fee, "fees": -fee}.items() if minor}
    return {"advances": -repaid} if (repaid := _repaid(order)) else {}
