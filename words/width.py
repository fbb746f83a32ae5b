"""How wide a text really is on the wire, and cutting it into pages.

A USSD string and an SMS carry 140 or 160 octets. In the GSM 7-bit alphabet (3GPP TS 23.038) that is 160 septets, where
ten characters take two; one character outside of it turns the whole text into UCS-2, where 70 fit. Counting characters
is wrong in both cases.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from topup.errors import RedialError

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€\f")

# What a line may be broken between: words, and the characters of Chinese, which has no blanks. No line begins with what
# closes or ends with what opens.
_OPENING, _CLOSING, _HAN = "（《“", "、。，；：？！）》”", "\u2e80-\u2fff\u3040-\u9fff"
_UNBROKEN = re.compile(
    rf" |[{_OPENING}]*(?:[{_HAN}]|[^ {_HAN}{_OPENING}{_CLOSING}]+)[{_CLOSING}]*|[{_OPENING}{_CLOSING}]", re.DOTALL
)


class UnableToFit(RedialError):
    """A line is wider than a whole page: {line!r}."""


@dataclass(frozen=True, slots=True)
class Width:
    """What one page holds, by the encoding that its text needs."""

    septets: int = 160
    ucs2: int = 70

    def holds(self, text: str) -> bool:
        """Whether the text fits on one page."""
        septets = septets_of(text)
        return ucs2_of(text) <= self.ucs2 if septets is None else septets <= self.septets


def septets_of(text: str) -> int | None:
    """How many septets the text takes; None when the GSM alphabet does not have it all."""
    if GSM_BASIC.issuperset(text):
        return len(text)
    extended = sum(character in GSM_EXTENDED for character in text)
    return len(text) + extended if GSM_BASIC.union(GSM_EXTENDED).issuperset(text) else None


def ucs2_of(text: str) -> int:
    """How many UCS-2 characters the text takes; one beyond the Basic Multilingual Plane takes two."""
    return len(text.encode("utf-16-be")) // 2


def sms_segments(text: str) -> int:
    """How many SMS the text is sent as: joined ones carry 153 septets or 67 UCS-2 characters each."""
    septets = septets_of(text)
    size, alone, joined = (ucs2_of(text), 70, 67) if septets is None else (septets, 160, 153)
    return 1 if size <= alone else -(-size // joined)


@lru_cache(maxsize=8192)
def pages(head: str, lines: tuple[str, ...], foot: str, more: str, width: Width) -> tuple[str, ...]:
    """Cut a screen into pages that each fit.

    `head` stands on the first page, `foot` (may be empty) on every one, and `more` on every one but the last. Lines are
    not cut. Raises UnableToFit when one line and the foot are too wide together.
    """
    whole = _joined((head, *lines, foot))
    return (whole,) if width.holds(whole) else tuple(_cut([head, *lines], foot, more, width))


@lru_cache(maxsize=8192)
def wrapped(text: str, width: Width, *, spare: str) -> tuple[str, ...]:
    """Cut a long text, between words or Han characters, into lines that each fit on a page together with `spare`.

    A word that alone is too wide stays whole: `pages` refuses it.
    """
    found: list[str] = [""]
    for piece in _UNBROKEN.findall(text):
        longer = f"{found[-1]}{piece}"
        if width.holds(_joined((longer.strip(), spare))):
            found[-1] = longer
        else:
            found.append(piece)
    return tuple(line.strip() for line in found if line.strip())


def _cut(lines: Sequence[str], foot: str, more: str, width: Width) -> Iterator[str]:
    page: list[str] = []
    for at, line in enumerate(lines):
        is_last = at == len(lines) - 1
        if page and not width.holds(_joined((*page, line, foot) if is_last else (*page, line, more, foot))):
            yield _joined((*page, more, foot))
            page = []
        if not width.holds(_joined((line, foot) if is_last else (line, more, foot))):
            raise UnableToFit(line=line)
        page.append(line)
    yield _joined((*page, foot))


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(line for line in lines if line)
