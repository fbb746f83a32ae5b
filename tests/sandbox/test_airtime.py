"""Airtime: accepted, validated, delivered, reported, and found."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.sandbox.driver import FRIEND, SUBSCRIBER, Driver
from tests.sandbox.project import PATIENCE_S, Answer, Project

STATUS = "/callbacks/africastalking/callback/airtime/status"
VALIDATION = "/callbacks/africastalking/callback/airtime/validation"
OPERATION = "africastalking.airtime_status"
KEY = {"Idempotency-Key": "order-credit-1"}


def find(driver: Driver, request_id: str, **headers: str) -> Any:
    """The look-up of one order."""
    return driver.http.get(
        f"{driver.url}/africastalking/query/transaction/find",
        params={"username": "sandbox", "transactionId": request_id},
        headers={"apiKey": "sandbox"} | headers,
        timeout=PATIENCE_S,
    )


def test_airtime_is_sent_then_delivered_then_reported(driver: Driver, project: Project) -> None:
    driver.put(f"/lines/{SUBSCRIBER}", state="suspended", balance_minor=-5000)
    reply = driver.send_airtime("KES 60")
    (response,) = reply["responses"]
    request_id = response["requestId"]
    assert reply | {"responses": []} == {
        "errorMessage": "None",
        "numSent": 1,
        "totalAmount": "KES 60.0000",
        "totalDiscount": "KES 2.4000",
        "responses": [],
    }
    assert (response["status"], response["amount"], response["errorMessage"]) == ("Sent", "KES 60.0000", "None")
    (status,) = project.wait_for(STATUS)
    assert status.form == {
        "requestId": request_id,
        "status": "Success",
        "phoneNumber": SUBSCRIBER,
        "description": "Airtime Delivered Successfully",
        "value": "KES 60.0000",
        "discount": "KES 2.4000",
    }
    assert driver.get(f"/lines/{SUBSCRIBER}") == {"state": "active", "balance_minor": 1000, "currency": "KES"}
    (entry,) = driver.book("airtime")
    assert (entry["reference"], entry["amount_minor"], entry["balance_after_minor"]) == (request_id, 6000, 1000)


def test_the_project_is_asked_while_its_own_call_is_open(driver: Driver, project: Project) -> None:
    question = Answer('{"status": "Validated"}', hold_s=5)
    project.answer(VALIDATION, question)
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(driver.send_airtime)
        form = project.wait_for(VALIDATION)[0].form
        assert not sending.done()
        question.release.set()
        request_id = sending.result()["responses"][0]["requestId"]
    assert form == {
        "transactionId": request_id,
        "phoneNumber": SUBSCRIBER,
        "sourceIpAddress": "127.0.0.1",
        "currencyCode": "KES",
        "amount": "10.00",
    }


def test_callbacks_can_be_json(driver: Driver, project: Project) -> None:
    driver.put("/settings", airtime_callback_format="json")
    driver.send_airtime()
    assert project.wait_for(VALIDATION)[0].json["currencyCode"] == "KES"
    assert project.wait_for(STATUS)[0].json["status"] == "Success"


@pytest.mark.parametrize(
    "answer",
    [Answer('{"status": "Failed"}'), Answer("no"), Answer("[]"), Answer('{"status": "Validated"}', status=500)],
)
def test_airtime_that_the_project_does_not_know_of_is_not_delivered(
    driver: Driver, project: Project, answer: Answer
) -> None:
    project.answer(VALIDATION, answer)
    request_id = driver.send_airtime()["responses"][0]["requestId"]
    form = project.wait_for(STATUS)[0].form
    assert (form["status"], form["description"]) == ("Failed", "Validation failed")
    assert find(driver, request_id).json()["data"]["status"] == "Failed"
    assert driver.book("airtime") == []


def test_validation_can_be_switched_off(driver: Driver, project: Project) -> None:
    driver.put("/settings", airtime_validation=False)
    driver.send_airtime()
    assert project.wait_for(STATUS)[0].form["status"] == "Success"
    assert project.posts(VALIDATION) == []


@pytest.mark.parametrize("state", ["barred", "gone"])
def test_airtime_for_a_closed_line_is_sent_and_then_fails(driver: Driver, project: Project, state: str) -> None:
    driver.put(f"/lines/{SUBSCRIBER}", state=state)
    assert driver.send_airtime()["responses"][0]["status"] == "Sent"
    assert project.wait_for(STATUS)[0].form["status"] == "Failed"
    assert driver.book("airtime") == []


def test_the_same_key_gives_the_same_reply_and_no_second_effect(driver: Driver, project: Project) -> None:
    first, second = driver.send_airtime(**KEY), driver.send_airtime(**KEY)
    assert first == second
    project.wait_for(STATUS)
    assert [entry["idempotency_key"] for entry in driver.book("airtime")] == ["order-credit-1"]


def test_the_same_key_at_the_same_time_has_one_effect(driver: Driver, project: Project) -> None:
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: driver.send_airtime(**KEY), range(4)))
    assert replies == [replies[0]] * 4
    project.wait_for(STATUS)
    assert len(project.posts(VALIDATION)) == 1
    assert len(driver.book("airtime")) == 1


def test_without_a_key_the_same_request_twice_is_two(driver: Driver) -> None:
    driver.send_airtime()
    driver.send_airtime()
    assert len(driver.wait_for_entries("airtime", 2)) == 2


@pytest.mark.parametrize("key", ["short", "x" * 101, ""])
def test_a_key_of_a_wrong_length_is_refused(driver: Driver, key: str) -> None:
    recipients = json.dumps([{"phoneNumber": SUBSCRIBER, "amount": "KES 10"}])
    response = driver.at("/airtime/send", {"recipients": recipients}, **{"Idempotency-Key": key})
    assert response.status_code == 400


@pytest.mark.parametrize("recipients", ["", "no", "[]", "{}", "[1]"])
def test_recipients_that_cannot_be_read_are_refused(driver: Driver, recipients: str) -> None:
    assert driver.at("/airtime/send", {"recipients": recipients}).status_code == 400


@pytest.mark.parametrize("amount", ["KES -5", "KES nan", "KES 0", "10", "kes 10", "KES 10.001"])
def test_an_amount_that_is_none_is_not_sent(driver: Driver, amount: str) -> None:
    reply = driver.send_airtime(amount)
    assert (reply["numSent"], reply["responses"][0]["status"]) == (0, "Failed")
    assert reply["errorMessage"] == reply["responses"][0]["errorMessage"] == "Value Out Of Bounds"


def test_a_good_recipient_is_served_beside_a_bad_one(driver: Driver) -> None:
    recipients = [{"phoneNumber": SUBSCRIBER, "amount": "KES 10"}, {"phoneNumber": "0711", "amount": "KES 10"}]
    reply = driver.at("/airtime/send", {"recipients": json.dumps(recipients)}).json()
    assert (reply["numSent"], reply["totalAmount"]) == (1, "KES 10.0000")
    assert [one["status"] for one in reply["responses"]] == ["Sent", "Failed"]


def test_a_stranger_sends_and_finds_nothing(driver: Driver) -> None:
    assert driver.at("/airtime/send", {"recipients": "[]"}, apiKey="wrong").status_code == 401
    assert find(driver, "ATQid_1", apiKey="wrong").status_code == 401


def test_an_order_can_be_found_before_and_after_its_end(driver: Driver, project: Project) -> None:
    driver.put("/settings", airtime_after_s=0.3)
    request_id = driver.send_airtime()["responses"][0]["requestId"]
    assert find(driver, request_id).json()["data"]["status"] == "Pending"
    project.wait_for(STATUS)
    found = find(driver, request_id).json()
    assert (found["status"], found["data"]["status"]) == ("Success", "Success")
    assert (found["data"]["destination"], found["data"]["value"]) == (SUBSCRIBER, "KES 10.0000")


def test_an_order_may_be_found_in_the_shorter_form(driver: Driver, project: Project) -> None:
    driver.put("/settings", airtime_find_reply="flat", airtime_after_s=0.3)
    request_id = driver.send_airtime()["responses"][0]["requestId"]
    assert find(driver, request_id).json() == {"status": "Pending"}
    project.wait_for(STATUS)
    assert find(driver, request_id).json() == {"status": "Success"}


def test_an_order_that_does_not_exist_is_not_found(driver: Driver) -> None:
    assert find(driver, "ATQid_1").json()["status"] == "Failed"


def test_a_look_up_can_be_refused(driver: Driver) -> None:
    driver.faults("africastalking.find", {"kind": "result_code", "code": "Unavailable"})
    assert find(driver, "ATQid_1").json() == {"status": "Failed", "errorMessage": "Unavailable"}


def test_a_request_can_be_refused_with_any_words(driver: Driver) -> None:
    driver.faults("africastalking.airtime", {"kind": "result_code", "code": "Insufficient Balance"})
    reply = driver.send_airtime()
    assert (reply["errorMessage"], reply["numSent"]) == ("Insufficient Balance", 0)
    assert reply["responses"][0]["requestId"] == "None"


def test_a_delivery_can_fail_with_any_words(driver: Driver, project: Project) -> None:
    driver.faults(OPERATION, {"kind": "result_code", "code": "Network down"})
    driver.send_airtime()
    form = project.wait_for(STATUS)[0].form
    assert (form["status"], form["description"]) == ("Failed", "Network down")
    assert driver.book("airtime") == []


def test_the_status_may_come_before_the_reply(driver: Driver, project: Project) -> None:
    driver.faults(OPERATION, {"kind": "callback_before_reply"})
    driver.send_airtime()
    assert [post.form["status"] for post in project.posts(STATUS)] == ["Success"]


@pytest.mark.parametrize("real_ids", [False, True])
def test_a_stranger_may_report_airtime_that_failed(driver: Driver, project: Project, real_ids: bool) -> None:
    driver.put("/settings", airtime_after_s=0.3)
    driver.put(f"/lines/{SUBSCRIBER}", state="barred")
    driver.faults(OPERATION, {"kind": "forged", "real_ids": real_ids})
    request_id = driver.send_airtime()["responses"][0]["requestId"]
    forged, true = project.wait_for(STATUS, 2)
    assert (forged.form["status"], true.form["status"]) == ("Success", "Failed")
    assert (forged.form["requestId"] == request_id) is real_ids


@pytest.mark.parametrize(
    ("fault", "changed"),
    [
        ({"kind": "wrong_amount", "amount_minor": 100}, {"value": "KES 1.0000"}),
        ({"kind": "wrong_number", "number": FRIEND}, {"phoneNumber": FRIEND}),
    ],
)
def test_a_status_may_lie(driver: Driver, project: Project, fault: dict[str, Any], changed: dict[str, str]) -> None:
    driver.faults(OPERATION, fault)
    driver.send_airtime()
    assert changed.items() <= project.wait_for(STATUS)[0].form.items()
    assert driver.book("airtime")[0]["amount_minor"] == 1000


def test_a_status_may_be_contradicted(driver: Driver, project: Project) -> None:
    driver.faults(OPERATION, {"kind": "contradictory"})
    driver.send_airtime()
    assert [post.form["status"] for post in project.wait_for(STATUS, 2)] == ["Success", "Failed"]
