"""Collects the evidence: the sandbox's books, and Redial's database read without Redial's own code."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Engine

from drills.chaos.evidence import (
    Autos,
    AutoTerms,
    Card,
    Evidence,
    LineAtFirst,
    OrderKept,
    Promise,
    StandingKept,
    TransferKept,
)
from sandbox.clock import iso
from store import ledger
from tests.city import City

_ORDERS = """
    SELECT orders.id, orders.kind, orders.channel, orders.placed_at, orders.asked_by, orders.line,
           orders.payer, orders.amount_minor, orders.currency, orders.state,
           (SELECT standing_id FROM standing_slots WHERE order_id = orders.id) AS standing_id,
           coalesce((SELECT split_part(facts ->> 'came_to', '-', 1) FROM attempts
                      WHERE order_id = orders.id AND facts ? 'came_to' LIMIT 1), orders.id) AS came_to,
           ARRAY(SELECT receipt FROM attempts
                  WHERE order_id = orders.id AND purpose = 'charge' AND receipt IS NOT NULL) AS receipts,
           ARRAY(SELECT event FROM order_moves WHERE order_id = orders.id ORDER BY seq) AS events,
           (SELECT detail ->> 'tail' FROM order_moves
             WHERE order_id = orders.id AND event = 'VOUCHER_PLACED') AS tail
      FROM orders ORDER BY placed_at, id
"""
_STANDING = """
    SELECT id, payer, line, amount_minor, below_minor, cap_a_week_minor AS cap_minor, agreed_at, stopped_at
      FROM standing_orders
"""
_TRANSFERS = "SELECT order_id, source, target, amount_minor FROM transfers"


def collect(
    city: City,
    engine: Engine,
    *,
    lines: Mapping[str, LineAtFirst],
    promises: Sequence[Promise],
    cards: Sequence[Card],
    autos: Autos,
) -> Evidence:
    """Everything that the judge needs to know."""
    with engine.connect() as connection:
        faults = [(fault.order_id, fault.what) for fault in ledger.check(connection)]
    return Evidence(
        orders=[_order(row) for row in city.records.rows(_ORDERS)],
        transfers=[TransferKept(**row) for row in city.records.rows(_TRANSFERS)],
        ledger_faults=faults,
        books=city.books(),
        lines=lines,
        promises=promises,
        cards=cards,
        standing=[_standing(row) for row in city.records.rows(_STANDING)],
        autos=autos,
    )


def _order(row: Mapping[str, Any]) -> OrderKept:
    made = {"placed_at": iso(row["placed_at"]), "receipts": tuple(row["receipts"]), "events": tuple(row["events"])}
    return OrderKept(**{**row, **made})


def _standing(row: Mapping[str, Any]) -> StandingKept:
    terms = AutoTerms(**{each.name: row[each.name] for each in fields(AutoTerms)})
    stopped_at = iso(row["stopped_at"]) if row["stopped_at"] else None
    return StandingKept(id=row["id"], terms=terms, agreed_at=iso(row["agreed_at"]), stopped_at=stopped_at)
