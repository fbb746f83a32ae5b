"""Asking somebody else to pay: how often, for how long, and the number that stands in the answer."""

import hashlib
from collections.abc import Collection

from topup.errors import RedialError

# How many times a day one person may ask others to pay.
A_DAY = 5

# How long the person who is asked may think about it, seconds.
LASTS_S = 3600.0

_FIRST, _CODES = 100, 900


class AskedOfOneself(RedialError):
    """Nobody needs to be asked to pay for themselves."""


class AskedTooOften(RedialError):
    """{times} others have been asked today already."""


class WantsNoAsks(RedialError):
    """Whoever is asked to pay wants no messages."""


class NothingAsked(RedialError):
    """This number has not been asked to pay anything, or not any more."""


class WhichAsk(RedialError):
    """This number has been asked more than once: {codes}."""


class LineIsClosed(RedialError):
    """The owner of the line lets nobody else top it up."""


def code_of(order_id: str, *, taken: Collection[int]) -> int:
    """The three digits by which the answer names the order: the same for the same order, and none that is `taken`."""
    first = int.from_bytes(hashlib.sha256(order_id.encode()).digest()[:4])
    return next(code for step in range(_CODES) if (code := _FIRST + (first + step) % _CODES) not in taken)
