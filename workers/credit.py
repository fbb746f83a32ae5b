"""credit: put what was paid on the line. Committed as sent before it is sent; never sent twice by itself.

A refill whose answer was lost is settled by comparing the balance before and after. That only tells something when no
other credit of ours reaches the same line in between, so credits to one line go one after the other.
"""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection

from store import attempts, outbox
from store.book import SqlBook
from store.outbox import Owing
from topup.ids import short_reference
from topup.life import Effect, Event, State
from topup.orders import Order
from topup.outcomes import NotSent, Reason
from topup.ports import Attempt
from workers.house import House, locked
from workers.settling import settle

_ANOTHER_IS_ON_ITS_WAY_S = 1.0


def credit(house: House, owing: Owing) -> None:
    """Put the amount of order `owing.subject` on its line."""
    with house.engine.begin() as connection:
        book = SqlBook(connection)
        order = book.get(owing.subject)
        credits_before = book.credits_of(order.line)
        # One that is on its way now may land between our look at the balance and our own credit.
        if is_crediting := order.state is State.PAID and book.another_is_crediting(order):
            _put_off(house, connection, owing)
    if is_crediting:
        return None
    if order.state is not State.PAID:
        return _let_go(house, owing)
    provider = house.credits[order.credit_provider]
    facts = provider.before_credit(_unsent(order))
    if isinstance(facts, NotSent):
        return _wait(house, owing, facts)
    attempt = _begin(house, owing, facts=facts, credits_before=credits_before)
    if attempt is None:
        return None
    sent = provider.credit(attempt)
    with house.engine.begin() as connection:
        settle(house, connection, reference=attempt.reference, outcome=sent, evidence="reply")
    return None


def _begin(house: House, owing: Owing, *, facts: Mapping[str, object], credits_before: int) -> Attempt | None:
    with house.engine.begin() as connection:
        book, order = SqlBook(connection), locked(connection, owing)
        if order is None:
            return None
        if order.state is not State.PAID:
            house.done(connection, owing)
            return None
        if book.credits_of(order.line) != credits_before or book.another_is_crediting(order):
            _put_off(house, connection, owing)
            return None
        attempt = attempts.begin(
            connection,
            order=order,
            purpose="credit",
            provider=order.credit_provider,
            msisdn=order.line,
            facts=facts,
            now=house.clock(),
        )
        house.done(connection, owing)
        house.move(connection, order, Event.CREDIT_SENT, {"reference": attempt.reference})
        return attempt


def _put_off(house: House, connection: Connection, owing: Owing) -> None:
    again = house.clock() + timedelta(seconds=_ANOTHER_IS_ON_ITS_WAY_S)
    outbox.put_off(connection, owing.id, due_at=again, note="another credit is on its way to the line")


def _wait(house: House, owing: Owing, not_sent: NotSent) -> None:
    """What must be known first cannot be learned now: try later, and give the money back in the end."""
    with house.engine.begin() as connection:
        order = locked(connection, owing)
        if order is None or order.state is not State.PAID:
            return
        wait = house.timing.next_wait(Effect.CREDIT, state=order.state, tried=owing.tried + 1)
        if wait is None:
            house.done(connection, owing, "given up")
            house.move(connection, order, Event.GAVE_UP, {"why": not_sent.why, "reason": Reason.PROVIDER.value})
        else:
            outbox.later(connection, owing.id, due_at=house.clock() + wait, note=not_sent.why)


def _let_go(house: House, owing: Owing) -> None:
    with house.engine.begin() as connection:
        house.done(connection, owing, "the order has moved on")


def _unsent(order: Order) -> Attempt:
    return Attempt(
        reference=order.id, label=short_reference(order.id), msisdn=order.line, amount=order.amount, facts={}
    )
