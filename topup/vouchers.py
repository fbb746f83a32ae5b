"""Vouchers (scratch cards): their numbers, and how often somebody may be wrong about one.

Whoever has a voucher's number has its money, so the number is a value of its own that shows no more than its end.
"""

import re
from dataclasses import dataclass, field

from topup.errors import RedialError
from topup.outcomes import Reason

# How many wrong vouchers a day one person may send before vouchers must wait for the next day.
WRONG_A_DAY = 3

# What somebody meets who tries out numbers. What is wrong with the line, or with us, is nobody's mistake.
WRONG = frozenset({Reason.NO_VOUCHER, Reason.VOUCHER_OF_ANOTHER, Reason.VOUCHER_NOT_ON_SALE, Reason.VOUCHER_STOLEN})

_SHORTEST, _LONGEST = 8, 20
_SHOWN = 3
_BETWEEN = re.compile(r"[\s.-]")
_WITH_CENTS = re.compile(r"\d+\.\d{1,2}", re.ASCII)


class UnableToReadPin(RedialError):
    """A voucher has {shortest} to {longest} digits."""


class VoucherOnItsWay(RedialError):
    """This voucher is being loaded already."""


class VoucherWasUsed(RedialError):
    """This voucher has been loaded already."""


class VouchersLocked(RedialError):
    """{times} vouchers from this number were wrong today."""


class TooManyAtOnce(RedialError):
    """It is not known yet what became of the last {times} vouchers from this number."""


@dataclass(frozen=True, slots=True)
class Pin:
    """The number of a voucher. Whatever shows it (a screen, a log, a traceback) shows only its last digits."""

    digits: str = field(repr=False)

    @property
    def tail(self) -> str:
        """The last three digits, by which a person knows the voucher."""
        return self.digits[-_SHOWN:]

    def __str__(self) -> str:
        return f"...{self.tail}"


def is_as_long_as_a_pin(typed: str) -> bool:
    """Whether this can be nothing but the number of a voucher: no amount has so many digits, save with its cents."""
    return _pin(typed) is not None and _WITH_CENTS.fullmatch(typed.strip()) is None


def read_pin(typed: str) -> Pin:
    """The voucher's number, whose digits may be grouped by blanks, dashes or points. Raises UnableToReadPin."""
    pin = _pin(typed)
    if pin is None:
        raise UnableToReadPin(shortest=_SHORTEST, longest=_LONGEST)
    return pin


def check_wrong(*, wrong: int, open_: int) -> None:
    """Whether somebody who had so many wrong vouchers today may send one more, with so many still under way.

    Those count as well, or a hundred numbers could be tried while the first is looked at. Raises VouchersLocked or
    TooManyAtOnce.
    """
    if wrong >= WRONG_A_DAY:
        raise VouchersLocked(times=wrong)
    if wrong + open_ >= WRONG_A_DAY:
        raise TooManyAtOnce(times=open_)


def _pin(typed: str) -> Pin | None:
    digits = _BETWEEN.sub("", typed)
    is_one = digits.isascii() and digits.isdecimal() and _SHORTEST <= len(digits) <= _LONGEST
    return Pin(digits) if is_one else None


# Digits as long as a voucher's, however they are grouped, and as wide as Chinese ones, which are read too.
_LIKE_A_PIN = re.compile(rf"\d(?:[\s.-]*\d){{{_SHORTEST - 1},}}")


def may_hold_a_pin(text: str) -> bool:
    """Whether a voucher's number may stand somewhere in the text."""
    return _LIKE_A_PIN.search(text) is not None


def starred(text: str) -> str:
    """The text with a star for every digit of what may be a voucher's number, but its last three."""
    return _LIKE_A_PIN.sub(lambda found: re.sub(r"\d(?=(?:\D*\d){3})", "*", found[0]), text)
