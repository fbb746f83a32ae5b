"""Money and times as people of a language write them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_datetime, get_day_names
from babel.numbers import format_currency

from topup.auto import Weekday
from topup.money import MINOR_DIGITS, Money

# A currency is named by its three letters on every screen: its sign may not be in the GSM alphabet. It stands before
# the number or behind it, as people of the language write it.
_NUMBER = "#,##0"
_BEHIND = frozenset({"fr"})

# A month by name where its letters are in the GSM alphabet. French has août, so it writes the day and the month in
# digits, as its people do anyway.
_TIMES = {"fr": "dd/MM HH:mm", "zh": "M月d日 HH:mm"}
_TIME = "d MMM HH:mm"


@lru_cache(maxsize=4096)
def show_money(money: Money, language: str) -> str:
    """`KES 50` or, where cents stand behind the point, `KES 50.25`; in French `50 KES` and `50,25 KES`."""
    return _shown(money, language, digits=0 if money.is_whole else MINOR_DIGITS[money.currency])


@lru_cache(maxsize=4096)
def show_balance(money: Money, language: str) -> str:
    """`KES 50.00`: a balance is shown to the cent, as operators do."""
    return _shown(money, language, digits=MINOR_DIGITS[money.currency])


def show_typed(money: Money) -> str:
    """`1000` or `1000.50`: how an amount is typed, whatever the language. `topup.money.read_amount` reads it."""
    behind = f".{money.minor % money.unit_minor:0{MINOR_DIGITS[money.currency]}}" if not money.is_whole else ""
    return f"{money.whole}{behind}"


def show_time(at: datetime, language: str) -> str:
    """`3 Nov 14:05`, `03/11 14:05` in French, `11月3日 14:05` in Chinese; in the zone that `at` carries.

    It is not remembered: the same moment in two zones is one key, and would be shown in the zone that came first.
    """
    return format_datetime(at, _TIMES.get(language, _TIME), locale=language).replace("\u202f", " ")


def show_weekday(day: Weekday, language: str) -> str:
    """`Monday`, as it stands in a sentence."""
    names: Mapping[int, str] = get_day_names("wide", locale=language)
    return names[day.value - 1]


def _shown(money: Money, language: str, *, digits: int) -> str:
    number = f"{_NUMBER}.{'0' * digits}" if digits else _NUMBER
    pattern = f"{number} ¤¤" if language in _BEHIND else f"¤¤ {number}"
    units = Decimal(money.minor) / money.unit_minor
    text: str = format_currency(units, money.currency, pattern, locale=language, currency_digits=False)
    # No-break spaces are not in the GSM alphabet: one of them would make every SMS cost double.
    return text.replace("\u00a0", " ").replace("\u202f", " ")
