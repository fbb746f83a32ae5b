"""What a person decides of an order in review, and what is refused."""

import pytest
from sqlalchemy import Engine

from store import review
from store.review import Decision, HasMovedOn, NotInReview
from tests.unit.houses import Town, confirmed
from tests.unit.orders import TIMING
from topup.life import Event, State
from topup.orders import Order


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


def seen_of(town: Town, order: Order) -> str:
    """What the listing names for a decision of this order."""
    with town.engine.connect() as connection:
        return next(found.seen for found in review.listed(connection) if found.order.id == order.id)


def decide(town: Town, order: Order, event: Event, *, seen: str | None = None, receipt: str | None = None) -> State:
    """Decide an order, as it is now unless `seen` says what was looked at; where it stands then."""
    named = seen or seen_of(town, order)
    decision = Decision(order_id=order.id, event=event, seen=named, because="seen", by="Amina", receipt=receipt)
    with town.engine.begin() as connection:
        return review.decide(connection, decision, now=town.clock(), timing=TIMING).state


@pytest.mark.parametrize(("event", "receipt"), [(Event.OPERATOR_CLOSE, None), (Event.OPERATOR_CREDIT, "R1")])
def test_a_decision_of_a_payment_is_none_of_the_credit_that_is_in_doubt_by_now(
    town: Town, event: Event, receipt: str | None
) -> None:
    order = town.order_in(State.REVIEW_CHARGE)
    seen = seen_of(town, order)
    town.settle(f"{order.id}-charge-1", confirmed(amount=order.amount))
    order = town.after(town.now(order), Event.CREDIT_SENT, Event.GAVE_UP)
    with pytest.raises(HasMovedOn, match="look again"):
        decide(town, order, event, seen=seen, receipt=receipt)
    assert town.now(order) == order


def test_a_decision_of_an_earlier_doubt_is_none_of_the_same_doubt_come_again(town: Town) -> None:
    order = town.order_in(State.REVIEW_CREDIT)
    seen = seen_of(town, order)
    order = town.after(order, Event.OPERATOR_CREDIT, Event.CREDIT_SENT, Event.GAVE_UP)
    with pytest.raises(HasMovedOn):
        decide(town, order, Event.OPERATOR_CREDIT, seen=seen)
    assert decide(town, order, Event.OPERATOR_CREDIT) is State.PAID


def test_what_was_seen_is_kept_with_the_decision(town: Town) -> None:
    order = town.order_in(State.REVIEW_CREDIT)
    seen = seen_of(town, order)
    assert decide(town, order, Event.OPERATOR_CLOSE) is State.CREDITED
    assert town.detail(order) == {"by": "Amina", "because": "seen", "seen": seen, "receipt": None}


def test_an_order_that_is_not_in_review_cannot_be_decided(town: Town) -> None:
    order = town.order_in(State.PAID)
    with pytest.raises(NotInReview):
        decide(town, order, Event.OPERATOR_REFUND, seen="PAID/2")
