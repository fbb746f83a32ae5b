"""The same jobs by RQ's own worker, as `rq worker` runs it: one job at a time, each in a process forked for it."""

from collections.abc import Sequence

from rq import Queue, Worker
from rq.worker import DequeueStrategy

import logs
import settings
from store.outbox import QUEUES
from wiring import Wiring
from workers import jobs
from workers.lanes import lanes_of


def work(queues: Sequence[str]) -> None:
    """Work on these queues until told to stop. Every job opens its own connections: its process is new."""
    given = settings.load()
    logs.configure(as_json=given.log_json)
    wiring = Wiring(given)
    jobs.move_in(wiring.house)
    lanes = [lane for queue in queues for lane in lanes_of(queue, house=wiring.house)]
    redis = wiring.queue_redis
    Worker([Queue(lane, connection=redis) for lane in lanes], connection=redis).work(
        logging_level="WARNING", dequeue_strategy=DequeueStrategy.ROUND_ROBIN
    )


if __name__ == "__main__":
    work(sorted(set(QUEUES.values())))
