"""The judge of the chaos drill tried on auto top-ups: only what was agreed to, never beyond it, and told truly."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from drills.chaos.evidence import Agreement, Autos, AutoTerms, Evidence, OrderKept, StandingKept, Stop
from drills.chaos.judge import Wrong, judge
from drills.chaos.report import Report
from tests.drills.cases import WHO, all_is_well, charge, entry, given, order, refill, sms, taken
from tests.drills.test_judge import wrongs

TERMS = AutoTerms(payer=WHO, line=WHO, amount_minor=10_000, below_minor=2_000, cap_minor=10_000)
AGREED = (
    "Agreed: KES 100 for 0712000001 when below KES 20, at most KES 100 a week. Each time you enter your PIN. To stop."
)
WILL_ASK = (
    "Auto top-up: KES 100 for 0712000001, because it owes KES 50.00. Enter your PIN when asked, or send STOPAUTO."
)
STOPPED = "Auto top-up has stopped. You are not asked any more. To begin again send AUTO."
NONE_RUNS = "You have no auto top-up. To begin one send AUTO."
GIVEN_UP = "Auto top-up of KES 100 for 0712000001 was not paid three times and has stopped. To begin again dial 1."
NOT_KEPT = "You have three auto top-ups already. Nothing was agreed. Send AUTO 50 BELOW 20 MAX 200, or AUTO 50 MON."


def at(second: int) -> str:
    return str(entry(second, 0)["at"])


def standing(**changes: Any) -> StandingKept:
    """What was agreed to at nine, and runs."""
    return replace(StandingKept(id="s1", terms=TERMS, agreed_at=at(0), stopped_at=None), **changes)


def by_itself(order_id: str = "aaaa", **changes: Any) -> OrderKept:
    """An order that the standing order has placed a second later."""
    return order(order_id, **{"channel": "auto", "placed_at": at(1), "standing_id": "s1", **changes})


def agreed(*, stops: Sequence[Stop] = (), seen: bool = False) -> Autos:
    return Autos([Agreement(terms=TERMS, at=at(0), seen=seen)], list(stops), [])


def auto(**changes: Any) -> Evidence:
    """Somebody who owed 50 shillings agreed, and was topped up by it."""
    as_it_was: dict[str, Any] = {"orders": [by_itself()], "standing": [standing()], "autos": agreed()}
    return all_is_well(**{**as_it_was, **changes})


def twice(**changes: Any) -> Evidence:
    """Two such orders, the second after the line was spent."""
    spent = {"msisdn": WHO, "balance_after_minor": 0, "at": at(5)}
    as_it_was: dict[str, Any] = {
        "orders": [by_itself(), by_itself("bbbb", receipts=("R2",), placed_at=at(6))],
        "transfers": [taken(), given(), taken("bbbb"), given("bbbb")],
        "charges": [charge(), charge("bbbb-charge-1", receipt="R2", at=7)],
        "refills": [refill(), refill("bbbb-credit-1", after_minor=10_000, at=8)],
        "standing": [standing(terms=replace(TERMS, cap_minor=20_000))],
        "autos": Autos([Agreement(terms=replace(TERMS, cap_minor=20_000), at=at(0))], [], [spent]),
    }
    return auto(**{**as_it_was, **changes})


def stopped(told: str = STOPPED, **changes: Any) -> Evidence:
    """Somebody who had agreed, was topped up, and sent STOPAUTO, which was answered a second later."""
    as_it_was: dict[str, Any] = {
        "standing": [standing(stopped_at=at(5))],
        "sms": [sms(told, at=6)],
        "autos": agreed(stops=[Stop(payer=WHO, line=None, sent_at=at(5))]),
    }
    return auto(**{**as_it_was, **changes})


def stopped_by_menu(**changes: Any) -> Evidence:
    """The same by a screen."""
    stop = Stop(payer=WHO, line=WHO, sent_at=at(5), seen_at=at(6))
    return stopped(**{"autos": agreed(stops=[stop]), "sms": [], **changes})


@pytest.mark.parametrize("case", [auto, twice, stopped, stopped_by_menu])
def test_what_was_agreed_to_is_not_blamed(case: Callable[[], Evidence]) -> None:
    assert judge(case()) == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"autos": Autos()}, id="nobody agreed"),
        pytest.param({"autos": Autos([Agreement(terms=TERMS, at=at(3))], [], [])}, id="before anybody agreed"),
        pytest.param({"autos": Autos([Agreement(terms=replace(TERMS, payer="x"), at=at(0))])}, id="another agreed"),
        pytest.param({"standing": []}, id="nothing was kept"),
        pytest.param({"orders": [by_itself(standing_id=None)]}, id="no standing order placed it"),
        pytest.param({"standing": [standing(terms=replace(TERMS, amount_minor=5_000))]}, id="another amount"),
        pytest.param({"orders": [by_itself(placed_at=at(3))]}, id="the line had enough"),
    ],
)
def test_an_order_that_nobody_agreed_to_is_found(changes: dict[str, Any]) -> None:
    assert Wrong.NOT_AGREED in wrongs(auto(**{"sms": [], **changes}))


def test_more_than_the_most_a_week_is_found() -> None:
    kept = {"standing": [standing()], "autos": replace(agreed(), spent=twice().autos.spent)}
    assert wrongs(twice(**kept)) == {Wrong.NOT_AGREED}


def test_another_week_has_its_own_most() -> None:
    kept = {"standing": [standing()], "autos": replace(agreed(), spent=twice().autos.spent)}
    next_week = [by_itself(), by_itself("bbbb", receipts=("R2",), placed_at="2026-12-01T09:00:00+00:00")]
    later = {"msisdn": WHO, "balance_after_minor": 0, "at": "2026-12-01T08:00:00+00:00"}
    assert judge(twice(**{**kept, "autos": replace(agreed(), spent=[later])}, orders=next_week)) == []


@pytest.mark.parametrize("case", [stopped, stopped_by_menu])
def test_an_order_that_was_placed_after_it_was_said_to_have_stopped_is_found(case: Callable[..., Evidence]) -> None:
    late: dict[str, Any] = {
        "orders": [by_itself(placed_at=at(7))],
        "charges": [charge(at=8)],
        "refills": [refill(at=9)],
    }
    assert wrongs(case(**late)) == {Wrong.NOT_AGREED}


def test_an_agreement_that_a_screen_confirmed_and_nobody_kept_is_lost() -> None:
    assert judge(auto(autos=agreed(seen=True))) == []
    assert Wrong.LOST in wrongs(auto(autos=agreed(seen=True), standing=[]))


def test_an_order_that_was_placed_by_itself_keeps_nobodys_promise_and_is_counted_as_such() -> None:
    orders = [by_itself(), by_itself("bbbb", line="+254711000002"), order("cccc"), order("dddd", line="+254711000002")]
    made: dict[str, Any] = {"seed": 1, "credit_by": "ucip", "seconds": 1.0, "repaying": 0, "decisions": 0, "havoc": {}}
    lines = list(Report(orders=orders, faults={}, findings=[], **made).lines())
    assert "| of these: ways | 4 (auto 1, auto for another line 1, for another line 1, topup 1) |" in lines


@pytest.mark.parametrize("text", [AGREED, WILL_ASK, WILL_ASK.replace("owes KES 50.00", "is suspended")])
def test_a_truth_about_an_auto_top_up_is_no_finding(text: str) -> None:
    assert judge(auto(sms=[sms(text)])) == []


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param(auto(sms=[sms(AGREED.replace("most KES 100", "most KES 200"))]), id="another most"),
        pytest.param(auto(sms=[sms(AGREED)], standing=[standing(agreed_at=at(5))]), id="agreed, before it is"),
        pytest.param(auto(sms=[sms(NOT_KEPT)]), id="nothing was agreed, and yet it is"),
        pytest.param(auto(sms=[sms(WILL_ASK.replace("50.00", "60.00"))]), id="owes what it never did"),
        pytest.param(auto(sms=[sms(WILL_ASK, at=0)]), id="asks, before there is an order"),
        pytest.param(auto(sms=[sms(WILL_ASK.replace("KES 100", "KES 50"))]), id="asks for another amount"),
        pytest.param(auto(sms=[sms(GIVEN_UP)]), id="not paid three times, and was paid"),
        pytest.param(stopped(standing=[standing()]), id="stopped, and it runs"),
        pytest.param(stopped(NONE_RUNS, standing=[standing()]), id="none runs, and one does"),
    ],
)
def test_an_untruth_about_an_auto_top_up_is_found(evidence: Evidence) -> None:
    assert wrongs(evidence) == {Wrong.FALSE_SMS}
