"""The SMS that we send, each with its text, its delivery reports and how often it went out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Row, Text, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from store.changes import Change, make
from store.tables import messages, orders
from topup.ids import mint_token

# The life of a message. Delivery reports may only move it forward.
WRITTEN, HANDED, DELIVERED, FAILED, UNKNOWN = "written", "handed", "delivered", "failed", "unknown"

# The purpose of the one message that tells of no turn of an order, but that it waits for one.
TELL_WAITING = "tell_waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message to one person. `purpose` is the message's name in sms.messages."""

    id: str
    order_id: str | None
    purpose: str
    msisdn: str
    text: str
    status: str
    gateway: str | None
    gateway_id: str | None
    reason: str | None
    resends: int

    @property
    def copy_name(self) -> str:
        """Our name for this copy of the message, for gateways that keep one: sent again, it has another."""
        return f"{self.id}-{self.resends}"


# Made once, since every message is written, handed over and reported by these.
_WRITE = insert(messages).returning(messages)
_WRITE_ONCE = upsert(messages).on_conflict_do_nothing().returning(messages)
_ONE = select(messages).where(messages.c.id == bindparam("message_id")).with_for_update()
_BY_GATEWAY_ID = (
    select(messages)
    .where(messages.c.gateway == bindparam("gateway"), messages.c.gateway_id == bindparam("gateway_id"))
    .with_for_update()
)
_ENDED = """
    UPDATE messages SET status = :ended_status, reason = :ended_reason, status_at = :ended_at
     WHERE id = :ended_id AND status <> :delivered
"""
_ENDED_TYPES = (bindparam("ended_at", type_=DateTime(timezone=True)), bindparam("ended_reason", type_=Text()))

# A report may overtake what the worker that sends has to say; what was delivered stays so.
_HANDED = """
    UPDATE messages
       SET status = :handed, gateway = :gateway, gateway_id = :gateway_id, handed_at = :at, status_at = :at
     WHERE id = :message_id AND status <> :delivered
"""
_HANDED_TYPES = (bindparam("at", type_=DateTime(timezone=True)),)


def write(
    connection: Connection,
    *,
    purpose: str,
    msisdn: str,
    text: str,
    now: datetime,
    order_id: str | None = None,
) -> Message:
    """Keep a message that is to be sent. An order has one message of a purpose to a person: that one comes back."""
    values = {
        "id": mint_token(),
        "order_id": order_id,
        "purpose": purpose,
        "msisdn": msisdn,
        "text": text,
        "written_at": now,
        "status": WRITTEN,
        "status_at": now,
    }
    if order_id is None:
        return _message(connection.execute(_WRITE, values).one())
    kept = connection.execute(_WRITE_ONCE, values)
    if row := kept.one_or_none():
        return _message(row)
    found = select(messages).where(messages.c.order_id == order_id, messages.c.purpose == purpose)
    return _message(connection.execute(found.where(messages.c.msisdn == msisdn)).one())


def get(connection: Connection, message_id: str) -> Message:
    """The message of this id, locked until the transaction ends."""
    return _message(connection.execute(_ONE, {"message_id": message_id}).one())


def handed(
    connection: Connection,
    message_id: str,
    *,
    gateway: str,
    gateway_id: str,
    now: datetime,
    along: Sequence[Change] = (),
) -> None:
    """The gateway took the message. Written with what goes along with it."""
    values = {
        "message_id": message_id,
        "handed": HANDED,
        "delivered": DELIVERED,
        "gateway": gateway,
        "gateway_id": gateway_id,
        "at": now,
    }
    make(connection, [*along, Change(name="handed", sql=_HANDED, values=values, typed=_HANDED_TYPES)])


def ended(connection: Connection, message_id: str, *, status: str, reason: str | None, now: datetime) -> None:
    """The message's end is known (DELIVERED, FAILED), or is known to be unknown (UNKNOWN)."""
    make(connection, [has_ended(message_id, status=status, reason=reason, now=now)])


def has_ended(message_id: str, *, status: str, reason: str | None, now: datetime) -> Change:
    """The same, to go along with another change."""
    values = {
        "ended_id": message_id,
        "ended_status": status,
        "ended_reason": reason,
        "ended_at": now,
        "delivered": DELIVERED,
    }
    return Change(name="ended", sql=_ENDED, values=values, typed=_ENDED_TYPES)


def to_resend(connection: Connection, message_id: str, *, now: datetime) -> None:
    """Let the message go out once more."""
    again = update(messages).where(messages.c.id == message_id, messages.c.status != DELIVERED)
    connection.execute(again.values(status=WRITTEN, status_at=now, resends=messages.c.resends + 1))


def by_gateway_id(connection: Connection, *, gateway: str, gateway_id: str) -> Message | None:
    """The message that the gateway knows by this name, locked until the transaction ends."""
    row = connection.execute(_BY_GATEWAY_ID, {"gateway": gateway, "gateway_id": gateway_id}).one_or_none()
    return _message(row) if row else None


def by_copy_name(connection: Connection, copy_name: str) -> Message | None:
    """The message that has, or had, a copy of this name, locked until the transaction ends."""
    row = connection.execute(_ONE, {"message_id": copy_name.rpartition("-")[0]}).one_or_none()
    return _message(row) if row else None


def count_since(connection: Connection, *, msisdn: str, since: datetime, purpose: str | None = None) -> int:
    """How many messages (of a purpose) were written to a number since then."""
    found = select(func.count()).where(messages.c.msisdn == msisdn, messages.c.written_at >= since)
    if purpose is not None:
        found = found.where(messages.c.purpose == purpose)
    return connection.scalar(found) or 0


def last_told(connection: Connection, *, order_id: str, msisdn: str) -> str | None:
    """The newest that was written to a number about where an order stands, as it was written; None when nothing was.

    What was written before its last move tells of another state: that nothing was taken, of what has gone back since.
    Nor does it stand anywhere that waiting takes long.
    """
    found = (
        select(messages.c.text)
        .join(orders, orders.c.id == messages.c.order_id)
        .where(messages.c.order_id == order_id, messages.c.msisdn == msisdn, messages.c.purpose != TELL_WAITING)
        .where(messages.c.written_at >= orders.c.state_at)
    )
    return connection.scalar(found.order_by(messages.c.written_at.desc()).limit(1))


def _message(row: Row[Any]) -> Message:
    return Message(
        id=row.id,
        order_id=row.order_id,
        purpose=row.purpose,
        msisdn=row.msisdn,
        text=row.text,
        status=row.status,
        gateway=row.gateway,
        gateway_id=row.gateway_id,
        reason=row.reason,
        resends=row.resends,
    )
