"""The judge of the chaos drill tried on advances: lent once, repaid as the ledger says, and told truly."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from drills.chaos.evidence import Evidence, Promise, TransferKept
from drills.chaos.judge import Wrong, judge
from tests.drills.cases import WHO, all_is_well, charge, given, order, refill, sms, taken
from tests.drills.test_judge import wrongs

LENT = "Your advance of KES 50 was added. Your next top-up repays KES 55. Balance KES 0.00."
NOT_LENT = "Sorry, your advance of KES 50 could not be added. You owe nothing for it. Dial *384*55# to try again."
REPAID = "KES 100 received, KES 55 of it repaid your advance. Your line is back. Balance KES 45.00."
ALL_REPAID = "KES 50 received and all of it repaid your advance. You still owe KES 5."


def moved(source: str, target: str, minor: int, *, of: str = "bbbb") -> TransferKept:
    return TransferKept(order_id=of, source=source, target=target, amount_minor=minor)


LENDING = [moved("float:ucip", "advances", 5_000), moved("fees", "advances", 500)]
ADVANCE = order("bbbb", kind="advance", amount_minor=5_000, receipts=())
LEND = refill("bbbb-lend-1", amount_minor=5_000, after_minor=0, at=1)


def with_an_advance(*, repays: int = 5_500, credited: int = 4_500, told: str = REPAID, **changes: Any) -> Evidence:
    """An advance of 50 shillings with a fee of 5, and a top-up of 100 that repays it first."""
    repaid = moved("advances", "holding", repays, of="aaaa")
    as_it_was: dict[str, Any] = {
        "orders": [ADVANCE, order()],
        "transfers": [*LENDING, taken(), given(amount_minor=credited), repaid],
        "refills": [LEND, refill(amount_minor=credited, after_minor=4_500, at=3)],
        "sms": [sms(told)],
    }
    return all_is_well(**{**as_it_was, **changes})


def owed(**changes: Any) -> Evidence:
    """An advance that is not repaid yet."""
    as_it_was: dict[str, Any] = {
        "orders": [ADVANCE],
        "transfers": LENDING,
        "charges": [],
        "refills": [LEND],
        "sms": [sms(LENT)],
    }
    return all_is_well(**{**as_it_was, **changes})


def swallowed(**changes: Any) -> Evidence:
    """An advance of which a top-up of 50 shillings repaid all but the fee, so that the line got nothing."""
    as_it_was: dict[str, Any] = {
        "orders": [ADVANCE, order(amount_minor=5_000)],
        "transfers": [*LENDING, taken(amount_minor=5_000), moved("advances", "holding", 5_000, of="aaaa")],
        "charges": [charge(amount_minor=5_000)],
        "sms": [sms(ALL_REPAID)],
    }
    return owed(**{**as_it_was, **changes})


def not_lent(**changes: Any) -> Evidence:
    """An advance that came to nothing."""
    as_it_was = {"orders": [replace(ADVANCE, state="UNPAID")], "transfers": [], "refills": [], "sms": [sms(NOT_LENT)]}
    return owed(**{**as_it_was, **changes})


@pytest.mark.parametrize("case", [with_an_advance, owed, swallowed, not_lent])
def test_an_advance_that_ended_well_is_not_blamed(case: Callable[[], Evidence]) -> None:
    assert judge(case()) == []


def test_an_advance_that_was_lent_twice_is_found() -> None:
    twice = [LEND, refill("bbbb-lend-2", amount_minor=5_000, after_minor=5_000)]
    assert Wrong.DOUBLE_CREDIT in wrongs(owed(refills=twice))


def test_an_advance_that_is_done_and_did_not_reach_the_line_is_found() -> None:
    assert wrongs(owed(refills=[], sms=[])) == {Wrong.LOST, Wrong.UNBALANCED}


@pytest.mark.parametrize("state", ["UNPAID", "PROMISED", "LENDING", "REVIEW_ADVANCE"])
def test_an_advance_that_reached_the_line_and_is_not_done_is_lost(state: str) -> None:
    assert Wrong.LOST in wrongs(owed(orders=[replace(ADVANCE, state=state)]))


def test_an_advance_that_another_line_got_is_found() -> None:
    assert Wrong.LOST in wrongs(owed(refills=[{**LEND, "msisdn": "+254711000002"}], sms=[]))


@pytest.mark.parametrize("fee", [400, 600])
def test_another_fee_than_the_one_agreed_to_is_found(fee: int) -> None:
    assert wrongs(owed(transfers=[LENDING[0], moved("fees", "advances", fee)])) == {Wrong.UNBALANCED}


def test_a_debt_for_an_advance_that_was_not_lent_is_found() -> None:
    assert wrongs(not_lent(transfers=[LENDING[1]])) == {Wrong.UNBALANCED}


def test_more_that_was_repaid_than_was_owed_is_found() -> None:
    told = REPAID.replace("KES 55", "KES 60")
    assert wrongs(with_an_advance(repays=6_000, credited=4_000, told=told)) == {Wrong.UNBALANCED}


def test_a_top_up_that_repaid_more_than_itself_is_found() -> None:
    assert Wrong.UNBALANCED in wrongs(swallowed(orders=[ADVANCE, order(amount_minor=4_000)], sms=[]))


def test_what_was_neither_put_on_the_line_nor_repaid_is_lost() -> None:
    assert Wrong.LOST in wrongs(with_an_advance(credited=4_000))


def test_what_was_put_on_the_line_although_it_was_to_repay_is_found() -> None:
    refills = [LEND, refill(amount_minor=10_000, after_minor=10_000, at=3)]
    assert wrongs(with_an_advance(refills=refills, sms=[])) == {Wrong.LOST, Wrong.UNBALANCED}


def test_somebody_who_was_told_that_an_advance_comes_must_have_an_order_of_it() -> None:
    promise = Promise(msisdn=WHO, amount_minor=5_000, kind="advance")
    assert judge(owed(promises=[promise])) == []
    assert wrongs(owed(promises=[replace(promise, kind="topup")])) == {Wrong.LOST}


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param(with_an_advance(refills=[LEND]), id="back, by a top-up that it did not get"),
        pytest.param(with_an_advance(told=REPAID.replace("KES 55", "KES 50")), id="another repayment"),
        pytest.param(with_an_advance(told=ALL_REPAID.replace("KES 50", "KES 100")), id="all repaid, and was not"),
        pytest.param(swallowed(sms=[sms("KES 50 received. Your line is back.")]), id="received, and all of it repaid"),
        pytest.param(
            with_an_advance(told="KES 100 was added to your line. Dial 1."), id="added, and not all of it was"
        ),
        pytest.param(owed(sms=[sms(LENT, at=0)]), id="lent, before it is"),
        pytest.param(owed(sms=[sms(LENT.replace("KES 0.00", "KES 10.00"))]), id="another balance"),
        pytest.param(owed(sms=[sms(LENT.replace("KES 55", "KES 60"))]), id="another debt"),
        pytest.param(owed(sms=[sms(NOT_LENT)]), id="not lent, and yet it is"),
        pytest.param(not_lent(sms=[sms(LENT)]), id="lent, and is not"),
        pytest.param(
            owed(sms=[sms("KES 50 not paid. The M-PESA PIN was wrong. Nothing was taken. Dial 1.")]),
            id="not paid, of what nobody pays for",
        ),
        pytest.param(
            all_is_well(
                sms=[sms(LENT.replace("KES 50", "KES 100").replace("KES 55", "KES 110").replace("0.00", "50.00"))]
            ),
            id="an advance, which was a top-up",
        ),
    ],
)
def test_an_untruth_about_an_advance_is_found(evidence: Evidence) -> None:
    assert Wrong.FALSE_SMS in wrongs(evidence)
