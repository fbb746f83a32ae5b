"""An order, as a row of the table says it."""

from collections import namedtuple
from typing import Any

from sqlalchemy import Row

from store.tables import orders
from topup.kinds import Kind
from topup.life import State
from topup.line import LineState
from topup.money import Money
from topup.orders import Order

# The columns of an order, by other names: for statements that read something else beside it.
BESIDE = tuple(column.label(f"order_{column.name}") for column in orders.c)

_Columns = namedtuple("_Columns", orders.c.keys())  # type: ignore[misc]


def order_beside(row: Row[Any]) -> Order | None:
    """The order that a row ends with, read by BESIDE; None where there was none."""
    columns: Any = _Columns(*row[-len(BESIDE) :])
    return None if columns.id is None else order_of(columns)


def order_of(row: Any) -> Order:
    """The order that a row says: one of SQLAlchemy's, or whatever else has the table's columns by name."""
    return Order(
        id=row.id,
        kind=Kind(row.kind),
        channel=row.channel,
        asked_by=row.asked_by,
        line=row.line,
        payer=row.payer,
        amount=Money(row.amount_minor, row.currency),
        language=row.language,
        line_was=LineState(row.line_was),
        payment_provider=row.payment_provider,
        credit_provider=row.credit_provider,
        placed_at=row.placed_at,
        state=State(row.state),
        seq=row.seq,
    )
