"""Daraja: tokens, STK push with its prompt, callback and query."""

import base64
from typing import Any

import pytest

from tests.sandbox.driver import FRIEND, PAYER, Driver
from tests.sandbox.project import PATIENCE_S, Answer, Project

CALLBACK = "/callbacks/daraja/secret/stk/order-charge-1"
OPERATION = "daraja.callback"


def stk(post_json: Any) -> dict[str, Any]:
    """What a callback says."""
    callback = post_json["Body"]["stkCallback"]
    assert isinstance(callback, dict)
    return callback


def items(callback: dict[str, Any]) -> dict[str, Any]:
    """The metadata of a callback, by name."""
    return {item["Name"]: item.get("Value") for item in callback["CallbackMetadata"]["Item"]}


def callbacks(project: Project, count: int = 1) -> list[dict[str, Any]]:
    """What so many callbacks say."""
    return [stk(post.json) for post in project.wait_for(CALLBACK, count)]


def by_hand(driver: Driver) -> None:
    """Let nobody answer a prompt before the test does."""
    driver.put("/settings", prompt_answer="by_hand")


def answer_prompt(driver: Driver, answer: str) -> None:
    """Answer the one prompt of the payer."""
    (prompt,) = driver.get(f"/phones/{PAYER}/prompts")
    driver.post(f"/phones/{PAYER}/prompts/{prompt['id']}", answer=answer)


def test_a_payment_is_acknowledged_prompted_paid_and_told(driver: Driver, project: Project) -> None:
    ack = driver.push().json()
    assert ack | {"MerchantRequestID": "", "CheckoutRequestID": ""} == {
        "MerchantRequestID": "",
        "CheckoutRequestID": "",
        "ResponseCode": "0",
        "ResponseDescription": "Success. Request accepted for processing",
        "CustomerMessage": "Success. Request accepted for processing",
    }
    (callback,) = callbacks(project)
    assert (callback["ResultCode"], callback["CheckoutRequestID"]) == (0, ack["CheckoutRequestID"])
    (charge,) = driver.book("charges")
    told = items(callback)
    assert (told["Amount"], told["PhoneNumber"], told["Balance"]) == (100.0, int(PAYER[1:]), None)
    assert (told["MpesaReceiptNumber"], charge["reference"]) == (charge["receipt"], "order-charge-1")
    assert (charge["msisdn"], charge["amount_minor"], charge["currency"]) == (PAYER, 10_000, "KES")
    assert len(str(told["TransactionDate"])) == 14
    assert driver.get(f"/wallets/{PAYER}") == {"balance_minor": 90_000, "currency": "KES"}
    (message,) = driver.get(f"/phones/{PAYER}/inbox")
    assert message["from"] == "MPESA"
    assert {charge["receipt"], "Ksh100.00", "Ksh900.00."} <= set(message["text"].split())


def test_a_prompt_says_what_it_is_about(driver: Driver) -> None:
    by_hand(driver)
    driver.push()
    (prompt,) = driver.get(f"/phones/{PAYER}/prompts")
    assert "Ksh100" in prompt["text"]
    assert (prompt["amount_minor"], prompt["currency"], prompt["msisdn"]) == (10_000, "KES", PAYER)
    assert prompt["at"] < prompt["expires_at"]


@pytest.mark.parametrize(("answer", "result"), [("pin", 0), ("wrong_pin", 2001), ("cancel", 1032)])
def test_every_answer_by_hand_has_its_result(driver: Driver, project: Project, answer: str, result: int) -> None:
    by_hand(driver)
    checkout = driver.push().json()["CheckoutRequestID"]
    answer_prompt(driver, answer)
    (callback,) = callbacks(project)
    assert callback["ResultCode"] == result
    assert ("CallbackMetadata" in callback) == (result == 0)
    assert driver.query(checkout).json()["ResultCode"] == str(result)
    assert driver.get(f"/phones/{PAYER}/prompts") == []
    assert len(driver.book("charges")) == (1 if result == 0 else 0)


def test_a_prompt_that_is_ignored_expires(driver: Driver, project: Project) -> None:
    driver.put("/settings", prompt_answer="by_hand", prompt_expires_s=0.2)
    driver.push()
    answer_prompt(driver, "ignore")
    assert len(driver.get(f"/phones/{PAYER}/prompts")) == 1
    assert callbacks(project)[0]["ResultCode"] == 1037


