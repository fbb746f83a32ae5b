"""The charging system: reading lines, refilling them, and refusing."""

import xmlrpc.client
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import Process
from tests.sandbox.driver import FRIEND, SUBSCRIBER, Driver
from tests.sandbox.project import PATIENCE_S, Project

LINE = f"/lines/{SUBSCRIBER}"
PIN = "12345678901234"


def owe(driver: Driver, minor: int = 5000) -> None:
    """Let the subscriber owe so much."""
    driver.put(LINE, state="suspended", balance_minor=-minor)


def test_a_suspended_line_shows_what_it_owes(driver: Driver) -> None:
    owe(driver)
    answer = driver.ucip("GetBalanceAndDate")
    assert (answer["responseCode"], answer["accountValue1"], answer["currency1"]) == (0, "-5000", "KES")
    assert (answer["temporaryBlockedFlag"], answer["accountFlagsAfter"]["negativeBarringStatusFlag"]) == (False, True)
    assert answer["accountFlagsAfter"]["activationStatusFlag"] is True
    assert {"supervisionExpiryDate", "serviceFeeExpiryDate", "serviceRemovalDate"} <= set(answer)


def test_an_active_line_shows_its_balance(driver: Driver) -> None:
    driver.put(LINE, balance_minor=1250)
    answer = driver.ucip("GetBalanceAndDate")
    assert (answer["accountValue1"], answer["accountFlagsAfter"]["negativeBarringStatusFlag"]) == ("1250", False)


def test_the_details_tell_since_when_a_line_owes(driver: Driver) -> None:
    assert "negativeBalanceBarringDate" not in driver.ucip("GetAccountDetails")
    owe(driver)
    answer = driver.ucip("GetAccountDetails")
    assert answer["accountFlags"]["negativeBarringStatusFlag"] is True
    assert answer["negativeBalanceBarringDate"].value.endswith("+0300")


def test_a_barred_line_is_blocked_and_takes_no_refill(driver: Driver) -> None:
    driver.put(LINE, state="barred")
    assert driver.ucip("GetBalanceAndDate")["temporaryBlockedFlag"] is True
    assert driver.refill("1000")["responseCode"] == 104
    assert (
        driver.ucip("UpdateBalanceAndDate", adjustmentAmountRelative="1", transactionCurrency="KES")["responseCode"]
        == 104
    )


@pytest.mark.parametrize(
    ("method", "members"),
    [
        ("GetBalanceAndDate", {}),
        ("GetAccountDetails", {}),
        ("Refill", {"transactionAmount": "1", "transactionCurrency": "KES", "refillProfileID": "A"}),
        ("UpdateBalanceAndDate", {"adjustmentAmountRelative": "1", "transactionCurrency": "KES"}),
    ],
)
def test_a_line_that_is_gone_is_not_found(driver: Driver, method: str, members: dict[str, str]) -> None:
    driver.put(LINE, state="gone")
    answer = driver.ucip(method, originTransactionID="77", **members)
    assert answer == {"responseCode": 102, "originTransactionID": "77"}


def test_a_refill_that_clears_the_debt_brings_the_line_back(driver: Driver) -> None:
    owe(driver)
    answer = driver.refill(
        "10000",
        originTransactionID="4711",
        externalData1="order-credit-1",
        requestRefillAccountBeforeFlag=True,
        requestRefillAccountAfterFlag=True,
    )
    assert answer["responseCode"] == 0
    assert answer["accountBeforeRefill"]["accountValue1"] == "-5000"
    assert answer["accountAfterRefill"]["accountValue1"] == "5000"
    assert answer["accountAfterRefill"]["accountFlags"]["negativeBarringStatusFlag"] is False
    assert driver.get(LINE) == {"state": "active", "balance_minor": 5000, "currency": "KES"}
    (entry,) = driver.book("refills")
    assert (entry["reference"], entry["external_data1"]) == ("4711", "order-credit-1")
    assert (entry["amount_minor"], entry["balance_before_minor"], entry["balance_after_minor"]) == (10_000, -5000, 5000)


def test_a_refill_that_is_too_small_leaves_the_line_suspended(driver: Driver) -> None:
    owe(driver)
    assert "accountAfterRefill" not in driver.refill("4999")
    assert driver.get(LINE)["state"] == "suspended"


