"""What people write behind AUTO: `50 BELOW 20 MAX 200`, `50 MON`, `50 chini ya 20 mwisho 200 kwa 0711 000 002`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from topup.auto import Weekday


@dataclass(frozen=True, slots=True)
class Auto:
    """AUTO: as it was written, the amount, below what or on which day, the most a week, and whose line.

    All is absent when nothing was written behind it, and `amount` alone when what was written cannot be read.
    """

    amount: str | None = None
    below: str | None = None
    day: Weekday | None = None
    cap: str | None = None
    line: str | None = None
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class StopAuto:
    """STOPAUTO: do not ask me by yourself any more."""


_DAYS: Mapping[Weekday, tuple[str, ...]] = {
    Weekday.MONDAY: ("MONDAY", "MON", "JUMATATU"),
    Weekday.TUESDAY: ("TUESDAY", "TUE", "JUMANNE"),
    Weekday.WEDNESDAY: ("WEDNESDAY", "WED", "JUMATANO"),
    Weekday.THURSDAY: ("THURSDAY", "THU", "ALHAMISI"),
    Weekday.FRIDAY: ("FRIDAY", "FRI", "IJUMAA"),
    Weekday.SATURDAY: ("SATURDAY", "SAT", "JUMAMOSI"),
    Weekday.SUNDAY: ("SUNDAY", "SUN", "JUMAPILI"),
}
_DAY_BY_WORD = {word: day for day, words in _DAYS.items() for word in words}

_AMOUNT = r"(?:(?:KES|KSHS?|SHS?)[ .]*)?(\d[\d,]*(?:\.\d{1,2})?)(?: ?/[=-]| ?(?:KES|KSHS?|SHS?|BOB))?"
_TERMS = re.compile(
    rf"{_AMOUNT}"
    rf" (?:(?:WHEN |IF )?(?:BELOW|UNDER|CHINI(?: YA)?) {_AMOUNT}"
    rf"|(?:ON |EVERY |KILA )?({'|'.join(sorted(_DAY_BY_WORD, key=len, reverse=True))})S?)"
    rf"(?: (?:MAX|MOST|UPTO|MWISHO|KIKOMO) {_AMOUNT})?"
    r"(?: (?:FOR|LINE|LAINI|KWA|YA) (\+?\d[\d -]{6,}))?\W*",
    re.ASCII,
)


def read_auto(rest: str) -> Auto:
    """What was written behind AUTO, in capitals and with single blanks."""
    if not rest:
        return Auto()
    found = _TERMS.fullmatch(re.sub(r"[,;:] ", " ", rest))
    if found is None:
        return Auto(unreadable=True)
    amount, below, day, cap, line = found.groups()
    return Auto(amount, below, _DAY_BY_WORD.get(day or ""), cap, re.sub(r"[ -]", "", line) if line else None)
