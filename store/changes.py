"""Several changes as one statement: one way to the database and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, TextClause, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change that is made along with others: its name among them, its SQL, and what that is given.

    Its parameters begin with its name, so that they meet no others, unless they mean the same. `typed` are those that
    need to say their type.
    """

    name: str
    sql: str
    values: Mapping[str, Any]
    typed: tuple[BindParameter[Any], ...] = ()


# Made once for each combination. What is in them is constant, so there are few.
_MADE: dict[tuple[str, ...], TextClause] = {}


def make(connection: Connection, changes: Sequence[Change]) -> None:
    """Make all of these changes. None of them sees what the others change."""
    key = tuple(change.sql for change in changes)
    statement = _MADE.get(key)
    if statement is None:
        *others, last = changes
        first = ", ".join(f"{change.name} AS ({change.sql})" for change in others)
        typed = [parameter for change in changes for parameter in change.typed]
        statement = _MADE[key] = text(f"WITH {first} {last.sql}" if first else last.sql).bindparams(*typed)
    connection.execute(statement, {name: value for change in changes for name, value in change.values.items()})
