"""Which attempt a callback is about: believed where its names and its number fit what we know, and nowhere else."""

import pytest
from sqlalchemy import Engine

from store import inbox
from tests.unit.callbacks import charging, concluded, heard, name_of, post, run, state_of, told
from tests.unit.houses import Town, a_receipt, confirmed
from topup.life import Event, State
from topup.outcomes import Unknown


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


def test_an_attempt_is_found_by_the_providers_name_too(town: Town) -> None:
    reference = charging(town)
    event = told(confirmed(), provider_ref=name_of(town, reference))
    assert heard(town, event) == "confirmed"
    assert state_of(town, reference) is State.PAID


# What does not fit.


def test_a_reference_that_nobody_made_is_waited_for_and_then_concluded(town: Town) -> None:
    town.payments.told = told(confirmed(), reference="nobody-charge-1")
    kept = post(town)
    waits = []
    while run(town, kept) is None:
        due_at = town.owing(str(kept), "settle").due_at
        waits.append(due_at - town.clock.now)
        town.clock.now = due_at
        assert len(waits) < 20
    assert waits == sorted(waits)
    assert waits
    with town.engine.connect() as connection:
        assert inbox.get(connection, kept).verdict == "no attempt of ours has this reference"
    assert town.owed(str(kept)) == []


def test_an_order_is_not_moved_by_what_nobody_can_tie_to_it(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    town.payments.told = told(confirmed(a_receipt()))
    assert run(town, post(town)) is None
    assert town.events(order) == [Event.CHARGE_SENT]


def test_an_event_that_names_something_else_is_not_about_this_attempt(town: Town) -> None:
    reference = charging(town)
    verdict = heard(town, told(confirmed(), reference=reference, provider_ref="ws_CO_forged"))
    assert verdict is not None
    assert verdict.startswith("names ws_CO_forged, but the provider calls this attempt")
    assert state_of(town, reference) is State.CHARGING


@pytest.mark.parametrize(
    ("msisdn", "fits"),
    [
        ("+254711000001", True),
        ("254711000001", True),
        ("2547110***01", True),
        ("254711000009", False),
        ("2547110***09", False),
        ("25471100000", False),
    ],
)
def test_an_event_about_another_number_is_not_believed(town: Town, msisdn: str, fits: bool) -> None:
    town.owner = "+254711000001"
    reference = charging(town)
    verdict = heard(town, told(confirmed(), reference=reference, msisdn=msisdn))
    assert verdict == ("confirmed" if fits else "is about another number")
    assert state_of(town, reference) is (State.PAID if fits else State.CHARGING)


def test_what_one_provider_tells_is_nothing_about_what_another_does(town: Town) -> None:
    reference = charging(town)
    town.credits.told = told(confirmed(), reference=reference)
    kept = post(town, provider="ucip", topic="airtime")
    assert concluded(town, kept, asked=confirmed()) == "no attempt of ours has this reference"
    assert state_of(town, reference) is State.CHARGING


# Before our reply is known.


def test_before_our_reply_is_known_only_a_plain_word_of_the_provider_counts(town: Town) -> None:
    reference = charging(town, name=None)
    event = told(confirmed(), reference=reference, provider_ref=f"ws_CO_{reference}")
    assert heard(town, event, asked=Unknown("no answer")) is None
    assert state_of(town, reference) is State.CHARGING
    assert heard(town, event, asked=confirmed(derived=True)) == "confirmed"
    assert state_of(town, reference) is State.PAID
    assert name_of(town, reference) == f"ws_CO_{reference}"


@pytest.mark.parametrize("is_forged", [True, False])
def test_a_receipt_that_the_provider_names_itself_is_the_one_that_counts(town: Town, is_forged: bool) -> None:
    order = town.order_in(State.CHARGING)
    reference, receipt = f"{order.id}-charge-1", a_receipt()
    claimed = confirmed("FORGED" + receipt if is_forged else receipt, amount=order.amount)
    event = told(claimed, reference=reference, provider_ref="a name that nobody told us")
    heard(town, event, asked=confirmed(receipt, amount=order.amount))
    assert town.now(order).state is State.PAID
    assert (town.attempt(reference).receipt, town.attempt(reference).attempt.provider_ref) == (receipt, None)
    assert [stray.state for stray in town.strays_of(order)] == [State.REVIEW_CHARGE] * is_forged


def test_a_name_that_belongs_to_another_attempt_is_not_learned(town: Town) -> None:
    other, reference = charging(town), charging(town, name=None)
    event = told(confirmed(), reference=reference, provider_ref=name_of(town, other))
    verdict = heard(town, event, asked=confirmed(derived=True))
    assert verdict is not None
    assert "by which the provider calls another attempt" in verdict
    assert state_of(town, reference) is State.CHARGING
