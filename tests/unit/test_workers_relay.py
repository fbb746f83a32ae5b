"""The relay and the jobs, on a real PostgreSQL and a real Redis: what is owed is handed over, again if it was lost."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import redis
from rq import Queue
from sqlalchemy import Engine

from store import outbox
from store.outbox import QUEUES, SEND, SETTLE
from tests.unit.callbacks import post
from tests.unit.houses import Town
from topup.clock import utc_now
from topup.life import Effect, State
from workers import jobs
from workers.house import House
from workers.lanes import lanes_of
from workers.relay import MARK, Relay

LEASE = timedelta(seconds=60)


@pytest.fixture
def town(engine: Engine) -> Town:
    return Town(engine)


@pytest.fixture
def relay(town: Town, client: redis.Redis) -> Relay:
    return Relay(town.house, redis=client, lease=LEASE)


def owe(town: Town, *subjects: str, effect: str = SEND) -> None:
    with town.engine.begin() as connection:
        for subject in subjects:
            outbox.owe_one(connection, effect=effect, subject=subject, due_at=town.clock.now)


def handed(client: redis.Redis) -> list[str]:
    """The names of all jobs in all queues."""
    return sorted(job for queue in Queue.all(connection=client) for job in queue.job_ids)


def test_what_is_due_is_handed_to_its_queue_as_a_job_that_carries_no_more_than_an_id(
    town: Town, relay: Relay, client: redis.Redis
) -> None:
    order = town.order_in(State.CHARGING)
    town.clock.turn(minutes=1)
    owe(town, "m1")
    owe(town, "7", effect=SETTLE)
    assert relay.relay_once() == 3
    enquiry = town.owing(order.id, Effect.ENQUIRE).id
    (job,) = Queue("enquire.daraja", connection=client).jobs
    assert (job.id, job.args) == (f"enquire-{enquiry}", (enquiry,))
    assert [Queue(name, connection=client).count for name in ("tell", "settle")] == [1, 1]


@pytest.mark.parametrize(
    ("state", "lane"),
    [
        (State.CREATED, "charge.daraja"),
        (State.CHARGING, "enquire.daraja"),
        (State.PAID, "credit.ucip"),
        (State.CREDITING, "enquire.ucip"),
        (State.CREDITED, "look"),
        (State.REFUNDING, "refund.daraja"),
        (State.DONE, "tell"),
    ],
)
def test_what_asks_a_provider_queues_apart_from_what_asks_another(
    town: Town, relay: Relay, client: redis.Redis, state: State, lane: str
) -> None:
    town.order_in(state)
    town.clock.turn(minutes=1)
    relay.relay_once()
    assert [queue.name for queue in Queue.all(connection=client)] == [lane]


@pytest.mark.parametrize(("provider", "lane"), [("daraja", "settle.daraja"), ("not_here_any_more", "settle")])
def test_a_callback_queues_by_where_it_came_from(
    town: Town, relay: Relay, client: redis.Redis, provider: str, lane: str
) -> None:
    post(town, provider=provider)
    relay.relay_once()
    assert [queue.name for queue in Queue.all(connection=client)] == [lane]


def test_a_worker_of_a_queue_serves_all_of_its_lanes(town: Town) -> None:
    assert lanes_of("charge", house=town.house) == ["charge", "charge.daraja"]
    assert lanes_of("tell", house=town.house) == ["tell"]


def test_what_is_not_due_or_was_handed_over_is_left_alone(town: Town, relay: Relay, client: redis.Redis) -> None:
    town.order_in(State.CREATED)
    assert relay.relay_once() == 0
    town.clock.turn(seconds=10)
    assert relay.relay_once() == 1
    assert relay.relay_once() == 0
    town.clock.turn(seconds=61)
    assert relay.relay_once() == 1
    assert len(set(handed(client))) == 1


def test_what_waits_longer_than_its_lease_is_not_queued_a_second_time(
    town: Town, relay: Relay, client: redis.Redis
) -> None:
    owe(town, "a", "b")
    relay.relay_once()
    first, second = handed(client)
    Queue("tell", connection=client).remove(first)  # Somebody took it, and died.
    town.clock.turn(seconds=61)
    assert relay.relay_once() == 2
    assert handed(client) == [first, second]


def test_a_lane_that_is_full_takes_no_more_until_it_has_room_and_holds_up_no_other(
    town: Town, relay: Relay, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.relay._MOST_WAITING", 2)
    post(town, provider="daraja")
    post(town, provider="daraja")
    assert relay.relay_once() == 2
    post(town, provider="daraja")
    town.clock.turn(seconds=1)
    post(town, provider="airtel")
    assert relay.relay_once() == 1
    lane, other = Queue("settle.daraja", connection=client), Queue("settle", connection=client)
    assert (lane.count, other.count) == (2, 1)
    client.lpop(lane.key)
    assert relay.relay_once() == 1
    assert lane.count == 2


def test_what_waits_for_a_full_lane_is_no_reason_to_wake_up(
    town: Town, relay: Relay, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.relay._MOST_WAITING", 1)
    owe(town, "a")
    relay.relay_once()
    owe(town, "b")
    assert relay.relay_once() == 0
    with town.engine.connect() as connection:
        assert outbox.next_due(connection) == town.clock.now
        assert outbox.next_due(connection, but_not=[("tell", "")]) is None


def test_what_a_lost_redis_held_is_handed_over_again_at_once(town: Town, relay: Relay, client: redis.Redis) -> None:
    owe(town, "a", "b")
    relay.relay_once()
    before = handed(client)
    client.flushall()
    assert relay.relay_once() == 2
    assert handed(client) == before
    assert client.exists(MARK)
    assert relay.relay_once() == 0


def test_two_relays_share_the_work(town: Town, client: redis.Redis) -> None:
    owe(town, *(f"m{number}" for number in range(150)))
    client.set(MARK, "1")
    relays = [Relay(town.house, redis=client, lease=LEASE) for _ in range(2)]
    ready = threading.Barrier(2)
    taken: list[int] = []

    def work(relay: Relay) -> None:
        ready.wait()
        taken.append(relay.relay_once())

    threads = [threading.Thread(target=work, args=[relay]) for relay in relays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rest = relays[0].relay_once()
    assert sum(taken) + rest == 150
    assert len(handed(client)) == len(set(handed(client))) == 150


def test_while_redis_is_away_nothing_counts_as_handed_over(town: Town, redis_url: str) -> None:
    owe(town, "a")
    with redis.Redis.from_url("unix:///nowhere.sock") as nowhere:
        away = Relay(town.house, redis=nowhere, lease=LEASE)
        with pytest.raises(redis.ConnectionError):
            away.relay_once()
    with redis.Redis.from_url(redis_url) as client:
        assert Relay(town.house, redis=client, lease=LEASE).relay_once() == 1


def test_a_running_relay_hands_over_what_is_owed_while_it_waits_and_stops_when_told(
    town: Town, relay: Relay, client: redis.Redis
) -> None:
    town.clock.now = utc_now()
    stop = threading.Event()
    running = threading.Thread(target=relay.run, args=[stop])
    running.start()
    try:
        owe(town, "a")
        waited = threading.Event()
        for _ in range(200):
            if handed(client):
                break
            waited.wait(0.05)
        assert len(handed(client)) == 1
    finally:
        stop.set()
        running.join(timeout=10)
    assert not running.is_alive()


# The jobs.


@pytest.fixture
def moved_in(town: Town) -> Iterator[Town]:
    jobs.move_in(town.house)
    yield town
    jobs._house.clear()


def owing_id(town: Town, subject: str) -> int:
    """What is owed for the subject, when it is due."""
    (owing,) = town.owed(subject)
    town.clock.now = max(town.clock.now, owing.due_at)
    return owing.id


def test_every_effect_has_its_work() -> None:
    assert set(jobs.WORK) == set(QUEUES)


def test_a_job_does_what_its_row_says(moved_in: Town) -> None:
    order = moved_in.order_in(State.CREATED)
    jobs.run(owing_id(moved_in, order.id))
    assert moved_in.payments.calls == [("charge", f"{order.id}-charge-1")]


def test_a_job_whose_row_is_done_or_never_was_does_nothing(moved_in: Town) -> None:
    order = moved_in.order_in(State.CREATED)
    row = owing_id(moved_in, order.id)
    for _ in range(3):
        jobs.run(row)
    jobs.run(10**9)
    assert len(moved_in.payments.calls) == 1


def test_a_copy_of_a_job_that_was_put_off_meanwhile_does_nothing(moved_in: Town) -> None:
    order = moved_in.order_in(State.CHARGING)
    row = moved_in.owing(order.id, Effect.ENQUIRE)
    jobs.run(row.id)
    assert moved_in.payments.calls == []
    moved_in.clock.now = row.due_at
    jobs.run(row.id)
    assert moved_in.payments.calls == [("ask charge", f"{order.id}-charge-1")]


def failing(_house: House, _owing: outbox.Owing) -> None:
    raise RuntimeError


def test_a_job_that_fails_is_tried_again_and_not_forgotten(moved_in: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    order = moved_in.order_in(State.CREATED)
    row = owing_id(moved_in, order.id)
    works: Callable[..., None] = jobs.WORK["charge"]
    monkeypatch.setattr(jobs, "WORK", {**jobs.WORK, "charge": failing})
    with pytest.raises(RuntimeError):
        jobs.run(row)
    waiting = moved_in.owing(order.id, Effect.CHARGE)
    assert waiting.due_at > moved_in.clock.now
    monkeypatch.setattr(jobs, "WORK", {**jobs.WORK, "charge": works})
    moved_in.clock.now = waiting.due_at
    jobs.run(row)
    assert len(moved_in.payments.calls) == 1
