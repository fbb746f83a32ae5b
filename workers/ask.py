"""ask: ask somebody by SMS whether they will pay for somebody else's line."""

from sms.messages.asks import please_pay
from store import messages
from store.book import SqlBook
from store.outbox import Owing
from topup.life import Event, State
from topup.phone import national
from words.text import rendered
from workers.house import House, locked
from workers.send import Delivery
from workers.tell import language_for


def ask(house: House, owing: Owing) -> None:
    """Ask the payer of order `owing.subject`, if nobody has answered yet."""
    with house.engine.begin() as connection:
        order = locked(connection, owing)
        if order is None:
            return
        if order.state is not State.ASKED:
            house.done(connection, owing)
            return
        text = please_pay(
            order,
            asked_by=national(order.asked_by, country=house.shop.country),
            code=SqlBook(connection).last_detail(order.id, event=Event.ASK_PLACED)["code"],
        )
        message = messages.write(
            connection,
            purpose=owing.effect,
            msisdn=order.payer,
            text=rendered(text, language_for(connection, order, order.payer)),
            now=house.clock(),
            order_id=order.id,
        )
    Delivery(house, owing, message).send()
