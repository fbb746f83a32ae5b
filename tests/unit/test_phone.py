"""Phone numbers: what people type, what networks give, what logs may keep."""

import random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import carrier

from topup.phone import (
    UnableToReadNumber,
    example_number,
    first_of,
    masked,
    national,
    range_of,
    read_caller,
    read_msisdn,
)
from topup.wallets import COUNTRIES


@pytest.mark.parametrize(
    "typed",
    [
        "0711000002",
        " 0711000002 ",
        "0711 000 002",
        "0711-000-002",
        "711000002",
        "+254711000002",
        "254711000002",
        "(0711) 000002",
    ],
)
def test_every_way_to_write_a_number_is_one_number(typed: str) -> None:
    assert read_msisdn(typed, country="KE") == "+254711000002"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1",
        "100",
        "07110000",
        "07110000022",
        "9999999999",
        "+1",
        "abc",
        "0711000002abc" * 3,
        "+254" + "7" * 40,
        "٠٧١١٠٠٠٠٠٢",
        "0711000002\x00",
        "0711CALLME",
        "0711000002x5",
        "0711000002 ext 5",
        "0711000002;ext=5",
        "tel:0711000002",
    ],
)
def test_what_the_numbering_plan_does_not_know_is_refused(typed: str) -> None:
    with pytest.raises(UnableToReadNumber):
        read_msisdn(typed, country="KE")


@pytest.mark.parametrize("given_by_network", ["+254711000001", "254711000001", "0711000001"])
def test_a_network_may_leave_the_plus_away(given_by_network: str) -> None:
    assert read_caller(given_by_network, country="KE") == "+254711000001"


def test_a_caller_from_a_range_that_is_too_new_for_the_plan_is_read() -> None:
    assert read_caller("+254999000001", country="KE") == "+254999000001"
    with pytest.raises(UnableToReadNumber):
        read_msisdn("+254999000001", country="KE")


@pytest.mark.parametrize(
    "impossible", ["", "+", "MPESA", "38455", "+38455", "12", "+2547", "0" * 24, "+254711000001;drop"]
)
def test_an_impossible_caller_is_refused(impossible: str) -> None:
    with pytest.raises(UnableToReadNumber):
        read_caller(impossible, country="KE")


@given(st.text(max_size=40))
def test_whatever_a_network_gives_is_a_number_or_refused(given_by_network: str) -> None:
    try:
        msisdn = read_caller(given_by_network, country="KE")
    except UnableToReadNumber:
        return
    assert msisdn.startswith("+")
    assert msisdn[1:].isdecimal()
    assert msisdn.isascii()


@given(st.integers(min_value=0, max_value=999_999))
def test_the_national_form_leads_back_to_the_number(tail: int) -> None:
    msisdn = f"+254711{tail:06}"
    assert national(msisdn, country="KE") == f"0711{tail:06}"
    assert read_msisdn(national(msisdn, country="KE"), country="KE") == msisdn


def test_a_foreign_number_keeps_its_international_form() -> None:
    assert national("+256772000001", country="KE") == "+256772000001"
    assert national("+256772000001", country="UG") == "0772000001"


@pytest.mark.parametrize("country", ["KE", "UG", "TZ", "GH", "ZM", "RW"])
def test_the_example_of_a_country_can_be_typed_there(country: str) -> None:
    example = example_number(country=country)
    assert example.isdecimal()
    assert national(read_msisdn(example, country=country), country=country) == example


def test_no_country_of_that_name_has_an_example() -> None:
    with pytest.raises(UnableToReadNumber):
        example_number(country="XX")


@pytest.mark.parametrize(
    ("msisdn", "shown"),
    [("+254711000001", "+25471***001"), ("0711000001", "071100***001"), ("711000001", "***"), ("", "***")],
)
def test_a_mask_leaves_the_middle_out(msisdn: str, shown: str) -> None:
    assert masked(msisdn) == shown


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_what_is_known_of_a_range_holds_for_each_of_its_numbers(country: str) -> None:
    drawn = random.Random(country)
    example = read_msisdn(example_number(country=country), country=country)
    for _ in range(300):
        msisdn = f"{example[:4]}{drawn.randrange(10 ** (len(example) - 4)):0{len(example) - 4}}"
        number = phonenumbers.parse(msisdn)
        first = phonenumbers.parse(first_of(range_of(msisdn)))
        assert carrier.name_for_number(number, "en") == carrier.name_for_number(first, "en")
        if phonenumbers.is_valid_number(number):
            shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            assert national(msisdn, country=country) == shown.replace(" ", "").replace("-", "")


@pytest.mark.parametrize("country", ["KE", "UG", "GH", "US", "CA", "GB", "FR", "IT", "BR", "MX", "AR", "CN", "RU"])
def test_a_caller_is_taken_as_written_only_where_parsing_gives_the_same(country: str) -> None:
    drawn, code = random.Random(country), phonenumbers.country_code_for_region(country)
    for _ in range(300):
        written = f"+{code}{drawn.randrange(10 ** drawn.randint(4, 13))}"
        number = phonenumbers.parse(written, country)
        if phonenumbers.is_possible_number(number):
            parsed = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            assert read_caller(written, country=country) == parsed
        else:
            with pytest.raises(UnableToReadNumber):
                read_caller(written, country=country)
