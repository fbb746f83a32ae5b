"""What providers told that no order had a place for: listed until a person has looked at it, on the record.

Money among it is held apart, in an order of its own.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text, update

from store import attempts as attempts_of
from store.book import SqlBook
from store.order_rows import order_of
from store.tables import attempts, orders
from topup.errors import RedialError
from topup.kinds import Kind
from topup.life import State
from topup.orders import Order

# The facts of an attempt: everything that was told of it, and who has looked at which of that.
STRAYS, SEEN = "strays", "stray_seen"

# What one of these says: what was told, and the receipt that was told with it. Before there was a list of them, an
# attempt had the newest as two facts of these names, and still has it.
STRAY, RECEIPT = "stray", "stray_receipt"

# The fact of a charge that holds money apart: the receipts by which it is known. Its order is decided instead.
HOLDS = "holds"

# What was told of each attempt, one row each, without what a person has looked at and what an order holds.
_WAITING = """
    SELECT attempts.reference, attempts.order_id, attempts.provider,
           said ->> 'stray' AS what, said ->> 'stray_receipt' AS receipt,
           coalesce((said ->> 'at')::timestamptz, outcome_at) AS at
      FROM attempts
     CROSS JOIN LATERAL (SELECT coalesce(facts -> 'strays', '[]'),
                                jsonb_build_array(jsonb_build_object(
                                    'stray', facts -> 'stray', 'stray_receipt', facts -> 'stray_receipt'))
                        ) AS told (listed, alone)
     CROSS JOIN LATERAL jsonb_array_elements(
               CASE WHEN facts ? 'stray' AND NOT listed @> alone THEN alone || listed ELSE listed END) AS said
     WHERE (facts ? 'stray' OR facts ? 'strays')
       AND NOT coalesce(facts -> 'stray_seen', '[]') @> jsonb_build_array(said - 'at')
       AND NOT EXISTS (
               SELECT FROM attempts AS holder JOIN orders ON orders.id = holder.order_id
                WHERE orders.payer = attempts.msisdn AND orders.kind = 'stray'
                  AND holder.facts @> jsonb_build_object('came_to', attempts.reference,
                                                         'holds', jsonb_build_array(said -> 'stray_receipt')))
"""
_ALL_WAITING = text(f"{_WAITING} ORDER BY at, what, receipt")
_WAITING_OF_ONE = text(f"{_WAITING} AND attempts.reference = :reference ORDER BY at, what, receipt")


class NothingToAcknowledge(RedialError):
    """Nothing waits under the name {name}: look again with `orders review`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """What was told of an attempt, the first time `at`. `name` is of this and of nothing else that is told."""

    reference: str
    order_id: str
    provider: str
    what: str
    receipt: str | None
    at: datetime

    @property
    def name(self) -> str:
        """`<reference>/1a2b3c`."""
        told = hashlib.sha256(f"{self.what}\x00{self.receipt or ''}".encode())
        return f"{self.reference}/{told.hexdigest()[:6]}"


def held_for(connection: Connection, order: Order) -> list[Order]:
    """The orders made for money that is said to have come to `order`, save those of which a person found that it never
    came; the oldest first. While there is one, nobody may be told that nothing was taken."""
    found = (
        select(orders)
        .join(attempts, attempts.c.order_id == orders.c.id)
        .where(orders.c.payer == order.payer, orders.c.kind == Kind.STRAY.value, orders.c.state != State.UNPAID.value)
        .where(attempts.c.facts["came_to"].astext.startswith(f"{order.id}-", autoescape=True))
    )
    return [order_of(row) for row in connection.execute(found.order_by(orders.c.placed_at))]


def note_stray(connection: Connection, reference: str, *, what: str, receipt: str | None, now: datetime) -> None:
    """Keep with the attempt that this was told of it, beside everything else: once, however often it is told.

    Locks the attempt's order, so that of two that are told at once neither is lost.
    """
    _, kept = SqlBook(connection).lock_with_attempt(reference)
    facts: Mapping[str, Any] = kept.attempt.facts
    listed = facts.get(STRAYS, [])
    if (what, receipt) in [(said.get(STRAY), said.get(RECEIPT)) for said in [*listed, facts]]:
        return
    told = [*listed, {STRAY: what, RECEIPT: receipt, "at": now.isoformat()}]
    attempts_of.note(connection, reference, outcome=kept.outcome or "stray", now=now, facts={STRAYS: told})


def waiting(connection: Connection) -> list[Stray]:
    """Everything that nobody has acknowledged, the oldest first.

    Money that is held apart is not among it, as its own order is in review, or was decided.
    """
    return [_stray(row) for row in connection.execute(_ALL_WAITING)]


def acknowledge(connection: Connection, name: str, *, because: str, by: str, now: datetime) -> Stray:
    """Keep with the attempt that a person has looked at this, and at nothing else that was told of it.

    Raises AttemptNotFound and NothingToAcknowledge.
    """
    reference = name.partition("/")[0]
    _, kept = SqlBook(connection).lock_with_attempt(reference)
    found = [_stray(row) for row in connection.execute(_WAITING_OF_ONE, {"reference": reference})]
    stray = next((one for one in found if one.name == name), None)
    if stray is None:
        raise NothingToAcknowledge(name=name)
    facts: Mapping[str, Any] = kept.attempt.facts
    said = {STRAY: stray.what, RECEIPT: stray.receipt, "by": by, "because": because, "at": now.isoformat()}
    seen = attempts.c.facts.op("||")({SEEN: [*facts.get(SEEN, []), said]})
    connection.execute(update(attempts).where(attempts.c.reference == reference).values(facts=seen))
    return stray


def _stray(row: Row[Any]) -> Stray:
    return Stray(
        reference=row.reference,
        order_id=row.order_id,
        provider=row.provider,
        what=row.what,
        receipt=row.receipt,
        at=row.at,
    )
