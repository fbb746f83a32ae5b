"""The relay: hands what is due from the outbox to RQ.

PostgreSQL tells it at once when something new is owed; otherwise it wakes when the next row is due. Rows are leased in
the transaction that hands them over, so several relays share the work, and what was handed to a Redis that has since
lost everything is handed over again: at once when the mark that every relay leaves in Redis is gone, else when the
lease has run out.

A lane takes only so much: the rest waits in the outbox, where it is handed out in the order in which it became due. So
a lane that is behind makes no lease run out for what nobody can have come to yet, and holds up no other lane.
"""

import threading
from datetime import timedelta

import psycopg
import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.queue import EnqueueData
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from store import outbox
from store.engine import alone
from store.outbox import Lane, Owing
from workers import jobs
from workers.house import House
from workers.lanes import lane_of

log = structlog.get_logger(__name__)

MARK = "redial:relay"
_BATCH = 200
_LONGEST_SLEEP_S = 1.0

# As much as may wait in a lane before more is added, and how soon a full one is looked at again: enough that no hand
# stands idle meanwhile, few enough that hands of ordinary speed come to all of it within a lease.
_MOST_WAITING = 400
_LOOKS_AGAIN_S = 0.1

# After handing something over: what becomes due within so short a time goes together. A turn costs more than all that
# it hands over, so the more there was, the longer the next is waited for; nobody who orders alone waits for others.
_GATHERS_S = 0.02
_GATHERS_S_A_ROW = 0.005
_GATHERS_AT_MOST_S = 0.1
_PAUSE_AFTER_TROUBLE_S = 0.5


class Relay:
    """Moves due rows from the outbox to RQ until it is told to stop."""

    def __init__(self, house: House, *, redis: Redis, lease: timedelta) -> None:
        self._house = house
        self._redis = redis
        self._lease = lease
        self._queues: dict[Lane, Queue] = {}
        self._full: list[Lane] = []

    def run(self, stop: threading.Event) -> None:
        """Relay until `stop` is set. A database or Redis that is away is waited for."""
        while not stop.is_set():
            try:
                with self._listening() as listener:
                    self._run(listener, stop)
            except (RedisError, SQLAlchemyError, psycopg.Error) as error:
                log.warning("relay_waits", why=type(error).__name__)
                stop.wait(_PAUSE_AFTER_TROUBLE_S)

    def relay_once(self) -> int:
        """Hand over what is due now. Returns how many rows."""
        was_lost, self._full = self._look()
        with self._house.engine.begin() as connection:
            if was_lost:
                self._recover(connection)
            owed = outbox.take_due(
                connection, now=self._house.clock(), lease=self._lease, count=_BATCH, but_not=self._full
            )
            self._hand_over(owed)
        if was_lost:
            self._redis.set(MARK, "1")  # Only now: had the transaction failed, the leases would still be standing.
        return len(owed)

    def _look(self) -> tuple[bool, list[Lane]]:
        """Whether Redis has lost what it held, and which lanes are full."""
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.exists(MARK)
            for queue in self._queues.values():
                pipeline.llen(queue.key)
            is_there, *waiting = pipeline.execute()
        full = [lane for lane, count in zip(self._queues, waiting, strict=True) if count >= _MOST_WAITING]
        return not is_there, full

    def _run(self, listener: psycopg.Connection, stop: threading.Event) -> None:
        while not stop.is_set():
            count = self.relay_once()
            if count:
                stop.wait(min(max(_GATHERS_S, count * _GATHERS_S_A_ROW), _GATHERS_AT_MOST_S))
            if count < _BATCH:
                for _ in listener.notifies(timeout=self._sleep_s(), stop_after=1):
                    pass

    def _sleep_s(self) -> float:
        with alone(self._house.engine) as connection:
            due = outbox.next_due(connection, but_not=self._full)
        most = _LOOKS_AGAIN_S if self._full else _LONGEST_SLEEP_S
        return most if due is None else min(max((due - self._house.clock()).total_seconds(), 0.0), most)

    def _recover(self, connection: Connection) -> None:
        if freed := outbox.release_all(connection):
            log.warning("redis_was_lost", jobs=freed)

    def _hand_over(self, owed: list[Owing]) -> None:
        by_lane: dict[Lane, list[Owing]] = {}
        for owing in owed:
            by_lane.setdefault((owing.queue, owing.provider), []).append(owing)
        with self._redis.pipeline() as pipeline:  # All at once: a worker that wakes up finds work in all its lanes.
            for lane, rows in by_lane.items():
                if lane not in self._queues:
                    self._queues[lane] = Queue(lane_of(rows[0], house=self._house), connection=self._redis)
                queue = self._queues[lane]
                if unqueued := _not_waiting(rows, queue):
                    queue.enqueue_many([_job(owing) for owing in unqueued], pipeline=pipeline)
            pipeline.execute()

    def _listening(self) -> psycopg.Connection:
        url = self._house.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        listener = psycopg.connect(url, autocommit=True, connect_timeout=5)
        listener.execute("LISTEN outbox")
        return listener


def _not_waiting(rows: list[Owing], queue: Queue) -> list[Owing]:
    """The rows that do not wait in the queue already.

    RQ queues a job as often as it is told to. When work takes longer than the lease, every row would be queued once
    more with each lease, and the more there is to do the more time would go into doing nothing.
    """
    if not any(owing.was_leased for owing in rows):
        return rows
    waiting = set(queue.job_ids)
    return [owing for owing in rows if _job_id(owing) not in waiting]


def _job_id(owing: Owing) -> str:
    """A name of its own: the same row handed over twice is the same job."""
    return f"{owing.effect}-{owing.id}"


def _job(owing: Owing) -> EnqueueData:
    return Queue.prepare_data(
        jobs.run,
        args=(owing.id,),
        job_id=_job_id(owing),
        timeout=120,
        result_ttl=0,
        failure_ttl=3600,
        description=f"{owing.effect} {owing.subject}",
    )
