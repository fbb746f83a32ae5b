"""MTN MoMo: tokens, requests to pay with their prompt, callback and status, refunds, and what is refused."""

from typing import Any

import pytest

from tests.sandbox.driver import Driver
from tests.sandbox.project import Answer, Project
from tests.sandbox.wallets import AIRTEL, CALLBACK, MTN, Momo, new_name


@pytest.fixture
def momo(driver: Driver) -> Momo:
    return Momo(driver)


def told(project: Project, count: int = 1) -> list[dict[str, Any]]:
    """What so many callbacks say."""
    return [post.json for post in project.wait_for(CALLBACK, count)]


def end_of(driver: Driver, momo: Momo, name: str) -> dict[str, Any]:
    """What is told of a payment that has ended."""
    found = driver.wait_for(lambda: (body := momo.status(name).json())["status"] != "PENDING" and body)
    assert isinstance(found, dict)
    return found


def test_a_payment_is_taken_prompted_paid_and_told(driver: Driver, project: Project, momo: Momo) -> None:
    name = new_name()
    taken = momo.charge(name)
    assert (taken.status_code, taken.text) == (202, "")
    (body,) = told(project)
    (charge,) = driver.book("charges")
    assert body == {
        "externalId": "order-charge-1",
        "amount": "5000",
        "currency": "UGX",
        "payer": {"partyIdType": "MSISDN", "partyId": MTN[1:]},
        "payerMessage": "Airtime",
        "payeeNote": "",
        "status": "SUCCESSFUL",
        "financialTransactionId": charge["receipt"],
    }
    assert (charge["reference"], charge["provider"], charge["amount_minor"]) == ("order-charge-1", "mtn_momo", 5000)
    assert driver.get(f"/wallets/{MTN}") == {"balance_minor": 95_000, "currency": "UGX"}
    (message,) = driver.get(f"/phones/{MTN}/inbox")
    assert message["from"] == "MTN MoMo"
    assert "UGX 5000" in message["text"]
    assert momo.status(name).json() == body


def test_a_prompt_says_what_it_is_about_and_who_asks(driver: Driver, momo: Momo) -> None:
    driver.put("/settings", prompt_answer="by_hand")
    momo.charge()
    (prompt,) = driver.get(f"/phones/{MTN}/prompts")
    assert (prompt["provider"], prompt["amount_minor"], prompt["currency"]) == ("mtn_momo", 5000, "UGX")
    assert "UGX 5000" in prompt["text"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("cancel", "APPROVAL_REJECTED"), ("wrong_pin", "APPROVAL_REJECTED"), ("ignore", "EXPIRED")],
)
def test_a_payment_that_is_not_approved_fails(
    driver: Driver, project: Project, momo: Momo, answer: str, reason: str
) -> None:
    driver.put("/settings", prompt_answer=answer, prompt_expires_s=0.1)
    name = new_name()
    momo.charge(name)
    (body,) = told(project)
    assert (body["status"], body["reason"]) == ("FAILED", reason)
    assert momo.status(name).json()["reason"]["code"] == reason
    assert driver.book("charges") == []


def test_a_phone_in_a_call_shows_no_prompt_and_the_payment_expires(
    driver: Driver, project: Project, momo: Momo
) -> None:
    driver.put("/settings", prompt_expires_s=0.2)
    project.answer("/ussd", Answer("CON Home"))
    driver.post(f"/phones/{MTN}/dial", code="*384*55#")
    momo.charge()
    assert driver.get(f"/phones/{MTN}/prompts") == []
    (body,) = told(project)
    assert body["reason"] == "EXPIRED"


@pytest.mark.parametrize(
    ("payer", "reason"),
    [(MTN, "NOT_ENOUGH_FUNDS"), (AIRTEL, "PAYER_NOT_FOUND"), ("+254733000001", "PAYER_NOT_FOUND")],
)
def test_a_wallet_that_is_empty_or_not_there_fails(
    driver: Driver, project: Project, momo: Momo, payer: str, reason: str
) -> None:
    driver.put(f"/wallets/{payer}", balance_minor=4999)
    momo.charge(msisdn=payer)
    assert told(project)[0]["reason"] == reason


def test_a_wallet_in_another_currency_cannot_pay(driver: Driver, project: Project, momo: Momo) -> None:
    driver.put(f"/wallets/{MTN}", currency="KES")
    momo.charge()
    assert told(project)[0]["status"] == "FAILED"


def test_a_name_is_taken_once(driver: Driver, momo: Momo) -> None:
    name = new_name()
    momo.charge(name)
    again = momo.charge(name)
    assert (again.status_code, again.json()["code"]) == (409, "RESOURCE_ALREADY_EXIST")
    driver.wait_for_entries("charges")
    assert len(driver.book("charges")) == 1


@pytest.mark.parametrize("key", ["wrong", ""])
def test_a_token_needs_the_subscription(momo: Momo, key: str) -> None:
    assert momo.ask_token(**{"Ocp-Apim-Subscription-Key": key}).status_code == 401


