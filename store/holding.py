"""Holding what is under way for a person, as after a restore: what was done since the backup is not known.

It is done while nothing else runs. Nothing that may have been done since is then done by itself.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from store import attempts
from store.book import SqlBook
from store.tables import orders
from topup.life import LIFE, REVIEWS, Event, State
from topup.orders import Order, advance
from topup.schedule import Timing

# The fact by which an attempt is known of which nothing is written but that it may have been made.
MAY_HAVE_BEEN_SENT = "may_have_been_sent"

# What may have been sent since from where an order stands: what is due there, what follows once that is known, and what
# a person decides. Where a charge or a voucher was sent before, it is still that one which is looked for.
_SINCE: Mapping[State, tuple[str, ...]] = {
    State.ASKED: ("charge", "credit", "refund"),
    State.CREATED: ("charge", "credit", "refund"),
    State.CHARGING: ("credit", "refund"),
    State.REVIEW_CHARGE: ("credit", "refund"),
    State.PAID: ("credit", "refund"),
    State.CREDITING: ("credit", "refund"),
    State.REVIEW_CREDIT: ("credit", "refund"),
    State.REFUNDING: ("refund", "credit"),
    State.RETURNING: ("refund", "credit"),
    State.REVIEW_REFUND: ("refund", "credit"),
    State.UNREDEEMED: ("redeem",),
    State.PROMISED: ("lend",),
    State.LENDING: ("lend",),
    State.REVIEW_ADVANCE: ("lend",),
}


@dataclass(frozen=True, slots=True)
class Held:
    """How many orders were put in review, and how many stood there already."""

    now: int
    before: int


def hold(connection: Connection, order_id: str, *, because: str, by: str, now: datetime, timing: Timing) -> Order:
    """Move an order that is under way into review, with a note of everything that may have been sent for it since.

    Raises OrderNotFound, and IllegalEvent where LIFE does not have it.
    """
    book = SqlBook(connection)
    _note_what_may_have_been_sent(connection, book.lock(order_id))
    detail = {"by": by, "why": because}
    return advance(book, order_id=order_id, event=Event.OPERATOR_HOLD, now=now, timing=timing, detail=detail)


def hold_all(connection: Connection, *, because: str, by: str, now: datetime, timing: Timing) -> Held:
    """Hold every order that is under way. Those in review stay there, with a note of what may have been sent since."""
    before, book = _in(connection, REVIEWS), SqlBook(connection)
    under_way = _in(connection, {rule.source for rule in LIFE if rule.event is Event.OPERATOR_HOLD})
    for order_id in before:
        _note_what_may_have_been_sent(connection, book.lock(order_id))
    for order_id in under_way:
        hold(connection, order_id, because=because, by=by, now=now, timing=timing)
    return Held(now=len(under_way), before=len(before))


def _in(connection: Connection, states: Collection[State]) -> list[str]:
    """The ids of the orders in these states, the oldest first."""
    found = select(orders.c.id).where(orders.c.state.in_([state.value for state in states]))
    return list(connection.scalars(found.order_by(orders.c.placed_at)))


def _note_what_may_have_been_sent(connection: Connection, order: Order) -> None:
    """Write down each attempt that was perhaps made, under the reference that it had, for what comes of it.

    It may have been sent at any time since the order came to where it stands, so it is kept as of then. What a person
    lets be sent from now on has another reference, by which the two can be told apart.
    """
    since = connection.execute(select(orders.c.state_at).where(orders.c.id == order.id)).scalar_one()
    for purpose in _SINCE.get(order.state, ()):
        charged = attempts.confirmed_charge(connection, order.id) if purpose == "refund" else None
        is_refill = purpose in attempts.REFILLS
        attempts.begin(
            connection,
            order=order,
            purpose=purpose,
            provider=order.credit_provider if is_refill else order.payment_provider,
            msisdn=order.line if is_refill else order.payer,
            facts={MAY_HAVE_BEEN_SENT: True} | ({"receipt": charged.receipt} if charged else {}),
            now=since,
        )
