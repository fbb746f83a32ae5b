"""What tells one payment from another, its receipt and its amount: kept, corrected, or held apart."""

import pytest
from sqlalchemy import Engine

from tests.unit.houses import Town, confirmed
from tests.unit.orders import kes
from topup.life import State


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


# Receipts.


def test_a_receipt_that_was_derived_gives_way_to_the_real_one(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    reference = f"{order.id}-charge-1"
    town.settle(reference, confirmed(f"query:{order.id}", derived=True), evidence="enquiry")
    assert town.now(order).state is State.PAID
    real = confirmed(amount=order.amount)
    assert town.settle(reference, real) == "repeated, with its receipt"
    kept = town.attempt(reference)
    assert kept.receipt == real.receipt
    assert kept.attempt.facts["receipt_is_derived"] is False
    assert town.settle(reference, real) == "repeated"
    assert town.strays_of(order) == []


def test_a_real_receipt_does_not_give_way_to_a_derived_one(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    reference, real = f"{order.id}-charge-1", confirmed(amount=order.amount)
    town.settle(reference, real)
    assert town.settle(reference, confirmed(f"query:{order.id}", derived=True), evidence="enquiry") == "repeated"
    assert town.attempt(reference).receipt == real.receipt
    assert town.strays_of(order) == []


def test_one_receipt_pays_one_order(town: Town) -> None:
    first, second = town.order_in(State.CHARGING), town.order_in(State.CHARGING)
    paid = confirmed(amount=first.amount)
    town.settle(f"{first.id}-charge-1", paid)
    assert town.settle(f"{second.id}-charge-1", paid) == "differs: a receipt that another payment has"
    assert town.now(second).state is State.REVIEW_CHARGE
    assert town.strays_of(second) == []


def test_a_second_payment_is_held_apart_and_stays_with_the_payer_until_a_person_has_looked(town: Town) -> None:
    order = town.order_in(State.DONE)
    second = confirmed(amount=order.amount)
    assert town.settle(f"{order.id}-charge-1", second).startswith("stray: ")
    (stray,) = town.strays_of(order)
    assert (stray.state, stray.amount, stray.payer, stray.asked_by) == (
        State.REVIEW_CHARGE,
        order.amount,
        order.payer,
        order.payer,
    )
    assert town.attempt(f"{stray.id}-charge-1").receipt == second.receipt
    assert town.now(order) == order


# Amounts.


def test_money_of_another_amount_is_held_as_what_it_is(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    verdict = town.settle(f"{order.id}-charge-1", confirmed(amount=kes(60)))
    assert verdict == "differs: 6000 KES instead of 10000"
    assert [stray.amount for stray in town.strays_of(order)] == [kes(60)]
    assert town.now(order).state is State.REVIEW_CHARGE


def test_an_enquiry_that_was_under_way_does_not_overrule_another_amount_that_was_told(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    reference = f"{order.id}-charge-1"
    town.settle(reference, confirmed(amount=kes(1)))
    assert town.now(order).state is State.REVIEW_CHARGE
    town.settle(reference, confirmed(derived=True), evidence="enquiry")
    assert town.now(order).state is State.REVIEW_CHARGE


def test_an_enquiry_that_names_the_amount_settles_what_was_told_otherwise(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    reference = f"{order.id}-charge-1"
    town.settle(reference, confirmed(amount=kes(1)))
    town.settle(reference, confirmed(amount=order.amount), evidence="enquiry")
    assert town.now(order).state is State.PAID
