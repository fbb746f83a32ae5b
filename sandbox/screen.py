"""What fits on a USSD screen. One string is 160 octets: 182 septets of GSM 03.38, or 80 characters of UCS-2."""

from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")  # Each takes an escape and itself.

Encoding = Literal["GSM-7", "UCS-2"]


@dataclass(frozen=True, slots=True)
class Measured:
    """A text as the network shows it: `length` is what the whole text takes, in septets or UCS-2 units."""

    text: str
    encoding: Encoding
    length: int
    cut: bool


def measure(text: str, *, gsm7_septets: int, ucs2_characters: int) -> Measured:
    """Measure a screen and cut it where the network would."""
    encoding: Encoding = (
        "GSM-7" if all(character in _BASIC or character in _EXTENDED for character in text) else "UCS-2"
    )
    limit = gsm7_septets if encoding == "GSM-7" else ucs2_characters
    total, kept = 0, 0
    for place, character in enumerate(text, start=1):
        total += _width(character, encoding)
        if total <= limit:
            kept = place
    return Measured(text[:kept], encoding, total, cut=kept < len(text))


def _width(character: str, encoding: Encoding) -> int:
    if encoding == "GSM-7":
        return 2 if character in _EXTENDED else 1
    return len(character.encode("utf-16-be")) // 2


def segments(text: str) -> int:
    """How many SMS the text takes: 160 septets or 70 UCS-2 units alone, 153 or 67 when joined."""
    measured = measure(text, gsm7_septets=160, ucs2_characters=70)
    alone, joined = (160, 153) if measured.encoding == "GSM-7" else (70, 67)
    return 1 if measured.length <= alone else -(-measured.length // joined)
