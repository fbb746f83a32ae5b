"""The judge of the chaos drill tried on vouchers: used once, for the order that it was typed for, and told truly."""

from dataclasses import replace

import pytest

from drills.chaos.evidence import Evidence, Fate, Promise
from drills.chaos.judge import Wrong, judge
from tests.drills.cases import (
    ANOTHERS_CARD,
    CARD,
    CHECKED_CARD,
    HAD_CARD,
    LOADED,
    NO_SUCH_CARD,
    OUT_OF_REACH,
    WHO,
    all_is_well,
    charge,
    given,
    load,
    loaded,
    not_loaded,
    order,
    refill,
    sms,
    voucher,
)
from tests.drills.test_judge import wrongs

ANOTHER = "+254711000002"
BY_ANOTHER = "0711000002 loaded a voucher of KES 100 on your line. Balance KES 50.00."


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param(loaded(), id="loaded"),
        pytest.param(loaded(sms=[sms(LOADED.replace("KES 100 from your", "Your"))]), id="loaded, of unknown worth"),
        pytest.param(not_loaded(OUT_OF_REACH), id="not loaded"),
        pytest.param(not_loaded(CHECKED_CARD), id="checked by a person"),
        pytest.param(not_loaded(NO_SUCH_CARD, fate=Fate.WRONG), id="never printed"),
        pytest.param(not_loaded(ANOTHERS_CARD, fate=Fate.USED), id="used by another line"),
        pytest.param(loaded(orders=[voucher(asked_by=ANOTHER)], sms=[sms(BY_ANOTHER)]), id="loaded by another"),
        pytest.param(
            loaded(orders=[voucher(), voucher("bbbb", state="UNPAID")], sms=[sms(LOADED), sms(HAD_CARD)]),
            id="typed once more after it was loaded",
        ),
    ],
)
def test_a_voucher_that_ended_well_is_not_blamed(evidence: Evidence) -> None:
    assert judge(evidence) == []


def test_a_voucher_that_was_used_twice_is_found() -> None:
    twice = [load(), load("bbbb-redeem-1", after_minor=15_000, at=3)]
    assert wrongs(loaded(orders=[voucher(), voucher("bbbb")], refills=twice)) == {Wrong.DOUBLE_VOUCHER}


def test_two_vouchers_that_one_order_used_are_found() -> None:
    two, cards = [load(), load(serial="S2", after_minor=15_000, at=3)], [CARD, replace(CARD, serial="S2")]
    assert wrongs(loaded(refills=two, cards=cards)) == {Wrong.DOUBLE_CREDIT}


def test_a_voucher_that_is_done_and_was_not_used_is_lost() -> None:
    assert wrongs(loaded(refills=[], sms=[])) == {Wrong.LOST}


@pytest.mark.parametrize("state", ["UNPAID", "UNREDEEMED", "REDEEMING", "REVIEW_VOUCHER"])
def test_a_voucher_that_was_used_for_an_order_that_is_not_done_is_lost(state: str) -> None:
    assert wrongs(loaded(orders=[voucher(state=state)])) == {Wrong.LOST}


def test_another_voucher_than_the_one_that_was_typed_is_found() -> None:
    assert wrongs(loaded(cards=[replace(CARD, pin="10000000000013")])) == {Wrong.LOST}


def test_a_voucher_that_another_line_got_is_found() -> None:
    assert Wrong.LOST in wrongs(loaded(refills=[{**load(), "msisdn": ANOTHER}]))


def test_a_voucher_that_a_top_up_used_is_found() -> None:
    spoilt = all_is_well(refills=[refill(), load(after_minor=15_000)], cards=[CARD])
    assert wrongs(spoilt) == {Wrong.LOST, Wrong.DOUBLE_CREDIT}


def test_a_voucher_of_no_order_is_lost() -> None:
    assert wrongs(loaded(orders=[], sms=[])) == {Wrong.LOST}


def test_a_voucher_that_somebody_was_charged_for_is_found() -> None:
    assert Wrong.LOST in wrongs(loaded(charges=[charge()]))


def test_a_voucher_that_the_ledger_books_as_ours_is_found() -> None:
    assert Wrong.UNBALANCED in wrongs(loaded(transfers=[given()]))


def test_somebody_who_was_told_that_a_voucher_is_being_loaded_must_have_an_order_of_it() -> None:
    promise = Promise(msisdn=WHO, amount_minor=0, kind="voucher", tail="012")
    assert judge(loaded(promises=[promise])) == []
    assert wrongs(loaded(promises=[replace(promise, tail="013")])) == {Wrong.LOST}


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param(loaded(sms=[sms(LOADED, at=1)]), id="loaded, before it is"),
        pytest.param(loaded(sms=[sms(LOADED.replace("100", "200"))]), id="another worth"),
        pytest.param(loaded(sms=[sms(LOADED.replace("50.00", "60.00"))]), id="another balance"),
        pytest.param(loaded(refills=[load(after_minor=-100)], sms=[sms(LOADED)]), id="back, although it still owes"),
        pytest.param(
            loaded(sms=[sms("Your voucher was added. You still owe KES 20.00, so your line stays suspended. Dial 1.")]),
            id="still owes, and does not",
        ),
        pytest.param(loaded(sms=[sms("Your voucher was added to 0711000002.")]), id="on another line, and is not"),
        pytest.param(loaded(sms=[sms(BY_ANOTHER)]), id="by another, and was not"),
        pytest.param(loaded(sms=[sms(OUT_OF_REACH)]), id="not loaded, and yet used"),
        pytest.param(loaded(sms=[sms(HAD_CARD)]), id="had it before, which was this very order"),
        pytest.param(loaded(sms=[sms(CHECKED_CARD)]), id="checked, and yet used"),
        pytest.param(not_loaded(LOADED), id="loaded, and was not"),
        pytest.param(not_loaded(NO_SUCH_CARD), id="no such voucher, and there is"),
        pytest.param(not_loaded(ANOTHERS_CARD), id="used by another, and was not"),
        pytest.param(not_loaded(HAD_CARD), id="used by this line, and was not"),
        pytest.param(not_loaded(OUT_OF_REACH.replace("012", "013")), id="another voucher"),
        pytest.param(
            all_is_well(orders=[order()], sms=[sms("We are checking your voucher ...012. Please keep it. Help: 1.")]),
            id="checking a voucher that nobody has typed",
        ),
    ],
)
def test_an_untruth_about_a_voucher_is_found(evidence: Evidence) -> None:
    assert wrongs(evidence) == {Wrong.FALSE_SMS}
