"""Statements are read as their providers write them, and refused when they are something else."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from providers.statements import UnableToReadStatement, read_daraja_statement, read_operator_refills
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
