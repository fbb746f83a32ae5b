"""Money and times as people write them, in letters that an SMS has."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topup.money import MINOR_DIGITS, Money, read_amount
from words.show import show_balance, show_money, show_time, show_typed
from words.text import IN_GSM_ALPHABET, LANGUAGES
from words.width import septets_of

languages = st.sampled_from(sorted(LANGUAGES))


@pytest.mark.parametrize("language", ["en", "sw", "zh"])
@pytest.mark.parametrize(
    ("money", "shown", "exact"),
    [
        (Money(5000, "KES"), "KES 50", "KES 50.00"),
        (Money(5025, "KES"), "KES 50.25", "KES 50.25"),
        (Money(5, "KES"), "KES 0.05", "KES 0.05"),
        (Money(0, "KES"), "KES 0", "KES 0.00"),
        (Money(100_000_050, "KES"), "KES 1,000,000.50", "KES 1,000,000.50"),
        (Money(1_000_000, "KES"), "KES 10,000", "KES 10,000.00"),
        (Money(5000, "UGX"), "UGX 5,000", "UGX 5,000"),
    ],
)
def test_money_is_written_as_in_kenya(language: str, money: Money, shown: str, exact: str) -> None:
    assert show_money(money, language) == shown
    assert show_balance(money, language) == exact


@pytest.mark.parametrize(
    ("money", "shown", "exact"),
    [
        (Money(5000, "KES"), "50 KES", "50,00 KES"),
        (Money(5025, "KES"), "50,25 KES", "50,25 KES"),
        (Money(-5025, "KES"), "-50,25 KES", "-50,25 KES"),
        (Money(100_000_050, "KES"), "1 000 000,50 KES", "1 000 000,50 KES"),
        (Money(5000, "RWF"), "5 000 RWF", "5 000 RWF"),
    ],
)
def test_money_is_written_as_in_french(money: Money, shown: str, exact: str) -> None:
    assert show_money(money, "fr") == shown
    assert show_balance(money, "fr") == exact


@given(st.integers(min_value=1, max_value=10**8), st.sampled_from(sorted(MINOR_DIGITS)))
def test_an_amount_as_it_is_typed_is_read_as_that_amount(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert read_amount(show_typed(money), currency=currency) == money


@given(
    st.integers(min_value=-(10**13), max_value=10**13), st.sampled_from(sorted(MINOR_DIGITS)), languages, st.booleans()
)
def test_no_amount_costs_an_sms_its_alphabet(minor: int, currency: str, language: str, exact: bool) -> None:
    shown = (show_balance if exact else show_money)(Money(minor, currency), language)
    assert septets_of(shown) == len(shown)  # In Chinese too: an amount is what people type and compare.
    assert currency in shown
    digits = "".join(character for character in shown if character.isdecimal())
    assert int(digits) in (abs(minor), abs(minor) // Money(0, currency).unit_minor)


def test_a_time_is_shown_in_the_zone_that_it_carries() -> None:
    at = datetime(2026, 11, 3, 11, 5, tzinfo=UTC)
    assert show_time(at, "en") == "3 Nov 11:05"
    assert show_time(at.astimezone(ZoneInfo("Africa/Nairobi")), "en") == "3 Nov 14:05"
    assert show_time(at.astimezone(ZoneInfo("Africa/Nairobi")), "sw") == "3 Nov 14:05"
    assert show_time(at.astimezone(ZoneInfo("Africa/Nairobi")), "fr") == "03/11 14:05"
    assert show_time(at.astimezone(ZoneInfo("Africa/Nairobi")), "zh") == "11月3日 14:05"


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_day_of_the_year_costs_an_sms_its_alphabet(language: str) -> None:
    first = datetime(2028, 1, 1, 23, 59, tzinfo=UTC)
    shown = [show_time(first + timedelta(days=day), language) for day in range(366)]
    assert len(set(shown)) == 366
    assert all(septets_of(one) is not None for one in shown) or language not in IN_GSM_ALPHABET
    assert max(map(len, shown)) <= len("30 Sept 23:59")
