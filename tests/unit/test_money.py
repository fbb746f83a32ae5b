"""Money: what people type, and reckoning with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topup.errors import RedialError
from topup.money import MINOR_DIGITS, CurrenciesDiffer, Money, UnableToReadAmount, UnknownCurrency, read_amount

minors = st.integers(min_value=-(10**12), max_value=10**12)
currencies = st.sampled_from(sorted(MINOR_DIGITS))


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("100", 10_000),
        ("1", 100),
        ("1,000", 100_000),
        ("1,000,000", 100_000_000),
        ("100.5", 10_050),
        ("100.50", 10_050),
        ("0.01", 1),
        ("007", 700),
        ("KES 100", 10_000),
        ("kes100", 10_000),
        ("Ksh. 100", 10_000),
        ("Sh 100", 10_000),
        ("100/=", 10_000),
        ("100/-", 10_000),
        ("100 KES", 10_000),
        ("100 bob", 10_000),
        ("  100  ", 10_000),
    ],
)
def test_what_people_type_is_read(typed: str, minor: int) -> None:
    assert read_amount(typed, currency="KES") == Money(minor, "KES")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "0",
        "0.00",
        "-5",
        "+5",
        "1.234",
        "1..5",
        ".5",
        "5.",
        "1,00",
        "1,0000",
        "10,00",
        "1 000",
        "12345678901",
        "one hundred",
        "100*1",
        "1e3",
        "0x10",
        "١٠٠",
        "１００",
        "100\x00",
        "100\n200",
        "NaN",
        "Infinity",
        "KES",
        "$100",
    ],
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(UnableToReadAmount):
        read_amount(typed, currency="KES")


def test_a_currency_without_cents_takes_none() -> None:
    assert read_amount("500", currency="UGX") == Money(500, "UGX")
    assert read_amount("500.00", currency="UGX") == Money(500, "UGX")
    with pytest.raises(UnableToReadAmount):
        read_amount("500.50", currency="UGX")


@given(st.text(max_size=30), currencies)
def test_whatever_is_typed_is_an_amount_above_zero_or_refused(typed: str, currency: str) -> None:
    try:
        amount = read_amount(typed, currency=currency)
    except UnableToReadAmount:
        return
    assert amount.minor > 0
    assert amount.currency == currency


@given(st.integers(min_value=1, max_value=10**11 - 1), currencies)
def test_an_amount_that_is_written_out_is_read_back(minor: int, currency: str) -> None:
    unit = Money(minor, currency).unit_minor
    written = f"{minor // unit}.{minor % unit:02}" if unit > 1 else str(minor)
    if minor // unit < 10**9:
        assert read_amount(written, currency=currency) == Money(minor, currency)


@given(minors, minors, minors)
def test_adding_and_subtracting_are_those_of_whole_numbers(a: int, b: int, c: int) -> None:
    one, two, three = Money(a, "KES"), Money(b, "KES"), Money(c, "KES")
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert one - two == one + -two
    assert (one - two) + two == one
    assert (one < two) == (a < b)
    assert (one <= two) == (a <= b)


@given(minors, st.integers(min_value=1, max_value=10**6))
def test_rounding_up_gives_the_next_multiple_and_never_less(minor: int, step: int) -> None:
    rounded = Money(minor, "KES").rounded_up(step_minor=step).minor
    assert rounded % step == 0
    assert minor <= rounded < minor + step


@given(minors, currencies)
def test_whole_units_and_the_rest_make_the_amount(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert abs(money.whole) == abs(minor) // money.unit_minor
    assert money.is_whole == (money.whole * money.unit_minor == minor)


@pytest.mark.parametrize("reckon", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a <= b])
def test_two_currencies_are_never_reckoned_together(reckon: object) -> None:
    assert callable(reckon)
    with pytest.raises(CurrenciesDiffer, match="KES cannot be reckoned with an amount in UGX"):
        reckon(Money(1, "KES"), Money(1, "UGX"))


def test_a_currency_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownCurrency, match="'XXX'"):
        Money(1, "XXX")


def test_an_error_says_its_docstring_with_its_facts() -> None:
    error = UnableToReadAmount(typed="abc")
    assert isinstance(error, RedialError)
    assert str(error) == "This is not an amount: 'abc'."
    assert error.facts == {"typed": "abc"}


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Money(500_000, "KES"), "5000"),
        (Money(1250, "GHS"), "12.50"),
        (Money(5, "ZMW"), "0.05"),
        (Money(-150, "KES"), "-1.50"),
        (Money(5000, "UGX"), "5000"),
    ],
)
def test_an_amount_is_written_in_whole_units_as_protocols_want_it(amount: Money, written: str) -> None:
    assert amount.in_units == written
