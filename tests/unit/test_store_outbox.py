"""The outbox: due, leased, put off, struck out; shared by several relays without any row being handed out twice."""

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import Connection, Engine

from store import outbox
from store.outbox import QUEUES, SEND, SETTLE, TELL_GATEWAY
from tests.unit.books import order_in, place_in
from tests.unit.orders import NOW
from topup.life import Effect, State

LEASE = timedelta(seconds=60)
SECOND = timedelta(seconds=1)


def owe(engine: Engine, *subjects: str, due_in_s: float = 0) -> None:
    with engine.begin() as connection:
        for subject in subjects:
            outbox.owe_one(connection, effect=SEND, subject=subject, due_at=NOW + timedelta(seconds=due_in_s))


def take(connection: Connection, *, after_s: float = 0, count: int = 10) -> list[str]:
    now = NOW + timedelta(seconds=after_s)
    return sorted(owing.subject for owing in outbox.take_due(connection, now=now, lease=LEASE, count=count))


def only(connection: Connection, subject: str) -> outbox.Owing:
    (owing,) = outbox.open_of(connection, subject)
    return owing


def test_every_effect_has_a_queue() -> None:
    assert set(QUEUES) == {effect.value for effect in Effect} | {SEND, SETTLE, TELL_GATEWAY}


def test_what_is_due_is_leased_and_comes_again_when_the_lease_has_run_out(engine: Engine) -> None:
    owe(engine, "a")
    with engine.begin() as connection:
        assert take(connection) == ["a"]
        assert take(connection, after_s=59) == []
        assert take(connection, after_s=60) == ["a"]


def test_nothing_is_taken_before_it_is_due_and_the_oldest_first(engine: Engine) -> None:
    owe(engine, "later", due_in_s=5)
    owe(engine, "soon", due_in_s=1)
    with engine.begin() as connection:
        assert take(connection) == []
        assert take(connection, after_s=10, count=1) == ["soon"]
        assert take(connection, after_s=10, count=1) == ["later"]


def test_two_relays_at_once_take_different_rows(engine: Engine) -> None:
    owe(engine, *"abcd")
    with engine.begin() as one, engine.begin() as other:
        first = take(one, count=2)
        second = take(other, count=10)
        assert len(first) == 2
        assert sorted(first + second) == ["a", "b", "c", "d"]
    with engine.begin() as connection:
        assert take(connection) == []


def test_a_relay_that_dies_in_between_loses_nothing(engine: Engine) -> None:
    owe(engine, "a")
    with engine.connect() as dying:
        assert take(dying) == ["a"]
        dying.rollback()
    with engine.begin() as connection:
        assert take(connection) == ["a"]


def test_what_is_done_is_never_taken_again(engine: Engine) -> None:
    owe(engine, "a")
    with engine.begin() as connection:
        owing = only(connection, "a")
        outbox.done(connection, owing.id, now=NOW, note="sent")
        assert outbox.open_of(connection, "a") == []
        assert outbox.get(connection, owing.id) is None
        assert outbox.lock(connection, owing.id) is None
        assert take(connection, after_s=1000) == []


def test_later_counts_a_try_and_frees_the_lease(engine: Engine) -> None:
    owe(engine, "a")
    with engine.begin() as connection:
        take(connection)
        outbox.later(connection, only(connection, "a").id, due_at=NOW + 5 * SECOND, note="not yet")
        assert (only(connection, "a").tried, only(connection, "a").due_at) == (1, NOW + 5 * SECOND)
        assert take(connection, after_s=4) == []
        assert take(connection, after_s=5) == ["a"]


def test_putting_off_counts_no_try(engine: Engine) -> None:
    owe(engine, "a")
    with engine.begin() as connection:
        take(connection)
        outbox.put_off(connection, only(connection, "a").id, due_at=NOW + 5 * SECOND, note="waiting")
        assert only(connection, "a").tried == 0
        assert take(connection, after_s=5) == ["a"]


def test_what_was_struck_out_meanwhile_is_not_brought_back_by_a_late_later(engine: Engine) -> None:
    owe(engine, "a", "b")
    with engine.begin() as connection:
        for subject, again in (("a", outbox.later), ("b", outbox.put_off)):
            owing = only(connection, subject)
            outbox.done(connection, owing.id, now=NOW)
            again(connection, owing.id, due_at=NOW, note="late")
            assert outbox.get(connection, owing.id) is None
        assert take(connection, after_s=1000) == []


def test_releasing_ends_every_lease_of_what_is_open(engine: Engine) -> None:
    owe(engine, *"abc")
    with engine.begin() as connection:
        outbox.done(connection, only(connection, "c").id, now=NOW)
        take(connection, count=1)
        assert outbox.release_all(connection) == 1
        assert take(connection) == ["a", "b"]


def test_the_next_row_is_due_when_its_time_has_come_and_no_lease_holds_it(engine: Engine) -> None:
    with engine.connect() as connection:
        assert outbox.next_due(connection) is None
    owe(engine, "a", due_in_s=7)
    with engine.begin() as connection:
        assert outbox.next_due(connection) == NOW + 7 * SECOND
        take(connection, after_s=7)
        assert outbox.next_due(connection) == NOW + 67 * SECOND
        outbox.done(connection, only(connection, "a").id, now=NOW)
        assert outbox.next_due(connection) is None


def test_a_row_that_somebody_has_locked_waits_for_him(engine: Engine) -> None:
    owe(engine, "a")
    with engine.begin() as worker, engine.begin() as relay:
        assert outbox.lock(worker, only(worker, "a").id) is not None
        assert take(relay, after_s=1000) == []


def test_owing_again_opens_the_row_that_was_struck_out(engine: Engine) -> None:
    order = order_in(engine, State.CHARGING)
    with engine.begin() as connection:
        open_before = outbox.open_of(connection, order.id)
        for owing in open_before:
            outbox.done(connection, owing.id, now=NOW)
        for _ in range(2):
            outbox.owe_again(connection, order, effect=Effect.ENQUIRE, due_at=NOW)
        assert [owing.effect for owing in outbox.open_of(connection, order.id)] == ["enquire"]
        assert take(connection) == [order.id]


@pytest.mark.parametrize("change", ["a row is written", "a row is due earlier"])
def test_the_relay_is_told_at_once(engine: Engine, change: str) -> None:
    order = place_in(engine)
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute("LISTEN outbox")
        if change == "a row is written":
            owe(engine, "a")
        else:
            with engine.begin() as connection:
                outbox.put_off(connection, only(connection, order.id).id, due_at=NOW, note="")
        assert [told.channel for told in listener.notifies(timeout=10, stop_after=1)] == ["outbox"]
