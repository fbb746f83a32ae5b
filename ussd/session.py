"""What a call remembers between two keys, in Redis.

A session is one small string under `ussd:<channel>:<conversation>`. A hop reads it (with the caller's dropped call, the
line as it was read a moment ago, and the count of the caller's hops) in one round trip, and writes it in another: only
if it still is what was read, so that of two copies of one hop one wins and both give the winner's answer.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from redis import Redis

from topup.advances import History
from topup.caller import Recent
from topup.life import State
from topup.line import Line, LineState
from topup.money import Money
from ussd.call import Dropped

# Sessions that an older version of the menu wrote are not understood by a newer one: they are played from the start.
VERSION = 4

_LOAD = """
-- KEYS: session, dropped call, line, hop counter.  ARGV: seconds of the counter's window.
local hops = redis.call('INCR', KEYS[4])
if hops == 1 then redis.call('EXPIRE', KEYS[4], ARGV[1]) end
return {redis.call('GET', KEYS[1]) or '', redis.call('GET', KEYS[2]) or '', redis.call('GET', KEYS[3]) or '', hops}
"""

_SAVE = """
-- KEYS: session, dropped call, line.
-- ARGV: session as it was read, new session, its seconds, dropped call ('' to forget), its seconds,
--       line ('' to leave), its seconds.
-- Answers false when the session was saved, else the session that stands there.
local found = redis.call('GET', KEYS[1]) or ''
if found ~= ARGV[1] then return found end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
if ARGV[4] == '' then redis.call('DEL', KEYS[2]) else redis.call('SET', KEYS[2], ARGV[4], 'EX', ARGV[5]) end
if ARGV[6] ~= '' then redis.call('SET', KEYS[3], ARGV[6], 'EX', ARGV[7]) end
return false
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A call as it is remembered. `seen` is the gateway's `text` so far, `reply` the last answer, `open` its kind."""

    seen: str
    reply: str
    open: bool
    language: str
    screen: str
    trail: tuple[str, ...]
    page: int
    wrong: int
    why: str
    line: Line
    amount: Money | None
    payer: str | None
    other_line: str | None
    other_line_is: Line | None
    recent: tuple[Recent, ...]
    history: History | None
    lent: tuple[Recent, ...]
    dropped: Dropped | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What one round trip brings. `raw` is the session's own string, to be given back when saving."""

    raw: bytes
    session: Session | None
    dropped: Dropped | None
    line: Line | None
    hops: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long things are remembered, in whole seconds."""

    session_s: int = 300
    dropped_s: int = 600
    line_s: int = 5
    rate_window_s: int = 60


class Sessions:
    """The sessions of all calls."""

    def __init__(self, redis: Redis, *, lifetimes: Lifetimes) -> None:
        self._lifetimes = lifetimes
        self._load = redis.register_script(_LOAD)
        self._save = redis.register_script(_SAVE)

    def load(self, *, channel: str, conversation: str, msisdn: str) -> Loaded:
        """Everything that a hop needs, in one round trip; counts the hop."""
        keys = [*_keys(channel, conversation, msisdn), f"ussd:hops:{msisdn}"]
        raw, dropped, line, hops = cast(
            "tuple[bytes, bytes, bytes, int]", self._load(keys=keys, args=[self._lifetimes.rate_window_s])
        )
        return Loaded(raw=raw, session=unpacked(raw), dropped=_read_dropped(dropped), line=_read_line(line), hops=hops)

    def save(
        self, session: Session, *, channel: str, conversation: str, msisdn: str, raw: bytes, line_is_new: bool
    ) -> Loaded | None:
        """Save the session over `raw`; what stands there instead when somebody else was first."""
        dropped = _write_dropped(session)
        found = self._save(
            keys=_keys(channel, conversation, msisdn),
            args=[
                raw,
                packed(session),
                self._lifetimes.session_s,
                dropped,
                self._lifetimes.dropped_s,
                _dumped(_line_out(session.line)) if line_is_new else "",
                self._lifetimes.line_s,
            ],
        )
        if found is None:
            return None
        return Loaded(raw=found, session=unpacked(found), dropped=None, line=None, hops=0)


def packed(session: Session) -> str:
    """The session as one short string."""
    return _dumped(
        [
            VERSION,
            session.seen,
            session.reply,
            int(session.open),
            session.language,
            session.screen,
            session.trail,
            session.page,
            session.wrong,
            session.why,
            _line_out(session.line),
            _money_out(session.amount),
            session.payer,
            _recent_out(session.recent),
            _dropped_out(session.dropped),
            session.other_line,
            _line_out(session.other_line_is) if session.other_line_is else None,
            _history_out(session.history),
            _recent_out(session.lent),
        ]
    )


def unpacked(raw: bytes) -> Session | None:
    """The session that `packed` wrote; None for nothing, and for what another version wrote."""
    row: list[Any] = json.loads(raw) if raw else []
    if not row or row[0] != VERSION:
        return None
    return Session(
        seen=row[1],
        reply=row[2],
        open=bool(row[3]),
        language=row[4],
        screen=row[5],
        trail=tuple(row[6]),
        page=row[7],
        wrong=row[8],
        why=row[9],
        line=_line_in(row[10]),
        amount=_money_in(row[11]),
        payer=row[12],
        recent=tuple(_recent_in(found) for found in row[13]),
        dropped=_dropped_in(row[14]),
        other_line=row[15],
        other_line_is=_line_in(row[16]) if row[16] else None,
        history=_history_in(row[17]),
        lent=tuple(_recent_in(found) for found in row[18]),
    )


def _keys(channel: str, conversation: str, msisdn: str) -> list[str]:
    return [f"ussd:{channel}:{conversation}", f"ussd:dropped:{msisdn}", f"ussd:line:{msisdn}"]


def _write_dropped(session: Session) -> str:
    """A call is worth going on with once it has an amount, and until it has ended."""
    if session.open and session.amount is not None:
        return _dumped(_dropped_out(_as_dropped(session, session.amount)))
    return _dumped(_dropped_out(session.dropped)) if session.open and session.dropped else ""


def _as_dropped(session: Session, amount: Money) -> Dropped:
    return Dropped(session.screen, session.trail, amount, session.payer, session.other_line)


def _read_dropped(raw: bytes) -> Dropped | None:
    return _dropped_in(json.loads(raw)) if raw else None


def _read_line(raw: bytes) -> Line | None:
    return _line_in(json.loads(raw)) if raw else None


def _recent_out(orders: Sequence[Recent]) -> list[list[Any]]:
    return [
        [order.reference, _money_out(order.amount), order.state.value, order.at.isoformat("T", "minutes")]
        for order in orders
    ]


def _recent_in(row: list[Any]) -> Recent:
    reference, amount, state, at = row
    return Recent(reference, Money(*amount), State(state), datetime.fromisoformat(at))


def _history_out(history: History | None) -> list[Any] | None:
    if history is None:
        return None
    lately, owed = history.lately, history.owed
    return [history.days, history.top_ups, lately.minor, owed.minor, lately.currency, int(history.is_open)]


def _history_in(row: list[Any] | None) -> History | None:
    if row is None:
        return None
    days, top_ups, lately_minor, owed_minor, currency, is_open = row
    return History(
        days=days,
        top_ups=top_ups,
        lately=Money(lately_minor, currency),
        owed=Money(owed_minor, currency),
        is_open=bool(is_open),
    )


def _dropped_out(dropped: Dropped | None) -> list[Any] | None:
    if dropped is None:
        return None
    return [dropped.screen, dropped.trail, _money_out(dropped.amount), dropped.payer, dropped.other_line]


def _dropped_in(row: list[Any] | None) -> Dropped | None:
    return Dropped(row[0], tuple(row[1]), Money(*row[2]), *row[3:]) if row else None


def _line_out(line: Line) -> list[Any]:
    return [line.state.value, _money_out(line.balance)]


def _line_in(row: list[Any]) -> Line:
    return Line(LineState(row[0]), _money_in(row[1]))


def _money_out(money: Money | None) -> list[Any] | None:
    return [money.minor, money.currency] if money else None


def _money_in(row: list[Any] | None) -> Money | None:
    return Money(*row) if row else None


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
