"""Money, numbers, screens, and the settings that the environment gives."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.config import BadSetting, Config, read_config
from sandbox.errors import BadRequest
from sandbox.money import UnableToReadAmount, major, to_minor
from sandbox.networks import currency_of, network_code
from sandbox.people import read_msisdn
from sandbox.screen import measure, segments


@given(st.integers(0, 10**11), st.sampled_from(["KES", "UGX", "TZS", "RWF"]))
def test_an_amount_written_in_major_units_is_read_back_whole(amount_minor: int, currency: str) -> None:
    assert to_minor(major(amount_minor, currency), currency) == amount_minor


def test_money_is_written_with_the_places_that_a_provider_wants() -> None:
    assert (major(1050, "KES"), major(1050, "KES", 4), major(1050, "UGX")) == ("10.50", "10.5000", "1050")


@pytest.mark.parametrize("text", ["", "-5", "nan", "1e3", "10.005", "1,000", "٣", "9" * 20])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UnableToReadAmount):
        to_minor(text, "KES")


def test_a_currency_without_hundredths_has_none() -> None:
    with pytest.raises(UnableToReadAmount):
        to_minor("10.5", "UGX")


@pytest.mark.parametrize("text", ["+254711000001", "254711000001", " 254711000001 "])
def test_a_number_is_read_with_or_without_its_plus(text: str) -> None:
    assert read_msisdn(text) == "+254711000001"


@pytest.mark.parametrize("text", ["", "0711000001", "abc", "+", "2547110000012345", "254 711 000 001"])
def test_what_is_no_e164_number_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        read_msisdn(text)


@pytest.mark.parametrize(
    ("msisdn", "code", "currency"),
    [
        ("+254711000001", "63902", "KES"),
        ("+254733000001", "63903", "KES"),
        ("+254770000001", "63907", "KES"),
        ("+256772000001", "64110", "UGX"),
        ("+27831000001", "65510", "ZAR"),
        ("+447700900001", "99999", None),
    ],
)
def test_a_number_tells_its_network_and_its_currency(msisdn: str, code: str, currency: str | None) -> None:
    assert (network_code(msisdn), currency_of(msisdn)) == (code, currency)


@pytest.mark.parametrize(
    ("text", "encoding", "length", "cut"),
    [
        ("x" * 182, "GSM-7", 182, False),
        ("x" * 183, "GSM-7", 183, True),
        ("€" * 91, "GSM-7", 182, False),
        ("x" + "€" * 91, "GSM-7", 183, True),
        ("中" * 80, "UCS-2", 80, False),
        ("中" * 81, "UCS-2", 81, True),
        ("😀" * 40, "UCS-2", 80, False),
        ("😀" * 41, "UCS-2", 82, True),
    ],
)
def test_a_screen_is_measured_in_its_encoding(text: str, encoding: str, length: int, cut: bool) -> None:
    measured = measure(text, gsm7_septets=182, ucs2_characters=80)
    assert (measured.encoding, measured.length, measured.cut) == (encoding, length, cut)


@given(st.text(max_size=400))
def test_what_is_shown_of_a_screen_always_fits(text: str) -> None:
    limits = {"gsm7_septets": 182, "ucs2_characters": 80}
    shown = measure(text, **limits)
    assert text.startswith(shown.text)
    assert not measure(shown.text, **limits).cut
    assert shown.cut == (shown.text != text)


@pytest.mark.parametrize(
    ("text", "count"), [("x" * 160, 1), ("x" * 161, 2), ("x" * 307, 3), ("中" * 70, 1), ("中" * 71, 2), ("", 1)]
)
def test_a_long_message_is_joined_of_shorter_parts(text: str, count: int) -> None:
    assert segments(text) == count


def test_an_empty_environment_gives_the_defaults() -> None:
    assert read_config({"SANDBOX_PORT": "", "AT_USERNAME": "  "}) == Config()


def test_every_setting_is_read_from_the_environment() -> None:
    config = read_config(
        {
            "SANDBOX_HOST": "0.0.0.0",
            "SANDBOX_PORT": "9001",
            "SANDBOX_DIR": "elsewhere",
            "REDIAL_URL": "http://example.test/",
            "SHORT_CODES": "*1#, *2*3#",
            "SANDBOX_UCIP_MINOR_PER_UNIT": "100",
            "CURRENCY": "UGX",
        }
    )
    assert (config.host, config.port, config.directory) == ("0.0.0.0", 9001, Path("elsewhere"))
    assert (config.redial_url, config.short_codes) == ("http://example.test", ("*1#", "*2*3#"))
    assert (config.ucip_minor_per_unit, config.currency) == (Decimal(100), "UGX")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANDBOX_PORT", "web"),
        ("SANDBOX_PORT", "70000"),
        ("SHORT_CODES", "384"),
        ("SHORT_CODES", ","),
        ("SANDBOX_UCIP_MINOR_PER_UNIT", "0"),
        ("SANDBOX_UCIP_MINOR_PER_UNIT", "many"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_config({name: value})
