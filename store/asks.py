"""Orders that wait for somebody else's yes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from store.order_rows import order_of
from store.tables import order_moves, orders
from topup.kinds import Kind
from topup.life import Event, State
from topup.orders import Order


@dataclass(frozen=True, slots=True)
class Ask:
    """An order that waits for a yes, and the number by which the answer names it."""

    order: Order
    code: int


def open_of(connection: Connection, payer: str) -> list[Ask]:
    """What this number has been asked to pay and has not answered, the longest waiting first."""
    code = order_moves.c.detail["code"].as_integer().label("code")
    found = select(orders, code).join(
        order_moves, (order_moves.c.order_id == orders.c.id) & (order_moves.c.event == Event.ASK_PLACED.value)
    )
    found = found.where(orders.c.payer == payer, orders.c.state == State.ASKED.value)
    return [Ask(order_of(row), row.code) for row in connection.execute(found.order_by(orders.c.placed_at))]


def count_since(connection: Connection, since: datetime, *, asked_by: str) -> int:
    """How many others this number has asked to pay since then, whatever came of it."""
    found = select(func.count()).where(orders.c.asked_by == asked_by, orders.c.kind == Kind.ASK.value)
    return connection.scalar(found.where(orders.c.placed_at >= since)) or 0
