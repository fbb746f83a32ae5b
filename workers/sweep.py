"""The sweep: finds orders that have nothing owed for them and yet are not at an end, and sets them going again.

There should never be one. If a bug, a hand in the database or a half restored backup makes one, it must not wait for a
customer to complain.
"""

from datetime import timedelta

import structlog

from store import outbox
from store.book import SqlBook
from topup.life import duty_of
from workers.house import House

log = structlog.get_logger(__name__)

_STANDING = timedelta(minutes=2)
_BATCH = 100


def sweep(house: House) -> int:
    """Owe again what orders that stand still need. Returns how many there were."""
    now = house.clock()
    with house.engine.begin() as connection:
        book = SqlBook(connection)
        standing = book.without_duty(before=now - _STANDING * house.timing.scale, count=_BATCH)
        for order in standing:
            effect = duty_of(order.state)
            if effect is not None:
                log.error("order_stood_still", order=order.id, state=order.state.value, effect=effect.value)
                outbox.owe_again(connection, order, effect=effect, due_at=now)
    return len(standing)
