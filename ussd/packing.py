"""The less usual things that a call remembers, as small JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from topup.advances import History
from topup.auto import Running, Terms, Weekday, When
from topup.caller import Recent, Result
from topup.life import State
from topup.money import Money
from ussd.call import Draft


def money_out(money: Money | None) -> list[Any] | None:
    """Money as [minor, currency]."""
    return [money.minor, money.currency] if money else None


def money_in(row: list[Any] | None) -> Money | None:
    """What `money_out` wrote."""
    return Money(*row) if row else None


def recent_out(orders: Sequence[Recent]) -> list[Any]:
    """Earlier orders."""
    return [
        [order.reference, money_out(order.amount), order.state.value, order.at.isoformat("T", "minutes")]
        for order in orders
    ]


def recent_in(rows: list[Any]) -> tuple[Recent, ...]:
    """What `recent_out` wrote."""
    return tuple(Recent(row[0], Money(*row[1]), State(row[2]), datetime.fromisoformat(row[3])) for row in rows)


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
    at = result.at.isoformat("T", "minutes")
    is_what = [int(result.is_for_another), int(result.is_advance), int(result.repaid)]
    return [result.order_id, money_out(result.amount), result.state.value, at, is_what]


def result_in(row: list[Any] | None) -> Result | None:
    """What `result_out` wrote."""
    if not row:
        return None
    return Result(row[0], Money(*row[1]), State(row[2]), datetime.fromisoformat(row[3]), *map(bool, row[4]))


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
