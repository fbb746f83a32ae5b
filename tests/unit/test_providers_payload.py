"""Reading what strangers send: plain values, or one error."""

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.payload import Unreadable, decimal_of, money_of, name_in, priced, read_form, read_json, words_in
from topup.money import Money


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{",
        b"\xff\xfe{}\x00",
        b"<html></html>",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b"[" * 100_000,
        b'{"a": ' * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1e99999999999999999999}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_json(body)


def test_numbers_with_a_point_are_exact() -> None:
    assert read_json(b'{"a": 0.1, "b": 1}') == {"a": Decimal("0.1"), "b": 1}


@settings(deadline=None)
@given(st.binary())
def test_bytes_are_an_object_or_unreadable(body: bytes) -> None:
    with suppress(Unreadable):
        assert isinstance(read_json(body), dict)


@settings(deadline=None)
@given(st.binary())
def test_bytes_are_a_form_or_unreadable(body: bytes) -> None:
    with suppress(Unreadable):
        assert all(isinstance(value, str) for value in read_form(body).values())


def test_a_form_with_too_many_fields_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read_form(b"a=1&" * 1000)


@pytest.mark.parametrize("value", ["ws_CO_1", 17, "R000001", "1"])
def test_a_name_is_a_short_visible_word(value: object) -> None:
    assert name_in({"id": value}, "id") == str(value)


@pytest.mark.parametrize(
    "value", [None, "", " ", "two words", "a\x00b", "a\nb", "\ud800", "é", "x" * 101, True, 1.5, {}, [], Decimal("1.5")]
)
def test_anything_else_is_no_name(value: object) -> None:
    with pytest.raises(Unreadable):
        name_in({"id": value}, "id")


@settings(deadline=None)
@given(st.text())
def test_words_are_printable_and_short(text: str) -> None:
    words = words_in({"says": text}, "says")
    assert len(words) <= 200
    assert words.isprintable()
    words.encode()


@pytest.mark.parametrize("value", [None, 5, [], {}])
def test_absent_words_are_empty(value: object) -> None:
    assert words_in({"says": value}, "says") == ""


@pytest.mark.parametrize(
    ("value", "number"),
    [(1, "1"), ("1", "1"), (Decimal("1.50"), "1.5"), (" 7 ", "7"), ("-3.25", "-3.25"), ("10.0000", "10"), (0, "0")],
)
def test_a_decimal_may_be_a_number_or_a_text(value: object, number: str) -> None:
    assert decimal_of(value, "it") == Decimal(number)


@pytest.mark.parametrize(
    "value", [None, "", "x", "1e5", "NaN", True, "1,000", "٣", "1" * 16, Decimal("1E+50"), 10**20, [], 1.5]
)
def test_what_is_no_sane_number_is_unreadable(value: object) -> None:
    with pytest.raises(Unreadable):
        decimal_of(value, "it")


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("KES 10.0000", Money(1000, "KES")),
        ("KES 0.5", Money(50, "KES")),
        ("UGX 1000", Money(1000, "UGX")),
        ("UGX 1000.0000", Money(1000, "UGX")),
        (" GHS  3.25 ", Money(325, "GHS")),
    ],
)
def test_a_price_is_a_currency_and_an_amount(text: str, money: Money) -> None:
    assert priced(text) == money


@pytest.mark.parametrize(
    "text", ["", "10", "KES", "KES x", "XXX 10", "KES 0.001", "UGX 0.5", "10 KES", None, 5, "KES 0", "KES -5"]
)
def test_what_is_no_price_is_unreadable(text: object) -> None:
    with pytest.raises(Unreadable):
        priced(text)


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=10**12))
def test_money_of_a_decimal_is_exact(minor: int) -> None:
    assert money_of(Decimal(minor).scaleb(-2), currency="KES") == Money(minor, "KES")


@pytest.mark.parametrize("number", ["0", "0.00", "-0", "-1", "-50.00"])
def test_nothing_and_less_is_not_an_amount_that_moved(number: str) -> None:
    with pytest.raises(Unreadable, match="above zero"):
        money_of(Decimal(number), currency="KES")


_JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(), _JSON))
def test_every_object_is_read(fields: dict[str, Any]) -> None:
    assert set(read_json(json.dumps(fields).encode())) == set(fields)
