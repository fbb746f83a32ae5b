"""tell: what became of the money, by SMS, to whoever asked for it, and to whoever else has a part in it.

The one who asked is told by this job. The others (the owner of the line, when somebody else topped it up; the payer who
was asked) get messages of their own, which are owed in the same transaction.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from sms.messages import asks, other_lines, top_ups
from store import messages, outbox, subscribers
from store.book import SqlBook
from store.outbox import Owing
from topup.kinds import Kind
from topup.life import Effect, Event, State
from topup.line import Line, LineState
from topup.money import Money
from topup.orders import Order, detail_of, history_of
from topup.outcomes import Reason
from topup.phone import national
from words.text import Text, rendered
from workers import auto, tell_advance, vouchers
from workers.house import House, locked
from workers.overtaken import OVERTAKEN, TELL_NOT_PAID, TELL_PAYER_DECLINED, is_overtaken, purpose_of
from workers.send import Delivery


def tell(house: House, owing: Owing) -> None:
    """Tell the end (or the delay) of order `owing.subject`."""
    with house.engine.begin() as connection:
        order = locked(connection, owing)
        if order is None:
            return
        if order.kind is Kind.STRAY and order.state is State.UNPAID:
            house.done(connection, owing, "nobody was waiting for it")
            return
        effect = Effect(owing.effect)
        telling = Telling(house, connection, order, effect, purpose_of(connection, order, effect))
        if is_overtaken(connection, order, telling.purpose):
            house.done(connection, owing, OVERTAKEN)
            return
        message = telling.write(order.asked_by, telling.purpose, telling.to_whoever_asked())
        telling.tell_others()
        if telling.effect is Effect.TELL_DECLINED:
            auto.after_unpaid(house, connection, order)
    Delivery(house, owing, message).send()


def language_for(connection: Connection, order: Order, msisdn: str) -> str:
    """The language to write to this number in: its own, else that of whoever ordered."""
    return subscribers.language_of(connection, msisdn) or order.language


@dataclass(frozen=True, slots=True)
class Telling:
    """What there is to tell of an order at one of its turns, within a transaction that holds its lock.

    `purpose` is that of the message to whoever asked.
    """

    house: House
    connection: Connection
    order: Order
    effect: Effect
    purpose: str

    def write(self, msisdn: str, purpose: str, text: Text) -> messages.Message:
        """Keep a message to this number, in its language."""
        return messages.write(
            self.connection,
            purpose=purpose,
            msisdn=msisdn,
            text=rendered(text, language_for(self.connection, self.order, msisdn)),
            now=self.house.clock(),
            order_id=self.order.id,
        )

    def to_whoever_asked(self) -> Text:
        """The sentence for the one who asked for the top-up."""
        if self.order.kind is Kind.VOUCHER:
            return vouchers.told_of(self.ending())
        return tell_advance.sentence(self) or _SENTENCES[self.effect](self)

    def ending(self) -> vouchers.Ending:
        """What a voucher has come to."""
        house, line = self.house, self.order.line if self.order.is_for_another else None
        return vouchers.Ending(
            connection=self.connection,
            order=self.order,
            effect=self.effect,
            other_line=self.shown(line) if line else None,
            seen=self.line_seen(),
            short_code=house.shop.short_code,
            care_number=house.shop.care_number,
        )

    def tell_others(self) -> None:
        """Owe the messages to the others, save those who want none."""
        for msisdn, purpose, text in self._others():
            if not subscribers.has_stopped(self.connection, msisdn):
                message = self.write(msisdn, purpose, text)
                outbox.owe_once(self.connection, effect=outbox.SEND, subject=message.id, due_at=self.house.clock())

    def _others(self) -> Iterator[tuple[str, str, Text]]:
        order, by = self.order, self.shown(self.order.asked_by)
        is_done = self.effect in (Effect.TELL_BALANCE, Effect.TELL_CREDITED, Effect.TELL_REPAID)
        if order.is_for_another and is_done:
            told = tell_advance.to_owner(self, by=by)
            if order.kind is Kind.VOUCHER:
                told = vouchers.told_owner(self.ending(), by=by)
            told = told or other_lines.topped_up_by_another(order, by=by, line=self.line_seen())
            yield order.line, "tell_owner", told
        if order.kind is Kind.ASK and order.payer != order.line:
            if is_done:
                told = tell_advance.received_for(self, order.line) or asks.paid_for_another(order, asked_by=by)
                yield order.payer, "tell_payer", told
            elif self.effect is Effect.TELL_REFUNDED:
                yield order.payer, "tell_payer", asks.refunded_to_you(order, asked_by=by)
            elif self.effect is Effect.TELL_DECLINED and self.purpose != TELL_NOT_PAID and self._was_accepted():
                # A purpose of its own: were the money to come after all, "tell_payer" would have been used up.
                yield order.payer, TELL_PAYER_DECLINED, asks.not_paid_for_another(order, asked_by=by)

    def line_seen(self) -> Line:
        """The line as the look saw it: active with its balance, or not known."""
        seen = self.detail(Event.LINE_SEEN) if self.effect is Effect.TELL_BALANCE else {}
        balance = Money(seen["balance_minor"], seen["currency"]) if "balance_minor" in seen else None
        return Line(LineState.ACTIVE if self.effect is Effect.TELL_BALANCE else LineState.UNKNOWN, balance)

    @property
    def history(self) -> Sequence[Event]:
        """What has happened to the order, oldest first."""
        return history_of(SqlBook(self.connection), self.order)

    def detail(self, event: Event | None = None) -> Mapping[str, Any]:
        """What the last move (of this event) keeps."""
        return detail_of(SqlBook(self.connection), self.order, event=event)

    def shown(self, msisdn: str) -> str:
        """A number as people of the country write it."""
        return national(msisdn, country=self.house.shop.country)

    def _was_accepted(self) -> bool:
        return Event.ASK_ACCEPTED in self.history


def _balance(telling: Telling) -> Text:
    order = telling.order
    if order.is_for_another:
        return other_lines.other_line_topped_up(order, line=telling.shown(order.line))
    return top_ups.balance_told(order, line=telling.line_seen())


def _credited(telling: Telling) -> Text:
    order, seen = telling.order, telling.detail(Event.GAVE_UP)
    if order.is_for_another:
        return other_lines.other_line_topped_up(order, line=telling.shown(order.line))
    if "owed_minor" in seen:
        owed = Money(seen["owed_minor"], seen["currency"])
        return top_ups.credited_in_part(order, owed=owed, short_code=telling.house.shop.short_code)
    return top_ups.credited(order, short_code=telling.house.shop.short_code)


def _declined(telling: Telling) -> Text:
    order, code = telling.order, telling.house.shop.short_code
    if telling.purpose == TELL_NOT_PAID:
        return top_ups.checked_not_paid(order, short_code=code)
    if telling.history[-1] is Event.OPERATOR_CLOSE:
        return top_ups.checked_unpaid(order, short_code=code)
    reason = telling.detail().get("reason")
    return top_ups.declined(order, reason=Reason(reason) if reason else None, short_code=code)


def _refunded(telling: Telling) -> Text:
    return top_ups.refunded(telling.order, payer=telling.shown(telling.order.payer))


def _checking(telling: Telling) -> Text:
    return top_ups.checking(telling.order, care_number=telling.house.shop.care_number)


_SENTENCES: Mapping[Effect, Callable[[Telling], Text]] = {
    Effect.TELL_BALANCE: _balance,
    Effect.TELL_CREDITED: _credited,
    Effect.TELL_DECLINED: _declined,
    Effect.TELL_REFUNDED: _refunded,
    Effect.TELL_CHECKING: _checking,
}
