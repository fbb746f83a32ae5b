"""What is tried again, how often, and what an attempt of earlier on means for an order that has a newer one."""

import pytest
from sqlalchemy import Engine

from store.book import SqlBook
from tests.unit.houses import BUSY, CANCELLED, NOT_SENT, Town, confirmed
from tests.unit.orders import kes
from topup.life import Event, State
from topup.outcomes import Accepted
from topup.ports import TAKEN_BEFORE
from topup.schedule import BUSY_WAITS_S


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


# Busy, and not sent.


def test_a_busy_payer_is_asked_again_and_in_the_end_no_more(town: Town) -> None:
    order = town.order_in(State.CREATED)
    for number in range(1, len(BUSY_WAITS_S) + 1):
        town.after(order, Event.CHARGE_SENT)
        town.settle(f"{order.id}-charge-{number}", BUSY)
        assert town.now(order).state is State.CREATED
    town.after(order, Event.CHARGE_SENT)
    town.settle(f"{order.id}-charge-{len(BUSY_WAITS_S) + 1}", BUSY)
    assert town.now(order).state is State.UNPAID
    assert town.detail(order)["reason"] == "busy"


@pytest.mark.parametrize(
    ("state", "purpose", "sent", "end"),
    [
        (State.CREATED, "charge", Event.CHARGE_SENT, State.UNPAID),
        (State.PAID, "credit", Event.CREDIT_SENT, State.REFUNDING),
        (State.REFUNDING, "refund", Event.REFUND_SENT, State.REVIEW_REFUND),
    ],
)
def test_what_never_leaves_the_house_is_given_up_in_the_end(
    town: Town, state: State, purpose: str, sent: Event, end: State
) -> None:
    order = town.order_in(state)
    for number in range(1, 30):
        if town.now(order).state is not state:
            break
        town.after(order, sent)
        verdict = town.settle(f"{order.id}-{purpose}-{number}", NOT_SENT)
    assert verdict == "given up"
    assert town.now(order).state is end
    assert town.detail(order)["reason"] == "provider"


# Attempts of earlier on.


@pytest.fixture
def asked_twice(town: Town) -> str:
    """The id of an order whose payer was busy at first and is being asked for the second time."""
    order = town.order_in(State.CREATED)
    town.after(order, Event.CHARGE_SENT)
    town.settle(f"{order.id}-charge-1", BUSY)
    town.after(order, Event.CHARGE_SENT)
    return order.id


def state_of(town: Town, order_id: str) -> State:
    with town.engine.connect() as connection:
        return SqlBook(connection).get(order_id).state


@pytest.mark.parametrize("late", [CANCELLED, BUSY, NOT_SENT])
def test_an_older_attempt_that_failed_says_nothing_of_the_newer(town: Town, asked_twice: str, late: object) -> None:
    assert town.settle(f"{asked_twice}-charge-1", late) == "of an older attempt"
    assert state_of(town, asked_twice) is State.CHARGING


def test_an_older_attempt_that_was_paid_pays_the_order(town: Town, asked_twice: str) -> None:
    assert town.settle(f"{asked_twice}-charge-1", confirmed()) == "confirmed"
    assert state_of(town, asked_twice) is State.PAID
    assert town.settle(f"{asked_twice}-charge-2", CANCELLED).startswith("stray: refused after it was confirmed")
    assert state_of(town, asked_twice) is State.PAID


@pytest.mark.parametrize("derived", [False, True])
def test_when_both_attempts_were_paid_the_second_payment_is_held(town: Town, asked_twice: str, derived: bool) -> None:
    first, second = confirmed(), confirmed(derived=derived)
    town.settle(f"{asked_twice}-charge-1", first)
    assert town.settle(f"{asked_twice}-charge-2", second).startswith("stray: ")
    (stray,) = town.strays_of_id(asked_twice)
    assert town.attempt(f"{stray.id}-charge-1").receipt == second.receipt


def test_the_receipt_of_a_second_payment_that_was_known_without_one_is_no_third(town: Town, asked_twice: str) -> None:
    reference, real = f"{asked_twice}-charge-2", confirmed(amount=kes(100))
    town.settle(f"{asked_twice}-charge-1", confirmed())
    town.settle(reference, confirmed(f"checkout:{asked_twice}", derived=True), evidence="enquiry")
    for _ in range(2):
        town.settle(reference, real)
    (stray,) = town.strays_of_id(asked_twice)
    assert town.attempt(f"{stray.id}-charge-1").receipt == real.receipt


def test_a_charge_that_had_been_made_before_it_was_sent_is_for_a_person(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    verdict = town.settle(f"{order.id}-charge-1", Accepted("name", {TAKEN_BEFORE: True}), evidence="reply")
    assert verdict == "differs: the provider had been asked for this charge before"
    assert town.now(order).state is State.REVIEW_CHARGE
