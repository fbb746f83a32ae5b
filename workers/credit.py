"""credit and lend: put on the line what was paid, or what is lent. Committed as sent before it is sent; never sent
twice by itself.

A refill whose answer was lost is settled by comparing the balance before and after. That only tells something when no
other credit of ours reaches the same line in between, so credits to one line go one after the other; beside one that a
person has yet to decide, the balance tells nothing at all. The same lock lets a top-up decide how much of it repays an
advance: no two can be promised the same debt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from store import advances, attempts, outbox
from store.book import Refills, SqlBook
from store.changes import Change
from store.engine import alone
from store.outbox import Owing
from topup.advances import REPAYS, repayment
from topup.ids import short_reference
from topup.life import Effect, Event, State
from topup.money import Money
from topup.orders import Order
from topup.outcomes import NotSent, Reason
from topup.ports import ANOTHER_MAY_LAND, Attempt
from workers.calling import in_time
from workers.house import House, locked, order_seen
from workers.settling import settle_reply

_ANOTHER_IS_ON_ITS_WAY_S = 1.0


@dataclass(frozen=True, slots=True)
class _Refill:
    """A kind of refill: where an order stands that needs it, the event that sends it, and what attempts call it."""

    state: State
    sent: Event
    effect: Effect
    purpose: str


_CREDIT = _Refill(State.PAID, Event.CREDIT_SENT, Effect.CREDIT, "credit")
_LEND = _Refill(State.PROMISED, Event.LEND_SENT, Effect.LEND, "lend")


def credit(house: House, owing: Owing) -> None:
    """Put the amount of order `owing.subject` on its line, less what repays an advance."""
    _refill(house, owing, _CREDIT)


def lend(house: House, owing: Owing) -> None:
    """Put the advance of order `owing.subject` on its line."""
    _refill(house, owing, _LEND)


def _refill(house: House, owing: Owing, kind: _Refill) -> None:
    order = order_seen(owing)
    if order.state is not kind.state:
        return _let_go(house, owing)
    with alone(house.engine) as connection:
        before = SqlBook(connection).refills_of(order)
    if before.another_is_on_its_way:
        # It may land between our look at the balance and our own credit.
        with house.engine.begin() as connection:
            return _put_off(house, connection, owing)
    provider = house.credits[order.credit_provider]
    facts = provider.before_credit(_unsent(order))
    if isinstance(facts, NotSent):
        return _wait(house, owing, kind, facts)
    if before.another_may_land:
        facts = {**facts, ANOTHER_MAY_LAND: True}
    begun_at = house.clock()
    attempt = _begin(house, owing, kind, facts=facts, before=before)
    if attempt is None:
        return None
    sent = in_time(house, lambda: provider.credit(attempt), begun_at=begun_at)
    settle_reply(house, reference=attempt.reference, outcome=sent)
    return None


def _begin(
    house: House, owing: Owing, kind: _Refill, *, facts: Mapping[str, object], before: Refills
) -> Attempt | None:
    with house.engine.begin() as connection:
        book, order = SqlBook(connection), locked(connection, owing)
        if order is None:
            return None
        if order.state is not kind.state:
            house.done(connection, owing)
            return None
        sent_since, debt = book.lock_refills(order)
        if sent_since != before:
            _put_off(house, connection, owing)
            return None
        nothing = Money(0, order.amount.currency)
        repays = repayment(order.amount, debt=debt, limits=house.shop.limits) if kind is _CREDIT else nothing
        done = [house.struck(owing)]
        if repays == order.amount:
            _repay(house, connection, order, along=done)
            return None
        attempt, begun = attempts.begun(
            connection,
            order=order,
            purpose=kind.purpose,
            provider=order.credit_provider,
            msisdn=order.line,
            facts=facts,
            now=house.clock(),
            amount=order.amount - repays,
        )
        apart = {REPAYS: repays.minor} if repays.minor else {}
        house.move(connection, order, kind.sent, {"reference": attempt.reference, **apart}, along=[begun, *done])
        return attempt


def _put_off(house: House, connection: Connection, owing: Owing) -> None:
    again = house.clock() + timedelta(seconds=_ANOTHER_IS_ON_ITS_WAY_S)
    outbox.put_off(connection, owing.id, due_at=again, note="another credit is on its way to the line")


def _repay(house: House, connection: Connection, order: Order, *, along: Sequence[Change]) -> None:
    """The debt takes all of it: nothing is left to put on the line, so nobody is called."""
    debt = advances.debt_of(connection, order.line, currency=order.amount.currency)
    left = debt - order.amount
    house.move(connection, order, Event.REPAID, {"left_minor": left.minor, "currency": left.currency}, along=along)


def _wait(house: House, owing: Owing, kind: _Refill, not_sent: NotSent) -> None:
    """What must be known first cannot be learned now: try later, and give up in the end, which gives money back."""
    with house.engine.begin() as connection:
        order = locked(connection, owing)
        if order is None or order.state is not kind.state:
            return
        wait = house.timing.next_wait(kind.effect, state=order.state, tried=owing.tried + 1)
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
