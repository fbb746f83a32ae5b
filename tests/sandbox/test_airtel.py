"""Airtel Money: tokens, USSD push with its prompt, callback and enquiry, refunds, and what is refused."""

from typing import Any

import pytest

from sandbox.airtel_forms import SCHEME
from tests.sandbox.driver import Driver
from tests.sandbox.project import Project
from tests.sandbox.wallets import AIRTEL, MTN, Airtel

CALLBACK = "/callbacks/airtel_money/callback/payment"


@pytest.fixture
def airtel(driver: Driver) -> Airtel:
    return Airtel(driver)


def told(project: Project) -> dict[str, Any]:
    """What the callback says."""
    (post,) = project.wait_for(CALLBACK)
    found = post.json["transaction"]
    assert isinstance(found, dict)
    return found


def test_a_payment_is_in_process_prompted_paid_and_told(driver: Driver, project: Project, airtel: Airtel) -> None:
    taken = airtel.charge()
    assert taken.status_code == 200
    assert taken.json()["status"]["response_code"] == "DP00800001006", "which is no payment yet"
    body = told(project)
    (charge,) = driver.book("charges")
    assert (body["id"], body["status_code"], body["airtel_money_id"]) == ("order-charge-1", "TS", charge["receipt"])
    assert (charge["reference"], charge["provider"]) == ("order-charge-1", "airtel_money")
    assert driver.get(f"/wallets/{AIRTEL}") == {"balance_minor": 95_000, "currency": "UGX"}
    asked = airtel.enquire().json()["data"]["transaction"]
    assert (asked["status"], asked["airtel_money_id"]) == ("TS", charge["receipt"])


def test_an_open_prompt_is_in_progress(driver: Driver, airtel: Airtel) -> None:
    driver.put("/settings", prompt_answer="by_hand")
    airtel.charge()
    (prompt,) = driver.get(f"/phones/{AIRTEL}/prompts")
    assert prompt["provider"] == "airtel_money"
    assert airtel.enquire().json()["data"]["transaction"]["status"] == "TIP"


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        ("wrong_pin", ("TF", "DP00800001002")),
        ("cancel", ("TF", "DP00800001008")),
        ("ignore", ("TE", "DP00800001029")),
    ],
)
def test_a_payment_that_is_not_approved_fails(
    driver: Driver, project: Project, airtel: Airtel, answer: str, end: tuple[str, str]
) -> None:
    driver.put("/settings", prompt_answer=answer, prompt_expires_s=0.1)
    airtel.charge()
    assert told(project)["status_code"] == "TF"
    asked = airtel.enquire().json()
    assert (asked["data"]["transaction"]["status"], asked["status"]["response_code"]) == end
    assert driver.book("charges") == []


@pytest.mark.parametrize(("number", "code"), [(AIRTEL, "DP00800001007"), (MTN, "DP00800001010")])
def test_a_wallet_that_is_empty_or_not_there_fails(
    driver: Driver, project: Project, airtel: Airtel, number: str, code: str
) -> None:
    driver.put(f"/wallets/{number}", balance_minor=4999)
    airtel.charge(number=number[4:])
    told(project)
    assert airtel.enquire().json()["status"]["response_code"] == code


def test_an_id_is_taken_once(driver: Driver, airtel: Airtel) -> None:
    airtel.charge()
    assert airtel.charge().json()["status"]["result_code"] == "ESB000041"
    driver.wait_for_entries("charges")
    assert len(driver.book("charges")) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "abc"}, "ESB000008"),
        ({"amount": "much"}, "ESB000008"),
        ({"amount": 10.5}, "ESB000033"),
        ({"country": "XX"}, "ESB000034"),
        ({"country": "KE"}, "ESB000034"),
        ({"number": "12"}, "ESB000033"),
    ],
)
def test_a_request_that_is_wrong_is_refused(airtel: Airtel, changes: dict[str, Any], code: str) -> None:
    refused = airtel.charge(**changes)
    assert (refused.status_code, refused.json()["status"]["result_code"]) == (400, code)


def test_who_is_not_known_gets_no_token_and_nothing_without_one(airtel: Airtel) -> None:
    assert airtel.ask_token(client_secret="wrong").status_code == 401
    assert airtel.ask_token(grant_type="password").status_code == 401
    assert airtel.request("GET", "/standard/v1/payments/any", Authorization="Bearer wrong").status_code == 401


def test_what_was_never_asked_for_is_not_found(airtel: Airtel) -> None:
    unknown = airtel.enquire("never")
    assert (unknown.status_code, unknown.json()["status"]["response_code"]) == (404, "DP00800001025")
    assert airtel.refund("MP1").json()["status"]["result_code"] == "ESB000045"


def test_a_payment_goes_back_once(driver: Driver, airtel: Airtel) -> None:
    airtel.charge()
    (charge,) = driver.wait_for_entries("charges")
    back = airtel.refund(charge["receipt"]).json()
    (entry,) = driver.book("reversals")
    assert back["data"]["transaction"] == {"airtel_money_id": entry["transaction_id"], "status": "SUCCESS"}
    assert entry["charge_reference"] == "order-charge-1"
    assert driver.get(f"/wallets/{AIRTEL}")["balance_minor"] == 100_000
    assert airtel.refund(charge["receipt"]).status_code == 400
    assert len(driver.book("reversals")) == 1


def test_a_payment_may_end_by_itself_and_an_enquiry_may_lie(driver: Driver, project: Project, airtel: Airtel) -> None:
    driver.put(
        "/faults",
        rules={
            "airtel.payment": [{"kind": "result_code", "code": "DP00800001003"}],
            "airtel.enquiry": [{"kind": "result_code", "code": "TA", "times": 1}],
        },
    )
    airtel.charge()
    told(project)
    assert airtel.enquire().json()["data"]["transaction"]["status"] == "TA"
    assert airtel.enquire().json()["status"]["response_code"] == "DP00800001003"


def test_a_lie_with_true_ids_is_no_payment(driver: Driver, project: Project, airtel: Airtel) -> None:
    driver.put("/settings", prompt_answer="by_hand")
    driver.faults("airtel.callback", {"kind": "forged", "real_ids": True})
    airtel.charge()
    lie = told(project)
    assert (lie["id"], lie["status_code"]) == ("order-charge-1", "TS")
    assert airtel.enquire().json()["data"]["transaction"]["status"] == "TIP"
    assert driver.book("charges") == []


def test_no_two_payments_have_one_receipt() -> None:
    assert len({SCHEME.make_receipt() for _ in range(5_000)}) == 5_000
