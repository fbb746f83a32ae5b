"""Orders that are paid for and have been waiting for their credit for a while, and of which nobody was told yet.

Their answer is lost and asked after, the charging system is down, or another credit of their line comes first.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Exists, Table, bindparam, exists, literal, select

from store.messages import TELL_WAITING
from store.order_rows import order_of
from store.tables import messages, order_moves, orders
from topup.life import REVIEWS, Event, State
from topup.orders import Order

# Where an order stands that is paid for, by money or by a voucher, and whose line may have nothing yet.
STATES = frozenset({State.PAID, State.CREDITING, State.UNREDEEMED, State.REDEEMING})

# With these it came to be paid for. What a person found to be paid was in review.
_PAID_BY = frozenset({Event.CHARGE_CONFIRMED, Event.VOUCHER_PLACED})


def _one_of(kinds: Collection[State] | Collection[Event]) -> list[ColumnElement[str]]:
    """These, written out in the statement: only so does PostgreSQL see that an index of some states has them all."""
    return [literal(name, literal_execute=True) for name in sorted(kind.value for kind in kinds)]


def _has(which: Table, *how: ColumnElement[bool]) -> Exists:
    """Whether an order has such a row. OFFSET lets it be looked up for each order that is open, by its index: joined to
    them, all that was ever written could be read when very many wait at once."""
    return select(literal(1)).where(which.c.order_id == orders.c.id, *how).correlate(orders).offset(0).exists()


# Made once. A lock that somebody else holds is not waited for: they move the order on, or write this very message.
_PAID = (order_moves.c.event.in_(_one_of(_PAID_BY)), order_moves.c.at < bindparam("paid_before"))
_REVIEWED = order_moves.c.target.in_(_one_of(REVIEWS))
_QUIET = (
    select(orders)
    .where(orders.c.state.in_(_one_of(STATES)), _has(order_moves, *_PAID))
    .where(~_has(order_moves, _REVIEWED), ~_has(messages, messages.c.purpose == TELL_WAITING))
    .limit(bindparam("count"))
    .with_for_update(of=orders, skip_locked=True)
)
_WAS_IN_REVIEW = select(exists().where(order_moves.c.order_id == bindparam("order_id"), _REVIEWED))


def lock_quiet(connection: Connection, *, paid_before: datetime, count: int) -> list[Order]:
    """Up to `count` orders that were paid for before then and wait, locked until the transaction ends.

    Without those of which somebody was told already, and those that were ever in review, which is told of apart.
    """
    return [order_of(row) for row in connection.execute(_QUIET, {"paid_before": paid_before, "count": count})]


def was_in_review(connection: Connection, order_id: str) -> bool:
    """Whether a person has, or had, to look at the order."""
    return bool(connection.scalar(_WAS_IN_REVIEW, {"order_id": order_id}))
