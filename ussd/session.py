"""What a call remembers between two keys, in Redis.

A session is one small string under `ussd:<channel>:<conversation>`. A hop reads it (with the caller's dropped call, the
line as it was read a moment ago, the count of the caller's hops, and which providers do not answer) in one round trip,
and writes it in another: only if it still is what was read, so that of two copies of one hop one wins and both give the
winner's answer.

The number of a voucher does not lie open in Redis: it is sealed, and so is the mark of a hop wherever it may stand
there.
"""

import json
from dataclasses import dataclass
from typing import Any, cast

from redis import Redis

import store.unfinished
from store.outages import DOWN_NOW, names_of
from store.seal import Seal, UnableToOpen
from topup.advances import History
from topup.auto import Running
from topup.caller import Recent, Result, Unfinished
from topup.line import NOT_KNOWN, Line
from topup.money import Money
from topup.vouchers import Pin
from ussd import packing
from ussd.call import Draft, Dropped
from ussd.scripts import Scripts

# Sessions that an older version of the menu wrote are not understood by a newer one: they are played from the start.
VERSION = 6

# Where a top-up only wants its yes: the payer is the caller until another is chosen.
_WANT_A_YES = ("payer", "confirm")

_LOAD = f"""
-- KEYS: session, dropped call, line, hop counter.  ARGV: seconds of the counter's window.
local hops = redis.call('INCR', KEYS[4])
if hops == 1 then redis.call('EXPIRE', KEYS[4], ARGV[1]) end
local session, dropped, line = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2]), redis.call('GET', KEYS[3])
return {{session or '', dropped or '', line or '', hops, {DOWN_NOW}}}
"""

