"""What each outcome of a call means for an order in each state, on a real database."""

import pytest
from sqlalchemy import Engine, text

from store.book import SqlBook
from store.strays import waiting
from tests.unit.houses import USUAL_WAY, Town, a_receipt, confirmed
from tests.unit.orders import kes
from topup.life import Event, State
from topup.outcomes import Accepted, NotSent, Pending, Reason, Refused, Unknown
from topup.ports import TAKEN_BEFORE
from topup.schedule import BUSY_WAITS_S

CANCELLED = Refused(Reason.CANCELLED, "1032")
BUSY = Refused(Reason.BUSY, "1001")
NOT_SENT = NotSent("no connection")

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


def test_money_of_another_amount_is_held_as_what_it_is(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    verdict = town.settle(f"{order.id}-charge-1", confirmed(amount=kes(60)))
    assert verdict == "differs: 6000 KES instead of 10000"
    assert [stray.amount for stray in town.strays_of(order)] == [kes(60)]
    assert town.now(order).state is State.REVIEW_CHARGE


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


def test_one_receipt_pays_one_order(town: Town) -> None:
    first, second = town.order_in(State.CHARGING), town.order_in(State.CHARGING)
    paid = confirmed(amount=first.amount)
    town.settle(f"{first.id}-charge-1", paid)
    assert town.settle(f"{second.id}-charge-1", paid) == "differs: a receipt that another payment has"
    assert town.now(second).state is State.REVIEW_CHARGE
    assert town.strays_of(second) == []


# What comes after a person has let it be tried again.


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


@pytest.mark.parametrize(("state", "purpose"), [(State.CHARGING, "charge"), (State.RETURNING, "refund")])
def test_an_enquiry_that_finds_nothing_out_does_not_make_a_refusal_forgotten(
    town: Town, state: State, purpose: str
) -> None:
    reference = f"{town.order_in(state).id}-{purpose}-1"
    town.settle(reference, CANCELLED)
    town.settle(reference, Unknown("no answer"), evidence="enquiry")
    assert town.attempt(reference).outcome == "refused"


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


# A person has decided.


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
