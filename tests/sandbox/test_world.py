"""The pure rules of lines, wallets and vouchers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.world import (
    MAX_BALANCE_MINOR,
    CurrencyDiffers,
    Line,
    LineContradiction,
    LineIsClosed,
    LineState,
    NotEnoughMoney,
    TooMuchCredit,
    Voucher,
    VoucherRefused,
    VoucherState,
    Wallet,
)

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

balances = st.integers(-10_000_000, 10_000_000)
amounts = st.integers(1, 1_000_000)


def line(balance_minor: int = 0) -> Line:
    return Line(currency="KES").with_balance(balance_minor, now=NOW)


@given(balances)
def test_a_line_is_suspended_exactly_when_it_owes(balance: int) -> None:
    assert line(balance).state is (LineState.SUSPENDED if balance < 0 else LineState.ACTIVE)


@given(balances, amounts)
def test_a_refill_adds_what_it_says_and_clears_the_debt_or_not(balance: int, amount: int) -> None:
    after = line(balance).credited(amount, currency="KES", now=LATER)
    assert after.balance_minor == balance + amount
    assert (after.state is LineState.ACTIVE) == (balance + amount >= 0)


def test_a_refill_that_just_clears_the_debt_brings_the_line_back() -> None:
    assert line(-5000).credited(5000, currency="KES", now=NOW).state is LineState.ACTIVE


def test_a_refill_that_leaves_a_debt_leaves_the_line_suspended_since_it_was() -> None:
    after = line(-5000).credited(4999, currency="KES", now=LATER)
    assert (after.state, after.owing_since) == (LineState.SUSPENDED, NOW)


def test_a_line_that_owes_nothing_owes_since_no_time() -> None:
    assert line(-1).credited(1, currency="KES", now=LATER).owing_since is None


@pytest.mark.parametrize("hold", [LineState.BARRED, LineState.GONE])
def test_a_held_line_takes_no_credit_and_stays_held(hold: LineState) -> None:
    held = line(-5000).set(now=NOW, state=hold, balance_minor=None, currency=None)
    with pytest.raises(LineIsClosed):
        held.credited(10_000, currency="KES", now=NOW)
    richer = held.set(now=NOW, state=None, balance_minor=10_000, currency=None)
    assert richer.state is hold


def test_a_hold_is_lifted_by_setting_the_state_that_the_balance_has() -> None:
    barred = line(-5000).set(now=NOW, state=LineState.BARRED, balance_minor=None, currency=None)
    back = barred.set(now=NOW, state=LineState.SUSPENDED, balance_minor=None, currency=None)
    assert back.state is LineState.SUSPENDED


@pytest.mark.parametrize(("state", "balance"), [(LineState.SUSPENDED, 0), (LineState.ACTIVE, -1)])
def test_a_state_that_contradicts_the_balance_is_refused(state: LineState, balance: int) -> None:
    with pytest.raises(LineContradiction):
        line().set(now=NOW, state=state, balance_minor=balance, currency=None)


def test_credit_in_another_currency_is_refused() -> None:
    with pytest.raises(CurrencyDiffers):
        line().credited(100, currency="UGX", now=NOW)


def test_credit_beyond_what_a_line_may_hold_is_refused() -> None:
    with pytest.raises(TooMuchCredit):
        line(MAX_BALANCE_MINOR).credited(1, currency="KES", now=NOW)


@given(st.integers(0, 10_000_000), amounts)
def test_a_wallet_pays_what_it_holds_and_no_more(balance: int, amount: int) -> None:
    wallet = Wallet(currency="KES", balance_minor=balance)
    if amount > balance:
        with pytest.raises(NotEnoughMoney):
            wallet.paid(amount, currency="KES")
    else:
        assert wallet.paid(amount, currency="KES").balance_minor == balance - amount


@given(st.integers(0, 10_000_000), amounts)
def test_money_given_back_restores_a_wallet(balance: int, amount: int) -> None:
    wallet = Wallet(currency="KES", balance_minor=balance + amount)
    assert wallet.paid(amount, currency="KES").received(amount, currency="KES") == wallet


def test_a_wallet_pays_in_its_own_currency_only() -> None:
    with pytest.raises(CurrencyDiffers):
        Wallet(currency="UGX").paid(1, currency="KES")


def test_a_voucher_is_used_once() -> None:
    voucher = Voucher(serial="1", amount_minor=10_000, currency="KES")
    used = voucher.used("+254711000001")
    assert (used.state, used.used_by) == (VoucherState.USED, "+254711000001")
    with pytest.raises(VoucherRefused):
        used.used("+254711000001")


@pytest.mark.parametrize("state", [state for state in VoucherState if state is not VoucherState.AVAILABLE])
def test_a_voucher_in_any_other_state_is_refused(state: VoucherState) -> None:
    with pytest.raises(VoucherRefused):
        Voucher(serial="1", amount_minor=1, currency="KES", state=state).used("+254711000001")
