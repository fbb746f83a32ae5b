"""The tables, as queries see them. The migrations make them, with the guards that SQL alone can give.

Times are `timestamptz`, money is whole minor units with its currency, numbers are E.164.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()


def _when(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


subscribers = Table(
    "subscribers",
    metadata,
    Column("msisdn", Text, primary_key=True),
    Column("language", Text),
    Column("stopped", Boolean, nullable=False, server_default="false"),
    Column("closed", Boolean, nullable=False, server_default="false"),
    _when("changed_at"),
)

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("payer", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("line_was", Text, nullable=False),
    Column("payment_provider", Text, nullable=False),
    Column("credit_provider", Text, nullable=False),
    _when("placed_at"),
    Column("state", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    _when("state_at"),
)

order_moves = Table(
    "order_moves",
    metadata,
    Column("order_id", Text, ForeignKey("orders.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("prev_seq", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("target", Text, nullable=False),
    _when("at"),
    Column("detail", JSONB, nullable=False),
)

legal_moves = Table(
    "legal_moves",
    metadata,
    Column("source", Text, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("target", Text, primary_key=True),
)

accounts = Table("accounts", metadata, Column("name", Text, primary_key=True))

transfers = Table(
    "transfers",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("leg", SmallInteger, primary_key=True, autoincrement=False),
    Column("source", Text, ForeignKey("accounts.name"), nullable=False),
    Column("target", Text, ForeignKey("accounts.name"), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    _when("at"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("reference", Text, primary_key=True),
    Column("order_id", Text, ForeignKey("orders.id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("provider", Text, nullable=False),
    Column("msisdn", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    _when("sent_at"),
    Column("provider_ref", Text),
    Column("receipt", Text),
    Column("outcome", Text),
    _when("outcome_at", nullable=True),
    Column("facts", JSONB, nullable=False),
)

vouchers = Table(
    "vouchers",
    metadata,
    Column("order_id", Text, ForeignKey("orders.id", deferrable=True, initially="DEFERRED"), primary_key=True),
    Column("fingerprint", Text, nullable=False, unique=True),
    Column("sealed", LargeBinary),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("effect", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("seq", Integer),
    Column("queue", Text, nullable=False),
    _when("due_at"),
    Column("tried", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    _when("leased_until", nullable=True),
    _when("done_at", nullable=True),
    Column("note", Text),
    Column("provider", Text, nullable=False, server_default=""),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("provider", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("reference", Text),
    Column("content_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("remote_address", Text, nullable=False),
    _when("received_at"),
    _when("settled_at", nullable=True),
    Column("verdict", Text),
    Column("order_id", Text),
)

provider_events = Table(
    "provider_events",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("inbox_id", BigInteger, ForeignKey("inbox.id"), nullable=False),
    _when("at"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", Text, ForeignKey("orders.id")),
    Column("purpose", Text, nullable=False),
    Column("msisdn", Text, nullable=False),
    Column("text", Text, nullable=False),
    _when("written_at"),
    Column("gateway", Text),
    Column("gateway_id", Text),
    _when("handed_at", nullable=True),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    _when("status_at"),
    Column("resends", Integer, nullable=False, server_default="0"),
)

standing_orders = Table(
    "standing_orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("payer", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("below_minor", BigInteger),
    Column("weekday", SmallInteger),
    Column("cap_a_week_minor", BigInteger, nullable=False),
    Column("language", Text, nullable=False),
    _when("agreed_at"),
    _when("next_look_at"),
    _when("stopped_at", nullable=True),
    Column("why_stopped", Text),
)

standing_slots = Table(
    "standing_slots",
    metadata,
    Column("standing_id", Text, ForeignKey("standing_orders.id"), primary_key=True),
    Column("slot", Text, primary_key=True),
    Column("order_id", Text, ForeignKey("orders.id"), nullable=False, unique=True),
    _when("at"),
)

results_seen = Table(
    "results_seen",
    metadata,
    Column("order_id", Text, ForeignKey("orders.id"), primary_key=True),
    _when("seen_at"),
)
