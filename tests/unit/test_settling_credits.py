"""What it means for an order that a credit is told of with its amount, on a real database."""

import pytest
from sqlalchemy import Engine, text

from store.strays import waiting
from tests.unit.houses import CANCELLED, Town, confirmed
from tests.unit.orders import kes
from topup.life import State


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


@pytest.mark.parametrize(
    ("state", "purpose", "review"),
    [(State.CREDITING, "credit", State.REVIEW_CREDIT), (State.LENDING, "lend", State.REVIEW_ADVANCE)],
)
def test_a_credit_of_another_amount_is_for_a_person_until_its_own_is_told(
    town: Town, state: State, purpose: str, review: State
) -> None:
    order = town.order_in(state)
    reference = f"{order.id}-{purpose}-1"
    assert town.settle(reference, confirmed(amount=kes(60))) == "differs: 6000 KES instead of 10000"
    assert (town.now(order).state, town.strays_of(order)) == (review, [])
    town.settle(reference, confirmed(), evidence="enquiry")
    town.settle(reference, CANCELLED)
    assert town.now(order).state is review
    assert town.settle(reference, confirmed(amount=order.amount), evidence="enquiry") == "confirmed"
    assert town.now(order).state is State.CREDITED


def test_a_credit_is_of_what_was_sent_and_not_of_what_was_paid(town: Town) -> None:
    order = town.order_in(State.CREDITING)
    with town.engine.begin() as connection:
        sent = text("UPDATE attempts SET amount_minor = 7000 WHERE reference = :reference")
        connection.execute(sent, {"reference": f"{order.id}-credit-1"})  # The rest repays an advance.
    assert town.settle(f"{order.id}-credit-1", confirmed(amount=kes(70))) == "confirmed"


def test_that_a_credit_was_of_another_amount_is_listed_once_the_order_has_gone_on(town: Town) -> None:
    order = town.order_in(State.DONE)
    assert town.settle(f"{order.id}-credit-1", confirmed(amount=kes(60))) == "stray: 6000 KES instead of 10000"
    with town.engine.connect() as connection:
        (told,) = [told for told in waiting(connection) if told.order_id == order.id]
    assert (told.what, town.strays_of(order)) == ("6000 KES instead of 10000", [])
