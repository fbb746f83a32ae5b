"""Reading what strangers send: JSON and forms into plain values, strictly, with one error for all that is wrong.

What is read here ends in a database and in logs, so text is bounded and printable, and a number has a sane
size.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from topup.errors import RedialError
from topup.money import MINOR_DIGITS, Money

_NAME = re.compile(r"[\x21-\x7e]{1,100}")
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,10})?", re.ASCII)
_MONEY = re.compile(r"([A-Z]{3})\s+([+-]?\d{1,15}(?:\.\d{1,10})?)", re.ASCII)


class Unreadable(RedialError):
    """{why}"""


def read_json(body: bytes) -> dict[str, Any]:
    """The object that `body` holds. Numbers with a point are Decimals. Raises Unreadable."""
    try:
        found = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise Unreadable(why="not JSON") from error
    return as_object(found, "the answer")


def read_form(body: bytes) -> dict[str, Any]:
    """The fields of a form; the last of a name counts. Raises Unreadable."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        raise Unreadable(why="not a form") from error
    return dict(pairs)


def as_object(value: object, name: str) -> dict[str, Any]:
    """`value` when it is a JSON object. Raises Unreadable."""
    if not isinstance(value, dict):
        raise Unreadable(why=f"{name} is not an object")
    return value


def name_in(fields: Mapping[str, Any], key: str) -> str:
    """A provider's name for something: 1 to 100 visible ASCII characters. Raises Unreadable."""
    value = fields.get(key)
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _NAME.fullmatch(text):
        raise Unreadable(why=f"{key} is absent or is not a name")
    return text


def words_in(fields: Mapping[str, Any], key: str) -> str:
    """A sentence for people: at most 200 characters, all of which print. Empty when absent."""
    value = fields.get(key)
    return "".join(letter for letter in value if letter.isprintable())[:200] if isinstance(value, str) else ""


def decimal_of(value: object, name: str) -> Decimal:
    """A decimal number of a sane size, given as a number or as text. Raises Unreadable."""
    text = str(value).strip() if isinstance(value, int | str | Decimal) and not isinstance(value, bool) else ""
    if not _NUMBER.fullmatch(text):
        raise Unreadable(why=f"{name} is not a number")
    return Decimal(text)


def money_of(number: Decimal, *, currency: str) -> Money:
    """What is said to have moved: that many whole units of `currency`, as Money.

    Raises Unreadable for parts of a minor unit, and for nothing or less: such money can be neither held nor sent back.
    """
    if currency not in MINOR_DIGITS:
        raise Unreadable(why=f"unknown currency {currency!r}")
    minor = number.scaleb(MINOR_DIGITS[currency])
    if minor != minor.to_integral_value():
        raise Unreadable(why=f"{number} is not an amount of {currency}")
    if minor <= 0:
        raise Unreadable(why=f"an amount of {number}, which is not above zero")
    return Money(int(minor), currency)


def priced(text: object) -> Money:
    """The Money in a text such as `KES 10.0000`. Raises Unreadable."""
    found = _MONEY.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise Unreadable(why="not a currency and an amount")
    return money_of(Decimal(found[2]), currency=found[1])


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
