"""Money: whole minor units with their currency. Floats never."""

import re
from dataclasses import dataclass

from topup.errors import RedialError

# How many digits of a currency stand behind the point, as ISO 4217 has them.
MINOR_DIGITS = {
    "KES": 2,
    "UGX": 0,
    "TZS": 2,
    "GHS": 2,
    "ZMW": 2,
    "RWF": 0,
    "NGN": 2,
    "ZAR": 2,
    "MWK": 2,
    "EUR": 2,
    "USD": 2,
}

# What people type around a number: a currency's name before it, "/=" or "/-" behind it.
_AMOUNT = re.compile(
    r"(?:[A-Z]{1,4}\.?)?\s*(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(\d{1,2}))?\s*(?:/[=-])?(?:\s*[A-Z]{2,9})?",
    re.ASCII,
)


class UnableToReadAmount(RedialError):
    """This is not an amount: {typed!r}."""


class UnknownCurrency(RedialError):
    """Redial does not know the currency {currency!r}."""


class CurrenciesDiffer(RedialError):
    """An amount in {one} cannot be reckoned with an amount in {other}."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of `minor` units (cents) of `currency` (ISO 4217). May be negative: a debt."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in MINOR_DIGITS:
            raise UnknownCurrency(currency=self.currency)

    @property
    def unit_minor(self) -> int:
        """How many minor units make one whole unit of this currency."""
        return int(10 ** MINOR_DIGITS[self.currency])

    @property
    def whole(self) -> int:
        """The whole units, cut towards zero."""
        units = abs(self.minor) // self.unit_minor
        return units if self.minor >= 0 else -units

    @property
    def is_whole(self) -> bool:
        """Whether nothing stands behind the point."""
        return self.minor % self.unit_minor == 0

    @property
    def in_units(self) -> str:
        """The amount in whole units, exactly, as protocols write it: `5000`, or `12.50` where cents stand behind it."""
        if self.is_whole:
            return str(self.whole)
        sign, behind = "-" if self.minor < 0 else "", abs(self.minor) % self.unit_minor
        return f"{sign}{abs(self.whole)}.{behind:0{MINOR_DIGITS[self.currency]}}"

    def rounded_up(self, *, step_minor: int) -> "Money":
        """The same amount or the next above it that is a multiple of `step_minor`."""
        return Money(-(-self.minor // step_minor) * step_minor, self.currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrenciesDiffer(one=self.currency, other=other.currency)
        return other.minor


def read_amount(typed: str, *, currency: str) -> Money:
    """The amount that a person typed, such as `100`, `1,000`, `KES 100` or `100/=`.

    Raises UnableToReadAmount for anything else, zero and negative amounts included.
    """
    found = _AMOUNT.fullmatch(typed.strip().upper())
    if found is None:
        raise UnableToReadAmount(typed=typed)
    digits = MINOR_DIGITS[currency]
    behind = (found[2] or "").ljust(digits, "0")
    if len(behind) > digits and behind.strip("0"):
        raise UnableToReadAmount(typed=typed)
    minor = int(found[1].replace(",", "") + behind[:digits])
    if minor <= 0:
        raise UnableToReadAmount(typed=typed)
    return Money(minor, currency)
