"""What the sandbox remembers, in one SQLite file.

Every change is written before its caller goes on, so what was answered is never forgotten when the process is killed.
A write costs some tens of microseconds: the log is not synced for each, which only a power cut would show.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError

Body = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS things (
    kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY, book TEXT NOT NULL, owner TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS entries_of_owner ON entries (book, owner, seq);
CREATE INDEX IF NOT EXISTS entries_by_time ON entries (book, at);
"""


class StoreTaken(SandboxError):
    """{path} is in use by another sandbox: set SANDBOX_DIR to another directory."""


class UnableToOpenStore(SandboxError):
    """{path} cannot be kept: {why}. SANDBOX_DIR says where."""


class Store:
    """Things by kind and key, and entries that are only ever appended."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, or a store in memory when `path` is None. Raises StoreTaken, UnableToOpenStore."""
        self._depth = 0
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=0.2)
        except (OSError, sqlite3.Error) as error:
            raise UnableToOpenStore(path=path, why=error) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._connection.close()
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise StoreTaken(path=path) from error
            raise UnableToOpenStore(path=path, why=error) from error

    def _prepare(self) -> None:
        # The lock keeps a second sandbox away from the same books for as long as this one lives.
        self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing. Nothing may be awaited inside."""
        self._depth += 1
        try:
            if self._depth == 1:
                self._connection.execute("BEGIN")
            yield
            if self._depth == 1:
                self._connection.execute("COMMIT")
        except BaseException:
            if self._depth == 1:
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._depth -= 1

    def get(self, kind: str, key: str) -> Body | None:
        """The thing, or None."""
        query = "SELECT body FROM things WHERE kind = ? AND key = ?"
        row = self._connection.execute(query, (kind, key)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind: str, key: str, body: Body) -> None:
        """Keep the thing, in place of the one of that key."""
        query = "INSERT INTO things VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body"
        self._connection.execute(query, (kind, key, _json(body)))

    def delete(self, kind: str, key: str) -> None:
        """Forget the thing."""
        self._connection.execute("DELETE FROM things WHERE kind = ? AND key = ?", (kind, key))

    def all(self, kind: str) -> dict[str, Body]:
        """Every thing of the kind, by key."""
        rows = self._connection.execute("SELECT key, body FROM things WHERE kind = ?", (kind,))
        return {key: json.loads(body) for key, body in rows}

    def append(self, book: str, *, owner: str, at: str, body: Body) -> None:
        """Write an entry. `at` is as `clock.iso` makes it."""
        query = "INSERT INTO entries (book, owner, at, body) VALUES (?, ?, ?, ?)"
        self._connection.execute(query, (book, owner, at, _json(body)))

    def entries(self, book: str, *, owner: str | None = None, since: str = "") -> list[Body]:
        """The entries in the order in which they were written."""
        query = "SELECT body FROM entries WHERE book = ? AND at >= ?"
        if owner is None:
            rows = self._connection.execute(query + " ORDER BY seq", (book, since))
        else:
            rows = self._connection.execute(query + " AND owner = ? ORDER BY seq", (book, since, owner))
        return [json.loads(body) for (body,) in rows]

    def count(self, book: str, *, since: str = "") -> int:
        """How many entries there are."""
        query = "SELECT count(*) FROM entries WHERE book = ? AND at >= ?"
        (number,) = self._connection.execute(query, (book, since)).fetchone()
        return int(number)

    def clear(self) -> None:
        """Forget everything."""
        with self.transaction():
            self._connection.execute("DELETE FROM things")
            self._connection.execute("DELETE FROM entries")


def _json(body: Body) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
