"""Which providers do not answer just now, as the workers' breakers find out: a hint for whoever wants to pay.

One sorted set in Redis holds the providers with the second until which each counts as down, by Redis' own clock, so
that what nobody renews fades by itself. A hop of a call reads it with the script that loads the call. It keeps nobody
from paying: who wants to pay by a provider that is down is asked by it all the same. Only a yes to paying for another
is put off until a provider is no longer held to be down: where nobody tries it, that takes no longer than it fades.
"""

from typing import cast

import structlog
from redis import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

DOWN = "providers:down"

# A breaker tries a provider that fails every 15 seconds for as long as anybody wants to pay by it.
_FADES_AFTER_S = 60

# What is down now, for other scripts to say; KEYS and ARGV are theirs.
DOWN_NOW = f"redis.call('ZRANGEBYSCORE', '{DOWN}', redis.call('TIME')[1], '+inf')"

_NOTE = """
-- KEYS: the set.  ARGV: provider, seconds that it is down for.
redis.call('ZADD', KEYS[1], redis.call('TIME')[1] + ARGV[2], ARGV[1])
"""


class Outages:
    """Remembers which providers do not answer just now."""

    def __init__(self, redis: Redis, *, fades_after_s: int = _FADES_AFTER_S) -> None:
        self._redis = redis
        self._fades_after_s = fades_after_s
        self._note = redis.register_script(_NOTE)
        self._down = redis.register_script(f"return {DOWN_NOW}")

    def note(self, provider: str, is_down: bool) -> None:
        """Remember how a provider is. Never raises: a call that has just moved money must not fail for a hint."""
        try:
            if is_down:
                self._note(keys=[DOWN], args=[provider, self._fades_after_s])
            else:
                self._redis.zrem(DOWN, provider)
        except RedisError as error:
            log.warning("outage_not_noted", provider=provider, is_down=is_down, why=type(error).__name__)

    def down(self) -> frozenset[str]:
        """The providers that do not answer just now; none when Redis is away."""
        try:
            return names_of(cast("list[bytes]", self._down()))
        except RedisError as error:
            log.warning("outages_not_known", why=type(error).__name__)
            return frozenset()


def names_of(found: list[bytes]) -> frozenset[str]:
    """The providers that DOWN_NOW answered."""
    return frozenset(name.decode() for name in found)
