"""Integer minor units, and the ways in which the providers write them."""

import re
from decimal import Decimal

from sandbox.errors import SandboxError

# ISO 4217 exponents of the currencies that have no hundredths. Every other one has two digits.
_NO_MINOR_UNIT = frozenset({"UGX", "RWF", "XOF", "XAF"})
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,4})?", re.ASCII)


class UnableToReadAmount(SandboxError):
    """This is not an amount of money: {text!r}."""


def digits(currency: str) -> int:
    """How many digits of `currency` stand after the point."""
    return 0 if currency in _NO_MINOR_UNIT else 2


def to_minor(text: str, currency: str) -> int:
    """The minor units of an amount in major units, such as `10` or `10.50`. Raises UnableToReadAmount."""
    if not _AMOUNT.fullmatch(text):
        raise UnableToReadAmount(text=text)
    minor = Decimal(text).scaleb(digits(currency))
    if minor != minor.to_integral_value():
        raise UnableToReadAmount(text=text)
    return int(minor)


def major(amount_minor: int, currency: str, places: int | None = None) -> str:
    """An amount in major units with as many `places` after the point as the provider writes: `10.0000`."""
    shown = digits(currency) if places is None else places
    return f"{Decimal(amount_minor).scaleb(-digits(currency)):.{shown}f}"
