"""What people write about advances: ADVANCE, `ADVANCE 50`, `okoa 50 ndiyo`, `预支50同意`, DEBT, TERMS."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Advance:
    """ADVANCE: the amount as it was written, absent when it was not; `yes`: it is agreed to."""

    amount: str | None
    yes: bool = False


@dataclass(frozen=True, slots=True)
class Debt:
    """DEBT: what do I owe of an advance?"""


@dataclass(frozen=True, slots=True)
class Terms:
    """TERMS: what do I agree to with an advance?"""


_YES_BEHIND = re.compile(r"(?P<amount>.*?)[\s,;:.。、]*(?P<yes>YES|NDIYO|NDIO|OUI|同意|是)\W*", re.DOTALL)


def without_yes(rest: str) -> tuple[str, bool]:
    """What was written behind ADVANCE, in capitals, without the yes at its end; and whether there was one."""
    found = _YES_BEHIND.fullmatch(rest)
    return (found["amount"], True) if found else (rest, False)
