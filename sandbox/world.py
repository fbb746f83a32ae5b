"""Lines, wallets and vouchers, and the rules that hold for them: no network, no store, no clock of its own."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from sandbox.errors import SandboxError

# No line holds more than this: what would take it over is refused (UCIP 123).
MAX_BALANCE_MINOR = 100_000_000


class LineIsClosed(SandboxError):
    """This line takes no credit: it is {state}."""


class CurrencyDiffers(SandboxError):
    """The amount is in {given}, but {kept} is what is kept here."""


class TooMuchCredit(SandboxError):
    """The line would hold more than it may."""


class NotEnoughMoney(SandboxError):
    """The wallet holds {balance_minor} minor units, less than {amount_minor}."""


class LineContradiction(SandboxError):
    """A line with {balance_minor} minor units is not {state}: what it owes decides that."""


class VoucherRefused(SandboxError):
    """This voucher cannot be used: {state}."""


class LineState(Enum):
    """What the operator lets a line do."""

    ACTIVE = "active"
    SUSPENDED = "suspended"  # It owes something: no data, no calls, until a refill clears the debt.
    BARRED = "barred"  # The operator closed it; credit does not open it again.
    GONE = "gone"  # The charging system does not know it.


_HELD = frozenset({LineState.BARRED, LineState.GONE})


@dataclass(frozen=True, slots=True)
class Line:
    """A line. Its balance makes it active or suspended; a hold overrides the balance until it is lifted."""

    currency: str
    balance_minor: int = 0
    hold: LineState | None = None
    owing_since: datetime | None = None

    @property
    def state(self) -> LineState:
        """What follows from the hold, else from the balance."""
        return self.hold or (LineState.SUSPENDED if self.balance_minor < 0 else LineState.ACTIVE)

    def set(self, *, now: datetime, state: LineState | None, balance_minor: int | None, currency: str | None) -> "Line":
        """What the control API asks for; None leaves as it is. Raises LineContradiction."""
        balance = self.balance_minor if balance_minor is None else balance_minor
        line = replace(self, currency=currency or self.currency).with_balance(balance, now=now)
        if state is not None:
            line = replace(line, hold=state if state in _HELD else None)
            if line.state is not state:
                raise LineContradiction(balance_minor=balance, state=state.value)
        return line

    def credited(self, amount_minor: int, *, currency: str, now: datetime) -> "Line":
        """The line after a refill. Raises LineIsClosed, CurrencyDiffers, TooMuchCredit."""
        if self.hold is not None:
            raise LineIsClosed(state=self.hold.value)
        if currency != self.currency:
            raise CurrencyDiffers(given=currency, kept=self.currency)
        if self.balance_minor + amount_minor > MAX_BALANCE_MINOR:
            raise TooMuchCredit()
        return self.with_balance(self.balance_minor + amount_minor, now=now)

    def with_balance(self, balance_minor: int, *, now: datetime) -> "Line":
        """The line with that balance, remembering since when it owes something."""
        owing_since = (self.owing_since or now) if balance_minor < 0 else None
        return replace(self, balance_minor=balance_minor, owing_since=owing_since)


@dataclass(frozen=True, slots=True)
class Wallet:
    """Somebody's mobile money."""

    currency: str
    balance_minor: int = 100_000

    def paid(self, amount_minor: int, *, currency: str) -> "Wallet":
        """The wallet after a payment. Raises NotEnoughMoney, CurrencyDiffers."""
        self._check(currency)
        if amount_minor > self.balance_minor:
            raise NotEnoughMoney(balance_minor=self.balance_minor, amount_minor=amount_minor)
        return replace(self, balance_minor=self.balance_minor - amount_minor)

    def received(self, amount_minor: int, *, currency: str) -> "Wallet":
        """The wallet after money came in. Raises CurrencyDiffers."""
        self._check(currency)
        return replace(self, balance_minor=self.balance_minor + amount_minor)

    def _check(self, currency: str) -> None:
        if currency != self.currency:
            raise CurrencyDiffers(given=currency, kept=self.currency)


class VoucherState(Enum):
    """What became of a scratch card, with the words that UCIP has for it."""

    AVAILABLE = "available"
    USED = "used"
    UNAVAILABLE = "unavailable"
    EXPIRED = "expired"
    STOLEN = "stolen"
    DAMAGED = "damaged"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Voucher:
    """A scratch card, known by its PIN."""

    serial: str
    amount_minor: int
    currency: str
    state: VoucherState = VoucherState.AVAILABLE
    used_by: str | None = None

    def used(self, by: str) -> "Voucher":
        """The voucher after `by` (an MSISDN) used it. Raises VoucherRefused."""
        if self.state is not VoucherState.AVAILABLE:
            raise VoucherRefused(state=self.state.value)
        return replace(self, state=VoucherState.USED, used_by=by)
