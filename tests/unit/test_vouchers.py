"""The number of a voucher, how it hides, and how often somebody may be wrong."""

from dataclasses import dataclass

import pytest

from topup.vouchers import (
    Pin,
    TooManyAtOnce,
    UnableToReadPin,
    VouchersLocked,
    check_wrong,
    is_as_long_as_a_pin,
    may_hold_a_pin,
    read_pin,
    starred,
)

DIGITS = "12345678901234"


@pytest.mark.parametrize("typed", [DIGITS, "1234 5678 9012 34", "1234-5678-9012-34", "1234.5678.901234", f" {DIGITS} "])
def test_the_digits_of_a_voucher_may_be_grouped(typed: str) -> None:
    assert read_pin(typed).digits == DIGITS


@pytest.mark.parametrize("typed", ["", "1234567", "1" * 21, "1234567a", "١٢٣٤٥٦٧٨", "12345678*9", "+12345678"])
def test_what_has_not_8_to_20_digits_is_no_voucher(typed: str) -> None:
    with pytest.raises(UnableToReadPin):
        read_pin(typed)


@pytest.mark.parametrize("digits", ["12345678", "12345678901234567890"])
def test_the_shortest_and_the_longest_voucher_are_read(digits: str) -> None:
    assert read_pin(digits).digits == digits


def test_a_voucher_shows_no_more_than_its_last_three_digits() -> None:
    @dataclass
    class Holder:
        pin: Pin

    for shown in (str(Pin(DIGITS)), repr(Pin(DIGITS)), f"{Pin(DIGITS)}", str(Holder(Pin(DIGITS)))):
        assert DIGITS[:-3] not in shown
        assert DIGITS[:5] not in shown
    assert str(Pin(DIGITS)) == "...234"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"VOUCHER {DIGITS}", "VOUCHER ***********234"),
        ("vocher 1234 5678 9012 34 please", "vocher **** **** ***2 34 please"),
        ("1234-5678-9012", "****-****-*012"),
        ("TOPUP 100", "TOPUP 100"),
        ("TOPUP 1,500 AGAIN", "TOPUP 1,500 AGAIN"),
    ],
)
def test_a_voucher_is_starred_out_of_whatever_text_it_stands_in(text: str, kept: str) -> None:
    assert starred(text) == kept
    assert may_hold_a_pin(text) == (text != kept)


@pytest.mark.parametrize(("wrong", "open_"), [(0, 0), (2, 0), (0, 2), (1, 1)])
def test_who_may_still_be_wrong_may_send_another(wrong: int, open_: int) -> None:
    check_wrong(wrong=wrong, open_=open_)


@pytest.mark.parametrize("wrong", [3, 4])
def test_after_three_wrong_ones_the_day_is_over(wrong: int) -> None:
    with pytest.raises(VouchersLocked):
        check_wrong(wrong=wrong, open_=0)


@pytest.mark.parametrize(("wrong", "open_"), [(0, 3), (2, 1), (1, 2)])
def test_what_may_still_turn_out_wrong_counts_too(wrong: int, open_: int) -> None:
    with pytest.raises(TooManyAtOnce):
        check_wrong(wrong=wrong, open_=open_)


@pytest.mark.parametrize("amount", ["999999.99", "1000000.5", "9999999", "10000.00"])
def test_an_amount_is_never_taken_for_a_voucher(amount: str) -> None:
    assert not is_as_long_as_a_pin(amount)


@pytest.mark.parametrize("typed", ["12345678", "1234.5678.9012.34", "1234 5678-9012 34"])
def test_so_many_digits_are_a_voucher_however_they_are_grouped(typed: str) -> None:
    assert is_as_long_as_a_pin(typed)


def test_wide_digits_are_starred_too() -> None:
    assert starred("充值卡１２３４５６７８９０１２３４") == "充值卡***********２３４"
