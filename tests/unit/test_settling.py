"""What each outcome of a call means for an order in each state, and what is kept of it, on a real database."""

import pytest
from sqlalchemy import Engine

from tests.unit.houses import BUSY, CANCELLED, NOT_SENT, USUAL_WAY, Town, a_receipt, confirmed
from tests.unit.orders import kes
from topup.life import Event, State
from topup.outcomes import Accepted, Pending, Unknown

OUTCOMES = {
    "accepted": Accepted("ws_CO_9"),
    "confirmed": confirmed("NEW"),
    "of another amount": confirmed("OTHER", amount=kes(99)),
    "refused": CANCELLED,
    "busy": BUSY,
    "not sent": NOT_SENT,
    "pending": Pending("4999"),
    "unknown": Unknown("timeout"),
}

# Where an order is after an outcome of its charge, where it is not where it was before.
AFTER_CHARGE = {
    State.CHARGING: {
        "confirmed": State.PAID,
        "of another amount": State.REVIEW_CHARGE,
        "refused": State.UNPAID,
        "busy": State.CREATED,
        "not sent": State.CREATED,
    },
    State.UNPAID: {"confirmed": State.REFUNDING},
    State.REVIEW_CHARGE: {"confirmed": State.PAID, "refused": State.UNPAID},
}
AFTER_CREDIT = {
    State.CREDITING: {
        "confirmed": State.CREDITED,
        "of another amount": State.REVIEW_CREDIT,
        "refused": State.REFUNDING,
        "busy": State.REFUNDING,
        "not sent": State.PAID,
    },
    State.REVIEW_CREDIT: {
        "confirmed": State.CREDITED,
        "refused": State.REFUNDING,
        "busy": State.REFUNDING,
    },
}
AFTER_REFUND = {
    State.RETURNING: {
        "confirmed": State.REFUNDED,
        "of another amount": State.REFUNDED,
        "refused": State.REVIEW_REFUND,
        "busy": State.REVIEW_REFUND,
        "not sent": State.REFUNDING,
    },
    State.REVIEW_REFUND: {"confirmed": State.REFUNDED, "of another amount": State.REFUNDED},
}
AFTER_LEND = {
    State.LENDING: {
        "confirmed": State.CREDITED,
        "of another amount": State.REVIEW_ADVANCE,
        "refused": State.UNPAID,
        "busy": State.UNPAID,
        "not sent": State.PROMISED,
    },
    State.REVIEW_ADVANCE: {
        "confirmed": State.CREDITED,
        "refused": State.UNPAID,
        "busy": State.UNPAID,
    },
}
AFTER = {"charge": AFTER_CHARGE, "credit": AFTER_CREDIT, "lend": AFTER_LEND, "refund": AFTER_REFUND}
SENT = {
    "charge": Event.CHARGE_SENT,
    "credit": Event.CREDIT_SENT,
    "lend": Event.LEND_SENT,
    "refund": Event.REFUND_SENT,
}

CASES = [
    pytest.param(purpose, state, outcome, id=f"{purpose}-{state.value}-{outcome}")
    for purpose in SENT
    for state in State
    if SENT[purpose] in USUAL_WAY[state]
    for outcome in OUTCOMES
]


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


def fresh(outcome: str) -> object:
    """The outcome, with a receipt of this test's own."""
    made = OUTCOMES[outcome]
    amount = kes(99) if outcome == "of another amount" else None
    return confirmed(a_receipt(), amount=amount) if outcome in ("confirmed", "of another amount") else made


@pytest.mark.parametrize(("purpose", "state", "outcome"), CASES)
def test_an_outcome_in_a_state_and_nothing_more_when_it_comes_again(
    town: Town, purpose: str, state: State, outcome: str
) -> None:
    order, once = town.order_in(state), fresh(outcome)
    reference, before = f"{order.id}-{purpose}-1", town.events(order)
    receipt_before = town.attempt(reference).receipt
    verdict = town.settle(reference, once)
    expected = AFTER[purpose].get(state, {}).get(outcome, state)
    then, receipt, strays = town.events(order), town.attempt(reference).receipt, town.strays_of(order)
    assert town.now(order).state is expected, verdict
    assert expected is not state or (then, receipt) == (before, receipt_before)
    assert len(strays) == (purpose == "charge" and belongs_to_no_order(outcome, before))
    for evidence in ("callback", "enquiry", "reply"):
        town.settle(reference, once, evidence=evidence)
    assert (town.events(order), town.attempt(reference).receipt, town.strays_of(order)) == (then, receipt, strays)


def belongs_to_no_order(outcome: str, before: list[Event]) -> bool:
    """Whether money came that was not ordered: another amount, or a second payment."""
    return outcome == "of another amount" or (outcome == "confirmed" and Event.CHARGE_CONFIRMED in before)


# What is kept of it.


def test_a_confirmation_keeps_its_receipt_and_how_it_became_known(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    outcome = confirmed(amount=order.amount)
    assert town.settle(f"{order.id}-charge-1", outcome, evidence="enquiry") == "confirmed"
    kept = town.attempt(f"{order.id}-charge-1")
    assert (kept.receipt, kept.outcome) == (outcome.receipt, "confirmed")
    assert town.detail(order) == {
        "receipt": outcome.receipt,
        "evidence": "enquiry",
        "reference": f"{order.id}-charge-1",
    }


def test_a_refusal_keeps_its_reason_and_its_code(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    assert town.settle(f"{order.id}-charge-1", CANCELLED) == "refused: cancelled"
    detail = town.detail(order)
    assert (detail["reason"], detail["code"], detail["evidence"]) == ("cancelled", "1032", "callback")


def test_what_is_accepted_is_known_by_the_providers_name_from_then_on(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    town.settle(f"{order.id}-charge-1", Accepted("ws_CO_7"), evidence="reply")
    assert town.attempt(f"{order.id}-charge-1").attempt.provider_ref == "ws_CO_7"


@pytest.mark.parametrize("outcome", ["pending", "unknown"])
def test_what_nobody_knows_is_written_down_and_moves_nothing(town: Town, outcome: str) -> None:
    order = town.order_in(State.CHARGING)
    verdict = town.settle(f"{order.id}-charge-1", OUTCOMES[outcome], evidence="enquiry")
    assert verdict.startswith("unknown: ")
    assert town.now(order) == order
    assert "enquiry" in town.attempt(f"{order.id}-charge-1").attempt.facts


@pytest.mark.parametrize(("state", "purpose"), [(State.CHARGING, "charge"), (State.RETURNING, "refund")])
def test_an_enquiry_that_finds_nothing_out_does_not_make_a_refusal_forgotten(
    town: Town, state: State, purpose: str
) -> None:
    reference = f"{town.order_in(state).id}-{purpose}-1"
    town.settle(reference, CANCELLED)
    town.settle(reference, Unknown("no answer"), evidence="enquiry")
    assert town.attempt(reference).outcome == "refused"