@pytest.mark.parametrize(("answer", "result"), [("wrong_pin", 2001), ("cancel", 1032), ("ignore", 1037)])
def test_a_person_may_answer_otherwise_than_all_others(
    driver: Driver, project: Project, answer: str, result: int
) -> None:
    driver.put("/settings", prompt_expires_s=0.1)
    assert driver.put(f"/phones/{PAYER}", prompt_answer=answer)["prompt_answer"] == answer
    driver.push()
    assert callbacks(project)[0]["ResultCode"] == result
    driver.put(f"/phones/{PAYER}", prompt_answer=None)
    driver.push()
    assert callbacks(project, 2)[1]["ResultCode"] == 0


def test_a_prompt_is_answered_once(driver: Driver) -> None:
    by_hand(driver)
    driver.push()
    (prompt,) = driver.get(f"/phones/{PAYER}/prompts")
    path = f"/phones/{PAYER}/prompts/{prompt['id']}"
    driver.post(path, answer="pin")
    assert driver.ask("POST", path, {"answer": "pin"}).status_code == 404
    assert driver.ask("POST", path, {"answer": "maybe"}).status_code == 400


def test_a_wallet_that_holds_too_little_is_left_as_it_is(driver: Driver, project: Project) -> None:
    driver.put(f"/wallets/{PAYER}", balance_minor=9_999)
    driver.push()
    assert callbacks(project)[0]["ResultCode"] == 1
    assert driver.get(f"/wallets/{PAYER}")["balance_minor"] == 9_999
    assert driver.book("charges") == []


def test_a_wallet_in_another_currency_cannot_pay(driver: Driver, project: Project) -> None:
    driver.put(f"/wallets/{PAYER}", currency="UGX")
    driver.push()
    assert callbacks(project)[0]["ResultCode"] == 1


def test_a_phone_in_a_ussd_session_takes_no_prompt(driver: Driver, project: Project) -> None:
    project.answer("/ussd", Answer("CON Home"))
    driver.post(f"/phones/{PAYER}/dial")
    driver.push()
    assert callbacks(project)[0]["ResultCode"] == 1001
    driver.post(f"/phones/{PAYER}/hangup")
    driver.push()
    assert callbacks(project, 2)[1]["ResultCode"] == 0


def test_a_phone_that_shows_a_prompt_takes_no_other(driver: Driver, project: Project) -> None:
    by_hand(driver)
    driver.push()
    driver.push("order-charge-2")
    assert stk(project.wait_for("order-charge-2")[0].json)["ResultCode"] == 1001
    assert len(driver.get(f"/phones/{PAYER}/prompts")) == 1


def test_the_same_request_twice_is_two_payments(driver: Driver, project: Project) -> None:
    driver.push()
    callbacks(project)
    driver.push()
    callbacks(project, 2)
    assert [charge["reference"] for charge in driver.book("charges")] == ["order-charge-1"] * 2
    assert len({charge["receipt"] for charge in driver.book("charges")}) == 2


def test_a_query_has_no_answer_while_the_payer_thinks(driver: Driver) -> None:
    by_hand(driver)
    response = driver.query(driver.push().json()["CheckoutRequestID"])
    assert (response.status_code, response.json()["errorCode"]) == (500, "500.001.1001")
    assert set(response.json()) == {"requestId", "errorCode", "errorMessage"}


def test_a_query_for_what_never_was_has_the_same_answer(driver: Driver) -> None:
    assert driver.query("ws_CO_1").json()["errorCode"] == "500.001.1001"


def test_a_query_after_the_end_says_how_it_ended(driver: Driver, project: Project) -> None:
    ack = driver.push().json()
    callbacks(project)
    assert driver.query(ack["CheckoutRequestID"]).json() == {
        "ResponseCode": "0",
        "ResponseDescription": "The service request has been accepted successfully",
        "MerchantRequestID": ack["MerchantRequestID"],
        "CheckoutRequestID": ack["CheckoutRequestID"],
        "ResultCode": "0",
        "ResultDesc": "The service request is processed successfully.",
    }


@pytest.mark.parametrize(
    ("auth", "query", "code"),
    [
        (("wrong", "pair"), "?grant_type=client_credentials", "400.008.01"),
        (("sandbox", "sandbox"), "", "400.008.02"),
    ],
)
def test_a_token_is_not_given_to_everybody(driver: Driver, auth: tuple[str, str], query: str, code: str) -> None:
    response = driver.http.get(f"{driver.url}/daraja/oauth/v1/generate{query}", auth=auth, timeout=PATIENCE_S)
    assert (response.status_code, response.json()["errorCode"]) == (400, code)


