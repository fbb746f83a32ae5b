"""Callbacks, as jobs settle them: believed when they fit, once, and written down whatever they are."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from store import inbox
from store.book import SqlBook
from tests.unit.callbacks import post, run
from tests.unit.houses import Town, a_receipt, confirmed
from tests.unit.orders import kes
from topup.life import Event, State
from topup.orders import Order
from topup.outcomes import Accepted, Answer, Pending, Reason, Refused, Unknown
from topup.ports import Event as Told
from topup.ports import UnableToReadEvent
from workers.settle import settle

_keys = itertools.count(1)

CANCELLED = Refused(Reason.CANCELLED, "1032")
BUSY = Refused(Reason.BUSY, "1001")


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


def told(answer: Answer, *, reference: str | None = None, **fields: Any) -> Told:
    """What a callback says; each has a key of its own unless it is given one."""
    values: Mapping[str, Any] = {"key": f"key-{next(_keys)}", "provider_ref": None, **fields}
    return Told(reference=reference, answer=answer, **values)


def heard(town: Town, event: Told | Exception, *, asked: Answer | None = None, topic: str = "stk") -> str | None:
    """Let a callback come that says `event`, while the provider, when asked, says `asked` (or the same)."""
    town.payments.told = event
    town.payments.asked = asked or (event.answer if isinstance(event, Told) else Unknown("no answer"))
    return run(town, post(town, topic=topic))


_bodies = itertools.count(1)


def post_event(town: Town, event: Told, *, address: str | None = None) -> int:
    """A callback that says `event`, posted to the address of an attempt; the number under which it is kept."""
    body = f"event {next(_bodies)}".encode()
    town.payments.told_by[body] = event
    return post(town, reference=address, body=body)


def concluded(town: Town, kept: int, *, asked: Answer) -> str | None:
    """The verdict on a callback in the end, while the provider says `asked` whenever it is asked."""
    town.payments.asked = asked
    while (verdict := run(town, kept)) is None:
        town.clock.now = town.owing(str(kept), "settle").due_at
    return verdict


def charging(town: Town, *, name: str | None = "ws_CO") -> str:
    """The reference of the charge of a new order, of which the provider's name for it is known or not."""
    order = town.order_in(State.CHARGING)
    reference = f"{order.id}-charge-1"
    if name is not None:
        town.settle(reference, Accepted(f"{name}_{order.id}"), evidence="reply")
    return reference


def name_of(town: Town, reference: str) -> str | None:
    return town.attempt(reference).attempt.provider_ref


def order_of(town: Town, reference: str) -> Order:
    with town.engine.connect() as connection:
        return SqlBook(connection).get(reference.split("-", 1)[0])


def state_of(town: Town, reference: str) -> State:
    return order_of(town, reference).state


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


def test_an_attempt_is_found_by_the_providers_name_too(town: Town) -> None:
    reference = charging(town)
    event = told(confirmed(), provider_ref=name_of(town, reference))
    assert heard(town, event) == "confirmed"
    assert state_of(town, reference) is State.PAID


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


# What is not.


@pytest.mark.parametrize("why", ["not JSON", "no result code"])
def test_what_cannot_be_read_is_written_down_with_why(town: Town, why: str) -> None:
    assert heard(town, UnableToReadEvent(why=why)) == f"This callback cannot be read: {why}."


def test_a_callback_for_a_provider_that_is_not_here_is_written_down(town: Town) -> None:
    assert run(town, post(town, provider="momo")) == "no such provider here"


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


def test_paid_by_the_callback_and_refused_by_the_provider_is_for_a_person(town: Town) -> None:
    reference = charging(town)
    verdict = heard(town, told(confirmed(), reference=reference), asked=CANCELLED)
    assert verdict == "differs: the callback says it was done, the provider says 1032"
    assert state_of(town, reference) is State.REVIEW_CHARGE


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


def test_what_a_person_looks_at_is_not_ended_by_the_same_refusal_again(town: Town) -> None:
    reference = charging(town)
    heard(town, told(confirmed(), reference=reference), asked=CANCELLED)
    assert heard(town, told(CANCELLED, reference=reference)) == "left to the person who looks: 1032"
    assert town.settle(reference, CANCELLED, evidence="enquiry") == "left to the person who looks: 1032"
    assert state_of(town, reference) is State.REVIEW_CHARGE


def test_what_one_provider_tells_is_nothing_about_what_another_does(town: Town) -> None:
    reference = charging(town)
    town.credits.told = told(confirmed(), reference=reference)
    kept = post(town, provider="ucip", topic="airtime")
    assert concluded(town, kept, asked=confirmed()) == "no attempt of ours has this reference"
    assert state_of(town, reference) is State.CHARGING


# Money that goes back.


def returning(town: Town) -> str:
    order = town.order_in(State.RETURNING)
    reference = f"{order.id}-refund-1"
    town.settle(reference, Accepted(f"name_{order.id}"), evidence="reply")
    return reference


def test_a_refund_that_is_told_and_that_the_provider_denies_is_for_a_person(town: Town) -> None:
    reference = returning(town)
    event = told(confirmed(), reference=reference)
    assert heard(town, event, asked=Refused(Reason.PROVIDER, "FAILED"), topic="refund") == (
        "differs: the callback says it was done, the provider says FAILED"
    )
    assert state_of(town, reference) is State.REVIEW_REFUND


def test_a_refund_that_is_told_counts_where_the_provider_cannot_be_asked(town: Town) -> None:
    reference = returning(town)
    assert heard(town, told(confirmed(), reference=reference), asked=Unknown("by callback only")) == "confirmed"
    assert state_of(town, reference) is State.REFUNDED


def test_refused_by_the_callback_and_paid_by_the_provider_is_paid(town: Town) -> None:
    reference = charging(town)
    paid = confirmed(derived=True)
    assert heard(town, told(CANCELLED, reference=reference), asked=paid) == "confirmed"
    assert state_of(town, reference) is State.PAID


# What is told when the provider, asked in turn, says neither yes nor no.

SILENCES = pytest.mark.parametrize("silence", [Unknown("timeout"), Pending("4999")])


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


# Refunds.


def test_a_refund_that_is_told_ends_the_order(town: Town) -> None:
    order = town.order_in(State.RETURNING)
    reference = f"{order.id}-refund-1"
    town.settle(reference, Accepted(f"conv_{order.id}"), evidence="reply")
    verdict = heard(town, told(confirmed(), reference=reference, provider_ref=f"conv_{order.id}"), topic="reversal")
    assert verdict == "confirmed"
    assert town.now(order).state is State.REFUNDED


def test_a_refund_that_is_told_after_it_was_refused_is_left_to_a_person(town: Town) -> None:
    order = town.order_in(State.RETURNING)
    reference, name = f"{order.id}-refund-1", f"conv_{order.id}"
    town.settle(reference, Accepted(name), evidence="reply")
    heard(town, told(Refused(Reason.PROVIDER, "21"), reference=reference, provider_ref=name), topic="reversal")
    verdict = heard(town, told(confirmed(), reference=reference, provider_ref=name), topic="reversal")
    assert verdict == "stray: confirmed after it was refused"
    assert town.now(order).state is State.REVIEW_REFUND


def test_an_order_is_not_moved_by_what_nobody_can_tie_to_it(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    town.payments.told = told(confirmed(a_receipt()))
    assert run(town, post(town)) is None
    assert town.events(order) == [Event.CHARGE_SENT]
