"""What a phone line is at this moment, as the operator's charging system tells it."""

from dataclasses import dataclass
from enum import Enum

from topup.money import Money


class LineState(Enum):
    """The states of a line that matter to a person who wants it back."""

    ACTIVE = "active"  # Calls, SMS and data work.
    SUSPENDED = "suspended"  # Cut off for lack of credit: a top-up brings it back.
    BARRED = "barred"  # Cut off by the operator: a top-up does not help.
    GONE = "gone"  # The operator has no such line.
    UNKNOWN = "unknown"  # The charging system did not answer within its deadline.


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was read. `balance` is absent when the operator did not tell it; below zero it is owed."""

    state: LineState
    balance: Money | None = None

    @property
    def owes(self) -> Money | None:
        """What must be paid before the line comes back; absent when nothing is owed."""
        return -self.balance if self.balance is not None and self.balance.minor < 0 else None

    def after(self, debt: Money) -> "Line":
        """The line as a top-up finds it that repays this debt first: so much more must be paid before it comes back."""
        return Line(self.state, self.balance - debt) if self.owes is not None and self.balance is not None else self

    @property
    def is_beyond_help(self) -> bool:
        """Whether no top-up brings it back."""
        return self.state in (LineState.BARRED, LineState.GONE)


NOT_KNOWN = Line(LineState.UNKNOWN)
