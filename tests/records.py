"""What Redial itself has written down, read from its database without any of its code, and what must hold of it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

ENDS = frozenset({"DONE", "UNPAID", "REFUNDED"})
REVIEWS = frozenset({"REVIEW_CHARGE", "REVIEW_CREDIT", "REVIEW_REFUND", "REVIEW_VOUCHER", "REVIEW_ADVANCE"})


@dataclass(frozen=True, slots=True)
class MoveSeen:
    """One move of an order."""

    event: str
    target: str
    at: datetime
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order with its moves, oldest first."""

    id: str
    kind: str
    channel: str
    asked_by: str
    line: str
    payer: str
    amount_minor: int
    currency: str
    language: str
    state: str
    moves: tuple[MoveSeen, ...]

    @property
    def events(self) -> list[str]:
        """The names of its moves' events, oldest first."""
        return [move.event for move in self.moves]

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is owed to anybody."""
        return self.state in ENDS

    @property
    def in_review(self) -> bool:
        """Whether a person must decide."""
        return self.state in REVIEWS

    @property
    def seen(self) -> str:
        """Where it stands, as `orders review` names it for `orders decide --seen`."""
        return f"{self.state}/{len(self.moves) - 1}"

    def detail(self, event: str) -> dict[str, Any]:
        """What was kept with the newest move of that event."""
        return next(move.detail for move in reversed(self.moves) if move.event == event)


_ORDERS = """
    SELECT orders.*, (SELECT jsonb_agg(to_jsonb(order_moves) ORDER BY seq) FROM order_moves
                       WHERE order_id = orders.id) AS moves
      FROM orders
     WHERE placed_at >= %(since)s AND (%(all)s OR asked_by = ANY(%(who)s))
     ORDER BY placed_at, id
"""


class Records:
    """Redial's database."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    def rows(self, query: str, **values: object) -> list[dict[str, Any]]:
        """What a query finds. Each asks on a connection of its own, so the server may have been restarted."""
        with self._cursor() as cursor:
            return cursor.execute(query, values).fetchall()

    def change(self, statement: str, **values: object) -> int:
        """Change something behind Redial's back. Returns how many rows."""
        with self._cursor() as cursor:
            return cursor.execute(statement, values).rowcount

    def orders(self, *msisdns: str, since: datetime) -> list[OrderSeen]:
        """The orders that these numbers (without any: everybody) asked for since then, oldest first.

        Money that came and belongs to none is an order too, of kind `stray`, asked for by who paid it.
        """
        found = self.rows(_ORDERS, since=since, all=not msisdns, who=list(msisdns))
        return [_order(row) for row in found]

    def messages(self, msisdn: str) -> list[dict[str, Any]]:
        """The SMS that were written to a number, oldest first."""
        return self.rows("SELECT * FROM messages WHERE msisdn = %(who)s ORDER BY written_at", who=msisdn)

    def verdicts(self, order_id: str, *, topic: str) -> list[str]:
        """What was made of the callbacks on a topic ("stk", "delivery" ...) about an order, in the order they came."""
        found = self.rows(
            "SELECT verdict FROM inbox WHERE order_id = %(order)s AND topic = %(topic)s ORDER BY id",
            order=order_id,
            topic=topic,
        )
        return [str(row["verdict"]) for row in found]

    def owed(self, subject: str) -> list[str]:
        """The effects that are still owed for an order, a message or a callback."""
        found = self.rows("SELECT effect FROM outbox WHERE subject = %(s)s AND done_at IS NULL", s=subject)
        return sorted(row["effect"] for row in found)

    def hurry(self) -> None:
        """Let time pass: whatever waits for its time is due now."""
        self.change("UPDATE outbox SET due_at = now() WHERE done_at IS NULL AND due_at > now()")
        self.change("NOTIFY outbox")

    def balances(self, order_id: str) -> dict[str, int]:
        """What was debited less what was credited on every account for an order, in minor units; no zeros."""
        return self.balances_of([order_id])[order_id]

    def balances_of(self, order_ids: Iterable[str]) -> dict[str, dict[str, int]]:
        """The same for many orders at once, by their ids."""
        ids = list(order_ids)
        kept: dict[str, Counter[str]] = {order_id: Counter() for order_id in ids}
        for row in self.rows("SELECT * FROM transfers WHERE order_id = ANY(%(ids)s)", ids=ids):
            kept[row["order_id"]][row["target"]] += row["amount_minor"]
            kept[row["order_id"]][row["source"]] -= row["amount_minor"]
        return {order_id: {name: minor for name, minor in kept[order_id].items() if minor} for order_id in ids}

    def told_of(self, order_ids: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
        """The purpose and the text of every SMS that was written because of these orders, by their ids."""
        ids = list(order_ids)
        told: dict[str, list[tuple[str, str]]] = {order_id: [] for order_id in ids}
        for row in self.rows("SELECT * FROM messages WHERE order_id = ANY(%(ids)s) ORDER BY written_at", ids=ids):
            told[row["order_id"]].append((row["purpose"], row["text"]))
        return told

    @contextmanager
    def _cursor(self) -> Iterator[psycopg.Cursor[dict[str, Any]]]:
        with (
            psycopg.connect(self._dsn, autocommit=True, row_factory=dict_row) as connection,
            connection.cursor() as cursor,
        ):
            yield cursor


def _order(row: dict[str, Any]) -> OrderSeen:
    return OrderSeen(
        id=row["id"],
        kind=row["kind"],
        channel=row["channel"],
        asked_by=row["asked_by"],
        line=row["line"],
        payer=row["payer"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        language=row["language"],
        state=row["state"],
        moves=tuple(
            MoveSeen(move["event"], move["target"], datetime.fromisoformat(move["at"]), move["detail"])
            for move in row["moves"]
        ),
    )
