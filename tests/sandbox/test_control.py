"""The control API: lines, wallets, vouchers, settings, books, reset, and what is refused."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.conftest import QUICK
from tests.sandbox.driver import FRIEND, PAYER, SUBSCRIBER, Driver
from tests.sandbox.project import PATIENCE_S, Project

LINE, WALLET = f"/lines/{SUBSCRIBER}", f"/wallets/{PAYER}"


def test_somebody_who_was_never_set_has_a_line_and_a_wallet(driver: Driver) -> None:
    assert driver.get(LINE) == {"state": "active", "balance_minor": 0, "currency": "KES"}
    assert driver.get(WALLET) == {"balance_minor": 100_000, "currency": "KES"}
    assert driver.get("/lines/+256772000001")["currency"] == "UGX"


def test_a_line_is_set_and_kept(driver: Driver) -> None:
    body = {"state": "suspended", "balance_minor": -5000, "currency": "KES"}
    assert driver.put(LINE, body) == body == driver.get(LINE)


def test_what_is_left_out_stays_as_it_is(driver: Driver) -> None:
    driver.put(LINE, balance_minor=700)
    driver.put(LINE, state="barred")
    assert driver.get(LINE) == {"state": "barred", "balance_minor": 700, "currency": "KES"}
    driver.put(WALLET, balance_minor=5)
    assert driver.put(WALLET, currency="UGX") == {"balance_minor": 5, "currency": "UGX"}


@pytest.mark.parametrize("number", ["+254711000001", "%2B254711000001", "254711000001"])
def test_a_number_is_understood_with_its_plus_encoded_or_without_it(driver: Driver, number: str) -> None:
    driver.put(LINE, balance_minor=1)
    assert driver.get(f"/lines/{number}")["balance_minor"] == 1


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/lines/0711", {}, "E.164"),
        (LINE, {"state": "sleeping"}, "state"),
        (LINE, {"balance_minor": 1.5}, "balance_minor"),
        (LINE, {"balance_minor": "1"}, "balance_minor"),
        (LINE, {"balance_minor": 10**20}, "balance_minor"),
        (LINE, {"currency": "shilling"}, "currency"),
        (LINE, {"balance": 1}, "balance"),
        (LINE, {"state": "suspended"}, "is not suspended"),
        (LINE, {"state": "active", "balance_minor": -1}, "is not active"),
        (WALLET, {"balance_minor": -1}, "balance_minor"),
        ("/vouchers/1234567", {"amount_minor": 1}, "8 to 20 digits"),
        ("/vouchers/12345678", {}, "amount_minor"),
        ("/vouchers/12345678", {"amount_minor": 1, "state": "lost"}, "state"),
        ("/settings", {"prompt_answer": "perhaps"}, "prompt_answer"),
        ("/settings", {"ussd_answer_s": 0}, "ussd_answer_s"),
        ("/settings", {"nothing": 1}, "nothing"),
        (f"/phones/{PAYER}", {"prompt_answer": "perhaps"}, "prompt_answer"),
        (f"/phones/{PAYER}", {}, "prompt_answer"),
    ],
)
def test_a_wrong_body_is_refused_with_a_sentence(driver: Driver, path: str, body: dict[str, Any], words: str) -> None:
    before = driver.get("/settings")
    response = driver.ask("PUT", path, body)
    assert response.status_code == 400
    assert words in response.json()["error"]
    assert driver.get("/settings") == before


@pytest.mark.parametrize("data", [b"no", b"[]", b"1", b"\xff\xfe"])
@pytest.mark.parametrize("path", ["/lines/+254711000001", "/faults", "/settings"])
def test_a_body_that_is_no_json_object_is_refused(driver: Driver, path: str, data: bytes) -> None:
    response = driver.http.put(f"{driver.url}{path}", data=data, timeout=PATIENCE_S)
    assert response.status_code == 400
    assert "JSON" in response.json()["error"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/phones/{PAYER}/dial", {"code": ""}),
        (f"/phones/{PAYER}/dial", {"code": 384}),
        (f"/phones/{PAYER}/key", {}),
        (f"/phones/{PAYER}/key", {"text": 1}),
        (f"/phones/{PAYER}/sms", {"to": "38455"}),
        (f"/phones/{PAYER}/prompts/1", {}),
    ],
)
def test_a_wrong_wish_to_a_phone_is_refused(driver: Driver, path: str, body: dict[str, Any]) -> None:
    assert driver.ask("POST", path, body).status_code == 400


def test_an_address_that_is_none_is_said_in_json(driver: Driver) -> None:
    response = driver.ask("GET", "/nowhere")
    assert (response.status_code, response.json()) == (404, {"error": "GET /nowhere: Not Found."})
    assert driver.ask("DELETE", "/faults").status_code == 405


def test_a_body_that_is_much_too_long_is_refused(driver: Driver) -> None:
    response = driver.http.put(f"{driver.url}{LINE}", data=b" " * 3_000_000, timeout=PATIENCE_S)
    assert response.status_code == 413


def test_a_page_of_another_origin_may_call(driver: Driver) -> None:
    preflight = driver.http.options(f"{driver.url}/phones/{PAYER}/dial", timeout=PATIENCE_S)
    assert preflight.status_code == 204
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Headers"] == "Content-Type"
    for response in (preflight, driver.ask("GET", LINE), driver.ask("GET", "/nowhere")):
        assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_settings_are_changed_one_by_one(driver: Driver) -> None:
    changed = driver.put("/settings", prompt_answer="by_hand")
    assert changed == driver.get("/settings")
    assert (changed["prompt_answer"], changed["callback_after_s"]) == ("by_hand", QUICK["callback_after_s"])


def test_a_voucher_is_printed_and_shown(driver: Driver) -> None:
    printed = driver.put("/vouchers/12345678", amount_minor=5000)
    assert printed == driver.get("/vouchers/12345678")
    assert printed | {"serial": ""} == {
        "amount_minor": 5000,
        "currency": "KES",
        "state": "available",
        "serial": "",
        "used_by": None,
    }
    assert driver.ask("GET", "/vouchers/87654321").status_code == 404


def test_everybody_who_was_met_is_known(driver: Driver) -> None:
    driver.put(LINE, balance_minor=0)
    driver.put(WALLET, balance_minor=0)
    driver.post(f"/phones/{FRIEND}/dial", code="*999#")
    assert driver.get("/phones") == sorted([SUBSCRIBER, PAYER, FRIEND])


def test_a_phone_is_shown_whole(driver: Driver) -> None:
    phone = driver.get(f"/phones/{PAYER}")
    assert (phone["msisdn"], phone["prompts"], phone["prompt_answer"]) == (PAYER, [], None)
    assert phone["line"] == driver.get(f"/lines/{PAYER}")
    assert phone["wallet"] == driver.get(WALLET)
    assert (phone["screen"]["screen"], phone["screen"]["open"]) == ("", False)


def test_the_books_have_every_entry_in_order_and_counted(driver: Driver) -> None:
    for amount in ("1", "2", "3"):
        driver.refill(amount)
    books = driver.get("/books")
    assert set(books) == {"charges", "reversals", "refills", "adjustments", "airtime", "sms"}
    assert [entry["amount_minor"] for entry in books["refills"]] == [1, 2, 3]
    assert driver.get("/books?counts=1") == {name: len(entries) for name, entries in books.items()}


def test_the_books_can_be_read_since_a_moment_and_for_one_person(driver: Driver) -> None:
    for msisdn in (SUBSCRIBER, FRIEND, SUBSCRIBER):
        driver.refill("1", msisdn)
    entries = driver.book("refills")
    second = datetime.fromisoformat(entries[1]["at"])
    assert second.utcoffset() == timedelta(0)
    nairobi = (second + timedelta(hours=3)).isoformat().replace("+00:00", "+03:00")
    assert driver.get(f"/books?since={nairobi}")["refills"] == entries[1:]
    assert driver.get(f"/books?since={nairobi}&counts=1")["refills"] == 2
    assert driver.get(f"/books?msisdn={SUBSCRIBER[1:]}")["refills"] == [entries[0], entries[2]]


@pytest.mark.parametrize("since", ["yesterday", "2026-11-23T12:00:00", "12"])
def test_a_moment_without_its_zone_is_refused(driver: Driver, since: str) -> None:
    assert driver.ask("GET", f"/books?since={since}").status_code == 400


def test_a_reset_makes_everything_new(driver: Driver, project: Project) -> None:
    driver.put("/settings", prompt_answer="by_hand")
    driver.put(LINE, balance_minor=700)
    driver.put("/vouchers/12345678", amount_minor=5000)
    driver.push()
    driver.send_sms()
    driver.faults("ucip.read", {"kind": "http_500"})
    driver.ucip_request("GetBalanceAndDate", driver.ucip_members())
    driver.post("/reset")
    assert driver.get("/phones") == []
    assert driver.get(LINE)["balance_minor"] == 0
    assert driver.get(f"/phones/{PAYER}/prompts") == driver.get(f"/phones/{SUBSCRIBER}/inbox") == []
    assert driver.ask("GET", "/vouchers/12345678").status_code == 404
    assert not any(driver.get("/books").values())
    assert driver.get("/faults") == {"seed": None, "rules": {}, "applied": {}}
    assert driver.get("/settings")["prompt_answer"] == "pin"


def test_a_reset_forgets_what_was_still_to_come(driver: Driver, project: Project) -> None:
    driver.put("/settings", airtime_after_s=0.1)
    driver.send_airtime()
    driver.post("/reset")
    driver.put("/settings", airtime_after_s=0.3)
    driver.send_airtime(to=FRIEND)
    assert [entry["msisdn"] for entry in driver.wait_for_entries("airtime")] == [FRIEND]


def test_health_counts_what_was_posted(driver: Driver, project: Project) -> None:
    before = driver.get("/healthz")
    driver.put("/settings", delivery_reports="final")
    driver.send_sms()
    project.wait_for("/delivery")
    driver.wait_for(lambda: driver.get("/healthz")["posted"] == before["posted"] + 1)
    assert driver.get("/healthz")["ok"] is True
