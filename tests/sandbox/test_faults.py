"""Faults: the plan, its chances, and what befalls requests and posts."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox.faults import OPERATIONS, POST, REQUEST, FaultPlan, Faults
from tests.sandbox.driver import FRIEND, PAYER, SUBSCRIBER, Driver
from tests.sandbox.project import PATIENCE_S, Project
from tests.sandbox.wallets import Airtel, Momo, new_name

Call = Callable[[Driver], requests.Response]
AIRTIME = {"recipients": f'[{{"phoneNumber": "{SUBSCRIBER}", "amount": "KES 10"}}]'}
# What a client sees of a connection that was reset; one that was closed reads otherwise.
RESET = "Connection reset by peer"
REFILL = {"transactionAmount": "100", "transactionCurrency": "KES", "refillProfileID": "A"}


def oauth(driver: Driver) -> requests.Response:
    """Ask for a token."""
    url = f"{driver.url}/daraja/oauth/v1/generate?grant_type=client_credentials"
    return driver.http.get(url, auth=("sandbox", "sandbox"), timeout=PATIENCE_S)


def find(driver: Driver) -> requests.Response:
    """Look up an order of airtime."""
    url = f"{driver.url}/africastalking/query/transaction/find?username=sandbox&transactionId=1"
    return driver.http.get(url, headers={"apiKey": "sandbox"}, timeout=PATIENCE_S)


# Every operation that a client may call: how to call it, and the book in which its effect stands, if it has one.
CALLS: dict[str, tuple[Call, str | None]] = {
    "daraja.oauth": (oauth, None),
    "daraja.stk": (lambda driver: driver.push(), "charges"),
    "daraja.query": (lambda driver: driver.query("ws_CO_1"), None),
    "daraja.reversal": (lambda driver: driver.reverse(driver.book("charges")[0]["receipt"]), "reversals"),
    "ucip.read": (lambda driver: driver.ucip_request("GetBalanceAndDate", driver.ucip_members()), None),
    "ucip.refill": (lambda driver: driver.ucip_request("Refill", driver.ucip_members(**REFILL)), "refills"),
    "africastalking.sms": (lambda driver: driver.at("/messaging", {"to": SUBSCRIBER, "message": "hello"}), "sms"),
    "africastalking.airtime": (lambda driver: driver.at("/airtime/send", AIRTIME), "airtime"),
    "africastalking.find": (find, None),
    "momo.token": (lambda driver: Momo(driver).ask_token(), None),
    "momo.requesttopay": (lambda driver: Momo(driver).charge(), "charges"),
    "momo.enquiry": (lambda driver: Momo(driver).status(new_name()), None),
    "momo.refund": (lambda driver: Momo(driver).refund(new_name()), None),
    "airtel.token": (lambda driver: Airtel(driver).ask_token(), None),
    "airtel.payment": (lambda driver: Airtel(driver).charge(new_name()), "charges"),
    "airtel.enquiry": (lambda driver: Airtel(driver).enquire(new_name()), None),
    "airtel.refund": (lambda driver: Airtel(driver).refund("MP0"), None),
}
CALLED = [operation for operation, kinds in OPERATIONS.items() if kinds == REQUEST]

# Every report that a provider posts: what brings it about, and where it is posted.
REPORTS: dict[str, tuple[Callable[[Driver], Any], str]] = {
    "daraja.callback": (lambda driver: driver.push(), "/stk/"),
    "daraja.reversal_callback": (lambda driver: driver.reverse("TKN0000000"), "/reversal/"),
    "africastalking.delivery": (lambda driver: driver.send_sms(), "/delivery"),
    "africastalking.airtime_status": (lambda driver: driver.send_airtime(), "/airtime/status"),
}


@pytest.fixture
def prepared(driver: Driver, request: pytest.FixtureRequest) -> Driver:
    """A sandbox in which there is a charge, so that there is something to reverse."""
    driver.put("/settings", delivery_reports="final")
    driver.push("order-charge-0")
    driver.wait_for_entries("charges")
    driver.token()
    return driver


def fault(kind: str, **more: Any) -> dict[str, Any]:
    """A fault of this kind, that does not keep the test waiting."""
    return {"kind": kind, "seconds": 0.05} | more


def test_every_operation_that_can_be_called_is_called_here() -> None:
    assert set(CALLED) == set(CALLS)


@pytest.mark.parametrize("operation", CALLED)
@pytest.mark.parametrize("kind", ["reset_before_effect", "timeout_before_effect"])
def test_a_request_may_be_cut_off_before_its_effect(prepared: Driver, operation: str, kind: str) -> None:
    call, book = CALLS[operation]
    before = prepared.get("/books")
    prepared.faults(operation, fault(kind))
    with pytest.raises(requests.ConnectionError, match=RESET):
        call(prepared)
    assert prepared.applied(operation) == {kind: 1}
    prepared.put("/faults", rules={})
    call(prepared)
    if book is not None:
        assert len(prepared.wait_for_entries(book, len(before[book]) + 1)) == len(before[book]) + 1


@pytest.mark.parametrize("operation", CALLED)
@pytest.mark.parametrize("kind", ["reset_after_effect", "timeout_after_effect"])
def test_a_request_may_be_cut_off_after_its_effect(prepared: Driver, operation: str, kind: str) -> None:
    call, book = CALLS[operation]
    before = prepared.get("/books")
    prepared.faults(operation, fault(kind, times=1))
    with pytest.raises(requests.ConnectionError, match=RESET):
        call(prepared)
    assert prepared.applied(operation) == {kind: 1}
    if book is not None:
        prepared.wait_for_entries(book, len(before[book]) + 1)


@pytest.mark.parametrize("operation", CALLED)
@pytest.mark.parametrize("status", [500, 503])
def test_a_request_may_be_refused_with_a_status(prepared: Driver, operation: str, status: int) -> None:
    prepared.faults(operation, fault("http_500", http_status=status))
    assert CALLS[operation][0](prepared).status_code == status


@pytest.mark.parametrize("operation", CALLED)
def test_an_answer_may_be_garbage_though_the_effect_happens(prepared: Driver, operation: str) -> None:
    call, book = CALLS[operation]
    before = prepared.get("/books")
    prepared.faults(operation, fault("garbage"))
    response = call(prepared)
    assert b"\x00\xff" in response.content
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    if book is not None:
        prepared.wait_for_entries(book, len(before[book]) + 1)


@pytest.mark.parametrize("operation", CALLED)
def test_an_answer_may_take_its_time(prepared: Driver, operation: str) -> None:
    prepared.faults(operation, fault("delay"))
    assert CALLS[operation][0](prepared).elapsed.total_seconds() >= 0.05


@pytest.mark.parametrize("operation", REPORTS)
@pytest.mark.parametrize(("kind", "count"), [("no_callback", 0), ("callback_twice", 2), ("late", 1)])
def test_a_report_may_be_lost_or_come_twice_or_late(
    prepared: Driver, project: Project, operation: str, kind: str, count: int
) -> None:
    cause, path = REPORTS[operation]
    project.wait_for("order-charge-0")
    project.forget_posts()
    prepared.faults(operation, fault(kind))
    cause(prepared)
    prepared.wait_for(lambda: prepared.applied(operation) == {kind: 1})
    posts = project.wait_for(path, count)
    assert [post.raw for post in posts] == [post.raw for post in posts[:1]] * count


@pytest.mark.parametrize("operation", REPORTS)
@pytest.mark.parametrize("size", [None, 1_000_000])
def test_a_report_may_be_garbage_of_any_size(
    prepared: Driver, project: Project, operation: str, size: int | None
) -> None:
    cause, path = REPORTS[operation]
    project.wait_for("order-charge-0")
    project.forget_posts()
    prepared.faults(operation, fault("garbage", bytes=size))
    cause(prepared)
    (post,) = project.wait_for(path)
    assert len(post.raw) == size or (size is None and b"\x00\xff" in post.raw)


def test_several_faults_befall_one_request(driver: Driver, project: Project) -> None:
    rules = {
        "daraja.stk": [fault("delay"), fault("reset_after_effect")],
        "daraja.callback": [fault("wrong_amount", amount_minor=100), fault("callback_twice"), fault("contradictory")],
    }
    driver.put("/faults", rules=rules)
    with pytest.raises(requests.ConnectionError):
        driver.push()
    posts = project.wait_for("/stk/", 3)
    results = [post.json["Body"]["stkCallback"]["ResultCode"] for post in posts]
    assert results == [0, 0, 1032]
    assert driver.applied("daraja.stk") == {"delay": 1, "reset_after_effect": 1}


def test_a_fault_may_be_for_one_person_and_so_many_times(driver: Driver) -> None:
    driver.faults("ucip.refill", {"kind": "result_code", "code": 100, "msisdn": SUBSCRIBER[1:], "times": 2})
    assert driver.refill("1", FRIEND)["responseCode"] == 0
    assert [driver.refill("1")["responseCode"] for _ in range(3)] == [100, 100, 0]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"rules": {"daraja.b2c": []}}, "there is no operation 'daraja.b2c'"),
        ({"rules": {"daraja.stk": [{"kind": "explode"}]}}, "daraja.stk cannot have 'explode'"),
        ({"rules": {"daraja.stk": [{"kind": "no_callback"}]}}, "cannot have 'no_callback'"),
        ({"rules": {"daraja.stk": [{"kind": "delay"}]}}, "delay needs 'seconds'"),
        ({"rules": {"daraja.callback": [{"kind": "wrong_amount"}]}}, "needs 'amount_minor'"),
        ({"rules": {"ucip.read": [{"kind": "result_code"}]}}, "needs 'code'"),
        ({"rules": {"ucip.read": [{"kind": "result_code", "code": "busy"}]}}, "knows no result code such as 'busy'"),
        ({"rules": {"daraja.oauth": [{"kind": "result_code", "code": 0}]}}, "knows no result code such as 0"),
        ({"rules": {"ucip.read": [{"kind": "http_500", "probability": 2}]}}, "probability"),
        ({"rules": {"ucip.read": [{"kind": "http_500", "times": -1}]}}, "times"),
        ({"rules": {"ucip.read": [{"kind": "http_500", "msisdn": "x"}]}}, "E.164"),
        ({"rules": {"ucip.read": [{"kind": "http_500", "often": 1}]}}, "often"),
        ({"rules": {"ucip.read": {"kind": "http_500"}}}, "rules.ucip.read"),
        ({"daraja.stk": []}, "daraja.stk"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_a_sentence(driver: Driver, body: dict[str, Any], words: str) -> None:
    response = driver.ask("PUT", "/faults", body)
    assert response.status_code == 400
    assert words in response.json()["error"]


def test_a_plan_is_shown_as_it_was_set(driver: Driver) -> None:
    rules = {"daraja.stk": [{"kind": "delay", "seconds": 0.5, "probability": 0.1, "times": 3}]}
    assert driver.put("/faults", seed=7, rules=rules) == {"seed": 7, "rules": rules, "applied": {}}


def plan(seed: int | None, probability: float = 0.5) -> Faults:
    """Two faults of one chance each."""
    rule = {"kind": "http_500", "probability": probability}
    faults = Faults()
    faults.set(FaultPlan.model_validate({"seed": seed, "rules": {"ucip.read": [rule], "ucip.refill": [rule]}}))
    return faults


def hits(faults: Faults, operation: str, times: int = 200) -> list[bool]:
    """Whether the fault happens, so many times."""
    return [faults.take(operation, "http_500", PAYER) is not None for _ in range(times)]


def test_a_seed_makes_chance_the_same_whatever_befalls_other_operations() -> None:
    alone, beside = plan(7), plan(7)
    hits(beside, "ucip.refill", 50)
    assert hits(alone, "ucip.read") == hits(beside, "ucip.read")


def test_another_seed_is_another_chance() -> None:
    assert hits(plan(7), "ucip.read") != hits(plan(8), "ucip.read")


def test_a_chance_is_about_as_likely_as_it_says() -> None:
    assert 1700 < sum(hits(plan(7, 0.9), "ucip.read", 2000)) < 1900
    assert sum(hits(plan(7, 0), "ucip.read")) == 0


def test_what_was_applied_is_counted_until_all_is_cleared() -> None:
    faults = plan(7, 1)
    hits(faults, "ucip.read", 3)
    faults.set(FaultPlan())
    assert faults.shown()["applied"] == {"ucip.read": {"http_500": 3}}
    faults.clear()
    assert faults.shown() == {"seed": None, "rules": {}, "applied": {}}


def test_whatever_is_posted_can_be_lost_twice_or_late() -> None:
    posted = {operation for operation, kinds in OPERATIONS.items() if kinds >= POST}
    assert posted == set(OPERATIONS) - set(CALLED) - {"ussd.hop"}
