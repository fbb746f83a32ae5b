"""Callbacks about a charge that contradict the provider, an earlier word of theirs, or each other."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from tests.unit.callbacks import SILENCES, charging, concluded, heard, name_of, post, post_event, state_of, told
from tests.unit.houses import BUSY, CANCELLED, Town, confirmed
from tests.unit.orders import kes
from topup.life import State
from topup.outcomes import Answer, Reason, Refused, Unknown
from topup.ports import UnableToReadEvent


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


# The provider says the opposite.


def test_paid_by_the_callback_and_refused_by_the_provider_is_for_a_person(town: Town) -> None:
    reference = charging(town)
    verdict = heard(town, told(confirmed(), reference=reference), asked=CANCELLED)
    assert verdict == "differs: the callback says it was done, the provider says 1032"
    assert state_of(town, reference) is State.REVIEW_CHARGE


def test_what_a_person_looks_at_is_not_ended_by_the_same_refusal_again(town: Town) -> None:
    reference = charging(town)
    heard(town, told(confirmed(), reference=reference), asked=CANCELLED)
    assert heard(town, told(CANCELLED, reference=reference)) == "left to the person who looks: 1032"
    assert town.settle(reference, CANCELLED, evidence="enquiry") == "left to the person who looks: 1032"
    assert state_of(town, reference) is State.REVIEW_CHARGE


def test_refused_by_the_callback_and_paid_by_the_provider_is_paid(town: Town) -> None:
    reference = charging(town)
    paid = confirmed(derived=True)
    assert heard(town, told(CANCELLED, reference=reference), asked=paid) == "confirmed"
    assert state_of(town, reference) is State.PAID


# Paid after it was refused.


@pytest.mark.parametrize(("no", "state"), [(CANCELLED, State.UNPAID), (BUSY, State.REVIEW_CHARGE)])
def test_paid_by_the_callback_after_a_refusal_that_the_provider_repeats_is_for_a_person(
    town: Town, no: Refused, state: State
) -> None:
    reference = charging(town)
    heard(town, told(no, reference=reference))
    paid = confirmed(amount=kes(100))
    assert heard(town, told(paid, reference=reference), asked=no) is not None
    assert state_of(town, reference) is state
    held = [(stray.state, stray.amount) for stray in town.strays_of_id(reference.split("-", 1)[0])]
    assert held == ([(State.REVIEW_CHARGE, kes(100))] if state is State.UNPAID else [])


@SILENCES
@pytest.mark.parametrize("no", [CANCELLED, Refused(Reason.BUSY, "1001")])
def test_a_payment_against_an_earlier_refusal_that_the_provider_does_not_confirm_is_for_a_person(
    town: Town, no: Refused, silence: Answer
) -> None:
    reference = charging(town)
    heard(town, told(no, reference=reference))
    before = state_of(town, reference)
    verdict = concluded(town, post_event(town, told(confirmed(), reference=reference)), asked=silence)
    assert verdict is not None
    assert verdict.startswith("held apart: said to be paid after it was refused")
    assert state_of(town, reference) is before
    (stray,) = town.strays_of_id(reference.split("-", 1)[0])
    assert stray.state is State.REVIEW_CHARGE


def test_late_money_that_the_provider_confirms_goes_back(town: Town) -> None:
    reference = charging(town)
    heard(town, told(CANCELLED, reference=reference))
    assert heard(town, told(confirmed(), reference=reference), asked=confirmed(derived=True)) == "confirmed"
    assert state_of(town, reference) is State.REFUNDING


# Another callback says the opposite, and the provider neither yes nor no.


@SILENCES
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["paid first", "refused first"])
def test_two_callbacks_that_contradict_each_other_are_left_to_the_enquiries(
    town: Town, order: tuple[int, int], silence: Answer
) -> None:
    reference = charging(town)
    both = [told(confirmed(), reference=reference), told(CANCELLED, reference=reference)]
    kept = [post_event(town, both[place], address=reference) for place in order]
    verdict = "not believed: another callback says the opposite"
    assert [concluded(town, each, asked=silence) for each in kept] == [verdict, verdict]
    assert state_of(town, reference) is State.CHARGING
    assert [owing.effect for owing in town.owed(reference.split("-", 1)[0])] == ["enquire"]


def test_a_payment_told_with_another_number_speaks_against_a_refusal_that_the_provider_does_not_confirm(
    town: Town,
) -> None:
    reference = charging(town)
    named = told(confirmed(), reference=reference, provider_ref=name_of(town, reference))
    paid = replace(named, msisdn="+254700000000")
    kept = [post_event(town, each, address=reference) for each in (paid, told(CANCELLED, reference=reference))]
    verdicts = [concluded(town, each, asked=Unknown("timeout")) for each in kept]
    assert verdicts == ["is about another number", "not believed: another callback says the opposite"]
    assert state_of(town, reference) is State.CHARGING


def test_a_callback_that_does_not_fit_contradicts_nothing(town: Town) -> None:
    reference = charging(town)
    post_event(town, told(CANCELLED, reference=reference, provider_ref="ws_CO_forged"), address=reference)
    kept = post_event(town, told(confirmed(), reference=reference), address=reference)
    assert concluded(town, kept, asked=Unknown("timeout")) == "confirmed"


def test_a_callback_that_cannot_be_read_contradicts_nothing(town: Town) -> None:
    reference = charging(town)
    post(town, reference=reference, body=b"garbage")
    town.payments.told = UnableToReadEvent(why="not JSON")
    kept = post_event(town, told(confirmed(), reference=reference), address=reference)
    assert concluded(town, kept, asked=Unknown("timeout")) == "confirmed"
