"""The moments at which a process can die or be held up, and what is done to it then.

A moment lies before and after every commit, and before and after every call to the outside world. They are counted as
they are passed, so a dry run finds them all, whatever the code is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event

# Wherever it stands: several changes may be made by one statement.
_WRITES = re.compile(r"\b(?:INSERT INTO|DELETE FROM|UPDATE \w+\s+SET)\b")
_ASKING = frozenset({"enquire_charge", "enquire_credit", "enquire_refund", "before_credit", "read_line"})
_DOING = frozenset({"charge", "credit", "refund", "send", "redeem", "look_again"})


class Death(BaseException):
    """The process ends here, and nothing that it would have done is done."""


class CallWithinTransaction(AssertionError):
    """The outside world was called while a transaction was open."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in the work of a job (or of the relay).

    `is_after_change`: something has just become durable, by a transaction that wrote or a call that changed the world.
    """

    number: int
    job: str
    what: str
    is_after_change: bool
    in_transaction: bool

    def __str__(self) -> str:
        return f"moment {self.number}, {self.what} in {self.job!r}"


@dataclass
class Moments:
    """Counts the moments of whatever works through the watched engine and the watched parts."""

    job: str = "relay"
    passed: list[Moment] = field(default_factory=list)
    _at: int | None = None
    _act: Callable[[Moment], None] | None = None
    _is_between: bool = False
    _wrote: bool = False
    _is_open: bool = False

    def begin(
        self, *, at: int | None = None, act: Callable[[Moment], None] | None = None, is_between: bool = False
    ) -> None:
        """Count from nought, and let `act` be done at moment `at`, once.

        `is_between`: at the first moment from there on that lies between two transactions, where no lock is held.
        """
        self.passed = []
        self._at, self._act, self._is_between = at, act, is_between

    def reach(self, what: str, *, changed: bool = False) -> None:
        """A moment is reached."""
        moment = Moment(len(self.passed), self.job, what, changed, self._is_open)
        self.passed.append(moment)
        if self._act is not None and self._at is not None and self._is_now(moment, at=self._at):
            act, self._act = self._act, None
            act(moment)

    def watch_commits(self, engine: Engine) -> None:
        """Reach a moment before and after every commit of the engine, and every change that needs none."""
        commit = engine.dialect.do_commit

        def commit_watched(connection: Any) -> None:
            self.reach("before a commit")
            commit(connection)
            wrote, self._wrote, self._is_open = self._wrote, False, False
            self.reach("after a commit", changed=wrote)

        engine.dialect.do_commit = commit_watched  # type: ignore[assignment]
        event.listen(engine, "before_cursor_execute", self._note_statement)
        event.listen(engine, "after_cursor_execute", self._note_end_of_statement)
        event.listen(engine, "rollback", self._note_rollback)

    def watched(self, part: Any) -> Any:
        """The same part of the outside world, with a moment before and after each call to it."""
        return _Watched(part, self)

    def check_no_transaction(self, what: str) -> None:
        """Raise CallWithinTransaction when one is open."""
        if self._is_open:
            raise CallWithinTransaction(f"{what} in {self.job}")

    def _is_now(self, moment: Moment, *, at: int) -> bool:
        if self._is_between:
            return moment.number >= at and not moment.in_transaction
        return moment.number == at

    def _note_statement(self, connection: Connection, _cursor: Any, statement: str, *_: object) -> None:
        writes = _WRITES.search(statement) is not None
        if _is_alone(connection):
            if writes:
                self.reach("before a commit")
            return
        self._is_open = True
        self._wrote = self._wrote or writes

    def _note_end_of_statement(self, connection: Connection, _cursor: Any, statement: str, *_: object) -> None:
        if _is_alone(connection) and _WRITES.search(statement):
            self.reach("after a commit", changed=True)

    def _note_rollback(self, _connection: Connection) -> None:
        self._wrote = self._is_open = False


def _is_alone(connection: Connection) -> bool:
    """Whether each statement is durable as soon as it is made."""
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


class _Watched:
    """Reaches a moment before and after each call."""

    def __init__(self, part: Any, moments: Moments) -> None:
        self._part = part
        self._moments = moments

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        return self._calling(name, found) if name in _ASKING | _DOING else found

    def _calling(self, name: str, found: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            self._moments.check_no_transaction(name)
            self._moments.reach(f"before {name}")
            answer = found(*args, **named)
            self._moments.reach(f"after {name}", changed=name in _DOING)
            return answer

        return call
