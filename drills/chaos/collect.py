"""Collects the evidence: the sandbox's books, and Redial's database read without Redial's own code."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine

from drills.chaos.evidence import Card, Evidence, LineAtFirst, OrderKept, Promise, TransferKept
from store import ledger
from tests.city import City

_ORDERS = """
    SELECT orders.id, orders.kind, orders.asked_by, orders.line, orders.payer, orders.amount_minor,
           orders.currency, orders.state,
           coalesce((SELECT split_part(facts ->> 'came_to', '-', 1) FROM attempts
                      WHERE order_id = orders.id AND facts ? 'came_to' LIMIT 1), orders.id) AS came_to,
           ARRAY(SELECT receipt FROM attempts
                  WHERE order_id = orders.id AND purpose = 'charge' AND receipt IS NOT NULL) AS receipts,
           ARRAY(SELECT event FROM order_moves WHERE order_id = orders.id ORDER BY seq) AS events,
           (SELECT detail ->> 'tail' FROM order_moves
             WHERE order_id = orders.id AND event = 'VOUCHER_PLACED') AS tail
      FROM orders ORDER BY placed_at, id
"""
_TRANSFERS = "SELECT order_id, source, target, amount_minor FROM transfers"


def collect(
    city: City,
    engine: Engine,
    *,
    lines: Mapping[str, LineAtFirst],
    promises: Sequence[Promise],
    cards: Sequence[Card],
) -> Evidence:
    """Everything that the judge needs to know."""
    orders = [
        OrderKept(**{**row, "receipts": tuple(row["receipts"]), "events": tuple(row["events"])})
        for row in city.records.rows(_ORDERS)
    ]
    with engine.connect() as connection:
        faults = [(fault.order_id, fault.what) for fault in ledger.check(connection)]
    return Evidence(
        orders=orders,
        transfers=[TransferKept(**row) for row in city.records.rows(_TRANSFERS)],
        ledger_faults=faults,
        books=city.books(),
        lines=lines,
        promises=promises,
        cards=cards,
    )
