"""Jobs that fail for a reason of ours: they wait ever longer, and no order hangs on one for ever."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
import structlog
from sqlalchemy import Engine

from store import outbox
from store.outbox import SEND, SETTLE, Owing
from tests.unit.houses import Town
from topup.life import Effect, State, duty_of
from topup.outcomes import Unknown
from topup.schedule import MOST_FAILURES
from workers import jobs


class Bug(Exception):
    """Something that no worker expects."""


# Where the owner or a person hears of an order whose next step fails.
GIVEN_UP = {
    State.ASKED: State.UNPAID,
    State.CREATED: State.UNPAID,
    State.CHARGING: State.REVIEW_CHARGE,
    State.PAID: State.REFUNDING,
    State.CREDITING: State.REVIEW_CREDIT,
    State.CREDITED: State.DONE,
    State.REFUNDING: State.REVIEW_REFUND,
    State.RETURNING: State.REVIEW_REFUND,
    State.UNREDEEMED: State.UNPAID,
    State.REDEEMING: State.REVIEW_VOUCHER,
    State.PROMISED: State.UNPAID,
    State.LENDING: State.REVIEW_ADVANCE,
}


@pytest.fixture
def town(shared_engine: Engine) -> Iterator[Town]:
    town = Town(shared_engine)
    jobs.move_in(town.house)
    yield town
    jobs._house.clear()


def fails(town: Town, monkeypatch: pytest.MonkeyPatch, subject: str, effect: str, *, times: int) -> list[Owing]:
    """The row after each failure of its job; the list ends where it is no longer open. The next try is then due."""

    def broken(*_: object) -> None:
        raise Bug

    rows = []
    for _ in range(times):
        owing = town.owing(subject, effect)
        town.clock.now = max(town.clock(), owing.due_at)
        with monkeypatch.context() as patch:
            patch.setitem(jobs.WORK, effect, broken)
            with pytest.raises(Bug):
                jobs.run(owing.id)
        rows += [row for row in town.owed(subject) if row.id == owing.id]
    town.clock.now = max(town.clock(), *(row.due_at for row in rows[-1:]))
    return rows


def test_a_job_that_fails_waits_ever_longer(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    order = town.order_in(State.CREATED)
    began = town.owing(order.id, "charge").due_at
    rows = fails(town, monkeypatch, order.id, "charge", times=5)
    due = [began, *(row.due_at for row in rows)]
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(due)]
    assert waits == [1, 2, 4, 8, 16]
    assert [(row.failed, row.tried) for row in rows] == [(number, 0) for number in range(1, 6)]


def test_what_comes_to_something_begins_to_count_anew(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    order = town.order_in(State.CHARGING)
    town.payments.asked = Unknown("no answer")
    fails(town, monkeypatch, order.id, "enquire", times=MOST_FAILURES - 1)
    jobs.run(town.owing(order.id, "enquire").id)
    row = town.owing(order.id, "enquire")
    assert (row.failed, row.tried) == (0, 1)
    fails(town, monkeypatch, order.id, "enquire", times=MOST_FAILURES - 1)
    assert town.now(order).state is State.CHARGING


@pytest.mark.parametrize(("state", "given_up"), GIVEN_UP.items(), ids=str)
def test_an_order_whose_next_step_keeps_failing_is_given_up(
    town: Town, monkeypatch: pytest.MonkeyPatch, state: State, given_up: State
) -> None:
    order, duty = town.order_in(state), duty_of(state)
    assert duty is not None
    assert len(fails(town, monkeypatch, order.id, duty.value, times=MOST_FAILURES)) == MOST_FAILURES - 1
    assert town.now(order).state is given_up
    detail = town.detail(order)
    assert (detail["why"], detail["failed"]) == ("failed: Bug", MOST_FAILURES)


def test_every_state_that_does_not_rest_is_tried_above() -> None:
    assert set(GIVEN_UP) == {state for state in State if duty_of(state) is not None}


@pytest.mark.parametrize(
    ("state", "effect"), [(State.DONE, Effect.TELL_BALANCE), (State.REVIEW_CHARGE, Effect.ALERT)], ids=str
)
def test_what_is_no_step_of_an_order_is_kept_and_said_aloud(
    town: Town, monkeypatch: pytest.MonkeyPatch, state: State, effect: Effect
) -> None:
    order = town.order_in(state)
    with structlog.testing.capture_logs() as said:
        rows = fails(town, monkeypatch, order.id, effect.value, times=MOST_FAILURES + 2)
    assert [one["failed"] for one in said if one["event"] == "job_keeps_failing"] == [12, 13, 14]
    assert rows[-1].due_at - rows[-2].due_at == timedelta(seconds=300)
    assert town.now(order).state is state


@pytest.mark.parametrize("effect", [SEND, SETTLE])
def test_a_callback_and_a_message_are_kept_too(town: Town, monkeypatch: pytest.MonkeyPatch, effect: str) -> None:
    subject = f"{effect} of {town.owner}"
    with town.engine.begin() as connection:
        outbox.owe_one(connection, effect=effect, subject=subject, due_at=town.clock())
    assert len(fails(town, monkeypatch, subject, effect, times=MOST_FAILURES + 1)) == MOST_FAILURES + 1


def test_a_step_that_failed_after_it_was_taken_is_not_put_off(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    order = town.order_in(State.CREATED)
    owing = town.owing(order.id, "charge")
    town.clock.now = owing.due_at

    def charge(_: object) -> None:
        raise Bug

    town.payments.charge = charge  # type: ignore[assignment,method-assign]
    with pytest.raises(Bug):
        jobs.run(owing.id)
    assert town.now(order).state is State.CHARGING
    assert [row.effect for row in town.owed(order.id)] == ["enquire"]