_SAVE = """
-- KEYS: session, dropped call, line, top-up that only wants its yes, when to remind of it, what was reminded of.
-- ARGV: session as it was read, new session, its seconds, dropped call ('' to forget), its seconds,
--       line ('' to leave), its seconds, top-up ('' to leave, '+' to put off, '-' to forget), seconds until reminding,
--       number.
-- Answers false when the session was saved, else the session that stands there.
local found = redis.call('GET', KEYS[1]) or ''
if found ~= ARGV[1] then return found end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
if ARGV[4] == '' then redis.call('DEL', KEYS[2]) else redis.call('SET', KEYS[2], ARGV[4], 'EX', ARGV[5]) end
if ARGV[6] ~= '' then redis.call('SET', KEYS[3], ARGV[6], 'EX', ARGV[7]) end
if ARGV[8] == '' then return false end
if ARGV[8] == '-' then
    redis.call('DEL', KEYS[4], KEYS[6])
    redis.call('ZREM', KEYS[5], ARGV[10])
elseif ARGV[8] == '+' then
    redis.call('ZADD', KEYS[5], 'XX', redis.call('TIME')[1] + ARGV[9], ARGV[10])
else
    redis.call('SET', KEYS[4], ARGV[8], 'EX', ARGV[5])
    redis.call('DEL', KEYS[6])
    redis.call('ZADD', KEYS[5], redis.call('TIME')[1] + ARGV[9], ARGV[10])
end
return false
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A call as it is remembered. `seen` is the last hop's mark (ussd.told), `reply` its answer, `open` its kind."""

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
    pin: Pin | None
    recent: tuple[Recent, ...]
    dropped: Dropped | None
    under_way: Money | None = None
    missed: Result | None = None
    standing: tuple[Running, ...] = ()
    draft: Draft | None = None
    history: History | None = None
    lent: tuple[Recent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What one round trip brings. `raw` is the session's own string, to be given back when saving.

    `down` are the providers that do not answer just now: as of this hop, and never kept with the session.
    """

    raw: bytes
    session: Session | None
    dropped: Dropped | None
    line: Line | None
    hops: int
    down: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long things are remembered, in whole seconds.

    `remind_s`: how long after the last hop of a call that dropped its caller is reminded of it; None for never.
    """

    session_s: int = 300
    dropped_s: int = 600
    line_s: int = 5
    rate_window_s: int = 60
    remind_s: int | None = None


class Sessions:
    """The sessions of all calls."""

    def __init__(self, redis: Redis, *, lifetimes: Lifetimes, seal: Seal) -> None:
        self._redis = redis
        self._lifetimes = lifetimes
        self._seal = seal
        scripts = Scripts(redis)
        self._load = scripts.register(_LOAD)
        self._save = scripts.register(_SAVE)

    def load(self, *, channel: str, conversation: str, msisdn: str) -> Loaded:
        """Everything that a hop needs, in one round trip; counts the hop."""
        keys = [*_keys(channel, conversation, msisdn), f"ussd:hops:{msisdn}"]
        raw, dropped, line, hops, down = cast(
            "tuple[bytes, bytes, bytes, int, list[bytes]]",
            self._load(keys=keys, args=[self._lifetimes.rate_window_s]),
        )
        return Loaded(
            raw=raw,
            session=unpacked(raw, seal=self._seal),
            dropped=_read_dropped(dropped),
            line=_read_line(line),
            hops=hops,
            down=names_of(down),
        )

    def language(self, *, channel: str, conversation: str) -> str | None:
        """The language of a call; None when nothing is remembered of it."""
        key, *_ = _keys(channel, conversation, msisdn="")
        session = unpacked(cast("bytes | None", self._redis.get(key)) or b"", seal=self._seal)
        return session.language if session else None

    def save(
        self, session: Session, *, channel: str, conversation: str, msisdn: str, raw: bytes, line_is_new: bool
    ) -> Loaded | None:
        """Save the session over `raw`; what stands there instead when somebody else was first."""
        dropped = _write_dropped(session)
        remind_s = self._lifetimes.remind_s
        unfinished = "" if remind_s is None else _unfinished(session, channel, conversation, msisdn)
        found = self._save(
            keys=[*_keys(channel, conversation, msisdn), *store.unfinished.keys_of(msisdn)],
            args=[
                raw,
                packed(session, seal=self._seal),
                self._lifetimes.session_s,
                dropped,
                self._lifetimes.dropped_s,
                _dumped(packing.line_out(session.line)) if line_is_new else "",
                self._lifetimes.line_s,
                unfinished,
                remind_s or 0,
                msisdn,
            ],
        )
        if found is None:
            return None
        return Loaded(raw=found, session=unpacked(found, seal=self._seal), dropped=None, line=None, hops=0)


def packed(session: Session, *, seal: Seal) -> str:
    """The session as one short string, in which no number of a voucher can be read."""
    return _dumped(
        [
            VERSION,
            packing.mark_out(session.seen, seal),
            session.reply,
            int(session.open),
            session.language,
            session.screen,
            session.trail,
            session.page,
            session.wrong,
            session.why,
            packing.line_out(session.line),
            packing.money_out(session.amount),
            session.payer,
            [packing.recent_out(found) for found in session.recent],
            packing.dropped_out(session.dropped),
            session.other_line,
            packing.line_out(session.other_line_is) if session.other_line_is else None,
            *_unusual_out(session, seal),
        ]
    )


def unpacked(raw: bytes, *, seal: Seal) -> Session | None:
    """The session that `packed` wrote; None for nothing, and for what another version or another secret wrote."""
    row: list[Any] = json.loads(raw) if raw else []
    if not row or row[0] != VERSION:
        return None
    try:
        mark, unusual = packing.mark_in(row[1], seal), _unusual_in(row[17:], seal)
    except UnableToOpen:
        return None
    return Session(
        seen=mark,
        reply=row[2],
        open=bool(row[3]),
        language=row[4],
        screen=row[5],
        trail=tuple(row[6]),
        page=row[7],
        wrong=row[8],
        why=row[9],
        line=packing.line_in(row[10]),
        amount=packing.money_in(row[11]),
        payer=row[12],
        recent=tuple(packing.recent_in(found) for found in row[13]),
        dropped=packing.dropped_in(row[14]),
        other_line=row[15],
        other_line_is=packing.line_in(row[16]) if row[16] else None,
        **unusual,
    )


def dropped_of(session: Session) -> Dropped | None:
    """What to offer again if the call drops here: something from its amount to its end."""
    if session.open and session.amount is not None:
        return Dropped(
            session.screen, session.trail, session.amount, session.payer, session.other_line, session.other_line_is
        )
    return session.dropped if session.open else None


def _unusual_out(session: Session, seal: Seal) -> list[Any]:
    """What few calls remember, and what takes no room in the others."""
    row = [
        packing.money_out(session.under_way),
        packing.result_out(session.missed),
        packing.running_out(session.standing),
        packing.draft_out(session.draft),
        packing.pin_out(session.pin, seal),
        packing.history_out(session.history),
        [packing.recent_out(found) for found in session.lent],
    ]
    return row if any(row) else []


def _unusual_in(row: list[Any], seal: Seal) -> dict[str, Any]:
    under_way, missed, standing, draft, pin, history, lent = row or (None, None, [], None, None, None, [])
    return {
        "under_way": packing.money_in(under_way),
        "missed": packing.result_in(missed),
        "standing": packing.running_in(standing),
        "draft": packing.draft_in(draft),
        "pin": packing.pin_in(pin, seal),
        "history": packing.history_in(history),
        "lent": tuple(packing.recent_in(found) for found in lent),
    }


def _keys(channel: str, conversation: str, msisdn: str) -> list[str]:
    return [f"ussd:{channel}:{conversation}", f"ussd:dropped:{msisdn}", f"ussd:line:{msisdn}"]


def _write_dropped(session: Session) -> str:
    dropped = dropped_of(session)
    return _dumped(packing.dropped_out(dropped)) if dropped else ""


def _unfinished(session: Session, channel: str, conversation: str, msisdn: str) -> str:
    """What the script does about reminding of this call, if it drops after this hop.

    Only a top-up that everything is known of can be placed by a reply: one whose payer is being typed is not.
    """
    if session.open and session.amount is not None and session.screen in _WANT_A_YES:
        line_is = session.line if session.other_line is None else session.other_line_is or NOT_KNOWN
        return store.unfinished.packed(
            Unfinished(
                channel=channel,
                conversation=conversation,
                msisdn=msisdn,
                line=session.other_line or msisdn,
                payer=session.payer or msisdn,
                amount=session.amount,
                language=session.language,
                line_was=line_is.state,
            )
        )
    return "+" if session.open and session.dropped else "-"


def _read_dropped(raw: bytes) -> Dropped | None:
    return packing.dropped_in(json.loads(raw)) if raw else None


def _read_line(raw: bytes) -> Line | None:
    return packing.line_in(json.loads(raw)) if raw else None


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
