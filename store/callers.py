"""What is remembered of a person who dials or writes, in one read."""

from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnClause, Connection, column, text

from store import advances, results
from store.auto import terms_of
from topup.auto import Running
from topup.caller import ON_ITS_WAY, Caller, Recent, Result
from topup.ids import short_reference
from topup.kinds import Kind
from topup.life import State
from topup.money import Money

HOW_MANY_RECENT = 3

# One statement, so that a dial asks the database once. Advances are not top-ups: they have a list of their own.
_CALLER = """
    SELECT (SELECT language FROM subscribers WHERE msisdn = :line) AS language,
           (SELECT coalesce(jsonb_agg(to_jsonb(newest)), '[]')
              FROM (SELECT id, currency, state, placed_at,
                           coalesce((SELECT (detail ->> 'value_minor')::bigint FROM order_moves
                                      WHERE kind = 'voucher' AND order_id = orders.id AND event = 'REDEEM_CONFIRMED'),
                                    amount_minor) AS amount_minor
                      FROM orders
                     WHERE (asked_by = :line OR line = :line) AND kind <> 'advance'
                     ORDER BY placed_at DESC LIMIT :count) AS newest) AS recent,
           (SELECT coalesce(jsonb_agg(to_jsonb(runs) ORDER BY agreed_at), '[]') FROM standing_orders AS runs
             WHERE payer = :line AND stopped_at IS NULL) AS standing,
           (SELECT to_jsonb(orders) || jsonb_build_object('repaid', EXISTS (
                     SELECT FROM order_moves
                      WHERE order_id = orders.id AND (event = 'REPAID' OR detail ? 'repays_minor')))
              FROM orders
             WHERE asked_by = :line AND placed_at > :since AND kind <> 'stray'
               AND state IN ('DONE', 'UNPAID', 'REFUNDED')
               AND NOT EXISTS (SELECT FROM results_seen WHERE order_id = orders.id)
               AND NOT EXISTS (SELECT FROM messages WHERE order_id = orders.id AND msisdn = orders.asked_by
                                  AND status = 'delivered'
                                  AND purpose IN ('tell_balance', 'tell_credited', 'tell_declined', 'tell_refunded',
                                                  'tell_not_paid', 'tell_repaid'))
             ORDER BY placed_at DESC LIMIT 1) AS missed
"""
_COLUMNS: tuple[ColumnClause[Any], ...] = (column("language"), column("recent"), column("standing"), column("missed"))
_CALLER_ALONE = text(_CALLER).columns(*_COLUMNS)
_CALLER_AND_HISTORY = text(f"{_CALLER}, {advances.HISTORY} AS history").columns(*_COLUMNS, column("history"))


def caller_of(
    connection: Connection, msisdn: str, *, currency: str, zone: tzinfo, may_borrow: bool, now: datetime
) -> Caller:
    """The person of this number (E.164), with times in `zone`. `may_borrow`: what counts for an advance is read too."""
    values = advances.history_values(msisdn, currency=currency, now=now, count=HOW_MANY_RECENT)
    values["since"] = now - results.NEWS_FOR
    row = connection.execute(_CALLER_AND_HISTORY if may_borrow else _CALLER_ALONE, values).one()
    recent = _recent(row.recent, zone)
    return Caller(
        row.language,
        recent,
        under_way=next((found for found in recent if found.state in ON_ITS_WAY), None),
        missed=_result(row.missed, zone) if row.missed else None,
        standing=tuple(Running(found["id"], terms_of(found)) for found in row.standing),
        history=advances.read_history(row.history, currency=currency, now=now) if may_borrow else None,
        lent=_recent(row.history["lent"], zone) if may_borrow else (),
    )


def _recent(rows: list[dict[str, Any]], zone: tzinfo) -> tuple[Recent, ...]:
    return tuple(
        Recent(short_reference(found["id"]), _amount(found), State(found["state"]), _placed_at(found, zone))
        for found in rows
    )


def _result(found: dict[str, Any], zone: tzinfo) -> Result:
    return Result(
        found["id"],
        _amount(found),
        State(found["state"]),
        _placed_at(found, zone),
        is_for_another=found["line"] != found["asked_by"],
        is_advance=Kind(found["kind"]) is Kind.ADVANCE,
        repaid=found["repaid"],
    )


def _amount(found: dict[str, Any]) -> Money:
    return Money(found["amount_minor"], found["currency"])


def _placed_at(found: dict[str, Any], zone: tzinfo) -> datetime:
    return datetime.fromisoformat(found["placed_at"]).astimezone(zone)
