"""The lines that came back, as a stream in Redis that packet gateways follow.

Names in the stream are times, so they go on growing after Redis has lost all of it, and whoever followed goes on.
"""

import json
from typing import Any, cast

from redis import Redis

from topup.gate import LineBack

_EVENTS, _WRITTEN = "gate:events", "gate:written:"

# A follower that was away for longer than this many lines came back verifies all that it holds again.
_KEPT = 10_000

# An event is written once, however often the job that writes it runs; it runs for some hours at the most.
_WRITTEN_FOR_S = 86_400

_AT_ONCE = 100

_WRITE = """
-- KEYS: events, whether this one was written.  ARGV: the event, how many are kept, seconds to remember the writing.
if redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[3]) then
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'event', ARGV[1])
end
"""


class LineEvents:
    """The stream. Every method raises redis.RedisError when there is none."""

    def __init__(self, redis: Redis) -> None:
        """`redis` waits for an answer longer than anybody waits for an event."""
        self._redis = redis
        self._write = redis.register_script(_WRITE)

    def write(self, event: LineBack) -> None:
        """Let those who follow hear of it, once."""
        self._write(keys=[_EVENTS, f"{_WRITTEN}{event.id}"], args=[json.dumps(event.told()), _KEPT, _WRITTEN_FOR_S])

    def newest(self) -> str:
        """The name of the newest event: whoever begins to follow after it hears of all that come."""
        found = cast("list[tuple[bytes, Any]]", self._redis.xrevrange(_EVENTS, count=1))
        return found[0][0].decode() if found else "0-0"

    def after(self, name: str, *, wait_ms: int) -> list[tuple[str, str]]:
        """Name and JSON of the next events after that of this name; empty when none came within `wait_ms`."""
        streams = cast(
            "dict[bytes, Any]", dict(self._redis.xread({_EVENTS: name}, count=_AT_ONCE, block=wait_ms) or [])
        )
        return [
            (entry.decode(), fields[b"event"].decode()) for entries in streams.values() for entry, fields in entries
        ]
