"""tell: what became of the money, by SMS, to whoever asked for it."""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from sms import messages as sentences
from store import messages, subscribers
from store.book import SqlBook
from store.outbox import Owing
from topup.life import Effect, Event, State
from topup.line import Line, LineState
from topup.money import Money
from topup.orders import Order
from topup.outcomes import Reason
from topup.phone import national
from words.text import Text, rendered
from workers import strays
from workers.house import House, locked
from workers.send import Delivery


def tell(house: House, owing: Owing) -> None:
    """Tell the end (or the delay) of order `owing.subject`."""
    with house.engine.begin() as connection:
        order = locked(connection, owing)
        if order is None:
            return
        if order.kind == strays.KIND and order.state is State.UNPAID:
            house.done(connection, owing, "nobody was waiting for it")
            return
        message = messages.write(
            connection,
            purpose=owing.effect,
            msisdn=order.asked_by,
            text=rendered(_SENTENCES[Effect(owing.effect)](house, connection, order), _language(connection, order)),
            now=house.clock(),
            order_id=order.id,
        )
    Delivery(house, owing, message).send()


def _language(connection: Connection, order: Order) -> str:
    return subscribers.language_of(connection, order.asked_by) or order.language


def _balance(house: House, connection: Connection, order: Order) -> Text:
    seen = SqlBook(connection).last_detail(order.id, event=Event.LINE_SEEN)
    balance = Money(seen["balance_minor"], seen["currency"]) if "balance_minor" in seen else None
    return sentences.balance_told(order, line=Line(LineState.ACTIVE, balance))


def _credited(house: House, connection: Connection, order: Order) -> Text:
    seen = SqlBook(connection).last_detail(order.id, event=Event.GAVE_UP)
    if "owed_minor" in seen:
        owed = Money(seen["owed_minor"], seen["currency"])
        return sentences.credited_in_part(order, owed=owed, short_code=house.shop.short_code)
    return sentences.credited(order, short_code=house.shop.short_code)


def _declined(house: House, connection: Connection, order: Order) -> Text:
    if SqlBook(connection).history(order.id)[-1] is Event.OPERATOR_CLOSE:
        if strays.is_held_for(connection, order):
            return sentences.checked_not_paid(order, short_code=house.shop.short_code)
        return sentences.checked_unpaid(order, short_code=house.shop.short_code)
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
