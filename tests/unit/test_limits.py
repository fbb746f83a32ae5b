"""What a line owes, what is offered to it, and how much is too much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.orders import kes
from topup.limits import (
    AmountNotWhole,
    AmountTooLarge,
    AmountTooSmall,
    Limits,
    LineHasEnough,
    PayerHasPaidEnough,
    Today,
)
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money

LIMITS = Limits(
    smallest=kes(10),
    largest=kes(10_000),
    step_minor=100,
    presets=(kes(50), kes(100), kes(250), kes(500)),
    line_a_day=kes(20_000),
    payer_a_day=kes(30_000),
)


def owing(minor: int) -> Line:
    return Line(LineState.SUSPENDED, Money(-minor, "KES"))


@pytest.mark.parametrize("balance_minor", [0, 1, 5000])
def test_a_line_that_is_not_below_zero_owes_nothing(balance_minor: int) -> None:
    assert Line(LineState.ACTIVE, Money(balance_minor, "KES")).owes is None


def test_a_line_owes_what_is_below_zero_and_nothing_when_it_is_not_known() -> None:
    assert owing(5000).owes == kes(50)
    assert NOT_KNOWN.owes is None


@pytest.mark.parametrize("amount", [kes(10), kes(11), kes(9999), kes(10_000)])
def test_what_is_sold_passes(amount: Money) -> None:
    assert LIMITS.check(amount) == amount


@pytest.mark.parametrize(
    ("minor", "error"),
    [
        (999, AmountTooSmall),
        (1, AmountTooSmall),
        (0, AmountTooSmall),
        (-5000, AmountTooSmall),
        (1_000_001, AmountTooLarge),
        (10_000_000_000, AmountTooLarge),
        (1001, AmountNotWhole),
        (5050, AmountNotWhole),
    ],
)
def test_what_is_not_sold_says_why(minor: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        LIMITS.check(Money(minor, "KES"))


@pytest.mark.parametrize(
    ("owed_minor", "clearing_minor"),
    [(5000, 5000), (5001, 5100), (4999, 5000), (1, 1000), (999, 1000), (999_901, 1_000_000), (1_000_000, 1_000_000)],
)
def test_what_clears_the_line_is_rounded_up_to_what_is_sold(owed_minor: int, clearing_minor: int) -> None:
    assert LIMITS.clearing_amount(owing(owed_minor)) == Money(clearing_minor, "KES")


def test_a_debt_that_is_too_large_to_be_sold_at_once_is_not_offered() -> None:
    assert LIMITS.clearing_amount(owing(1_000_001)) is None
    assert LIMITS.offers(owing(1_000_001)) == list(LIMITS.presets)


def test_the_offers_begin_with_what_brings_the_line_back() -> None:
    assert LIMITS.offers(owing(7001)) == [kes(71), kes(50), kes(100), kes(250), kes(500)]
    assert LIMITS.offers(owing(9950)) == [kes(100), kes(50), kes(250), kes(500)]
    assert LIMITS.offers(NOT_KNOWN) == [kes(50), kes(100), kes(250), kes(500)]


@given(st.integers(min_value=1, max_value=2_000_000))
def test_whatever_is_offered_is_sold_once_and_the_first_clears_the_debt(owed_minor: int) -> None:
    line = owing(owed_minor)
    offers = LIMITS.offers(line)
    assert len(set(offers)) == len(offers)
    assert [LIMITS.check(offer) for offer in offers] == offers
    clearing = LIMITS.clearing_amount(line)
    if clearing is not None:
        assert offers[0] == clearing
        assert owed_minor <= clearing.minor


def test_the_day_of_a_line_and_the_day_of_a_payer_are_counted_apart() -> None:
    LIMITS.check_day(kes(100), today=Today(for_line=kes(19_900), by_payer=kes(29_900)))
    with pytest.raises(LineHasEnough):
        LIMITS.check_day(kes(101), today=Today(for_line=kes(19_900), by_payer=kes(0)))
    with pytest.raises(PayerHasPaidEnough):
        LIMITS.check_day(kes(101), today=Today(for_line=kes(0), by_payer=kes(29_900)))
