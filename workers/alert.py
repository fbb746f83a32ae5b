"""alert: say aloud that an order needs a person. `flask orders review` lists them all."""

import structlog

from store.book import SqlBook
from store.outbox import Owing
from topup.orders import detail_of
from workers.house import House, locked

log = structlog.get_logger(__name__)


def alert(house: House, owing: Owing) -> None:
    """Log that order `owing.subject` is in review, with what is known."""
    with house.engine.begin() as connection:
        order = locked(connection, owing)
        if order is None:
            return
        if order.state.in_review:
            detail = detail_of(SqlBook(connection), order)
            log.error("order_needs_a_person", order=order.id, state=order.state.value, **detail)
        house.done(connection, owing)
