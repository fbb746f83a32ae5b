"""Callbacks, as jobs settle them: believed once the provider was asked in turn, and written down whatever they are."""

import pytest
from sqlalchemy import Engine

from tests.unit.callbacks import SILENCES, charging, concluded, heard, order_of, post, post_event, run, state_of, told
from tests.unit.houses import CANCELLED, Town, confirmed
from tests.unit.orders import kes
from topup.life import Event, State
from topup.outcomes import Answer, Unknown
from topup.ports import UnableToReadEvent
from workers.settle import settle


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


# What is believed.


@pytest.mark.parametrize(
    ("asked", "verdict", "state"),
    [
        (confirmed(amount=kes(100)), "confirmed", State.PAID),
        (CANCELLED, "refused: cancelled", State.UNPAID),
    ],
)
def test_a_callback_that_tells_no_end_lets_the_provider_be_asked_and_believed(
    town: Town, asked: Answer, verdict: str, state: State
) -> None:
    reference = charging(town)
    assert heard(town, told(Unknown("says TS"), reference=reference), asked=asked) == verdict
    assert state_of(town, reference) is state


def test_a_callback_that_tells_no_end_changes_nothing_while_the_provider_tells_none(town: Town) -> None:
    reference = charging(town)
    kept = post_event(town, told(Unknown("says TS"), reference=reference))
    assert concluded(town, kept, asked=Unknown("no answer")) == "unknown: says TS"
    assert state_of(town, reference) is State.CHARGING


def test_a_payment_that_is_told_is_believed(town: Town) -> None:
    reference = charging(town)
    assert heard(town, told(confirmed(amount=kes(100)), reference=reference)) == "confirmed"
    assert state_of(town, reference) is State.PAID


def test_a_refusal_that_is_told_is_believed(town: Town) -> None:
    reference = charging(town)
    assert heard(town, told(CANCELLED, reference=reference)) == "refused: cancelled"
    assert state_of(town, reference) is State.UNPAID


# What is told when the provider, asked in turn, says neither yes nor no.


@SILENCES
def test_a_provider_that_gives_no_plain_word_is_asked_again_before_its_callback_counts(
    town: Town, silence: Answer
) -> None:
    reference = charging(town)
    kept = post_event(town, told(CANCELLED, reference=reference), address=reference)
    town.payments.asked = silence
    assert run(town, kept) is None
    assert state_of(town, reference) is State.CHARGING
    town.payments.asked = confirmed(derived=True)
    assert run(town, kept) == "confirmed"
    assert state_of(town, reference) is State.PAID


@SILENCES
def test_a_payment_that_is_told_counts_alone_when_the_provider_never_says_anything(town: Town, silence: Answer) -> None:
    reference = charging(town)
    assert concluded(town, post_event(town, told(confirmed(), reference=reference)), asked=silence) == "confirmed"
    assert state_of(town, reference) is State.PAID


@SILENCES
def test_a_refusal_that_is_told_is_left_to_the_enquiries_when_the_provider_never_says_anything(
    town: Town, silence: Answer
) -> None:
    reference = charging(town)
    verdict = concluded(town, post_event(town, told(CANCELLED, reference=reference)), asked=silence)
    assert verdict == "not believed: the provider does not confirm that it came to nothing"
    assert state_of(town, reference) is State.CHARGING
    assert [owing.effect for owing in town.owed(reference.split("-", 1)[0])] == ["enquire"]


# What comes again.


def test_the_same_event_twice_acts_once(town: Town) -> None:
    reference = charging(town)
    event = told(confirmed(), reference=reference, key=f"once-{reference}")
    assert [heard(town, event) for _ in range(3)] == ["confirmed", "a repetition", "a repetition"]
    assert state_of(town, reference) is State.PAID


def test_an_event_that_comes_again_lets_the_provider_be_heard_that_was_silent_before(town: Town) -> None:
    reference = charging(town)
    event = told(Unknown("says TS"), reference=reference)
    concluded(town, post_event(town, event), asked=Unknown("no answer"))
    town.after(order_of(town, reference), Event.GAVE_UP, Event.OPERATOR_CLOSE)
    assert heard(town, event, asked=confirmed(amount=kes(100))) == "confirmed"
    assert state_of(town, reference) is State.REFUNDING


def test_a_job_that_runs_twice_settles_once(town: Town) -> None:
    reference = charging(town)
    kept = post_event(town, told(confirmed(), reference=reference))
    town.payments.asked = confirmed(derived=True)
    owing = town.owing(str(kept), "settle")
    for _ in range(2):
        settle(town.house, owing)
    assert state_of(town, reference) is State.PAID
    assert town.strays_of_id(reference.split("-", 1)[0]) == []


# What says nothing.


@pytest.mark.parametrize("why", ["not JSON", "no result code"])
def test_what_cannot_be_read_is_written_down_with_why(town: Town, why: str) -> None:
    assert heard(town, UnableToReadEvent(why=why)) == f"This callback cannot be read: {why}."


def test_a_callback_for_a_provider_that_is_not_here_is_written_down(town: Town) -> None:
    assert run(town, post(town, provider="momo")) == "no such provider here"
