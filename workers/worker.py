"""The process that works on queues: RQ's own worker, made fit for a Redis that may be lost or away at any moment.

RQ keeps showing a worker for minutes after it was killed, never again shows one after Redis was flushed, and lets one
quit when Redis goes away in the middle of a job. Whether somebody works on every queue would then be guessed.
"""

import threading
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker, worker_registration
from rq.exceptions import StopRequested
from rq.worker import DequeueStrategy

log = structlog.get_logger(__name__)

_SHOWS_EVERY_S = 2.0
_GONE_AFTER_S = 10
_PAUSE_AFTER_TROUBLE_S = 1.0


class SteadyWorker(SimpleWorker):
    """Works on jobs in its own process, and can be seen in Redis for as long as that process lives and no longer."""

    max_connection_wait_time = 4.0
    was_told_to_stop = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._gone = threading.Event()
        self._showing = threading.Thread(target=self._show_until_gone, name="showing", daemon=True)

    def register_birth(self) -> None:
        """Appear, and from now on show that we are still here."""
        super().register_birth()  # type: ignore[no-untyped-call]
        self._showing.start()

    def register_death(self) -> None:
        """Disappear."""
        self._gone.set()
        self._showing.join(timeout=_SHOWS_EVERY_S)
        super().register_death()  # type: ignore[no-untyped-call]

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Be seen a little longer; never for as long as RQ would have it (`timeout`)."""
        super().heartbeat(_GONE_AFTER_S, pipeline)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """SIGTERM and SIGINT: finish the job in hand, and go."""
        self.was_told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def _show_until_gone(self) -> None:
        while not self._gone.wait(_SHOWS_EVERY_S):
            try:
                self._show()
            except RedisError as error:
                log.warning("worker_not_seen", why=type(error).__name__)

    def _show(self) -> None:
        """Everything that Redis should know of us, again: it may have been flushed."""
        with self.connection.pipeline() as pipeline:
            pipeline.hset(self.key, mapping=self.serialize())
            worker_registration.register(self, pipeline)
            self.heartbeat(pipeline=pipeline)
            pipeline.execute()


def work(names: Sequence[str], *, redis: Redis) -> None:
    """Work on the queues of these names until told to stop; then the job in hand is finished first."""
    try:
        while not _work_once(names, redis):
            log.warning("worker_begins_again")
            time.sleep(_PAUSE_AFTER_TROUBLE_S)
    except StopRequested:
        log.info("worker_stopped", before="it began again")


def _work_once(names: Sequence[str], redis: Redis) -> bool:
    """Work until told to stop (True), or until something that RQ does not ride out makes it quit."""
    worker = SteadyWorker([Queue(name, connection=redis) for name in names], connection=redis)
    try:
        # In turn, so that a flood of one kind of work (callbacks, say) does not keep another from being done at all.
        worker.work(logging_level="WARNING", with_scheduler=False, dequeue_strategy=DequeueStrategy.ROUND_ROBIN)
    except RedisError as error:
        log.warning("worker_lost_redis", why=type(error).__name__)
    return worker.was_told_to_stop
