"""Advances: credit for a line that cannot be paid for now. Who may have one, what it costs, and how it is paid back.

A line owes the amount and a fee, which is said before the yes. Any later top-up of that line repays it first, in part
if need be; only vouchers do not, because the operator itself credits them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from topup.errors import RedialError
from topup.limits import Limits
from topup.line import Line, LineState
from topup.money import Money

# What was topped up within so many days tells how much may be lent.
LATELY_DAYS = 30

# How many amounts are offered: as many as a screen holds.
OFFERED = 3

# What an order's moves keep in their detail, in minor units: the fee that was agreed to when an advance was placed, and
# what the credit of a top-up leaves out because it repays an advance.
FEE, REPAYS = "fee_minor", "repays_minor"


class NoAdvancesHere(RedialError):
    """Advances are not offered here."""


class AdvanceUnpaid(RedialError):
    """{owed} of an earlier advance is not repaid yet."""


class StillUnderWay(RedialError):
    """Something that was ordered for this line has not ended yet."""


class LineNotSeen(RedialError):
    """The line cannot be read just now, and nothing is lent blindly."""


class LineCannotBorrow(RedialError):
    """The line is {state}."""


class HasCredit(RedialError):
    """An advance is for a line with less than {below}."""


class TooFewTopUps(RedialError):
    """The line needs {more} more finished top-ups."""


class LineTooNew(RedialError):
    """The first top-up must be {days} days old."""


class ToppedUpTooLittle(RedialError):
    """{more} more must be topped up within {days} days."""


class AdvanceTooSmallForLine(RedialError):
    """No advance on offer brings back a line that owes {owed}."""


class AdvanceNotOffered(RedialError):
    """{amount} is not among what this line is offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of a line that may borrow, in the currency of the shop.

    `days` have passed since the first top-up that finished, `top_ups` have finished, `lately` sums those of the last
    LATELY_DAYS. `owed` is what earlier advances have left to repay. `is_open`: an order of the line is in review, or an
    advance on its way.
    """

    days: int
    top_ups: int
    lately: Money
    owed: Money
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lending:
    """On which terms lines get advances here.

    `amounts` are what may be offered, `fee_percent` of it is the fee. A line needs `top_ups` finished top-ups of which
    the first is `days` old, less than `below` on it, and may borrow `share_percent` of what it topped up lately.
    """

    amounts: Sequence[Money]
    fee_percent: int
    days: int
    top_ups: int
    share_percent: int
    below: Money

    def fee(self, amount: Money) -> Money:
        """What an advance costs, rounded up to a whole unit: people pay in units, not in cents."""
        exact = Money(-(-amount.minor * self.fee_percent // 100), amount.currency)
        return exact.rounded_up(step_minor=exact.unit_minor)

    def owed_for(self, amount: Money) -> Money:
        """What is to be repaid of an advance in all."""
        return amount + self.fee(amount)

    def offers(self, *, line: Line, history: History) -> list[Money]:
        """What this line may borrow now, the smallest first; never nothing. Raises the reason why it may not."""
        self._check_open(history)
        self._check_line(line)
        self._check_past(history)
        return self._amounts(line, history)[:OFFERED]

    def check(self, amount: Money, *, line: Line, history: History) -> Money:
        """The amount itself. Raises AdvanceNotOffered, or the reason why nothing is offered."""
        if amount not in self.offers(line=line, history=history):
            raise AdvanceNotOffered(amount=amount)
        return amount

    def _check_open(self, history: History) -> None:
        if history.owed.minor > 0:
            raise AdvanceUnpaid(owed=history.owed)
        if history.is_open:
            raise StillUnderWay()

    def _check_line(self, line: Line) -> None:
        if line.is_beyond_help:
            raise LineCannotBorrow(state=line.state.value)
        if line.state is LineState.UNKNOWN or line.balance is None:
            raise LineNotSeen()
        if self.below <= line.balance:
            raise HasCredit(below=self.below)

    def _check_past(self, history: History) -> None:
        if history.top_ups < self.top_ups:
            raise TooFewTopUps(more=self.top_ups - history.top_ups)
        if history.days < self.days:
            raise LineTooNew(days=self.days)

    def _amounts(self, line: Line, history: History) -> list[Money]:
        """What the history allows, and of that only what brings the line back: anything less is a debt for nothing."""
        affordable = [amount for amount in sorted(self.amounts) if amount.minor <= self._most_minor(history)]
        if not affordable:
            raise ToppedUpTooLittle(more=self._needed(min(self.amounts)) - history.lately, days=LATELY_DAYS)
        helpful = [amount for amount in affordable if line.owes is None or line.owes <= amount]
        if line.owes is not None and not helpful:
            raise AdvanceTooSmallForLine(owed=line.owes)
        return helpful

    def _most_minor(self, history: History) -> int:
        return history.lately.minor * self.share_percent // 100

    def _needed(self, amount: Money) -> Money:
        """What must have been topped up lately before `amount` may be borrowed."""
        needed = Money(-(-amount.minor * 100 // self.share_percent), amount.currency)
        return needed.rounded_up(step_minor=needed.unit_minor)


def repayment(amount: Money, *, debt: Money, limits: Limits) -> Money:
    """What a top-up of `amount` repays of a `debt` of its line; the rest is put on the line.

    All of the amount while the debt is not smaller. A rest that the operator does not sell, because it is below its
    smallest top-up, is made up to that, and so much less is repaid now.
    """
    if amount <= debt:
        return amount
    rest = max(amount - debt, limits.smallest)
    return max(amount - rest, Money(0, amount.currency))
