"""Following the lines that come back, as Server-Sent Events: a follower holds a thread, so they are counted.

A stream ends after some minutes and is taken up again by `Last-Event-ID`, so that no thread is held for ever by
somebody who is gone, and a process that is to stop need not wait for anybody.
"""

import re
import threading
import time
from collections.abc import Iterator

import structlog
from flask import Response
from redis.exceptions import RedisError

from store.gate_events import LineEvents
from topup.gate import LINE_BACK

log = structlog.get_logger(__name__)

# Shorter than a connection to Redis waits for an answer.
_WAITS_MS = 2000
_HEARTBEAT_S = 10.0
_LASTS_S = 300.0

_COME_BACK_S = 5
_NAME = re.compile(r"\d{1,18}-\d{1,18}", re.ASCII)


class Followers:
    """Those who follow, at most `most` at a time in this process."""

    def __init__(self, events: LineEvents, *, most: int) -> None:
        self._events = events
        self._places = threading.BoundedSemaphore(most)

    def follow(self, after: str | None) -> Response:
        """A stream of what comes after the event of this name (None: after now). 503 when all places are taken."""
        if not self._places.acquire(blocking=False):
            return Response("", status=503, headers={"Retry-After": str(_COME_BACK_S)})
        response = Response(
            self._told(after),
            mimetype="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        response.call_on_close(self._places.release)
        return response

    def _told(self, after: str | None) -> Iterator[str]:
        """What is sent: at first how soon to come back, then events, and a comment where none came for a while."""
        ends, said = time.monotonic() + _LASTS_S, time.monotonic()
        try:
            name = after if after is not None else self._events.newest()
            yield "retry: 1000\n\n"
            while time.monotonic() < ends:
                for entry, event in self._events.after(name, wait_ms=_WAITS_MS):
                    name, said = entry, time.monotonic()
                    yield f"id: {name}\nevent: {LINE_BACK}\ndata: {event}\n\n"
                if time.monotonic() - said > _HEARTBEAT_S:
                    said = time.monotonic()
                    yield ": nothing new\n\n"
        except RedisError as error:
            log.warning("gate_stream_ends", why=type(error).__name__)  # Whoever follows comes back by itself.


def is_name(given: str) -> bool:
    """Whether this can be the name of an event."""
    return _NAME.fullmatch(given) is not None