def test_the_same_refill_twice_is_two(driver: Driver) -> None:
    for _ in range(2):
        driver.refill("1000", originTransactionID="1")
    assert driver.get(LINE)["balance_minor"] == 2000
    assert [entry["reference"] for entry in driver.book("refills")] == ["1", "1"]


def test_a_voucher_is_used_and_tells_its_serial_but_not_its_pin(driver: Driver) -> None:
    driver.put(f"/vouchers/{PIN}", amount_minor=10_000, serial="S1")
    owe(driver)
    answer = driver.ucip("Refill", voucherActivationCode=PIN)
    assert (answer["responseCode"], answer["voucherSerialNumber"], answer["transactionAmount"]) == (0, "S1", "10000")
    assert driver.get(LINE)["state"] == "active"
    (entry,) = driver.book("refills")
    assert entry["voucher_serial"] == "S1"
    assert PIN not in str(entry)
    assert driver.get(f"/vouchers/{PIN}")["used_by"] == SUBSCRIBER


def test_a_used_voucher_says_by_whom(driver: Driver) -> None:
    driver.put(f"/vouchers/{PIN}", amount_minor=10_000)
    codes = [driver.ucip("Refill", who, voucherActivationCode=PIN)["responseCode"] for who in (SUBSCRIBER,) * 2]
    assert codes == [0, 107]
    assert driver.ucip("Refill", FRIEND, voucherActivationCode=PIN)["responseCode"] == 108
    assert len(driver.book("refills")) == 1


@pytest.mark.parametrize(
    ("state", "code"),
    [("unavailable", 109), ("expired", 110), ("stolen", 111), ("damaged", 112), ("pending", 113), ("used", 107)],
)
def test_every_state_of_a_voucher_has_its_code(driver: Driver, state: str, code: int) -> None:
    driver.put(f"/vouchers/{PIN}", amount_minor=10_000, state=state)
    assert driver.ucip("Refill", voucherActivationCode=PIN)["responseCode"] == code


def test_a_voucher_for_a_barred_line_is_not_used_up(driver: Driver) -> None:
    driver.put(f"/vouchers/{PIN}", amount_minor=10_000)
    driver.put(LINE, state="barred")
    assert driver.ucip("Refill", voucherActivationCode=PIN)["responseCode"] == 104
    assert driver.get(f"/vouchers/{PIN}")["state"] == "available"


def test_a_pin_that_was_never_printed_is_refused(driver: Driver) -> None:
    assert driver.ucip("Refill", voucherActivationCode=PIN)["responseCode"] == 119


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"refillProfileID": ""}, 120),
        ({"transactionCurrency": "UGX"}, 100),
        ({"transactionAmount": "100000001"}, 123),
    ],
)
def test_a_refill_that_cannot_be_has_its_code(driver: Driver, members: dict[str, str], code: int) -> None:
    assert driver.refill("100", **members)["responseCode"] == code
    assert driver.book("refills") == []


def test_a_balance_can_be_adjusted_both_ways(driver: Driver) -> None:
    for amount in ("700", "-1000"):
        answer = driver.ucip("UpdateBalanceAndDate", adjustmentAmountRelative=amount, transactionCurrency="KES")
        assert answer["responseCode"] == 0
    assert driver.get(LINE) == {"state": "suspended", "balance_minor": -300, "currency": "KES"}
    assert [entry["amount_minor"] for entry in driver.book("adjustments")] == [700, -1000]
    assert driver.book("refills") == []


