"""Advances: what they cost, who may have one, and how a top-up repays one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.desks import LIMITS
from tests.unit.orders import kes
from topup import advances
from topup.advances import History, Lending, repayment
from topup.errors import RedialError
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import MINOR_DIGITS, Money

LENDING = Lending(
    amounts=(kes(100), kes(50), kes(250), kes(500)),
    fee_percent=10,
    days=30,
    top_ups=3,
    share_percent=50,
    below=kes(20),
)
GOOD = History(days=30, top_ups=3, lately=kes(1000), owed=kes(0))
EMPTY = Line(LineState.SUSPENDED, kes(0))

currencies = st.sampled_from(sorted(MINOR_DIGITS))


@pytest.mark.parametrize(
    ("amount", "percent", "fee"),
    [
        (kes(50), 10, kes(5)),
        (kes(75), 10, kes(8)),
        (kes(50), 0, kes(0)),
        (Money(5000, "UGX"), 10, Money(500, "UGX")),
        (Money(555, "UGX"), 10, Money(56, "UGX")),
        (Money(1, "RWF"), 10, Money(1, "RWF")),
    ],
    ids=str,
)
def test_the_fee_is_rounded_up_to_a_whole_unit(amount: Money, percent: int, fee: Money) -> None:
    assert replace(LENDING, fee_percent=percent).fee(amount) == fee


@given(currency=currencies, minor=st.integers(1, 10**9), percent=st.integers(0, 100))
def test_a_fee_is_whole_and_never_a_unit_more_than_its_share(currency: str, minor: int, percent: int) -> None:
    amount = Money(minor, currency)
    fee = replace(LENDING, fee_percent=percent).fee(amount)
    assert fee.is_whole
    assert minor * percent <= fee.minor * 100 < minor * percent + 100 * amount.unit_minor


# Offers.


def test_the_smallest_three_that_the_history_allows_are_offered() -> None:
    assert LENDING.offers(line=EMPTY, history=GOOD) == [kes(50), kes(100), kes(250)]
    assert LENDING.offers(line=EMPTY, history=replace(GOOD, lately=kes(200))) == [kes(50), kes(100)]


def test_only_what_brings_a_line_back_is_offered() -> None:
    owes_70 = Line(LineState.SUSPENDED, kes(-70))
    assert LENDING.offers(line=owes_70, history=GOOD) == [kes(100), kes(250), kes(500)]


REFUSED: dict[type[RedialError], tuple[Line, History]] = {
    advances.AdvanceUnpaid: (EMPTY, replace(GOOD, owed=kes(1))),
    advances.StillUnderWay: (EMPTY, replace(GOOD, is_open=True)),
    advances.LineNotSeen: (NOT_KNOWN, GOOD),
    advances.LineCannotBorrow: (Line(LineState.BARRED, kes(0)), GOOD),
    advances.HasCredit: (Line(LineState.ACTIVE, kes(20)), GOOD),
    advances.TooFewTopUps: (EMPTY, replace(GOOD, top_ups=2)),
    advances.LineTooNew: (EMPTY, replace(GOOD, days=29)),
    advances.ToppedUpTooLittle: (EMPTY, replace(GOOD, lately=kes(99))),
    advances.AdvanceTooSmallForLine: (Line(LineState.SUSPENDED, kes(-501)), GOOD),
}


@pytest.mark.parametrize("why", REFUSED, ids=lambda why: why.__name__)
def test_who_may_not_borrow_is_told_why(why: type[RedialError]) -> None:
    line, history = REFUSED[why]
    with pytest.raises(why):
        LENDING.offers(line=line, history=history)


def test_what_is_still_to_be_topped_up_is_enough() -> None:
    history = replace(GOOD, lately=kes(40))
    with pytest.raises(advances.ToppedUpTooLittle) as refused:
        LENDING.offers(line=EMPTY, history=history)
    enough = replace(history, lately=history.lately + refused.value.facts["more"])
    assert LENDING.offers(line=EMPTY, history=enough) == [kes(50)]


def test_an_amount_that_is_not_offered_is_refused() -> None:
    assert LENDING.check(kes(50), line=EMPTY, history=GOOD) == kes(50)
    with pytest.raises(advances.AdvanceNotOffered):
        LENDING.check(kes(60), line=EMPTY, history=GOOD)


# Repaying.


@pytest.mark.parametrize(
    ("amount", "debt", "repaid"),
    [(100, 55, 55), (100, 0, 0), (50, 55, 50), (55, 55, 55), (60, 55, 50), (65, 55, 55), (10, 5, 0), (12, 5, 2)],
)
def test_what_a_top_up_repays(amount: int, debt: int, repaid: int) -> None:
    assert repayment(kes(amount), debt=kes(debt), limits=LIMITS) == kes(repaid)


@given(
    currency=currencies,
    step=st.integers(1, 1000),
    smallest=st.integers(1, 50),
    amount=st.integers(0, 10_000),
    debt=st.integers(0, 10_000),
)
def test_a_repayment_never_exceeds_the_debt_and_leaves_nothing_or_something_that_is_sold(
    currency: str, step: int, smallest: int, amount: int, debt: int
) -> None:
    """In steps: settings see to it that smallest top-ups, amounts and debts are multiples of the step."""
    limits = replace(LIMITS, smallest=Money(smallest * step, currency), step_minor=step)
    ordered, owed = Money((smallest + amount) * step, currency), Money(debt * step, currency)
    repaid = repayment(ordered, debt=owed, limits=limits)
    rest = ordered - repaid
    assert Money(0, currency) <= repaid <= owed
    assert rest.minor % step == 0
    assert rest.minor == 0 or limits.smallest <= rest
    assert rest.minor == 0 or repaid == owed or rest == limits.smallest


@given(
    currency=currencies, owed=st.integers(1, 10**6), top_ups=st.lists(st.integers(10, 10**6), min_size=1, max_size=20)
)
def test_top_up_after_top_up_repays_the_debt_and_no_more(currency: str, owed: int, top_ups: list[int]) -> None:
    limits = replace(LIMITS, smallest=Money(10, currency))
    debt = Money(owed, currency)
    for minor in top_ups:
        debt -= repayment(Money(minor, currency), debt=debt, limits=limits)
        assert debt.minor >= 0
    if sum(minor - 10 for minor in top_ups) >= owed:
        assert debt.minor == 0
