"""tell: what became of the money, by SMS, to whoever asked for it.

The message is written down before it is handed over, so a second run finds it and does not write another. A message
that may or may not have reached the gateway goes out once more: two are better than none for somebody who waits.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy import Connection

from sms import messages as sentences
from store import messages, outbox, subscribers
from store.book import SqlBook
from store.messages import Message
from store.outbox import Owing
from topup.life import Effect, Event
from topup.line import Line, LineState
from topup.money import Money
from topup.orders import Order
from topup.outcomes import NotSent, Reason, Refused, Unknown
from topup.phone import national
from topup.ports import Handed
from words.text import Text, rendered
from workers.house import House, locked

SUSPENDED = "UserAccountSuspended"
_RESENDS_AFTER_SILENCE = 1
_RESEND_WAIT_S = 5.0


def tell(house: House, owing: Owing) -> None:
    """Tell the end (or the delay) of order `owing.subject`."""
    with house.engine.begin() as connection:
        order = locked(connection, owing)
        if order is None:
            return
        message = messages.write(
            connection,
            purpose=owing.effect,
            msisdn=order.asked_by,
            text=rendered(_compose(house, connection, order, Effect(owing.effect)), _language(connection, order)),
            now=house.clock(),
            order_id=order.id,
        )
    _send(house, owing, message)


def send(house: House, owing: Owing) -> None:
    """Send message `owing.subject`: an answer to somebody's SMS, or one that has to go out again."""
    with house.engine.begin() as connection:
        message = messages.get(connection, owing.subject)
    if message.reason == SUSPENDED and house.lines.read_line(message.msisdn).state is not LineState.ACTIVE:
        return _try_later(house, owing, "the line is not back yet", message)
    return _send(house, owing, message)


def _send(house: House, owing: Owing, message: Message) -> None:
    if message.status != messages.WRITTEN:
        return _finish(house, owing)
    sent = house.sms.send(to=message.msisdn, text=message.text, reference=message.id)
    match sent:
        case Handed():
            with house.engine.begin() as connection:
                messages.handed(
                    connection,
                    message.id,
                    gateway=house.sms.name,
                    gateway_id=sent.gateway_id,
                    now=house.clock(),
                )
                house.done(connection, owing)
        case Refused():
            _end(house, owing, message, messages.FAILED, sent.code)
        case Unknown() if message.resends < _RESENDS_AFTER_SILENCE:
            with house.engine.begin() as connection:
                messages.to_resend(connection, message.id, now=house.clock())
                again = house.clock() + timedelta(seconds=_RESEND_WAIT_S * house.timing.scale)
                outbox.later(connection, owing.id, due_at=again, note=sent.why)
        case Unknown():
            _end(house, owing, message, messages.UNKNOWN, sent.why)
        case NotSent():
            _try_later(house, owing, sent.why, message)


def _try_later(house: House, owing: Owing, why: str, message: Message) -> None:
    wait = house.timing.next_message_wait(tried=owing.tried + 1)
    if wait is None:
        return _end(house, owing, message, messages.FAILED, why)
    with house.engine.begin() as connection:
        outbox.later(connection, owing.id, due_at=house.clock() + wait, note=why)
    return None


def _end(house: House, owing: Owing, message: Message, status: str, why: str) -> None:
    with house.engine.begin() as connection:
        messages.ended(connection, message.id, status=status, reason=why, now=house.clock())
        house.done(connection, owing, why)


def _finish(house: House, owing: Owing) -> None:
    with house.engine.begin() as connection:
        house.done(connection, owing)


def _language(connection: Connection, order: Order) -> str:
    return subscribers.language_of(connection, order.asked_by) or order.language


def _compose(house: House, connection: Connection, order: Order, effect: Effect) -> Text:
    return _SENTENCES[effect](house, connection, order)


def _balance(house: House, connection: Connection, order: Order) -> Text:
    seen = SqlBook(connection).last_detail(order.id, event=Event.LINE_SEEN)
    balance = Money(seen["balance_minor"], seen["currency"]) if "balance_minor" in seen else None
    return sentences.balance_told(order, line=Line(LineState.ACTIVE, balance))


def _credited(house: House, connection: Connection, order: Order) -> Text:
    return sentences.credited(order, short_code=house.shop.short_code)


def _declined(house: House, connection: Connection, order: Order) -> Text:
    reason = SqlBook(connection).last_detail(order.id).get("reason")
    return sentences.declined(order, reason=Reason(reason) if reason else None, short_code=house.shop.short_code)


def _refunded(house: House, connection: Connection, order: Order) -> Text:
    return sentences.refunded(order, payer=national(order.payer, country=house.shop.country))


def _checking(house: House, connection: Connection, order: Order) -> Text:
    return sentences.checking(order, care_number=house.shop.care_number)


_SENTENCES: Mapping[Effect, Callable[[House, Connection, Order], Text]] = {
    Effect.TELL_BALANCE: _balance,
    Effect.TELL_CREDITED: _credited,
    Effect.TELL_DECLINED: _declined,
    Effect.TELL_REFUNDED: _refunded,
    Effect.TELL_CHECKING: _checking,
}
