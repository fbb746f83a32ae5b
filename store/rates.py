"""How often somebody may do something, counted in Redis over fixed windows."""

from typing import cast

from redis import Redis

_COUNT = """
-- KEYS: counter.  ARGV: seconds of the window.
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('TTL', KEYS[1])}
"""


class Rates:
    """The counters of all."""

    def __init__(self, redis: Redis) -> None:
        self._count = redis.register_script(_COUNT)

    def wait_s(self, what: str, whose: str, *, most: int, within_s: int) -> int | None:
        """Count that `whose` does `what` once more; how long to wait when that is more than `most`, else None.

        Raises redis.RedisError.
        """
        counted = self._count(keys=[f"rate:{what}:{whose}"], args=[within_s])
        count, left_s = cast("tuple[int, int]", counted)
        return max(left_s, 1) if count > most else None
