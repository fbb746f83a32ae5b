"""What comes after a person has decided: to try it again, to credit what was paid or let it go back, or to close it."""

import pytest
from sqlalchemy import Engine

from tests.unit.houses import Town, a_receipt, confirmed
from topup.life import Event, State


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


# It is tried again.


@pytest.mark.parametrize(
    ("state", "purpose", "again", "looked_at"),
    [
        (State.REVIEW_CREDIT, "credit", State.PAID, State.REVIEW_CREDIT),
        (State.REVIEW_ADVANCE, "lend", State.PROMISED, State.REVIEW_ADVANCE),
    ],
)
def test_a_credit_that_landed_after_all_is_not_sent_once_more(
    town: Town, state: State, purpose: str, again: State, looked_at: State
) -> None:
    order = town.after(town.order_in(state), Event.OPERATOR_CREDIT)
    assert order.state is again
    assert town.settle(f"{order.id}-{purpose}-1", confirmed()).startswith("differs: ")
    assert town.now(order).state is looked_at


def test_a_refund_that_was_made_after_all_is_the_only_one(town: Town) -> None:
    order = town.after(town.order_in(State.REVIEW_REFUND), Event.OPERATOR_REFUND)
    assert order.state is State.REFUNDING
    assert town.settle(f"{order.id}-refund-1", confirmed()) == "confirmed"
    assert town.now(order).state is State.REFUNDED


# The payment was seen, or the order closed.


@pytest.mark.parametrize("decision", [Event.OPERATOR_CREDIT, Event.OPERATOR_REFUND])
def test_the_payment_that_a_person_saw_is_not_a_second_one_when_its_callback_comes(town: Town, decision: Event) -> None:
    order = town.order_in(State.REVIEW_CHARGE)
    reference, receipt = f"{order.id}-charge-1", a_receipt()
    town.note_receipt(reference, receipt)
    town.after(order, decision)
    assert town.settle(reference, confirmed(receipt)) == "repeated"
    assert town.strays_of(order) == []


@pytest.mark.parametrize("decision", [Event.OPERATOR_CREDIT, Event.OPERATOR_REFUND])
def test_another_payment_than_the_one_that_a_person_saw_is_held(town: Town, decision: Event) -> None:
    order = town.order_in(State.REVIEW_CHARGE)
    town.note_receipt(f"{order.id}-charge-1", a_receipt())
    town.after(order, decision)
    town.settle(f"{order.id}-charge-1", confirmed())
    assert len(town.strays_of(order)) == 1


def test_a_payment_that_comes_after_a_person_closed_the_order_goes_back(town: Town) -> None:
    order = town.after(town.order_in(State.REVIEW_CHARGE), Event.OPERATOR_CLOSE)
    assert town.settle(f"{order.id}-charge-1", confirmed()) == "confirmed"
    assert town.now(order).state is State.REFUNDING
