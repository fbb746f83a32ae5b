"""The pool of connections to PostgreSQL."""

import select
from collections.abc import Sequence
from typing import Any, overload

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

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
            "cursor_factory": _Cursor,
            "options": " ".join(f"-c {option}" for option in _OPTIONS),
        },
    )
    event.listen(engine, "checkout", _refuse_what_ended)
    return engine


def alone(engine: Engine) -> Connection:
    """A connection for a statement that stands alone: nothing is said before it and after it."""
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


class _Cursor(psycopg.Cursor[Any]):
    """psycopg's, but that columns are described when somebody looks.

    SQLAlchemy asks every answer whether it has any, and looks at them only the first time that a statement is made. To
    make an object of each column each time takes a tenth of what the interpreter takes for a statement.
    """

    @property
    def description(self) -> "_Columns | None":  # type: ignore[override]  # DB-API wants a sequence, psycopg a list.
        """The columns of the answer; None when it can have none."""
        result = self.pgresult
        return None if result is None or result.status != psycopg.pq.ExecStatus.TUPLES_OK else _Columns(self)


class _Columns(Sequence[psycopg.Column]):
    """What psycopg tells of the columns of an answer, made when it is looked at."""

    def __init__(self, cursor: _Cursor) -> None:
        self._cursor = cursor
        self._made: Sequence[psycopg.Column] | None = None

    @overload
    def __getitem__(self, index: int) -> psycopg.Column: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[psycopg.Column]: ...
    def __getitem__(self, index: int | slice) -> psycopg.Column | Sequence[psycopg.Column]:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> Sequence[psycopg.Column]:
        if self._made is None:
            self._made = super(_Cursor, self._cursor).description or ()
        return self._made


def _refuse_what_ended(connection: "psycopg.Connection[Any]", _record: object, _proxy: object) -> None:
    """Raise DisconnectionError, upon which the pool takes another, when the server has ended this connection.

    A connection that nobody uses has nothing to say, unless that it is over: then its socket can be read. Asking the
    kernel that takes a microsecond, where a ping (pool_pre_ping) is one more round trip for every transaction.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        raise DisconnectionError