def test_a_token_is_of_one_product(momo: Momo) -> None:
    token = momo.ask_token("disbursement").json()["access_token"]
    refused = momo.charge(changes={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 401


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"X-Reference-Id": "not-a-uuid"}, 400, "BAD_REQUEST"),
        ({"X-Reference-Id": ""}, 400, "BAD_REQUEST"),
        ({"X-Reference-Id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}, 400, "BAD_REQUEST"),
        ({"X-Target-Environment": "mtncongo"}, 500, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
        ({"X-Callback-Url": "nowhere"}, 500, "INVALID_CALLBACK_URL_HOST"),
        ({"Ocp-Apim-Subscription-Key": "wrong"}, 401, None),
        ({"Authorization": "Bearer wrong"}, 401, None),
    ],
)
def test_a_request_with_a_wrong_head_is_refused(
    driver: Driver, momo: Momo, changes: dict[str, str], status: int, code: str | None
) -> None:
    refused = momo.charge(changes=changes)
    assert (refused.status_code, refused.json().get("code")) == (status, code)
    assert driver.get("/healthz")["waiting"] == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"amount": "0"}, "BAD_REQUEST"),
        ({"amount": "much"}, "BAD_REQUEST"),
        ({"amount": "10.5"}, "BAD_REQUEST"),
        ({"amount": 5000}, "BAD_REQUEST"),
        ({"currency": "shilling"}, "INVALID_CURRENCY"),
        ({"payer": "256772000001"}, "BAD_REQUEST"),
        ({"payer": {"partyIdType": "EMAIL", "partyId": "a@b"}}, "BAD_REQUEST"),
    ],
)
def test_a_request_with_a_wrong_body_is_refused(momo: Momo, body: dict[str, Any], code: str) -> None:
    assert momo.charge(**body).json()["code"] == code


def test_what_was_never_asked_for_is_not_found(momo: Momo) -> None:
    assert momo.status(new_name()).json()["code"] == "RESOURCE_NOT_FOUND"
    assert momo.refund_status(new_name()).status_code == 404
    assert momo.refund(new_name()).status_code == 404


def test_without_a_callback_address_nothing_is_posted(driver: Driver, project: Project, momo: Momo) -> None:
    momo.charge(changes={"X-Callback-Url": ""})
    driver.wait_for_entries("charges")
    driver.wait_for(lambda: driver.get("/healthz")["waiting"] == 0)
    assert project.posts("/callbacks/") == []


def test_a_payment_goes_back_once_and_whole(driver: Driver, momo: Momo) -> None:
    charge = new_name()
    momo.charge(charge)
    receipt = end_of(driver, momo, charge)["financialTransactionId"]

    def ended(**body: Any) -> dict[str, Any]:
        name = new_name()
        assert momo.refund(charge, name=name, **body).status_code == 202
        found = driver.wait_for(lambda: (seen := momo.refund_status(name).json())["status"] != "PENDING" and seen)
        assert isinstance(found, dict)
        return found

    assert ended(amount="4000")["status"] == "FAILED"
    back = ended()
    (entry,) = driver.book("reversals")
    assert (back["status"], back["financialTransactionId"]) == ("SUCCESSFUL", entry["transaction_id"])
    assert (entry["receipt"], entry["charge_reference"]) == (receipt, "order-charge-1")
    assert ended()["status"] == "FAILED"
    assert driver.get(f"/wallets/{MTN}")["balance_minor"] == 100_000
    assert len(driver.book("reversals")) == 1


def test_what_was_not_paid_cannot_go_back(driver: Driver, momo: Momo) -> None:
    driver.put("/settings", prompt_answer="cancel")
    charge, name = new_name(), new_name()
    momo.charge(charge)
    end_of(driver, momo, charge)
    momo.refund(charge, name=name)
    found = driver.wait_for(lambda: (seen := momo.refund_status(name).json())["status"] != "PENDING" and seen)
    assert found["reason"]["code"] == "NOT_ALLOWED"


@pytest.mark.parametrize(
    ("fault", "lie"),
    [
        ({"kind": "wrong_amount", "amount_minor": 1}, {"amount": "1"}),
        (
            {"kind": "wrong_number", "number": "+256772999999"},
            {"payer": {"partyIdType": "MSISDN", "partyId": "256772999999"}},
        ),
    ],
)
def test_a_callback_may_tell_of_something_else(
    driver: Driver, project: Project, momo: Momo, fault: dict[str, Any], lie: dict[str, Any]
) -> None:
    driver.faults("momo.callback", fault)
    momo.charge()
    assert lie.items() <= told(project)[0].items()
    assert driver.book("charges")[0]["amount_minor"] == 5000


def test_a_stranger_may_be_faster_and_the_truth_contradicted(driver: Driver, project: Project, momo: Momo) -> None:
    driver.put("/settings", prompt_answer="cancel", prompt_answer_after_s=0.3)
    driver.faults("momo.callback", {"kind": "forged", "real_ids": True}, {"kind": "contradictory"})
    momo.charge()
    lie, truth, opposite = told(project, 3)
    assert (lie["status"], truth["status"], opposite["status"]) == ("SUCCESSFUL", "FAILED", "SUCCESSFUL")
    assert driver.book("charges") == []
    assert driver.applied("momo.callback") == {"contradictory": 1, "forged": 1}


def test_a_payment_may_end_by_itself_with_any_reason(driver: Driver, project: Project, momo: Momo) -> None:
    driver.faults("momo.requesttopay", {"kind": "result_code", "code": "PAYER_LIMIT_REACHED"})
    momo.charge()
    assert told(project)[0]["reason"] == "PAYER_LIMIT_REACHED"
    assert (
        driver.ask("PUT", "/faults", {"rules": {"momo.requesttopay": [{"kind": "result_code", "code": 7}]}}).ok is False
    )
