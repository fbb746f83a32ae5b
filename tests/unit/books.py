"""Orders in the real book, moved along as the workers would move them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from store.book import SqlBook
from tests.unit.orders import NOW, TIMING, an_order, kind_to, way_to
from topup.kinds import Kind
from topup.life import Event, State
from topup.orders import Order, advance, place


def place_in(engine: Engine, *, now: datetime = NOW, **changes: Any) -> Order:
    """Place an ordinary order (tests.unit.orders.an_order) with these `changes`."""
    order = an_order(placed_at=now, **changes)
    with engine.begin() as connection:
        assert place(SqlBook(connection), order=order, now=now, timing=TIMING, detail={"code": 482, "tail": "012"})
        return SqlBook(connection).get(order.id)


def move(connection: Connection, order: Order, *events: Event, now: datetime = NOW) -> Order:
    """Let these events happen to the order, in the transaction of `connection`."""
    for event in events:
        order = advance(SqlBook(connection), order_id=order.id, event=event, now=now, timing=TIMING)
    return order


def order_in(engine: Engine, state: State, **changes: Any) -> Order:
    """A new order that has come to `state` by the shortest way."""
    order = place_in(engine, **{"kind": kind_to(state), **changes})
    with engine.begin() as connection:
        return move(connection, order, *way_to(state))


def closed_stray_in(engine: Engine) -> Order:
    """Money that was held apart, of which a person found that it never came."""
    order = place_in(engine, kind=Kind.STRAY)
    with engine.begin() as connection:
        return move(connection, order, Event.CHARGE_STRAY, Event.OPERATOR_CLOSE)


def order_now(engine: Engine, order: Order) -> Order:
    """The order as it is kept now."""
    with engine.connect() as connection:
        return SqlBook(connection).get(order.id)


def events_of(engine: Engine, order: Order) -> list[Event]:
    """What has happened to the order after it was placed."""
    with engine.connect() as connection:
        return list(SqlBook(connection).history(order.id))[1:]
