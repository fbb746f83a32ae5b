"""Callbacks about money that goes back. One that says so is believed unless the provider denies it."""

import pytest
from sqlalchemy import Engine

from tests.unit.callbacks import heard, state_of, told
from tests.unit.houses import Town, confirmed
from topup.life import State
from topup.outcomes import Accepted, Reason, Refused, Unknown


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


def returning(town: Town) -> str:
    order = town.order_in(State.RETURNING)
    reference = f"{order.id}-refund-1"
    town.settle(reference, Accepted(f"name_{order.id}"), evidence="reply")
    return reference


def test_a_refund_that_is_told_ends_the_order(town: Town) -> None:
    order = town.order_in(State.RETURNING)
    reference = f"{order.id}-refund-1"
    town.settle(reference, Accepted(f"conv_{order.id}"), evidence="reply")
    verdict = heard(town, told(confirmed(), reference=reference, provider_ref=f"conv_{order.id}"), topic="reversal")
    assert verdict == "confirmed"
    assert town.now(order).state is State.REFUNDED


def test_a_refund_that_is_told_counts_where_the_provider_cannot_be_asked(town: Town) -> None:
    reference = returning(town)
    assert heard(town, told(confirmed(), reference=reference), asked=Unknown("by callback only")) == "confirmed"
    assert state_of(town, reference) is State.REFUNDED


def test_a_refund_that_is_told_and_that_the_provider_denies_is_for_a_person(town: Town) -> None:
    reference = returning(town)
    event = told(confirmed(), reference=reference)
    assert heard(town, event, asked=Refused(Reason.PROVIDER, "FAILED"), topic="refund") == (
        "differs: the callback says it was done, the provider says FAILED"
    )
    assert state_of(town, reference) is State.REVIEW_REFUND


def test_a_refund_that_is_told_after_it_was_refused_is_left_to_a_person(town: Town) -> None:
    order = town.order_in(State.RETURNING)
    reference, name = f"{order.id}-refund-1", f"conv_{order.id}"
    town.settle(reference, Accepted(name), evidence="reply")
    heard(town, told(Refused(Reason.PROVIDER, "21"), reference=reference, provider_ref=name), topic="reversal")
    verdict = heard(town, told(confirmed(), reference=reference, provider_ref=name), topic="reversal")
    assert verdict == "stray: confirmed after it was refused"
    assert town.now(order).state is State.REVIEW_REFUND