@pytest.mark.parametrize(
    ("method", "members", "fault"),
    [
        ("Refill", {}, 1001),
        ("Refill", {"voucherActivationCode": PIN, "transactionAmount": "1"}, 1001),
        ("Refill", {"voucherActivationCode": "1234567"}, 1003),
        ("Refill", {"transactionAmount": "1.5", "refillProfileID": "A"}, 1003),
        ("Refill", {"transactionAmount": "0", "refillProfileID": "A"}, 1003),
        ("Refill", {"transactionAmount": "-1", "refillProfileID": "A"}, 1003),
        ("Refill", {"transactionAmount": "ten", "refillProfileID": "A"}, 1002),
        ("UpdateBalanceAndDate", {}, 1001),
        ("GetOffers", {}, 1004),
        ("GetBalanceAndDate", {"originTransactionID": "x"}, 1003),
        ("GetBalanceAndDate", {"originTransactionID": "1" * 21}, 1003),
        ("GetBalanceAndDate", {"originTransactionID": 5}, 1002),
        ("GetBalanceAndDate", {"subscriberNumberNAI": 2}, 1003),
        ("GetBalanceAndDate", {"subscriberNumber": "0711"}, 1003),
        ("GetBalanceAndDate", {"originTimeStamp": "now"}, 1003),
    ],
)
def test_a_call_that_makes_no_sense_is_a_fault(
    driver: Driver, method: str, members: dict[str, Any], fault: int
) -> None:
    with pytest.raises(xmlrpc.client.Fault) as raised:
        driver.ucip(method, **members)
    assert raised.value.faultCode == fault


@pytest.mark.parametrize("name", ["originNodeType", "originHostName", "originTimeStamp", "subscriberNumberNAI"])
def test_a_call_without_what_is_always_there_is_a_fault(driver: Driver, name: str) -> None:
    members = driver.ucip_members()
    del members[name]
    with pytest.raises(xmlrpc.client.Fault) as raised:
        xmlrpc.client.loads(driver.ucip_request("GetBalanceAndDate", members).text)
    assert raised.value.faultCode == 1001


@pytest.mark.parametrize("body", [b"", b"no", b"<methodCall/>", b"<?xml version='1.0' encoding='x'?><a/>"])
def test_what_is_no_call_is_a_fault(driver: Driver, body: bytes) -> None:
    response = driver.http.post(
        f"{driver.url}/ucip/Air",
        data=body,
        headers={"User-Agent": "Redial/5.0/1.0"},
        auth=("sandbox", "sandbox"),
        timeout=PATIENCE_S,
    )
    with pytest.raises(xmlrpc.client.Fault) as raised:
        xmlrpc.client.loads(response.text)
    assert raised.value.faultCode == 1000


@pytest.mark.parametrize("agent", ["Redial", "Redial/4.3/1.0", "Redial/5/1.0", "Redial/5.0", "/5.0/1.0", ""])
def test_another_version_of_the_protocol_is_forbidden(driver: Driver, agent: str) -> None:
    response = driver.ucip_request("GetBalanceAndDate", driver.ucip_members(), **{"User-Agent": agent})
    assert response.status_code == 403


def test_a_stranger_is_not_let_in(driver: Driver) -> None:
    response = driver.http.post(f"{driver.url}/ucip/Air", data=b"", auth=("sandbox", "wrong"), timeout=PATIENCE_S)
    assert response.status_code == 401


@pytest.mark.parametrize("operation", ["ucip.read", "ucip.refill"])
@pytest.mark.parametrize("code", [100, 103, 126, 999])
def test_every_code_can_be_answered(driver: Driver, operation: str, code: int) -> None:
    driver.faults(operation, {"kind": "result_code", "code": code})
    answer = driver.ucip("GetBalanceAndDate") if operation == "ucip.read" else driver.refill("100")
    assert answer["responseCode"] == code
    assert driver.book("refills") == []


def test_overload_is_a_fault(driver: Driver) -> None:
    driver.faults("ucip.refill", {"kind": "result_code", "code": 1007})
    with pytest.raises(xmlrpc.client.Fault, match="Overload") as raised:
        driver.refill("100")
    assert raised.value.faultCode == 1007


def test_another_operator_may_count_in_shillings(tmp_path: Path, project: Project) -> None:
    process = Process(tmp_path, SANDBOX_UCIP_MINOR_PER_UNIT="100", UCIP_REFILL_PROFILE="B")
    with closing(Driver(process.url, project_url=project.url)) as driver:
        driver.put(LINE, balance_minor=-5050)
        assert driver.ucip("GetBalanceAndDate")["accountValue1"] == "-50.5"
        assert driver.refill("100")["responseCode"] == 120
        assert driver.refill("100", refillProfileID="B")["responseCode"] == 0
        assert driver.get(LINE)["balance_minor"] == 4950
    assert process.stop() == 0
