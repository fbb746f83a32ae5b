"""Money and times as people of a language write them."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_datetime
from babel.numbers import format_currency

from topup.money import MINOR_DIGITS, Money

# A currency is named by its three letters on every screen: its sign may not be in the GSM alphabet.
_WHOLE = "¤¤ #,##0"
_EXACT = {0: _WHOLE, 2: "¤¤ #,##0.00"}


@lru_cache(maxsize=4096)
def show_money(money: Money, language: str) -> str:
    """`KES 50` or, where cents stand behind the point, `KES 50.25`."""
    pattern = _WHOLE if money.is_whole else _EXACT[MINOR_DIGITS[money.currency]]
    return _shown(money, language, pattern)


@lru_cache(maxsize=4096)
def show_balance(money: Money, language: str) -> str:
    """`KES 50.00`: a balance is shown to the cent, as operators do."""
    return _shown(money, language, _EXACT[MINOR_DIGITS[money.currency]])


def show_time(at: datetime, language: str) -> str:
    """`3 Nov 14:05`, in the zone that `at` carries.

    It is not remembered: the same moment in two zones is one key, and would be shown in the zone that came first.
    """
    return format_datetime(at, "d MMM HH:mm", locale=language).replace("\u202f", " ")


def _shown(money: Money, language: str, pattern: str) -> str:
    units = Decimal(money.minor) / money.unit_minor
    text: str = format_currency(units, money.currency, pattern, locale=language, currency_digits=False)
    # No-break spaces are not in the GSM alphabet: one of them would make every SMS cost double.
    return text.replace("\u00a0", " ").replace("\u202f", " ")
