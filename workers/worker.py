"""The process that works on queues: an RQ worker that does many jobs at once, in threads, and rides out a lost Redis.

    fetching (a thread)     pops jobs of the lanes that have a hand free, in batches
    hands (threads)         do them: at most so many of each lane, so that a slow provider takes no other's
    keeping (a thread)      tells Redis, many at once, which jobs have ended
    the main thread         shows in Redis that we live, stops what is overdue, and waits to be told to stop

RQ's own worker does one job at a time (and forks for each, unless told not to); it keeps showing a worker for minutes
after it was killed, never again shows one after Redis was flushed, and lets one quit when Redis goes away in the middle
of a job. Whether somebody works on every queue would then be guessed.
"""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from types import FrameType
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, worker_registration
from rq.exceptions import NoSuchJobError
from rq.suspension import is_suspended
from rq.utils import as_text, now
from rq.worker import BaseWorker, WorkerStatus

from workers.hands import Hands
from workers.house import House
from workers.keeping import Ended, Keeper, Source
from workers.lanes import lanes_of

log = structlog.get_logger(__name__)

_SHOWS_EVERY_S = 2.0
_GONE_AFTER_S = 10
_LISTENS_EVERY_S = 0.1
_WAITS_FOR_A_JOB_S = 1
_PAUSE_AFTER_TROUBLE_S = 1.0

# A signal to a whole group of processes may reach us by two ways at once.
_SAME_WORD_S = 1.0

# How long ends are gathered before they are written down together. Redis shows those jobs as begun meanwhile.
_GATHERS_ENDS_S = 0.05

# How many jobs are taken at once: enough to save round trips, few enough that another process gets its share.
_BATCH = 8

# The longest that a command may take before its connection counts as broken is ten seconds more than this less fifteen.
_WORKER_TTL_S = 20


class Told:
    """Whether we were told to stop. Told again, not in the same second, the process ends at once."""

    def __init__(self) -> None:
        self.to_stop = False
        self._at = 0.0

    def listen(self) -> None:
        """Hear SIGTERM and SIGINT from now on. Only the main thread may listen."""
        signal.signal(signal.SIGTERM, self._hear)
        signal.signal(signal.SIGINT, self._hear)

    def _hear(self, _signal: int, _frame: FrameType | None) -> None:
        if self.to_stop and time.monotonic() > self._at + _SAME_WORD_S:
            raise SystemExit
        if not self.to_stop:
            self.to_stop, self._at = True, time.monotonic()


