"""Our side of a reconciliation: every movement that the ledger has with a provider."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from store.attempts import REFILLS
from topup.ids import short_reference
from topup.ledger import clearing, operator_float
from topup.money import Money
from topup.reconciliation import Entry

# A movement belongs to the newest attempt of its purpose that had been made by then.
_MOVED = text("""
    SELECT transfers.order_id, transfers.amount_minor, transfers.currency, transfers.at, orders.payer, orders.line,
           attempts.reference, attempts.receipt, attempts.facts,
           ARRAY(SELECT tried.reference FROM attempts AS tried
                  WHERE tried.order_id = transfers.order_id AND tried.purpose = ANY(:purposes)) AS tried
      FROM transfers
      JOIN orders ON orders.id = transfers.order_id
      LEFT JOIN LATERAL (
            SELECT reference, receipt, facts FROM attempts
             WHERE attempts.order_id = transfers.order_id AND attempts.purpose = ANY(:purposes)
             ORDER BY (receipt IS NULL), number DESC LIMIT 1) AS attempts ON true
     WHERE (transfers.source = :account AND :outgoing OR transfers.target = :account AND NOT :outgoing)
       AND transfers.at >= :since AND transfers.at < :until
     ORDER BY transfers.at
""")


def with_payment_provider(connection: Connection, provider: str, *, since: datetime, until: datetime) -> list[Entry]:
    """The charges and reversals that we booked with a payment provider."""
    window = {"account": clearing(provider), "since": since, "until": until}
    charges = connection.execute(_MOVED, {**window, "purposes": ["charge"], "outgoing": False}).mappings()
    reversals = connection.execute(_MOVED, {**window, "purposes": ["refund"], "outgoing": True}).mappings()
    return [
        *(_entry("charge", row, (row["receipt"] or "", short_reference(row["order_id"]))) for row in charges),
        *(_entry("reversal", row, ((row["facts"] or {}).get("receipt", ""),)) for row in reversals),
    ]


def with_credit_provider(connection: Connection, provider: str, *, since: datetime, until: datetime) -> list[Entry]:
    """The credits that we booked with the operator."""
    window = {"account": operator_float(provider), "since": since, "until": until}
    refills = connection.execute(_MOVED, {**window, "purposes": list(REFILLS), "outgoing": True}).mappings()
    # A person who says that a credit landed does not say by which of its attempts.
    return [_entry("refill", row, (row["reference"] or "", row["receipt"] or "", *row["tried"])) for row in refills]


def _entry(kind: str, row: RowMapping, names: tuple[Any, ...]) -> Entry:
    whose = row["line"] if kind == "refill" else row["payer"]
    return Entry(
        kind=kind,
        names=names,
        amount=Money(row["amount_minor"], row["currency"]),
        at=row["at"],
        about=f"order {row['order_id']} of {whose}",
    )
