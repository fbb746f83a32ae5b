"""Money that goes back, once, and the result that is told."""

from typing import Any

import pytest

from tests.sandbox.driver import PAYER, Driver
from tests.sandbox.project import Project

RESULT = "/callbacks/daraja/secret/reversal/order-refund-1/result"
TIMEOUT = "/callbacks/daraja/secret/reversal/order-refund-1/timeout"
OPERATION = "daraja.reversal_callback"


@pytest.fixture
def receipt(driver: Driver) -> str:
    """The receipt of a charge of KES 100."""
    driver.push()
    return str(driver.wait_for_entries("charges")[0]["receipt"])


def results(project: Project, count: int = 1) -> list[dict[str, Any]]:
    """What so many results say."""
    return [post.json["Result"] for post in project.wait_for(RESULT, count)]


def test_a_charge_is_given_back_and_told(driver: Driver, project: Project, receipt: str) -> None:
    ack = driver.reverse(receipt).json()
    assert (ack["ResponseCode"], ack["ResponseDescription"]) == ("0", "Accept the service request successfully.")
    (result,) = results(project)
    assert result["ResultCode"] == "0"
    for name in ("OriginatorConversationID", "ConversationID"):
        assert result[name] == ack[name]
    (entry,) = driver.book("reversals")
    assert (entry["reference"], entry["charge_reference"]) == ("order-refund-1", "order-charge-1")
    assert (entry["msisdn"], entry["amount_minor"], entry["receipt"]) == (PAYER, 10_000, receipt)
    assert entry["transaction_id"] == result["TransactionID"] != receipt
    told = {row["Key"]: row["Value"] for row in result["ResultParameters"]["ResultParameter"]}
    assert (told["Amount"], told["OriginalTransactionID"]) == ("100.00", receipt)
    assert driver.get(f"/wallets/{PAYER}")["balance_minor"] == 100_000
    assert receipt in driver.get(f"/phones/{PAYER}/inbox")[1]["text"]


def test_a_charge_is_given_back_once(driver: Driver, project: Project, receipt: str) -> None:
    driver.reverse(receipt)
    results(project)
    driver.reverse(receipt)
    assert results(project, 2)[1]["ResultCode"] == "R000001"
    assert len(driver.book("reversals")) == 1


def test_two_reversals_at_once_give_back_once(driver: Driver, project: Project, receipt: str) -> None:
    driver.reverse(receipt)
    driver.reverse(receipt)
    assert sorted(result["ResultCode"] for result in results(project, 2)) == ["0", "R000001"]
    assert driver.get(f"/wallets/{PAYER}")["balance_minor"] == 100_000


def test_a_receipt_that_never_was_is_refused(driver: Driver, project: Project) -> None:
    driver.reverse("TKN0000000")
    assert results(project)[0]["ResultCode"] == "R000002"


@pytest.mark.parametrize("amount", [99, 101])
def test_a_charge_is_given_back_whole(driver: Driver, project: Project, receipt: str, amount: int) -> None:
    driver.reverse(receipt, amount=amount)
    assert results(project)[0]["ResultCode"] == "2006"
    assert driver.book("reversals") == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"CommandID": "Reverse"}, "400.002.02"),
        ({"TransactionID": ""}, "400.002.02"),
        ({"Amount": 0}, "400.002.02"),
        ({"ReceiverParty": "600000"}, "400.002.02"),
        ({"RecieverIdentifierType": "1"}, "400.002.02"),
        ({"Remarks": ""}, "400.002.02"),
        ({"ResultURL": "no"}, "400.002.02"),
        ({"QueueTimeOutURL": ""}, "400.002.02"),
        ({"Initiator": "somebody"}, "500.001.1001"),
        ({"SecurityCredential": ""}, "500.001.1001"),
    ],
)
def test_a_bad_request_is_refused(driver: Driver, changed: dict[str, Any], code: str) -> None:
    assert driver.reverse("TKN0000000", **changed).json()["errorCode"] == code


@pytest.mark.parametrize("code", [1, 21, "R000002"])
def test_a_reversal_can_be_made_to_end_with_any_result(
    driver: Driver, project: Project, receipt: str, code: int | str
) -> None:
    driver.faults("daraja.reversal", {"kind": "result_code", "code": code})
    driver.reverse(receipt)
    assert results(project)[0]["ResultCode"] == str(code)
    assert driver.book("reversals") == []


def test_a_reversal_can_be_refused_with_any_error(driver: Driver, receipt: str) -> None:
    driver.faults("daraja.reversal", {"kind": "result_code", "code": "500.003.02"})
    response = driver.reverse(receipt)
    assert (response.status_code, response.json()["errorCode"]) == (500, "500.003.02")


def test_a_reversal_may_be_lost_in_the_queue(driver: Driver, project: Project, receipt: str) -> None:
    driver.faults(OPERATION, {"kind": "queue_timeout"})
    ack = driver.reverse(receipt).json()
    (told,) = project.wait_for(TIMEOUT)
    assert told.json["Result"]["ConversationID"] == ack["ConversationID"]
    assert (project.posts(RESULT), driver.book("reversals")) == ([], [])


def test_a_result_may_come_before_the_reply(driver: Driver, project: Project, receipt: str) -> None:
    driver.faults(OPERATION, {"kind": "callback_before_reply"})
    driver.reverse(receipt)
    assert [post.json["Result"]["ResultCode"] for post in project.posts(RESULT)] == ["0"]


@pytest.mark.parametrize("real_ids", [False, True])
def test_a_stranger_may_tell_of_a_reversal_that_failed(driver: Driver, project: Project, real_ids: bool) -> None:
    driver.put("/settings", reversal_after_s=0.3)
    driver.faults(OPERATION, {"kind": "forged", "real_ids": real_ids})
    ack = driver.reverse("TKN0000000").json()
    forged, true = results(project, 2)
    assert (forged["ResultCode"], true["ResultCode"]) == ("0", "R000002")
    assert (forged["ConversationID"] == ack["ConversationID"]) is real_ids


@pytest.mark.parametrize(("exists", "codes"), [(True, ["0", "2006"]), (False, ["R000002", "0"])])
def test_a_result_may_be_contradicted(
    driver: Driver, project: Project, receipt: str, exists: bool, codes: list[str]
) -> None:
    driver.faults(OPERATION, {"kind": "contradictory"})
    driver.reverse(receipt if exists else "TKN0000000")
    assert [result["ResultCode"] for result in results(project, 2)] == codes
    assert len(driver.book("reversals")) == int(exists)


def test_a_result_may_tell_another_amount(driver: Driver, project: Project, receipt: str) -> None:
    driver.faults(OPERATION, {"kind": "wrong_amount", "amount_minor": 100})
    driver.reverse(receipt)
    rows = results(project)[0]["ResultParameters"]["ResultParameter"]
    assert {"Key": "Amount", "Value": "1.00"} in rows
    assert driver.book("reversals")[0]["amount_minor"] == 10_000
