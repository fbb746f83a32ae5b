"""What lines owe of advances, and what is known of a line that may borrow. All of it follows from orders and ledger."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from topup.advances import LATELY_DAYS, History
from topup.ledger import ADVANCES
from topup.life import REVIEWS, State
from topup.money import Money

# What a line owes: what it was lent, with the fees, less what its top-ups have repaid. The ledger alone tells it.
_OWED = f"""
    (SELECT coalesce(sum(CASE WHEN transfers.target = '{ADVANCES}' THEN amount_minor ELSE -amount_minor END), 0)::bigint
       FROM transfers
       JOIN (SELECT id FROM orders WHERE line = :line AND currency = :currency) AS theirs ON theirs.id = order_id
      WHERE '{ADVANCES}' IN (transfers.source, transfers.target))
"""  # noqa: S608 - The account is a constant of ours.

# What credits that may have landed would repay if they did. One statement with what is owed: between two, one of them
# could land and be counted twice.
# It is a part of another: a line's debt is read with what else is on its way to it (store/book.py).
UNPLEDGED = f"""
    (SELECT {_OWED} - coalesce(sum((pledge.detail ->> 'repays_minor')::bigint), 0)::bigint
       FROM orders
       JOIN LATERAL (SELECT detail FROM order_moves
                      WHERE order_id = orders.id AND event = 'CREDIT_SENT' ORDER BY seq DESC LIMIT 1) AS pledge ON true
      WHERE line = :line AND currency = :currency AND state IN ('CREDITING', 'REVIEW_CREDIT') AND id <> :order_id)
"""  # noqa: S608

_DEBT = text(f"SELECT {_OWED}")

# A part of a statement, for it is read with whatever else a dial needs: one JSON object of `first_at`, `top_ups`,
# `lately_minor`, `is_open`, `owed_minor` and `lent`. Stray money is no top-up, and an advance proves nothing.
HISTORY = f"""
    (SELECT jsonb_build_object(
            'first_at', min(placed_at) FILTER (WHERE is_top_up),
            'top_ups', count(*) FILTER (WHERE is_top_up),
            'lately_minor', coalesce(sum(amount_minor) FILTER (WHERE is_top_up AND placed_at >= :lately), 0),
            'is_open', coalesce(bool_or(is_open), false),
            'owed_minor', {_OWED},
            'lent', (SELECT coalesce(jsonb_agg(to_jsonb(newest)), '[]')
                       FROM (SELECT id, amount_minor, currency, state, placed_at FROM orders
                              WHERE line = :line AND kind = 'advance' ORDER BY placed_at DESC LIMIT :count) AS newest))
       FROM (SELECT placed_at, amount_minor,
                    kind NOT IN ('advance', 'stray') AND state = 'DONE' AND currency = :currency AS is_top_up,
                    state = ANY(:reviews) OR (kind = 'advance' AND state <> ALL(:rest)) AS is_open
               FROM orders WHERE line = :line) AS theirs)
"""  # noqa: S608

_HISTORY = text(f"SELECT {HISTORY}")


def debt_of(connection: Connection, line: str, *, currency: str) -> Money:
    """What a line owes of advances; zero when nothing."""
    return Money(connection.scalar(_DEBT, {"line": line, "currency": currency}) or 0, currency)


def history_of(connection: Connection, line: str, *, currency: str, now: datetime) -> History:
    """What counts when this line asks for an advance."""
    values = history_values(line, currency=currency, now=now, count=0)
    return read_history(connection.scalar(_HISTORY, values), currency=currency, now=now)


def history_values(line: str, *, currency: str, now: datetime, count: int) -> dict[str, Any]:
    """The values that HISTORY needs. `count` is how many earlier advances are wanted with it."""
    return {
        "line": line,
        "currency": currency,
        "lately": now - timedelta(days=LATELY_DAYS),
        "count": count,
        "reviews": [state.value for state in REVIEWS],
        "rest": [state.value for state in State if state.is_end],
    }


def read_history(found: dict[str, Any], *, currency: str, now: datetime) -> History:
    """What HISTORY has found."""
    first_at = datetime.fromisoformat(found["first_at"]) if found["first_at"] else now
    return History(
        days=(now - first_at).days,
        top_ups=found["top_ups"],
        lately=Money(int(found["lately_minor"]), currency),
        owed=Money(found["owed_minor"], currency),
        is_open=found["is_open"],
    )
