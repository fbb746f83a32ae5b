"""tell_gateway: let packet gateways know at once that a line is back, so that nobody waits for a cache to run out.

It is owed in the transaction of the move that saw the line, where an installation has gateways. What is told is a hint:
whoever hears it late verifies the line again.
"""

import structlog
from sqlalchemy import Connection

from store import outbox
from store.book import SqlBook
from store.engine import alone
from store.outbox import TELL_GATEWAY, Owing
from topup.gate import LineBack
from topup.life import Event
from topup.orders import Order
from workers.house import Gate, House

log = structlog.get_logger(__name__)


def owe(house: House, connection: Connection, order: Order) -> None:
    """Owe it for an order whose line was just seen to be back, within the transaction that says so."""
    if house.gate is not None:
        outbox.owe_once(connection, effect=TELL_GATEWAY, subject=order.id, due_at=house.clock())


def tell_gateway(house: House, owing: Owing) -> None:
    """Tell that the line of order `owing.subject` is back."""
    why = _tell(house, house.gate, owing) if house.gate else None
    with house.engine.begin() as connection:
        wait = house.timing.next_message_wait(tried=owing.tried + 1)
        if why is None:
            house.done(connection, owing)
        elif wait is None:
            log.error("gateway_not_told", order=owing.subject, why=why)
            house.done(connection, owing, f"given up: {why}")
        else:
            outbox.later(connection, owing.id, due_at=house.clock() + wait, note=why)


def _tell(house: House, gate: Gate, owing: Owing) -> str | None:
    """Tell all who want to know. Why the webhook must be told again; None when it need not be."""
    with alone(house.engine) as connection:
        book = SqlBook(connection)
        line, seen_at = book.get(owing.subject).line, book.moved_at(owing.subject, event=Event.LINE_SEEN)
    event = LineBack(
        id=f"line-back-{owing.id}", msisdn=line, addresses=gate.memory.addresses_of(line), at=seen_at or house.clock()
    )
    if owing.tried == 0:
        # Later the line may have been cut off again, and only who reads it knows.
        gate.memory.line_is_back(line, for_s=gate.active_s)
        gate.events.write(event)
    return gate.webhook.tell(event) if gate.webhook else None
