"""Bringing a database to the present: the migrations, then the table of legal moves."""

from pathlib import Path

from sqlalchemy import Connection, Engine, delete, inspect, select, text, tuple_

from store.tables import legal_moves
from topup.errors import RedialError
from topup.life import LIFE

# The newest migration. Kept here as well, so that a process that only serves need not load Alembic to know it.
NEEDED = "0003"

_LOCK = 0x5EED


class SchemaIsOld(RedialError):
    """The database is at {found}, but this version of Redial needs {needed}. Run: flask --app app db upgrade"""


def upgrade(engine: Engine) -> None:
    """Migrate to the newest version and seed the legal moves from LIFE. Two at once wait for each other."""
    from alembic import command  # noqa: PLC0415  # Only this function needs it, and it is slow to load.
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        seed_legal_moves(connection)


def seed_legal_moves(connection: Connection) -> None:
    """Let legal_moves hold exactly LIFE. A rule that an order has used cannot be taken away: that raises."""
    wanted = {(rule.source.value, rule.event.value, rule.target.value) for rule in LIFE}
    found = {tuple(row) for row in connection.execute(select(legal_moves))}
    if gone := found - wanted:
        key = tuple_(legal_moves.c.source, legal_moves.c.event, legal_moves.c.target)
        connection.execute(delete(legal_moves).where(key.in_(gone)))
    if new := wanted - found:
        rows = [dict(zip(("source", "event", "target"), move, strict=True)) for move in sorted(new)]
        connection.execute(legal_moves.insert(), rows)


def check(connection: Connection) -> None:
    """Raise SchemaIsOld unless the database is at the version that this code needs."""
    has_versions = inspect(connection).has_table("alembic_version")
    found = connection.scalar(text("SELECT version_num FROM alembic_version")) if has_versions else None
    if found != NEEDED:
        raise SchemaIsOld(found=found or "no version", needed=NEEDED)
