"""An order's whole story, for whoever must find out what went wrong with it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from drills.chaos.deeds import order_id_in, reference_of_credit
from drills.chaos.evidence import Books
from tests.city import City

_PARTS = {
    "order": "SELECT kind, channel, asked_by, payer, amount_minor, state, placed_at FROM orders WHERE id = %(id)s",
    "standing": "SELECT standing_orders.*, slot, at FROM standing_orders JOIN standing_slots ON standing_id = id "
    "WHERE order_id = %(id)s",
    "move": "SELECT at, event, target, detail FROM order_moves WHERE order_id = %(id)s ORDER BY seq",
    "attempt": "SELECT sent_at, reference, provider_ref, receipt, outcome, outcome_at, facts FROM attempts "
    "WHERE order_id = %(id)s ORDER BY sent_at",
    "callback": "SELECT id, received_at, settled_at, topic, verdict, left(encode(body, 'escape'), 500) AS body "
    "FROM inbox WHERE order_id = %(id)s OR reference LIKE %(id)s || '-%%' ORDER BY id",
    "message": "SELECT written_at, handed_at, purpose, status, reason, text FROM messages "
    "WHERE order_id = %(id)s ORDER BY written_at",
    "owed": "SELECT effect, seq, tried, due_at, done_at, note FROM outbox WHERE subject = %(id)s ORDER BY id",
    "stray": "SELECT order_id AS id, reference, receipt FROM attempts WHERE facts ->> 'came_to' LIKE %(id)s || '-%%'",
}


def story_of(city: City, order_id: str, books: Books) -> Iterator[str]:
    """The lines of the story: what Redial has written down of it, and what the world's books say."""
    yield f"== order {order_id}"
    for part, query in _PARTS.items():
        for row in city.records.rows(query, id=order_id):
            yield f"  {part:9} {_shown(row)}"
    for book in ("charges", "reversals", "refills", "airtime"):
        for entry in books[book]:
            if order_id in _orders_of(entry):
                yield f"  {book:9} {_shown(entry)}"


def _orders_of(entry: Mapping[str, Any]) -> set[str]:
    references = (entry["reference"], entry.get("charge_reference", ""), reference_of_credit(entry))
    return {order_id_in(reference) for reference in references}


def _shown(row: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={_value(value)}" for name, value in row.items() if value not in (None, {}, []))


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
