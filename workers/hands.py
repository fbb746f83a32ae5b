"""Hands: the threads of one lane. A lane that is slow fills its own hands and nobody else's."""

import ctypes
import threading
import time
import traceback
from collections.abc import Callable
from queue import SimpleQueue

from rq.timeouts import JobTimeoutException

from workers.keeping import Ended, Taken


class Hands:
    """Works on up to `most` jobs of a lane at once. A thread is made when all the others are busy, and then stays.

    The threads do not keep the process from ending: what they have in hand then is handed out again, like the work of
    a process that was killed.
    """

    def __init__(self, *, lane: str, most: int, tell: Callable[[Ended], None]) -> None:
        """`tell` is told of the end of each job, by the thread that did it, when its hand is free again."""
        self.lane = lane
        self._most = most
        self._tell = tell
        self._given: SimpleQueue[Taken] = SimpleQueue()
        self._lock = threading.Lock()
        self._busy = 0
        self._open = 0
        self._made = 0
        self._at_work: dict[int, tuple[Taken, float]] = {}

    @property
    def free(self) -> int:
        """How many more jobs may be given now."""
        return self._most - self._busy

    @property
    def is_idle(self) -> bool:
        """Whether all that was given has ended, and has been told of."""
        return self._open == 0

    def give(self, taken: Taken) -> None:
        """Let a hand do this job. Give only as many as are `free`, and from one thread."""
        with self._lock:
            self._busy += 1
            self._open += 1
            is_needed = self._busy > self._made
            self._made += is_needed
        if is_needed:
            threading.Thread(target=self._serve, name=f"{self.lane}-{self._made}", daemon=True).start()
        self._given.put(taken)

    def stop_overdue(self) -> list[str]:
        """Raise JobTimeoutException in every thread whose job has taken longer than its timeout. Returns the jobs' ids.

        It is raised at the thread's next step in Python. Everything that work waits for has a deadline of its own that
        is shorter by far, so this is for what should never be.
        """
        now = time.monotonic()
        with self._lock:  # No thread begins or leaves a job meanwhile, so that the right one is meant.
            overdue = {ident: taken for ident, (taken, until) in self._at_work.items() if now > until}
            for ident in overdue:
                del self._at_work[ident]
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(JobTimeoutException))
        return [taken.job.id for taken in overdue.values()]

    def _serve(self) -> None:
        while True:
            ended = self._do(self._given.get())
            with self._lock:
                self._busy -= 1
            self._tell(ended)
            with self._lock:
                self._open -= 1

    def _do(self, taken: Taken) -> Ended:
        began = time.monotonic()
        failure = None
        try:
            self._perform(taken)
        except Exception:  # noqa: BLE001  Whatever a job raises is its failure, and kept as such.
            failure = traceback.format_exc()
        return Ended(taken=taken, lane=self.lane, seconds=time.monotonic() - began, failure=failure)

    def _perform(self, taken: Taken) -> None:
        me = threading.get_ident()
        with self._lock:
            self._at_work[me] = taken, time.monotonic() + taken.timeout_s
        try:
            taken.job.perform()
        finally:
            with self._lock:
                self._at_work.pop(me, None)
