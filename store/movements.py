"""Our side of a reconciliation: the movements that the ledger has with a provider."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from store.attempts import REFILLS
from topup.ids import short_reference
from topup.ledger import clearing, operator_float
from topup.life import Event
from topup.money import Money
from topup.reconciliation import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The movements that may have happened from `since` until `until`, and on any day those that `names` name."""

    since: datetime
    until: datetime
    names: Collection[str] = ()


# A movement belongs to the newest attempt of its purpose that has a receipt, or else to the newest. It cannot have
# happened before the first attempt, except where the attempt was written down later than the call: money that came
# apart from its order keeps the attempt that it came to, and what a person held after a restore may have been sent at
# any time since the order was placed.
_MOVED = text("""
    WITH named AS (
         SELECT order_id FROM attempts
          WHERE receipt = ANY(:names) OR reference = ANY(:names) OR facts ->> 'receipt' = ANY(:names)
             OR upper(left(order_id, 8)) = ANY(:names)),
    moved AS MATERIALIZED (
         SELECT order_id, amount_minor, currency, at FROM transfers
          WHERE (source = :account AND :outgoing OR target = :account AND NOT :outgoing)
            AND (at >= :since OR order_id IN (SELECT order_id FROM named)))
    SELECT moved.order_id, moved.amount_minor, moved.currency, moved.at, orders.payer, orders.line,
           attempt.reference, attempt.receipt, attempt.facts, calls.called_at,
            ARRAY(SELECT tried.reference FROM attempts AS tried
                   WHERE tried.order_id = orders.id AND tried.purpose = ANY(:purposes)) AS tried,
           (SELECT receipt FROM attempts
             WHERE attempts.order_id = orders.id AND purpose = 'charge' AND receipt IS NOT NULL
             ORDER BY number DESC LIMIT 1) AS paid_by
      FROM moved
      JOIN orders ON orders.id = moved.order_id
      LEFT JOIN LATERAL (
            SELECT reference, receipt, facts FROM attempts
             WHERE attempts.order_id = orders.id AND attempts.purpose = ANY(:purposes)
             ORDER BY (receipt IS NULL), number DESC LIMIT 1) AS attempt ON true
     CROSS JOIN LATERAL (
            SELECT least(
                (SELECT min(sent_at) FROM attempts
                  WHERE attempts.order_id = orders.id AND attempts.purpose = ANY(:purposes)),
                (SELECT sent_at FROM attempts WHERE attempts.reference = attempt.facts ->> 'came_to'),
                (SELECT orders.placed_at FROM order_moves
                  WHERE order_moves.order_id = orders.id AND event = :held LIMIT 1)) AS called_at) AS calls
     WHERE coalesce(calls.called_at, moved.at) < :until OR moved.order_id IN (SELECT order_id FROM named)
     ORDER BY moved.at, moved.order_id
""")


def with_payment_provider(connection: Connection, provider: str, *, wanted: Wanted) -> list[Entry]:
    """The charges and reversals that we booked with a payment provider."""
    account = clearing(provider)
    charges = _moved(connection, account, ["charge"], wanted, outgoing=False)
    reversals = _moved(connection, account, ["refund"], wanted, outgoing=True)
    return [*map(_charge, charges), *map(_reversal, reversals)]


def with_credit_provider(connection: Connection, provider: str, *, wanted: Wanted) -> list[Entry]:
    """The credits that we booked with the operator."""
    refills = _moved(connection, operator_float(provider), REFILLS, wanted, outgoing=True)
    # A person who says that a credit landed does not say by which of its attempts.
    return [_entry("refill", row, (row["reference"], row["receipt"], *row["tried"])) for row in refills]


def _moved(
    connection: Connection, account: str, purposes: Collection[str], wanted: Wanted, *, outgoing: bool
) -> list[RowMapping]:
    values = {
        "account": account,
        "outgoing": outgoing,
        "purposes": list(purposes),
        "since": wanted.since,
        "until": wanted.until,
        "names": list(wanted.names),
        "held": Event.OPERATOR_HOLD.value,
    }
    return list(connection.execute(_MOVED, values).mappings())


def _charge(row: RowMapping) -> Entry:
    """A charge goes by its receipt alone, unless an enquiry told us no more than that it was paid."""
    is_derived = (row["facts"] or {}).get("receipt_is_derived")
    references = (short_reference(row["order_id"]), row["reference"])
    return _entry("charge", row, (None if is_derived else row["receipt"],), references)


def _reversal(row: RowMapping) -> Entry:
    """A reversal goes by the payment that it gives back, which is reversed once, and by whatever names its own."""
    returned = (row["facts"] or {}).get("receipt")
    return _entry("reversal", row, (returned, row["paid_by"], row["reference"], row["receipt"]))


def _entry(kind: str, row: RowMapping, names: tuple[str | None, ...], references: tuple[str | None, ...] = ()) -> Entry:
    whose = row["line"] if kind == "refill" else row["payer"]
    return Entry(
        kind=kind,
        names=_told(names),
        references=_told(references),
        amount=Money(row["amount_minor"], row["currency"]),
        called_at=row["called_at"],
        at=row["at"],
        about=f"order {row['order_id']} of {whose}",
    )


def _told(names: tuple[str | None, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
