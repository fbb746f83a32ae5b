"""The worker of many hands, on a real Redis: it does several jobs at once and keeps what RQ promises of each."""

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis
from rq import Queue, Worker

from tests.unit.odd_jobs import GATES, Gate, enqueue
from workers import worker
from workers.worker import ThreadWorker, Told

HANDS = 2


def until(happened: Callable[[], object], *, within_s: float = 10.0) -> None:
    """Wait until it has happened."""
    give_up_at = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < give_up_at, "it never happened"
        time.sleep(0.01)


@pytest.fixture
def gate(request: pytest.FixtureRequest) -> Iterator[Gate]:
    """A gate called "gate", open at the end so that nothing is left standing there."""
    GATES.clear()
    GATES.update(gate=Gate(), other=Gate())
    yield GATES["gate"]
    for one in GATES.values():
        one.opened.set()


@pytest.fixture
def slow(client: redis.Redis) -> Queue:
    return Queue("charge.slow", connection=client)


@pytest.fixture
def quick(client: redis.Redis) -> Queue:
    return Queue("charge.quick", connection=client)


class AtWork:
    """A worker in a thread of the test's, which is told to stop at the end."""

    def __init__(self, queues: list[Queue], client: redis.Redis) -> None:
        self.told = Told()
        self.worker = ThreadWorker(queues, connection=client, told=self.told, hands=HANDS)
        self._thread = threading.Thread(target=self.worker.work_until_told, daemon=True)

    def begin(self) -> None:
        self._thread.start()

    @property
    def has_left(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        self.told.to_stop = True
        self._thread.join(timeout=10)
        assert self.has_left, "it was told to stop, and does not"


@pytest.fixture
def at_work(
    gate: Gate, slow: Queue, quick: Queue, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AtWork]:
    """A worker of both queues, not yet begun, that looks after itself without the pauses of every day."""
    monkeypatch.setattr(worker, "_SHOWS_EVERY_S", 0.05)
    monkeypatch.setattr(worker, "_LISTENS_EVERY_S", 0.01)
    monkeypatch.setattr(worker, "_PAUSE_AFTER_TROUBLE_S", 0.05)
    made = AtWork([slow, quick], client)
    yield made
    for one in GATES.values():
        one.opened.set()
    made.stop()


def test_as_many_jobs_of_a_queue_as_there_are_hands_are_done_at_once(at_work: AtWork, gate: Gate, slow: Queue) -> None:
    for _ in range(HANDS + 1):
        enqueue(slow, "wait_at", "gate")
    at_work.begin()
    assert [gate.has_begun() for _ in range(HANDS)] == [True] * HANDS
    assert not gate.has_begun(within_s=0.1)
    assert slow.count == 1, "what nobody has a hand free for waits in Redis, where another process may take it"
    gate.opened.set()
    assert gate.has_begun()


def test_a_queue_that_hangs_takes_no_hands_of_another(at_work: AtWork, gate: Gate, slow: Queue, quick: Queue) -> None:
    for _ in range(3 * HANDS):
        enqueue(slow, "wait_at", "gate")
        enqueue(quick, "wait_at", "other")
    GATES["other"].opened.set()
    at_work.begin()
    assert [GATES["other"].has_ended() for _ in range(3 * HANDS)] == [True] * 3 * HANDS
    assert gate.ended.acquire(blocking=False) is False


def test_a_hand_that_is_free_again_takes_the_next_job_at_once(at_work: AtWork, gate: Gate, slow: Queue) -> None:
    at_work.begin()
    for _ in range(HANDS):
        enqueue(slow, "wait_at", "gate")
        assert gate.has_begun()
    enqueue(slow, "wait_at", "other")  # Nobody listens to this queue now.
    time.sleep(0.1)
    gate.opened.set()
    assert GATES["other"].has_begun(within_s=worker._WAITS_FOR_A_JOB_S / 2)


def test_a_job_in_hand_is_shown_as_started_and_leaves_nothing_behind(
    at_work: AtWork, gate: Gate, slow: Queue, client: redis.Redis
) -> None:
    job = enqueue(slow, "wait_at", "gate")
    at_work.begin()
    assert gate.has_begun()
    [seen] = Worker.all(connection=client)
    assert slow.started_job_registry.get_job_ids() == [job.id]
    assert [execution.job_id for execution in seen.get_current_executions()] == [job.id]
    assert (job.get_status(), job.worker_name) == ("started", None)
    until(lambda: Worker.all(connection=client)[0].get_state() == "busy")
    gate.opened.set()
    until(lambda: not client.exists(job.key))
    until(lambda: Worker.all(connection=client)[0].successful_job_count == 1)
    assert slow.started_job_registry.count == 0
    assert client.keys("rq:execution*") == []
    assert seen.get_current_executions(refresh=True) == []


def test_a_job_that_fails_is_kept_as_failed_and_the_next_is_done(
    at_work: AtWork, gate: Gate, slow: Queue, client: redis.Redis
) -> None:
    job = enqueue(slow, "fail_at", "gate")
    at_work.begin()
    until(lambda: slow.failed_job_registry.get_job_ids() == [job.id])
    result = job.latest_result()
    assert result is not None
    assert "ValueError: gate" in (result.exc_string or "")
    assert slow.started_job_registry.count == 0
    enqueue(slow, "wait_at", "other")
    assert GATES["other"].has_begun()


def test_a_job_that_takes_longer_than_its_timeout_is_stopped(at_work: AtWork, gate: Gate, slow: Queue) -> None:
    job = enqueue(slow, "never_end", "gate", timeout=1)
    at_work.begin()
    until(lambda: slow.failed_job_registry.get_job_ids() == [job.id])
    result = job.latest_result()
    assert result is not None
    assert "JobTimeoutException" in (result.exc_string or "")


def test_told_to_stop_it_finishes_what_is_in_hand_and_takes_nothing_more(
    at_work: AtWork, gate: Gate, slow: Queue, quick: Queue, client: redis.Redis
) -> None:
    for _ in range(HANDS):
        enqueue(slow, "wait_at", "gate")
    at_work.begin()
    assert [gate.has_begun() for _ in range(HANDS)] == [True] * HANDS
    at_work.told.to_stop = True
    until(lambda: not any(thread.name == "fetching" for thread in threading.enumerate()))
    enqueue(quick, "wait_at", "other")
    assert not at_work.has_left
    assert len(Worker.all(connection=client)) == 1, "it is still seen while it finishes"
    gate.opened.set()
    at_work.stop()
    assert [gate.has_ended() for _ in range(HANDS)] == [True] * HANDS
    assert (quick.count, slow.started_job_registry.count) == (1, 0)
    assert Worker.all(connection=client) == []


def test_a_lost_redis_is_ridden_out_with_jobs_in_hand(
    at_work: AtWork, gate: Gate, slow: Queue, client: redis.Redis
) -> None:
    enqueue(slow, "wait_at", "gate")
    at_work.begin()
    assert gate.has_begun()
    client.flushall()
    until(lambda: len(Worker.all(connection=client)) == 1)
    gate.opened.set()
    assert gate.has_ended()
    enqueue(slow, "wait_at", "other")
    assert GATES["other"].has_begun()


def test_a_job_that_was_handed_over_again_meanwhile_is_done_again(at_work: AtWork, gate: Gate, slow: Queue) -> None:
    enqueue(slow, "wait_at", "other")
    at_work.begin()
    assert GATES["other"].has_begun()
    enqueue(slow, "come_again", "gate", job_id="look-7")  # By the other hand: what comes again waits for it.
    assert [gate.has_begun() for _ in range(2)] == [True, True]


def test_a_job_that_was_cancelled_is_passed_over(at_work: AtWork, gate: Gate, slow: Queue, client: redis.Redis) -> None:
    client.delete(enqueue(slow, "wait_at", "gate").key)
    enqueue(slow, "wait_at", "other")
    at_work.begin()
    assert GATES["other"].has_begun()
    assert gate.begun.acquire(blocking=False) is False


def test_workers_that_were_suspended_take_nothing_until_they_are_resumed(
    at_work: AtWork, gate: Gate, slow: Queue, client: redis.Redis
) -> None:
    client.set("rq:suspended", 1)
    at_work.begin()
    until(lambda: at_work.worker._is_suspended)
    enqueue(slow, "wait_at", "gate")
    until(lambda: slow.count == 1 or gate.begun._value)
    client.delete("rq:suspended")
    assert gate.has_begun()


def test_who_is_told_twice_in_one_second_is_told_once_and_later_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    told._hear(signal.SIGTERM, None)
    told._hear(signal.SIGTERM, None)
    assert told.to_stop
    monkeypatch.setattr(worker, "_SAME_WORD_S", 0.0)
    with pytest.raises(SystemExit):
        told._hear(signal.SIGTERM, None)
