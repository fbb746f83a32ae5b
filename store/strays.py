"""What providers told that no order had a place for: listed until a person has looked at it, on the record.

Money among it is held apart, in an order of its own.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, literal_column, select, update

from store.book import SqlBook, order_of
from store.tables import attempts, orders
from topup.errors import RedialError
from topup.kinds import Kind
from topup.life import State
from topup.orders import Order

# The facts of an attempt: what was told of it, the receipt that was told with it, and who has looked at which of these.
STRAY, RECEIPT, SEEN = "stray", "stray_receipt", "stray_seen"

# The fact of a charge that holds money apart: the receipts by which it is known. Its order is decided instead.
HOLDS = "holds"


class NothingToAcknowledge(RedialError):
    """Nothing waits under the name {name}, or something else by now: look again with `orders review`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """What was told of an attempt, last noted `at`. `name` is of this and of nothing that is told later."""

    reference: str
    order_id: str
    provider: str
    what: str
    receipt: str | None
    at: datetime

    @property
    def name(self) -> str:
        """`<reference>/1a2b3c`."""
        told = hashlib.sha256(f"{self.what}\x00{self.receipt or ''}".encode())
        return f"{self.reference}/{told.hexdigest()[:6]}"


def held_for(connection: Connection, order: Order) -> list[Order]:
    """The orders made for money that is said to have come to `order`, save those of which a person found that it never
    came; the oldest first. While there is one, nobody may be told that nothing was taken."""
    found = (
        select(orders)
        .join(attempts, attempts.c.order_id == orders.c.id)
        .where(orders.c.payer == order.payer, orders.c.kind == Kind.STRAY.value, orders.c.state != State.UNPAID.value)
        .where(attempts.c.facts["came_to"].astext.startswith(f"{order.id}-", autoescape=True))
    )
    return [order_of(row) for row in connection.execute(found.order_by(orders.c.placed_at))]


def waiting(connection: Connection) -> list[Stray]:
    """Everything that nobody has acknowledged, the oldest first.

    Money that is held apart is not among it, as its own order is in review, or was decided.
    """
    return [_stray(row) for row in connection.execute(_waiting()).mappings()]


def acknowledge(connection: Connection, name: str, *, because: str, by: str, now: datetime) -> Stray:
    """Keep with the attempt that a person has looked at this. It comes again only when something else is told.

    Raises OrderNotFound where there is no such attempt, and NothingToAcknowledge.
    """
    reference = name.partition("/")[0]
    SqlBook(connection).lock_by_attempt(reference)
    row = connection.execute(_waiting().where(attempts.c.reference == reference)).mappings().one_or_none()
    if row is None or (stray := _stray(row)).name != name:
        raise NothingToAcknowledge(name=name)
    said = {STRAY: stray.what, RECEIPT: stray.receipt, "by": by, "because": because, "at": now.isoformat()}
    seen = {SEEN: [*row["facts"].get(SEEN, []), said]}
    of_it = attempts.c.reference == reference
    connection.execute(update(attempts).where(of_it).values(facts=attempts.c.facts.op("||")(seen)))
    return stray


def _waiting() -> Select[Any]:
    facts, holder = attempts.c.facts, attempts.alias("holder")
    told = func.jsonb_build_object(STRAY, facts[STRAY], RECEIPT, facts[RECEIPT])
    seen = func.coalesce(facts[SEEN], literal_column("'[]'::jsonb"))
    held = func.jsonb_build_object("came_to", attempts.c.reference, HOLDS, func.jsonb_build_array(facts[RECEIPT]))
    is_held = (
        select(holder.c.reference)
        .join(orders, orders.c.id == holder.c.order_id)
        .where(orders.c.payer == attempts.c.msisdn, orders.c.kind == Kind.STRAY.value, holder.c.facts.contains(held))
        .exists()
    )
    return (
        select(attempts)
        .where(facts.has_key(STRAY), ~seen.bool_op("@>")(func.jsonb_build_array(told)), ~is_held)
        .order_by(attempts.c.outcome_at)
    )


def _stray(row: Mapping[Any, Any]) -> Stray:
    return Stray(
        reference=row["reference"],
        order_id=row["order_id"],
        provider=row["provider"],
        what=row["facts"][STRAY],
        receipt=row["facts"].get(RECEIPT),
        at=row["outcome_at"],
    )