def test_a_token_says_how_long_it_lives(driver: Driver) -> None:
    response = driver.http.get(
        f"{driver.url}/daraja/oauth/v1/generate?grant_type=client_credentials",
        auth=("sandbox", "sandbox"),
        timeout=PATIENCE_S,
    )
    assert response.json()["expires_in"] == "3599"


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}])
@pytest.mark.parametrize("path", ["stkpush/v1/processrequest", "stkpushquery/v1/query", "reversal/v1/request"])
def test_nothing_is_done_without_a_token(driver: Driver, path: str, header: dict[str, str]) -> None:
    response = driver.http.post(f"{driver.url}/daraja/mpesa/{path}", json={}, headers=header, timeout=PATIENCE_S)
    assert (response.status_code, response.json()["errorCode"]) == (404, "404.001.03")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"BusinessShortCode": "600000"}, 400, "400.002.02"),
        ({"Timestamp": "2026-11-23"}, 400, "400.002.02"),
        ({"Timestamp": "20261323120000"}, 400, "400.002.02"),
        ({"Password": base64.b64encode(b"wrong").decode()}, 500, "500.001.1001"),
        ({"TransactionType": "CustomerPayBill"}, 400, "400.002.02"),
        ({"Amount": 0}, 400, "400.002.02"),
        ({"Amount": -1}, 400, "400.002.02"),
        ({"Amount": 10.5}, 400, "400.002.02"),
        ({"Amount": "1e3"}, 400, "400.002.02"),
        ({"Amount": True}, 400, "400.002.02"),
        ({"Amount": 250_001}, 400, "400.002.02"),
        ({"PhoneNumber": "0711000002"}, 400, "400.002.02"),
        ({"PartyA": PAYER}, 400, "400.002.02"),
        ({"PartyB": ""}, 400, "400.002.02"),
        ({"CallBackURL": "ftp://example.test"}, 400, "400.002.02"),
        ({"CallBackURL": "http://[bad"}, 400, "400.002.02"),
        ({"AccountReference": "THIRTEENCHARS"}, 400, "400.002.02"),
        ({"AccountReference": ""}, 400, "400.002.02"),
        ({"TransactionDesc": "fourteen chars"}, 400, "400.002.02"),
    ],
)
def test_a_bad_request_is_refused_in_daraja_s_words(
    driver: Driver, changed: dict[str, Any], status: int, code: str
) -> None:
    response = driver.push(**changed)
    assert (response.status_code, response.json()["errorCode"]) == (status, code)
    assert driver.get(f"/phones/{PAYER}/prompts") == []


@pytest.mark.parametrize("body", [b"no", b"[]", b'"text"', b"\xff"])
def test_a_body_that_is_no_object_is_refused(driver: Driver, body: bytes) -> None:
    response = driver.http.post(
        f"{driver.url}/daraja/mpesa/stkpush/v1/processrequest",
        data=body,
        headers={"Authorization": f"Bearer {driver.token()}"},
        timeout=PATIENCE_S,
    )
    assert (response.status_code, response.json()["errorCode"]) == (400, "400.002.05")


@pytest.mark.parametrize("result", [1, 17, 1001, 1019, 1025, 1032, 1037, 2001, 9999])
def test_a_payment_can_be_made_to_end_with_any_result(driver: Driver, project: Project, result: int) -> None:
    driver.faults("daraja.stk", {"kind": "result_code", "code": result})
    driver.push()
    assert callbacks(project)[0]["ResultCode"] == result
    assert driver.book("charges") == []


def test_a_payment_can_be_made_to_succeed_without_a_prompt(driver: Driver, project: Project) -> None:
    by_hand(driver)
    driver.faults("daraja.stk", {"kind": "result_code", "code": 0})
    driver.push()
    assert callbacks(project)[0]["ResultCode"] == 0
    assert len(driver.book("charges")) == 1


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"code": "500.001.1001"}, 500),
        ({"code": "400.002.02"}, 400),
        ({"code": "500.001.1001", "http_status": 200}, 200),
    ],
)
@pytest.mark.parametrize("operation", ["daraja.stk", "daraja.query"])
def test_a_request_can_be_refused_with_any_error(
    driver: Driver, operation: str, fault: dict[str, Any], status: int
) -> None:
    driver.faults(operation, {"kind": "result_code"} | fault)
    response = driver.push() if operation == "daraja.stk" else driver.query("ws_CO_1")
    assert (response.status_code, response.json()["errorCode"]) == (status, fault["code"])
    assert driver.get(f"/phones/{PAYER}/prompts") == []


