"""What is remembered for packet gateways, in Redis: which phone has which address, and what was decided of its line.

Nothing here matters for money. When Redis loses it, addresses are known again with the gateway's next interim update,
and lines are read again at once.
"""

from dataclasses import dataclass
from enum import Enum
from typing import cast

from redis import Redis

_PHONES, _ADDRESSES, _DECISIONS = "gate:phone:", "gate:addresses:", "gate:decision:"

_BEGIN = """
-- KEYS: phone of the address, addresses of the phone.
-- ARGV: number, address, seconds, the keys' prefix for addresses.
local before = redis.call('GET', KEYS[1])
if before and before ~= ARGV[1] then redis.call('ZREM', ARGV[4] .. before, ARGV[2]) end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
redis.call('ZADD', KEYS[2], redis.call('TIME')[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[3])
"""

_END = """
-- KEYS: phone of the address, addresses of the phone.  ARGV: number, address.
-- An address that is another phone's by now stays its: this stop came late.
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
redis.call('ZREM', KEYS[2], ARGV[2])
"""

_FIND = """
-- KEYS: phone of the address.  ARGV: number ('' to find it by the address), prefix of the decisions.
-- Answers the number, what stands decided ('' for nothing), and for how many milliseconds; false for no phone.
local msisdn = ARGV[1]
if msisdn == '' then msisdn = redis.call('GET', KEYS[1]) end
if not msisdn then return false end
local decision = ARGV[2] .. msisdn
return {msisdn, redis.call('GET', decision) or '', redis.call('PTTL', decision)}
"""

_DECIDE = """
-- KEYS: decision.  ARGV: what is decided, its milliseconds.
-- Answers what stands: whoever was first has read the line last, or has been told that it is back.
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX')
return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}
"""


class Standing(Enum):
    """What a gateway wants to know of a line."""

    ACTIVE = "active"
    CUT_OFF = "cut_off"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True)
class Decided:
    """What stands decided of a line, and for how much longer."""

    standing: Standing
    for_ms: int


@dataclass(frozen=True, slots=True)
class Found:
    """A phone, and what stands decided of its line; None when that must be read."""

    msisdn: str
    decided: Decided | None


class GateMemory:
    """What is remembered for packet gateways. Every method takes one round trip, and raises redis.RedisError."""

    def __init__(self, redis: Redis, *, session_s: int) -> None:
        """`session_s`: how long an address is a phone's after the last that was heard of it."""
        self._redis = redis
        self._session_s = session_s
        self._begin = redis.register_script(_BEGIN)
        self._end = redis.register_script(_END)
        self._find = redis.register_script(_FIND)
        self._decide = redis.register_script(_DECIDE)

    def begin_session(self, *, address: str, msisdn: str) -> None:
        """The address (topup.address) is this phone's from now on, whosever it was."""
        keys = [f"{_PHONES}{address}", f"{_ADDRESSES}{msisdn}"]
        self._begin(keys=keys, args=[msisdn, address, self._session_s, _ADDRESSES])

    def end_session(self, *, address: str, msisdn: str) -> None:
        """The address is this phone's no longer."""
        self._end(keys=[f"{_PHONES}{address}", f"{_ADDRESSES}{msisdn}"], args=[msisdn, address])

    def phone_at(self, address: str) -> str | None:
        """The number of the phone that has this address."""
        found = cast("bytes | None", self._redis.get(f"{_PHONES}{address}"))
        return found.decode() if found else None

    def addresses_of(self, msisdn: str) -> tuple[str, ...]:
        """The addresses that a phone has, the newest first."""
        found = cast("list[bytes]", self._redis.zrevrange(f"{_ADDRESSES}{msisdn}", 0, -1))
        return tuple(address.decode() for address in found)

    def find(self, *, address: str | None = None, msisdn: str | None = None) -> Found | None:
        """A phone by its number, or else by its address, and what stands decided of it; None for no known phone."""
        found = self._find(keys=[f"{_PHONES}{address or ''}"], args=[msisdn or "", _DECISIONS])
        if found is None:
            return None
        number, standing, for_ms = cast("tuple[bytes, bytes, int]", found)
        return Found(number.decode(), Decided(Standing(standing.decode()), for_ms) if standing else None)

    def decide(self, msisdn: str, standing: Standing, *, for_s: float) -> Decided:
        """Keep what was read of a line. What is answered may be what somebody else has kept a moment before."""
        kept = self._decide(keys=[f"{_DECISIONS}{msisdn}"], args=[standing.value, int(for_s * 1000)])
        found, for_ms = cast("tuple[bytes, int]", kept)
        return Decided(Standing(found.decode()), for_ms)

    def line_is_back(self, msisdn: str, *, for_s: float) -> None:
        """Whatever stood decided: the line was seen to be active."""
        self._redis.set(f"{_DECISIONS}{msisdn}", Standing.ACTIVE.value, px=int(for_s * 1000))
