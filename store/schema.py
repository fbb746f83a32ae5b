"""Bringing a database to the present: the migrations, then the table of legal moves."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, delete, select, text, tuple_

from store.tables import legal_moves
from topup.errors import RedialError
from topup.life import LIFE

_LOCK = 0x5EED


class SchemaIsOld(RedialError):
    """The database is at {found}, but this version of Redial needs {needed}. Run: flask --app app db upgrade"""


def upgrade(engine: Engine) -> None:
    """Migrate to the newest version and seed the legal moves from LIFE. Two at once wait for each other."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = _config()
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
    needed = ScriptDirectory.from_config(_config()).get_current_head()
    found = MigrationContext.configure(connection).get_current_revision()
    if found != needed:
        raise SchemaIsOld(found=found or "no version", needed=needed)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
