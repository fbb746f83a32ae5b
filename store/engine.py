"""The pool of connections to PostgreSQL."""

import time
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

_OPTIONS = ("statement_timeout=10s", "lock_timeout=5s", "idle_in_transaction_session_timeout=30s", "timezone=UTC")

# No server goes and comes back in less: what answered so short a time ago need not be tried.
_FRESH_S = 0.3


def make_engine(url: str, *, size: int = 10, wait_s: float = 5.0) -> Engine:
    """An engine whose pool keeps up to `size` connections and waits at most `wait_s` seconds for a free one.

    A connection that has been idle is tried before it is lent, so that a restart of the server is ridden out. A
    statement may take ten seconds and a lock five: whatever takes longer is an error of ours, and must not hold a
    worker for ever.
    """
    engine = create_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_timeout=wait_s,
        connect_args={
            "connect_timeout": 5,
            "options": " ".join(f"-c {option}" for option in _OPTIONS),
        },
    )
    event.listen(engine, "connect", _note_use)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _try_if_idle)
    return engine


def alone(engine: Engine) -> Connection:
    """A connection for a statement that stands alone: nothing is said before it and after it."""
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _try_if_idle(connection: "psycopg.Connection[Any]", record: ConnectionPoolEntry, _lent: object) -> None:
    if time.monotonic() < record.info["used_at"] + _FRESH_S:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError(str(error)) from error  # The pool makes a new one.