@pytest.mark.parametrize("code", [0, 1032, 4999])
def test_a_query_can_be_made_to_say_anything(driver: Driver, code: int) -> None:
    driver.faults("daraja.query", {"kind": "result_code", "code": code})
    assert driver.query("ws_CO_1").json()["ResultCode"] == str(code)


def test_a_token_can_be_refused_with_any_error(driver: Driver) -> None:
    driver.faults("daraja.oauth", {"kind": "result_code", "code": "400.008.01"})
    response = driver.http.get(f"{driver.url}/daraja/oauth/v1/generate", timeout=PATIENCE_S)
    assert (response.status_code, response.json()["errorCode"]) == (400, "400.008.01")


def test_a_callback_may_come_before_the_reply(driver: Driver, project: Project) -> None:
    driver.faults(OPERATION, {"kind": "callback_before_reply"})
    driver.push()
    assert [stk(post.json)["ResultCode"] for post in project.posts(CALLBACK)] == [0]
    assert len(driver.book("charges")) == 1


@pytest.mark.parametrize("real_ids", [False, True])
def test_a_stranger_may_tell_of_a_payment_that_did_not_happen(driver: Driver, project: Project, real_ids: bool) -> None:
    by_hand(driver)
    driver.faults(OPERATION, {"kind": "forged", "real_ids": real_ids})
    ack = driver.push().json()
    (forged,) = callbacks(project)
    assert (forged["ResultCode"], items(forged)["Amount"]) == (0, 100.0)
    assert (forged["CheckoutRequestID"] == ack["CheckoutRequestID"]) is real_ids
    assert driver.book("charges") == []
    answer_prompt(driver, "cancel")
    assert callbacks(project, 2)[1]["ResultCode"] == 1032
    assert driver.query(ack["CheckoutRequestID"]).json()["ResultCode"] == "1032"


@pytest.mark.parametrize(("answer", "results"), [("pin", [0, 1032]), ("cancel", [1032, 0])])
def test_a_callback_may_be_contradicted(driver: Driver, project: Project, answer: str, results: list[int]) -> None:
    driver.put("/settings", prompt_answer=answer)
    driver.faults(OPERATION, {"kind": "contradictory"})
    driver.push()
    assert [callback["ResultCode"] for callback in callbacks(project, 2)] == results
    assert len(driver.book("charges")) == (1 if answer == "pin" else 0)


@pytest.mark.parametrize(
    ("fault", "name", "value"),
    [
        ({"kind": "wrong_amount", "amount_minor": 100}, "Amount", 1.0),
        ({"kind": "wrong_number", "number": FRIEND}, "PhoneNumber", int(FRIEND[1:])),
        ({"kind": "wrong_number"}, "PhoneNumber", 254700000000),
    ],
)
def test_a_callback_may_lie(driver: Driver, project: Project, fault: dict[str, Any], name: str, value: Any) -> None:
    driver.faults(OPERATION, fault)
    driver.push()
    assert items(callbacks(project)[0])[name] == value
    (charge,) = driver.book("charges")
    assert (charge["msisdn"], charge["amount_minor"]) == (PAYER, 10_000)


def test_a_callback_that_is_refused_is_not_posted_again(driver: Driver, project: Project) -> None:
    project.answer(CALLBACK, Answer(status=500))
    driver.push()
    callbacks(project)
    driver.push("order-charge-2")
    project.wait_for("order-charge-2")
    assert len(project.posts(CALLBACK)) == 1


def test_daraja_is_at_the_root_too_for_clients_that_know_hosts_only(driver: Driver) -> None:
    headers = {"Authorization": f"Bearer {driver.token()}"}
    url = f"{driver.url}/mpesa/stkpush/v1/processrequest"
    response = driver.http.post(url, json=driver.push_form("order-charge-1"), headers=headers, timeout=PATIENCE_S)
    assert response.json()["ResponseCode"] == "0"
