"""What is told of the line behind what is told of the money: that it is back, its balance, both or neither.

Every journey says it in sentences of its own, which a language may put in another order. Which of them, it says here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from topup.line import Line
from words.text import Text, ToTheCent


@dataclass(frozen=True, slots=True)
class Told:
    """The same news of a line, without its balance and with it."""

    without: Text
    with_balance: Callable[[ToTheCent], Text]

    def of(self, line: Line) -> Text:
        """The sentence with the line's balance; the one without where nobody could read that."""
        return self.without if line.balance is None else self.with_balance(ToTheCent(line.balance))


def told_of_line(line: Line, *, came_back: bool, back: Told, as_before: Told) -> Text:
    """The sentence for a line that was just seen active: it is news that it is back, or it never was away."""
    return back.of(line) if came_back else as_before.of(line)
