"""A circuit breaker: after failures in a row a provider is left alone for a while, then tried with one call."""

import threading
import time
from collections.abc import Callable


class Breaker:
    """Says whether a provider may be called, and learns from each call whether it is well.

    Closed, every call passes. After `failures` bad calls in a row it opens: nothing passes for `open_s`
    seconds. Then exactly one call passes, on trial: its end closes the breaker or opens it for as long again.
    The lock is held only while the few numbers are looked at, never during a call.
    """

    def __init__(self, *, failures: int, open_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures_to_open = failures
        self._open_s = open_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at: float | None = None
        self._on_trial = False

    @property
    def is_open(self) -> bool:
        """Whether calls are being turned away, the one on trial aside."""
        return self._opened_at is not None

    def admit(self) -> bool:
        """Whether a call may be made now. Who was admitted must tell the end by `record`, whatever happened."""
        with self._lock:
            if self._opened_at is None:
                return True
            if self._on_trial or self._clock() < self._opened_at + self._open_s:
                return False
            self._on_trial = True
            return True

    def record(self, *, well: bool) -> None:
        """Take note of how a call that was admitted ended."""
        with self._lock:
            self._on_trial = False
            if well:
                self._failures, self._opened_at = 0, None
                return
            self._failures += 1
            if self._failures >= self._failures_to_open:
                self._opened_at = self._clock()
