"""Terms of advances for tests, and lines that owe one."""

from typing import Any

from sqlalchemy import Engine

from store import advances
from store.book import SqlBook
from tests.unit.books import move, order_in
from tests.unit.orders import NOW, TIMING, an_order, kes
from topup.advances import FEE, Lending
from topup.kinds import Kind
from topup.life import Event, State
from topup.money import Money
from topup.orders import Order, place

LENDING = Lending(
    amounts=(kes(50), kes(100), kes(250)), fee_percent=10, days=30, top_ups=3, share_percent=50, below=kes(20)
)


def promised_in(engine: Engine, line: str, *, amount: Money | None = None, **changes: Any) -> Order:
    """An advance of KES 50 to this line that was agreed to, with a fee of a tenth."""
    who = {"asked_by": line, "line": line, "payer": line}
    order = an_order(kind=Kind.ADVANCE, amount=amount or kes(50), **{**who, **changes})
    with engine.begin() as connection:
        detail = {FEE: LENDING.fee(order.amount).minor}
        assert place(SqlBook(connection), order=order, now=NOW, timing=TIMING, detail=detail)
        return SqlBook(connection).get(order.id)


def lent_in(engine: Engine, line: str, **changes: Any) -> Order:
    """The same, on the line: it owes KES 55."""
    order = promised_in(engine, line, **changes)
    with engine.begin() as connection:
        return move(connection, order, Event.LEND_SENT, Event.LEND_CONFIRMED, Event.LINE_SEEN)


def topped_up_in(engine: Engine, line: str, *, times: int = 3, **changes: Any) -> None:
    """Top-ups of this line that have finished."""
    for _ in range(times):
        order_in(engine, State.DONE, asked_by=line, line=line, payer=line, **changes)


def debt_of(engine: Engine, line: str) -> Money:
    """What this line owes of advances."""
    with engine.connect() as connection:
        return advances.debt_of(connection, line, currency="KES")
