"""Statements are read as their providers write them, and refused when they are something else."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from providers.statements import (
    WALLET_STATUSES,
    UnableToReadStatement,
    WalletForm,
    read_daraja_statement,
    read_operator_refills,
    read_wallet_statement,
)
from topup.money import Money

MPESA = """\
Short Code: 174379,,,,,,,,,
Receipt No.,Completion Time,Details,Transaction Status,Paid In,Withdrawn,Balance,\
Other Party Info,Linked Transaction ID,A/C No.
TKO5P41BTG,2026-11-24 02:42:25,Pay Bill,Completed,50.00,,"1,050.00",254711000001 - A PERSON,,BXFFKLRO
TKO5P41BTH,2026-11-24 02:43:25,Pay Bill,Failed,50.00,,"1,050.00",254711000001 - A PERSON,,BXFFKLRO
TKO5P41BTI,2026-11-24 03:00:00,Reversal,Completed,,-50.00,"1,000.00",254711000001 - A PERSON,TKO5P41BTG,
TKO5P41BTJ,2026-11-24 04:00:00,Funds to bank,Completed,,"-1,000.00",0.00,A BANK,,
""".splitlines(keepends=True)

REFILLS = """\
time,msisdn,transaction_id,external_reference,amount,currency
2026-11-24T02:42:26+03:00,254711000001,789,bxff-credit-1,50.00,KES
""".splitlines(keepends=True)


def test_an_m_pesa_statement_gives_its_completed_payments_and_reversals() -> None:
    paid, back = read_daraja_statement(MPESA)
    assert (paid.kind, paid.names, paid.references) == ("charge", ("TKO5P41BTG",), ("BXFFKLRO",))
    assert paid.amount == Money(5000, "KES")
    assert paid.at == datetime(2026, 11, 24, 2, 42, 25, tzinfo=ZoneInfo("Africa/Nairobi"))
    assert (back.kind, back.names, back.amount) == ("reversal", ("TKO5P41BTG",), Money(5000, "KES"))


def test_operator_records_give_their_refills() -> None:
    (refill,) = read_operator_refills(REFILLS)
    assert (refill.kind, refill.names, refill.amount) == ("refill", ("bxff-credit-1", "789"), Money(5000, "KES"))


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["something,else\n", "1,2\n"],
        [MPESA[1], "R1,yesterday,Pay Bill,Completed,50.00,,,,,\n"],
        [MPESA[1], "R1,2026-11-24 02:42:25,Pay Bill,Completed,much,,,,,\n"],
    ],
)
def test_another_file_is_refused_with_a_reason(lines: list[str]) -> None:
    with pytest.raises(UnableToReadStatement):
        read_daraja_statement(lines)


def test_a_voucher_in_the_operator_s_records_is_none_of_our_refills() -> None:
    voucher = "2026-11-24T02:42:26+03:00,254711000001,790,bxff-redeem-1,50.00,KES\n"
    assert read_operator_refills([*REFILLS, voucher]) == read_operator_refills(REFILLS)


def test_a_refill_without_a_zone_is_refused() -> None:
    with pytest.raises(UnableToReadStatement):
        read_operator_refills([REFILLS[0], "2026-11-24T02:42:26,254711000001,789,x,50.00,KES\n"])


# Wallets.

KAMPALA = ZoneInfo("Africa/Kampala")
PLAIN = WalletForm(statuses=WALLET_STATUSES["mtn_momo"], zone=KAMPALA, currency="UGX")
WALLET = """\
time,receipt,reference,returns,amount,currency,status
2026-11-24T02:42:26Z,23503452,bxff-charge-1,,"1,500",UGX,SUCCESSFUL
2026-11-24 05:43:26,23503453,bxff-charge-2,,1500,,FAILED
2026-11-24 05:50:00,23503460,bxff-refund-1,23503452,-1500,,SUCCESSFUL
""".splitlines(keepends=True)
EXPORT = """\
Id,External Transaction Id,Date,Status,Amount,Currency,Fee,Currency
23503452,bxff-charge-1,2026-11-24 05:42:26,Successful,1500,UGX,0,EUR
""".splitlines(keepends=True)
CALLED = {"receipt": "Id", "reference": "External Transaction Id", "time": "Date"}
CALLED |= {"status": "Status", "amount": "Amount", "currency": "Currency"}


def test_a_wallet_s_statement_gives_what_was_paid_and_what_went_back() -> None:
    paid, back = read_wallet_statement(WALLET, form=PLAIN)
    assert (paid.kind, paid.names, paid.references) == ("charge", ("23503452",), ("bxff-charge-1",))
    assert (paid.amount, paid.at) == (Money(1500, "UGX"), datetime(2026, 11, 24, 5, 42, 26, tzinfo=KAMPALA))
    assert (back.kind, back.names) == ("reversal", ("23503460", "bxff-refund-1", "23503452"))
    assert (back.amount, back.at) == (Money(1500, "UGX"), datetime(2026, 11, 24, 5, 50, tzinfo=KAMPALA))


def test_an_export_with_names_of_its_own_says_the_same() -> None:
    (paid,) = read_wallet_statement(EXPORT, form=replace(PLAIN, columns=CALLED))
    assert paid == read_wallet_statement(WALLET, form=PLAIN)[0]


@pytest.mark.parametrize(
    "row",
    ["2026-11-24,1,x,,10,UGX,Settled\n", "2026-11-24,,,,10,UGX,\n", "2026-11-24,1,x,,10,XXX,\n", "soon,1,x,,10,,\n"],
    ids=["an unknown status", "no name", "no currency", "no time"],
)
def test_a_row_that_might_be_passed_over_in_silence_is_refused(row: str) -> None:
    with pytest.raises(UnableToReadStatement):
        read_wallet_statement([WALLET[0], row], form=PLAIN)


def test_a_column_that_is_said_to_be_there_must_be_there() -> None:
    with pytest.raises(UnableToReadStatement, match="Date"):
        read_wallet_statement(WALLET, form=replace(PLAIN, columns={"time": "Date"}))
