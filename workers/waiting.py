"""waiting: tells whoever has paid, and whose line has nothing after a minute, that their money is safe.

An answer that is lost is asked after for an hour or two, and meanwhile other credits of the line wait for it. The end
is told by itself; this is told once, in between, so that nobody wonders where their money is, or pays again.

It is no effect of LIFE: that would be one more job for every top-up, and hardly any waits.
"""

import structlog
from sqlalchemy import Connection

from sms.messages import top_ups, vouchers
from store import messages, outbox, waiting
from store.vouchers import tail_of
from topup.ids import short_reference
from topup.kinds import Kind
from topup.orders import Order
from topup.phone import national
from topup.schedule import TOLD_TO_WAIT_AFTER_S
from words.text import Text, rendered
from workers.house import House
from workers.tell import language_for

log = structlog.get_logger(__name__)

_BATCH = 50


def tell_waiting(house: House) -> int:
    """Owe the message to everybody who waits and was not told yet. Returns how many there were."""
    told = newly = _tell_some(house)
    while newly == _BATCH:  # A charging system that is down for a minute makes thousands wait.
        newly = _tell_some(house)
        told += newly
    if told:
        log.warning("credits_wait", told=told)
    return told


def _tell_some(house: House) -> int:
    now = house.clock()
    paid_before = now - house.timing.stretched(TOLD_TO_WAIT_AFTER_S)
    with house.engine.begin() as connection:
        quiet = waiting.lock_quiet(connection, paid_before=paid_before, count=_BATCH)
        for order in quiet:
            message = messages.write(
                connection,
                purpose=messages.TELL_WAITING,
                msisdn=order.asked_by,
                text=rendered(_sentence(house, connection, order), language_for(connection, order, order.asked_by)),
                now=now,
                order_id=order.id,
            )
            outbox.owe_once(connection, effect=outbox.SEND, subject=message.id, due_at=now)
    return len(quiet)


def _sentence(house: House, connection: Connection, order: Order) -> Text:
    line = national(order.line, country=house.shop.country) if order.is_for_another else None
    care_number = house.shop.care_number
    if order.kind is Kind.VOUCHER:
        tail, reference = tail_of(connection, order.id), short_reference(order.id)
        return vouchers.waiting(tail, line=line, care_number=care_number, reference=reference)
    return top_ups.waiting(order, line=line, care_number=care_number)
