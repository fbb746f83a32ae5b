"""What the guide says of money, on a real database: what came to an order beside its own is not denied."""

import pytest
from sqlalchemy import Engine

from store import review
from store.book import SqlBook
from tests.unit.guides import Browser, Open, confirmed, national, orders_of
from tests.unit.houses import Town
from tests.unit.houses import confirmed as paid
from tests.unit.orders import TIMING, kes
from topup.ids import short_reference
from topup.life import Effect, Event, State
from topup.orders import Order
from topup.outcomes import Reason, Refused
from workers.tell import tell


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


@pytest.fixture
def guide(opened: Open) -> Browser:
    return opened()


@pytest.fixture
def unpaid(town: Town, guide: Browser, msisdn: str) -> Order:
    """An order by the guide that was refused, as an SMS and the page have told."""
    action, fields = confirmed(guide)
    guide.post(action, **fields)
    with town.engine.connect() as connection:
        order = SqlBook(connection).get(orders_of(town.engine, msisdn)[0]["id"])
    town.after(order, Event.CHARGE_SENT)
    town.settle(f"{order.id}-charge-1", Refused(Reason.CANCELLED, "1032"))
    tell(town.house, town.owing(order.id, Effect.TELL_DECLINED))
    return town.now(order)


def looked(guide: Browser) -> str:
    """What the page of the order says now."""
    return guide.go(guide.response.request.path)


def decided(town: Town, stray: Order, event: Event, receipt: str | None = None) -> None:
    with town.engine.begin() as connection:
        (seen,) = [found.seen for found in review.listed(connection) if found.order.id == stray.id]
        decision = review.Decision(
            order_id=stray.id, event=event, seen=seen, because="the statement", by="Amina", receipt=receipt
        )
        review.decide(connection, decision, now=town.clock(), timing=TIMING)


def test_nothing_is_said_to_be_untaken_while_money_is_held_apart(
    town: Town, guide: Browser, unpaid: Order, msisdn: str
) -> None:
    denied = "KES 50 not paid. The payment was cancelled. Nothing was taken. Dial *384*55# to try again."
    assert denied in looked(guide)
    second = paid(amount=kes(30))
    town.settle(f"{unpaid.id}-charge-1", second)
    (stray,) = town.strays_of(unpaid)
    words = looked(guide)
    assert "Nothing was taken" not in words
    assert "KES 50 was not paid when M-PESA asked for it." in words
    assert f"KES 30 may have come from M-PESA of {national(msisdn)} all the same." in words
    assert f"ref {short_reference(stray.id)}" in words
    decided(town, stray, Event.OPERATOR_REFUND)
    assert f"KES 30 is going back to M-PESA of {national(msisdn)}." in looked(guide)
    assert 'http-equiv="refresh"' in guide.shown
    town.after(town.now(stray), Event.REFUND_SENT, Event.REFUND_CONFIRMED)
    assert f"KES 30 went back to M-PESA of {national(msisdn)}." in looked(guide)


def test_money_that_a_person_found_never_to_have_come_is_said_to_be_untaken_again(
    town: Town, guide: Browser, unpaid: Order
) -> None:
    town.settle(f"{unpaid.id}-charge-1", paid(amount=kes(30)))
    (stray,) = town.strays_of(unpaid)
    decided(town, stray, Event.OPERATOR_CLOSE)
    assert town.now(stray).state is State.UNPAID
    assert "Nothing was taken" in looked(guide)


def test_what_came_late_and_went_back_is_not_denied_by_the_sms_of_before(
    town: Town, guide: Browser, unpaid: Order, msisdn: str
) -> None:
    town.clock.turn(seconds=1)
    town.settle(f"{unpaid.id}-charge-1", paid(amount=unpaid.amount))
    town.after(town.now(unpaid), Event.REFUND_SENT, Event.REFUND_CONFIRMED)
    assert f"KES 50 went back to M-PESA of {national(msisdn)}." in looked(guide)
    tell(town.house, town.owing(unpaid.id, Effect.TELL_REFUNDED))
    assert "Sorry, we could not top up your line. KES 50 went back" in looked(guide)
