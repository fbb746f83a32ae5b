"""One-time codes that prove whose number it is: six digits by SMS, of which Redis keeps a digest under a secret.

A code belongs to the number and to the `asking` that it was made for. So nobody who asks for codes to somebody else's
number takes away the one that its owner waits for, and a code is of no use where it was not asked for.
"""

import hashlib
import hmac
import secrets
from enum import Enum

from redis import Redis

LASTS_S = 600
TRIES = 5
DIGITS = 6

_CHECK = """
-- KEYS: the code.  ARGV: digest of what was typed, how many tries there are.
-- The try is counted before it is looked at, so that many at once are not more than there are.
local digest = redis.call('HGET', KEYS[1], 'digest')
if not digest then return 'gone' end
if redis.call('HINCRBY', KEYS[1], 'tries', 1) > tonumber(ARGV[2]) then
    redis.call('DEL', KEYS[1])
    return 'gone'
end
if digest ~= ARGV[1] then return 'wrong' end
redis.call('DEL', KEYS[1])
return 'right'
"""


class Verdict(Enum):
    """What was typed is the code, or is not, or there is no code any more."""

    RIGHT = "right"
    WRONG = "wrong"
    GONE = "gone"


class Codes:
    """The codes that wait to be typed. Methods raise redis.RedisError."""

    def __init__(self, redis: Redis, *, secret: str) -> None:
        self._redis = redis
        self._secret = secret.encode()
        self._check = redis.register_script(_CHECK)

    def make(self, *, msisdn: str, asking: str) -> str:
        """A new code for this number and asking, which lasts ten minutes and five tries."""
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        key = _key(msisdn, asking)
        with self._redis.pipeline() as pipeline:
            pipeline.delete(key)
            pipeline.hset(key, "digest", self._digest(msisdn, asking, code))
            pipeline.expire(key, LASTS_S)
            pipeline.execute()
        return code

    def check(self, *, msisdn: str, asking: str, typed: str) -> Verdict:
        """Whether this is the code. The right one works once."""
        answer = self._check(keys=[_key(msisdn, asking)], args=[self._digest(msisdn, asking, typed), TRIES])
        return Verdict(answer.decode())

    def _digest(self, msisdn: str, asking: str, code: str) -> str:
        return hmac.new(self._secret, f"{msisdn}\0{asking}\0{code}".encode(), hashlib.sha256).hexdigest()


def _key(msisdn: str, asking: str) -> str:
    return f"code:{msisdn}:{asking}"
