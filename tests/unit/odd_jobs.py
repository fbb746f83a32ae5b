"""Jobs whose course a test decides. They run in the test's own process, and meet it at gates."""

import threading
import time
from dataclasses import dataclass, field

from rq import Queue
from rq.job import Job, get_current_job

HERE = "tests.unit.odd_jobs"


@dataclass
class Gate:
    """Where jobs of one name wait until the test lets them go."""

    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    opened: threading.Event = field(default_factory=threading.Event)
    ended: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def has_begun(self, *, within_s: float = 10.0) -> bool:
        """Whether one more job has come to the gate."""
        return self.begun.acquire(timeout=within_s)

    def has_ended(self, *, within_s: float = 10.0) -> bool:
        """Whether one more job has gone through it."""
        return self.ended.acquire(timeout=within_s)


GATES: dict[str, Gate] = {}


def wait_at(name: str) -> None:
    """Stand at the gate of this name until it is opened."""
    gate = GATES[name]
    gate.begun.release()
    gate.opened.wait(30)
    gate.ended.release()


def fail_at(name: str) -> None:
    """Fail."""
    GATES[name].begun.release()
    raise ValueError(name)


def never_end(name: str) -> None:
    """Work for ever, in Python."""
    GATES[name].begun.release()
    while True:
        time.sleep(0.01)


def come_again(name: str) -> None:
    """Be handed over once more, under the same id, while this is still at work."""
    job = get_current_job()
    assert isinstance(job, Job)
    is_first = GATES[name].begun._value == 0
    if is_first:
        enqueue(Queue(job.origin, connection=job.connection), "come_again", name, job_id=job.id)
    GATES[name].begun.release()


def enqueue(queue: Queue, what: str, name: str, *, job_id: str | None = None, timeout: int = 60) -> Job:
    """Let one of the jobs above wait in the queue, as the relay's do."""
    return queue.enqueue(f"{HERE}.{what}", name, job_id=job_id, job_timeout=timeout, result_ttl=0, failure_ttl=60)
