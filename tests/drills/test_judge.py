"""The judge of the chaos drill: it lets nothing pass that must not be, and blames nobody who is right."""

from typing import Any

import pytest

from drills.chaos.evidence import Evidence, LineAtFirst, Promise
from drills.chaos.judge import Wrong, judge
from tests.drills.cases import (
    CHECKED,
    IN_PART,
    NOT_PAID,
    RECEIVED,
    WENT_BACK,
    WHO,
    all_is_well,
    charge,
    given,
    order,
    refill,
    refunded,
    reversal,
    sms,
    taken,
    unpaid,
)


def wrongs(evidence: Evidence) -> set[Wrong]:
    return {finding.wrong for finding in judge(evidence)}


@pytest.mark.parametrize("evidence", [all_is_well(), refunded(), unpaid()], ids=["done", "refunded", "unpaid"])
def test_what_ended_well_is_not_blamed(evidence: Evidence) -> None:
    assert judge(evidence) == []


def test_two_charges_for_one_order_are_found_even_when_one_went_back() -> None:
    charges = [charge(), charge("aaaa-charge-2", receipt="R2")]
    assert Wrong.DOUBLE_CHARGE in wrongs(all_is_well(charges=charges, reversals=[reversal("R2")]))


def test_two_credits_for_one_order_are_found() -> None:
    refills = [refill(), refill("aaaa-credit-2", after_minor=15_000)]
    assert Wrong.DOUBLE_CREDIT in wrongs(all_is_well(refills=refills))


def test_two_airtimes_for_one_order_are_found() -> None:
    airtime = [{**refill(), "external_data1": None, "idempotency_key": f"aaaa-credit-{number}"} for number in (1, 2)]
    assert Wrong.DOUBLE_CREDIT in wrongs(all_is_well(refills=[], airtime=airtime))


@pytest.mark.parametrize("state", ["CREATED", "CHARGING", "PAID", "CREDITED", "RETURNING", "REVIEW_CHARGE"])
def test_an_order_that_has_not_ended_is_lost(state: str) -> None:
    assert Wrong.LOST in wrongs(all_is_well(orders=[order(state=state)]))


def test_money_that_was_taken_and_forgotten_is_lost() -> None:
    assert wrongs(unpaid(charges=[charge()], sms=[])) == {Wrong.LOST, Wrong.UNBALANCED}


def test_a_line_that_was_credited_although_nobody_paid_is_found() -> None:
    assert wrongs(all_is_well(charges=[], sms=[])) == {Wrong.LOST, Wrong.UNBALANCED}


def test_money_that_went_back_although_the_line_was_credited_is_found() -> None:
    assert Wrong.LOST in wrongs(all_is_well(reversals=[reversal()], sms=[]))


def test_money_of_an_order_that_nobody_knows_is_lost() -> None:
    assert Wrong.LOST in wrongs(all_is_well(orders=[], transfers=[], sms=[]))


def test_somebody_who_was_told_to_wait_for_the_prompt_must_have_an_order() -> None:
    promises = [Promise(msisdn=WHO, amount_minor=10_000)]
    assert judge(all_is_well(promises=promises)) == []
    assert wrongs(all_is_well(promises=promises * 2)) == {Wrong.LOST}


def test_a_payment_that_a_stray_order_holds_is_that_orders() -> None:
    stray = order("bbbb", kind="stray", state="REFUNDED", came_to="aaaa", receipts=("R2",))
    assert wrongs(
        all_is_well(
            orders=[order(), stray],
            charges=[charge(), charge("aaaa-charge-2", receipt="R2")],
            reversals=[reversal("R2")],
        )
    ) == {Wrong.DOUBLE_CHARGE}


@pytest.mark.parametrize(
    "changes",
    [
        {"transfers": [given()]},
        {"transfers": [taken()]},
        {"transfers": [taken(amount_minor=9_999), given()]},
        {"transfers": [taken(), given(), taken("bbbb"), given("bbbb")], "orders": [order(), order("bbbb")]},
        {"ledger_faults": [("aaaa", "something")]},
    ],
)
def test_a_ledger_that_differs_from_the_books_is_found(changes: dict[str, Any]) -> None:
    assert Wrong.UNBALANCED in wrongs(all_is_well(**changes))


def test_a_ledger_that_has_an_order_too_much_differs_in_total() -> None:
    findings = judge(all_is_well(transfers=[taken(), given(), taken("gone"), given("gone")]))
    assert {(finding.wrong, finding.order_id) for finding in findings} == {(Wrong.UNBALANCED, "-")}


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param(unpaid(sms=[sms(RECEIVED)]), id="received without a charge"),
        pytest.param(unpaid(sms=[sms(WENT_BACK)]), id="went back without a charge"),
        pytest.param(refunded(sms=[sms(NOT_PAID, at=2)]), id="nothing taken, while a charge stands"),
        pytest.param(refunded(sms=[sms(WENT_BACK, at=2)]), id="went back, before it does"),
        pytest.param(all_is_well(sms=[sms(NOT_PAID)]), id="nothing taken, and yet paid"),
        pytest.param(all_is_well(sms=[sms(CHECKED)]), id="not paid, and yet paid"),
        pytest.param(all_is_well(sms=[sms(RECEIVED, at=1)]), id="received, before it is credited"),
        pytest.param(all_is_well(sms=[sms(RECEIVED.replace("50.00", "60.00"))]), id="another balance"),
        pytest.param(all_is_well(sms=[sms(RECEIVED.replace("100", "200"))]), id="another amount"),
        pytest.param(all_is_well(sms=[sms(IN_PART)]), id="still owes, and does not"),
        pytest.param(all_is_well(sms=[sms("Your top-up went well.")]), id="a sentence that nobody knows"),
        pytest.param(
            all_is_well(refills=[refill(after_minor=-1)], sms=[sms("KES 100 received. Your line is back.")]),
            id="back, although it still owes",
        ),
        pytest.param(
            all_is_well(lines={WHO: LineAtFirst(balance_minor=0, closed=True)}), id="back, although it is barred"
        ),
    ],
)
def test_an_untruth_is_found(evidence: Evidence) -> None:
    assert Wrong.FALSE_SMS in wrongs(evidence)


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param(refunded(sms=[sms(NOT_PAID, at=0), sms(WENT_BACK)]), id="late money"),
        pytest.param(all_is_well(refills=[refill(after_minor=-2_000)], sms=[sms(IN_PART)]), id="in part"),
        pytest.param(all_is_well(sms=[sms(RECEIVED), sms(RECEIVED)]), id="told twice"),
        pytest.param(unpaid(sms=[sms(CHECKED)]), id="checked"),
        pytest.param(unpaid(sms=[sms("KES 100: in a moment M-PESA asks 0712000001 for the PIN.")]), id="asked to pay"),
    ],
)
def test_a_truth_is_no_untruth(evidence: Evidence) -> None:
    assert judge(evidence) == []
