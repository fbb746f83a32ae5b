"""What a call remembers, as small JSON."""

from base64 import b85decode, b85encode
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from store.seal import Seal
from topup.advances import History
from topup.auto import Running, Terms, Weekday, When
from topup.caller import Recent, Result
from topup.life import State
from topup.line import Line, LineState
from topup.money import Money
from topup.vouchers import Pin, may_hold_a_pin
from ussd.call import Draft, Dropped

# What the texts in a session are sealed for.
_SEALED_FOR = "ussd session"


def money_out(money: Money | None) -> list[Any] | None:
    """Money as [minor, currency]."""
    return [money.minor, money.currency] if money else None


def money_in(row: list[Any] | None) -> Money | None:
    """What `money_out` wrote."""
    return Money(*row) if row else None


def minute_out(at: datetime) -> list[int]:
    """A time to the minute, as [minutes since 1970, minutes ahead of UTC]: half as long as its text."""
    ahead = at.utcoffset()
    if ahead is None:
        raise ValueError("a time without its zone")
    return [int(at.timestamp() // 60), int(ahead.total_seconds() // 60)]


def minute_in(row: Sequence[int]) -> datetime:
    """What `minute_out` wrote."""
    minutes, ahead = row
    return datetime.fromtimestamp(minutes * 60, timezone(timedelta(minutes=ahead)))


def history_out(history: History | None) -> list[Any] | None:
    """What counts for an advance."""
    if history is None:
        return None
    lately, owed = history.lately, history.owed
    return [history.days, history.top_ups, lately.minor, owed.minor, lately.currency, int(history.is_open)]


def history_in(row: list[Any] | None) -> History | None:
    """What `history_out` wrote."""
    if not row:
        return None
    days, top_ups, lately_minor, owed_minor, currency, is_open = row
    return History(
        days=days,
        top_ups=top_ups,
        lately=Money(lately_minor, currency),
        owed=Money(owed_minor, currency),
        is_open=bool(is_open),
    )


def result_out(result: Result | None) -> list[Any] | None:
    """The end of a top-up that was missed."""
    if result is None:
        return None
    is_what = [int(result.is_for_another), int(result.is_advance), int(result.repaid)]
    return [result.order_id, money_out(result.amount), result.state.value, minute_out(result.at), is_what]


def result_in(row: list[Any] | None) -> Result | None:
    """What `result_out` wrote."""
    if not row:
        return None
    return Result(row[0], Money(*row[1]), State(row[2]), minute_in(row[3]), *map(bool, row[4]))


def mark_out(mark: str, seal: Seal) -> str | list[str]:
    """The mark of a hop: as it is where no voucher can stand in it, else sealed, in a list.

    It is not cut down: only from the whole of it can a hop that comes again be told from a new one. A mark that is a
    short digest of what was typed is sealed as well, since whoever has a digest can try out what it is of.
    """
    return [_sealed(mark, seal)] if may_hold_a_pin(mark) else mark


def mark_in(kept: str | list[str], seal: Seal) -> str:
    """What `mark_out` wrote. Raises UnableToOpen."""
    return kept if isinstance(kept, str) else _opened(kept[0], seal)


def pin_out(pin: Pin | None, seal: Seal) -> str | None:
    """The number of a voucher, sealed."""
    return _sealed(pin.digits, seal) if pin else None


def pin_in(sealed: str | None, seal: Seal) -> Pin | None:
    """What `pin_out` wrote. Raises UnableToOpen."""
    return Pin(_opened(sealed, seal)) if sealed else None


def line_out(line: Line) -> list[Any]:
    """A line."""
    return [line.state.value, money_out(line.balance)]


def line_in(row: list[Any]) -> Line:
    """What `line_out` wrote."""
    return Line(LineState(row[0]), money_in(row[1]))


def recent_out(found: Recent) -> list[Any]:
    """A top-up of the caller's."""
    return [found.reference, found.amount.minor, found.amount.currency, found.state.value, *minute_out(found.at)]


def recent_in(row: list[Any]) -> Recent:
    """What `recent_out` wrote."""
    reference, minor, currency, state, *at = row
    return Recent(reference, Money(minor, currency), State(state), minute_in(at))


def dropped_out(dropped: Dropped | None) -> list[Any] | None:
    """Where a call that dropped had got to."""
    if dropped is None:
        return None
    line = line_out(dropped.other_line_is) if dropped.other_line_is else None
    return [dropped.screen, dropped.trail, money_out(dropped.amount), dropped.payer, dropped.other_line, line]


def dropped_in(row: list[Any] | None) -> Dropped | None:
    """What `dropped_out` wrote."""
    if not row:
        return None
    return Dropped(row[0], tuple(row[1]), Money(*row[2]), row[3], row[4], line_in(row[5]) if row[5] else None)


def running_out(standing: Sequence[Running]) -> list[Any]:
    """The auto top-ups that run."""
    return [
        [one.id, one.terms.line, money_out(one.terms.amount), _when_out(one.terms.when), money_out(one.terms.cap)]
        for one in standing
    ]


def running_in(rows: list[Any]) -> tuple[Running, ...]:
    """What `running_out` wrote."""
    return tuple(Running(row[0], Terms(row[1], Money(*row[2]), _when(row[3]), Money(*row[4]))) for row in rows)


def draft_out(draft: Draft | None) -> list[Any] | None:
    """An auto top-up that is being put together."""
    if draft is None:
        return None
    return [draft.line, money_out(draft.amount), _when_out(draft.when), money_out(draft.cap), draft.standing_id]


def draft_in(row: list[Any] | None) -> Draft | None:
    """What `draft_out` wrote."""
    if not row:
        return None
    return Draft(row[0], money_in(row[1]), _when(row[2]) if row[2] else None, money_in(row[3]), row[4])


def _when_out(when: When | None) -> int | list[Any] | None:
    return when.value if isinstance(when, Weekday) else money_out(when)


def _when(row: int | list[Any]) -> When:
    return Weekday(row) if isinstance(row, int) else Money(*row)


def _sealed(text: str, seal: Seal) -> str:
    return b85encode(seal.seal(text, of=_SEALED_FOR)).decode()


def _opened(sealed: str, seal: Seal) -> str:
    return seal.open(b85decode(sealed), of=_SEALED_FOR)
