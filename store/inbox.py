"""The inbox: every callback as it came, kept before anything is made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Row, Text, bindparam, column, func, insert, literal_column, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from store import outbox
from store.attempts import Kept, kept_of
from store.changes import Change, make
from store.tables import attempts, inbox, provider_events


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """What a provider (or somebody who says so) posted to us. `reference` is what stood in the address."""

    provider: str
    topic: str
    reference: str | None
    content_type: str
    body: bytes
    remote_address: str
    id: int = 0
    verdict: str | None = None
    order_id: str | None = None


# Made once, since every callback says these.
_KEEP = insert(inbox).returning(inbox.c.id)
_KEEP_AND_OWE = text("""
    WITH kept AS (
        INSERT INTO inbox (provider, topic, reference, content_type, body, remote_address, received_at)
        VALUES (:provider, :topic, :reference, :content_type, :body, :remote_address, :received_at)
        RETURNING id
    )
    INSERT INTO outbox (effect, subject, queue, provider, due_at)
    SELECT :effect, id::text, :queue, :provider, :received_at FROM kept
    RETURNING subject
""").columns(column("subject"))
_ONE = select(inbox).where(inbox.c.id == bindparam("inbox_id"))
_ONE_WITH_ATTEMPT = (
    select(inbox, func.to_jsonb(literal_column("attempts")).label("attempt"))
    .outerjoin(attempts, attempts.c.reference == inbox.c.reference)
    .where(inbox.c.id == bindparam("inbox_id"))
)
_FIRST = upsert(provider_events).on_conflict_do_nothing().returning(provider_events.c.key)
_WHO_BROUGHT = select(provider_events.c.inbox_id).where(
    provider_events.c.provider == bindparam("provider"), provider_events.c.key == bindparam("key")
)
_SETTLE = "UPDATE inbox SET settled_at = :at, verdict = :verdict, order_id = :order_id WHERE id = :inbox_id"
_SETTLE_TYPES = (bindparam("at", type_=DateTime(timezone=True)), bindparam("verdict", type_=Text()))


def keep_to_settle(connection: Connection, callback: Callback, *, now: datetime) -> int:
    """Keep a callback and owe its settling, in one statement. Returns its id."""
    owed = {"effect": outbox.SETTLE, "queue": outbox.QUEUES[outbox.SETTLE]}
    return int(connection.execute(_KEEP_AND_OWE, values_of(callback, now) | owed).scalar_one())


def keep(connection: Connection, callback: Callback, *, now: datetime) -> int:
    """Keep what came. Returns its id."""
    return int(connection.execute(_KEEP, values_of(callback, now)).scalar_one())


def values_of(callback: Callback, now: datetime) -> dict[str, Any]:
    """What of a callback that came `now` stands in its row."""
    return {
        "provider": callback.provider,
        "topic": callback.topic,
        "reference": callback.reference,
        "content_type": callback.content_type,
        "body": callback.body,
        "remote_address": callback.remote_address,
        "received_at": now,
    }


def get(connection: Connection, inbox_id: int) -> Callback:
    """The callback of this id."""
    return _callback(connection.execute(_ONE, {"inbox_id": inbox_id}).one())


def get_with_attempt(connection: Connection, inbox_id: int) -> tuple[Callback, Kept | None]:
    """The callback of this id, and the attempt whose reference stood in its address."""
    row = connection.execute(_ONE_WITH_ATTEMPT, {"inbox_id": inbox_id}).one()
    return _callback(row), kept_of(row.attempt) if row.attempt else None


def others(connection: Connection, callback: Callback, *, count: int) -> list[Callback]:
    """Up to `count` other callbacks to the address of the same attempt, the newest first; none when it had no such."""
    if callback.reference is None:
        return []
    found = select(inbox).where(inbox.c.provider == callback.provider, inbox.c.topic == callback.topic)
    found = found.where(inbox.c.reference == callback.reference, inbox.c.id != callback.id)
    return [_callback(row) for row in connection.execute(found.order_by(inbox.c.id.desc()).limit(count))]


def is_first(connection: Connection, *, provider: str, key: str, inbox_id: int, now: datetime) -> bool:
    """Record the provider's event `key`; False when another callback has brought it before."""
    values = {"provider": provider, "key": key, "inbox_id": inbox_id, "at": now}
    if connection.scalar(_FIRST, values) is not None:
        return True
    return connection.scalar(_WHO_BROUGHT, {"provider": provider, "key": key}) == inbox_id


def settle(
    connection: Connection,
    inbox_id: int,
    *,
    verdict: str,
    now: datetime,
    order_id: str | None = None,
    along: Sequence[Change] = (),
) -> None:
    """Write what was made of a callback, and for which order, with what goes along with it."""
    values = {"verdict": verdict, "at": now, "order_id": order_id, "inbox_id": inbox_id}
    make(connection, [*along, Change(name="settled", sql=_SETTLE, values=values, typed=_SETTLE_TYPES)])


def _callback(row: Row[Any]) -> Callback:
    return Callback(
        id=row.id,
        provider=row.provider,
        topic=row.topic,
        reference=row.reference,
        content_type=row.content_type,
        body=bytes(row.body),
        remote_address=row.remote_address,
        verdict=row.verdict,
        order_id=row.order_id,
    )
