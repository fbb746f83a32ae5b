"""Top-ups that only wanted their yes when the call dropped, in Redis: for one reminder by SMS, and the reply to it.

ussd.session keeps one here with the same script that saves the call, so a hop costs nothing more. Each hop puts the
reminder off; a call that ends or starts over takes it away. What is due is taken away by the script that finds it, so
that two clocks never remind twice. Should Redis lose all of it nobody is reminded, which harms nobody: a reminder is
no promise, and a row of the database for every amount that somebody looks at would be paid for by every call.
"""

import json
from dataclasses import dataclass
from typing import Any, cast

from redis import Redis

from topup.caller import Unfinished
from topup.line import LineState
from topup.money import Money

# When to remind whom, by Redis' own clock.
DUE = "unfinished:due"
_CALLS, _TOLD = "unfinished:call:", "unfinished:told:"

# From the gateway's word that a session is over to the reminder.
_AFTER_THE_END_S = 3

_TAKE = """
-- KEYS: when to remind.  ARGV: prefix of the calls, prefix of those that were reminded of.
-- Answers the number and its call; '' for a call that is gone, and false when none is due.
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', redis.call('TIME')[1], 'LIMIT', 0, 1)
if #due == 0 then return false end
redis.call('ZREM', KEYS[1], due[1])
local call = redis.call('GET', ARGV[1] .. due[1])
if call then redis.call('RENAME', ARGV[1] .. due[1], ARGV[2] .. due[1]) end
return {due[1], call or ''}
"""

_HASTEN = """
-- KEYS: when to remind, the call.  ARGV: number, its session, seconds until reminding.
local call, due = redis.call('GET', KEYS[2]), redis.call('ZSCORE', KEYS[1], ARGV[1])
local soon = redis.call('TIME')[1] + ARGV[3]
if call and due and soon < tonumber(due) and cjson.decode(call)[2] == ARGV[2] then
    redis.call('ZADD', KEYS[1], soon, ARGV[1])
end
"""


def keys_of(msisdn: str) -> list[str]:
    """The keys of a number: its call, when to remind, and the call that it was reminded of."""
    return [f"{_CALLS}{msisdn}", DUE, f"{_TOLD}{msisdn}"]


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody who is to be reminded; of nothing, when the call has gone on meanwhile."""

    msisdn: str
    unfinished: Unfinished | None


class UnfinishedCalls:
    """What is kept of calls that dropped."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._take = redis.register_script(_TAKE)
        self._hasten = redis.register_script(_HASTEN)

    def take_due(self) -> Due | None:
        """The one that is due, which nobody else gets; from now on the reply to it is known. None when none is."""
        found = cast("tuple[bytes, bytes] | None", self._take(keys=[DUE], args=[_CALLS, _TOLD]))
        return Due(found[0].decode(), unpacked(found[1])) if found else None

    def told(self, msisdn: str) -> Unfinished | None:
        """What this number was reminded of, and may still reply to."""
        return unpacked(cast("bytes | None", self._redis.get(f"{_TOLD}{msisdn}")))

    def hasten(self, msisdn: str, *, conversation: str) -> None:
        """The gateway says that this session is over: there is nothing more to wait for."""
        self._hasten(keys=[DUE, f"{_CALLS}{msisdn}"], args=[msisdn, conversation, _AFTER_THE_END_S])


def packed(unfinished: Unfinished) -> str:
    """The top-up as one short string."""
    row = [
        unfinished.channel,
        unfinished.conversation,
        unfinished.msisdn,
        unfinished.line,
        unfinished.payer,
        unfinished.amount.minor,
        unfinished.amount.currency,
        unfinished.language,
        unfinished.line_was.value,
    ]
    return json.dumps(row, separators=(",", ":"))


def unpacked(raw: bytes | None) -> Unfinished | None:
    """What `packed` wrote."""
    row: list[Any] = json.loads(raw) if raw else []
    if not row:
        return None
    return Unfinished(
        channel=row[0],
        conversation=row[1],
        msisdn=row[2],
        line=row[3],
        payer=row[4],
        amount=Money(row[5], row[6]),
        language=row[7],
        line_was=LineState(row[8]),
    )