class ThreadWorker(BaseWorker):
    """Does up to `hands` jobs of each of its queues at once, and is seen in Redis for as long as its process lives."""

    def __init__(self, *args: Any, told: Told | None = None, hands: int = 1, **options: Any) -> None:
        super().__init__(*args, **{"worker_ttl": _WORKER_TTL_S, **options})
        self._told = told or Told()
        self._ended: SimpleQueue[Ended | None] = SimpleQueue()
        self._lanes = {queue.key: Source.of(queue) for queue in self.queues}
        self._hands = {key: Hands(lane=key, most=hands, tell=self._ended.put) for key in self._lanes}
        self._full: set[str] = set()
        self._full_lock = threading.Lock()
        self._wake_key = f"{self.key}:wake"
        self._keeper = Keeper(redis=self.connection, name=self.name, key=self.key, executions_key=self.executions_key)
        self._is_suspended = False
        self._is_leaving = False

    def work_until_told(self) -> None:
        """Work until told to stop, and finish what is in hand then. Raises RedisError when Redis is away at first.

        Ends by itself, with what is in hand finished, when one of its own threads has died.
        """
        self.bootstrap("WARNING")
        fetching = threading.Thread(target=self._fetch_until_stopped, name="fetching", daemon=True)
        keeping = threading.Thread(target=self._keep_until_the_last, name="keeping", daemon=True)
        try:
            fetching.start()
            keeping.start()
            self._show_while(lambda: fetching.is_alive() and keeping.is_alive() and not self._told.to_stop)
            self._is_leaving = True
            self._wake()
            self._show_while(lambda: fetching.is_alive() or not all(hands.is_idle for hands in self._hands.values()))
            self._ended.put(None)
            keeping.join()
        finally:
            self._leave()

    # Being seen, and being told.

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Be seen a little longer; never for as long as RQ would have it (`timeout`)."""
        super().heartbeat(_GONE_AFTER_S, pipeline)

    def _show_while(self, goes_on: Callable[[], bool]) -> None:
        """Show that we live until `goes_on` says no more. Sleeps in short pieces: a signal only sets a flag."""
        shown_at = -_SHOWS_EVERY_S
        while goes_on():
            if time.monotonic() >= shown_at + _SHOWS_EVERY_S:
                shown_at = time.monotonic()
                self._stop_overdue()
                try:
                    self._show()
                except RedisError as error:
                    log.warning("worker_not_seen", why=type(error).__name__)
            time.sleep(_LISTENS_EVERY_S)

    def _show(self) -> None:
        """Everything that Redis should know of us, again: it may have been flushed."""
        is_idle = all(hands.is_idle for hands in self._hands.values())
        with self.connection.pipeline() as pipeline:
            pipeline.hset(self.key, mapping=self.serialize())
            worker_registration.register(self, pipeline)
            self.set_state(WorkerStatus.IDLE if is_idle else WorkerStatus.BUSY, pipeline=pipeline)
            self.heartbeat(pipeline=pipeline)
            pipeline.execute()
        self._is_suspended = is_suspended(self.connection)
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()  # type: ignore[no-untyped-call]

    def _stop_overdue(self) -> None:
        for hands in self._hands.values():
            for job in hands.stop_overdue():
                log.error("job_overdue", job=job)

    def _leave(self) -> None:
        try:
            self.teardown()  # type: ignore[no-untyped-call]
        except RedisError as error:
            log.warning("worker_not_seen_to_leave", why=type(error).__name__)

    # Taking jobs.

    def _fetch_until_stopped(self) -> None:
        while not self._is_leaving and not self._told.to_stop:
            try:
                self._fetch()
            except RedisError as error:
                log.warning("worker_waits_for_redis", why=type(error).__name__)
                time.sleep(_PAUSE_AFTER_TROUBLE_S)

    def _fetch(self) -> None:
        """Wait for a job of a lane that has a hand free, and take it with some of what waits in each such lane.

        So a flood of one kind of work (callbacks, say) does not keep another from being done.
        """
        lanes = self._open_lanes()
        popped = self.connection.blpop([*lanes, self._wake_key], _WAITS_FOR_A_JOB_S)
        if popped is None:
            return
        key, first = map(as_text, popped)
        if key == self._wake_key:
            return
        wanted = {key: min(self._hands[key].free, _BATCH) - 1}
        wanted |= {lane: min(self._hands[lane].free, _BATCH) for lane in lanes if lane != key}
        for taken in self._keeper.take(first, [(self._lanes[lane], most) for lane, most in wanted.items()]):
            self._hands[taken.source.queue.key].give(taken)

    def _open_lanes(self) -> list[str]:
        """The keys of the lanes with a hand free. When one of the others gets one, we are woken."""
        if self._is_suspended:
            return []
        with self._full_lock:
            found = [key for key in self._lanes if self._hands[key].free]
            self._full = set(self._lanes) - set(found)
        return found

    def _wake(self) -> None:
        """Let the thread that waits for jobs look around at once."""
        try:
            self.connection.rpush(self._wake_key, 1)
            self.connection.expire(self._wake_key, _GONE_AFTER_S)
        except RedisError as error:
            log.info("worker_not_woken", why=type(error).__name__)  # It looks around by itself in a second.

    # Writing down what has ended.

    def _keep_until_the_last(self) -> None:
        while (first := self._ended.get()) is not None:
            self._wake_for({first.lane})  # A hand that others wait for is free at once.
            time.sleep(_GATHERS_ENDS_S)
            ended = [first, *self._others_that_ended()]
            try:
                self._keep(ended)
            except RedisError as error:  # What it still says of these jobs runs out by itself.
                log.warning("jobs_not_kept", count=len(ended), why=type(error).__name__)

    def _others_that_ended(self) -> list[Ended]:
        found = []
        while not self._ended.empty():
            one = self._ended.get()
            if one is None:
                self._ended.put(None)  # The last word, to be heard once these are written down.
                break
            found.append(one)
        return found

    def _keep(self, ended: Sequence[Ended]) -> None:
        self._wake_for({one.lane for one in ended})
        self._keeper.leave([one for one in ended if one.failure is None])
        for one in ended:
            if one.failure is not None:
                self._keep_failure(one, one.failure)

    def _wake_for(self, lanes: set[str]) -> None:
        """Let the fetching thread look around when one of these lanes, which have a hand free, is not listened to."""
        with self._full_lock:
            opened = self._full & lanes
            self._full -= opened
        if opened:
            self._wake()

    def _keep_failure(self, ended: Ended, failure: str) -> None:
        job = ended.taken.job
        try:
            job.refresh()  # type: ignore[no-untyped-call]  # Until now no more was read of it than what it is to do.
        except NoSuchJobError:
            log.warning("failed_job_is_gone", job=job.id)  # Redis was flushed. What is owed stands in PostgreSQL.
            return
        job.ended_at = now()
        self.handle_job_failure(job, ended.taken.source.queue, exc_string=failure, execution=ended.taken.execution)


def work(queues: Sequence[str], *, house: House, redis: Redis, hands: int) -> None:
    """Work on these queues, and all their lanes, until told to stop; then what is in hand is finished first.

    Up to `hands` jobs of each lane are done at once.
    """
    lanes = [lane for queue in queues for lane in lanes_of(queue, house=house)]
    told = Told()
    told.listen()
    while not told.to_stop:
        try:
            rq_queues = [Queue(lane, connection=redis) for lane in lanes]
            ThreadWorker(rq_queues, connection=redis, told=told, hands=hands).work_until_told()
        except RedisError as error:
            log.warning("worker_lost_redis", why=type(error).__name__)
        if not told.to_stop:
            log.warning("worker_begins_again")
            time.sleep(_PAUSE_AFTER_TROUBLE_S)
