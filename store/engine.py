"""The pool of connections to PostgreSQL."""

import select
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

if TYPE_CHECKING:  # SQLAlchemy loads the driver when an engine is made.
    import psycopg

_OPTIONS = ("statement_timeout=10s", "lock_timeout=5s", "idle_in_transaction_session_timeout=30s", "timezone=UTC")


def make_engine(url: str, *, size: int = 10, wait_s: float = 5.0) -> Engine:
    """An engine whose pool keeps up to `size` connections and waits at most `wait_s` seconds for a free one.

    A connection is looked at before it is lent, so that a restart of the server is ridden out. A statement may take ten
    seconds and a lock five: whatever takes longer is an error of ours, and must not hold a worker for ever.
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
    event.listen(engine, "checkout", _refuse_what_ended)
    return engine


def alone(engine: Engine) -> Connection:
    """A connection for a statement that stands alone: nothing is said before it and after it."""
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _refuse_what_ended(connection: "psycopg.Connection[Any]", _record: object, _proxy: object) -> None:
    """Raise DisconnectionError, upon which the pool takes another, when the server has ended this connection.

    A connection that nobody uses has nothing to say, unless that it is over: then its socket can be read. Asking the
    kernel that takes a microsecond, where a ping (pool_pre_ping) is one more round trip for every transaction.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        raise DisconnectionError
