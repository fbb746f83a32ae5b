"""How much may be topped up at once, and what is offered."""

from collections.abc import Sequence
from dataclasses import dataclass

from topup.errors import RedialError
from topup.line import Line
from topup.money import Money


class AmountTooSmall(RedialError):
    """{amount} is below the smallest top-up, {smallest}."""


class AmountTooLarge(RedialError):
    """{amount} is above the largest top-up, {largest}."""


class AmountNotWhole(RedialError):
    """{amount} is not a multiple of {step}."""


class LineHasEnough(RedialError):
    """With {amount} the line would get more than {largest} in a day."""


class PayerHasPaidEnough(RedialError):
    """With {amount} the payer would pay more than {largest} in a day."""


class SameAgain(RedialError):
    """{amount} for the same line from the same payer was ordered a moment ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What was ordered since midnight and not undone: for a line, and by a payer."""

    for_line: Money
    by_payer: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the operator sells: the smallest and largest top-up, the step between amounts, the amounts on offer.

    `line_a_day` and `payer_a_day` are the most that a line may get and a payer may pay from midnight to midnight.
    """

    smallest: Money
    largest: Money
    step_minor: int
    presets: Sequence[Money]
    line_a_day: Money
    payer_a_day: Money

    def check(self, amount: Money) -> Money:
        """The amount itself. Raises AmountTooSmall, AmountTooLarge or AmountNotWhole."""
        if amount < self.smallest:
            raise AmountTooSmall(amount=amount, smallest=self.smallest)
        if self.largest < amount:
            raise AmountTooLarge(amount=amount, largest=self.largest)
        if amount.minor % self.step_minor:
            raise AmountNotWhole(amount=amount, step=Money(self.step_minor, amount.currency))
        return amount

    def check_day(self, amount: Money, *, today: Today) -> None:
        """Raise LineHasEnough or PayerHasPaidEnough when the amount is too much for one day."""
        if self.line_a_day < today.for_line + amount:
            raise LineHasEnough(amount=amount, largest=self.line_a_day)
        if self.payer_a_day < today.by_payer + amount:
            raise PayerHasPaidEnough(amount=amount, largest=self.payer_a_day)

    def clearing_amount(self, line: Line) -> Money | None:
        """The smallest top-up that pays all that the line owes; None when nothing is owed or it is too much to sell."""
        if line.owes is None:
            return None
        amount = max(line.owes.rounded_up(step_minor=self.step_minor), self.smallest)
        return None if self.largest < amount else amount

    def offers(self, line: Line) -> list[Money]:
        """The amounts to offer, beginning with the one that brings the line back."""
        first = self.clearing_amount(line)
        presets = [preset for preset in self.presets if preset != first]
        return [first, *presets] if first else presets
