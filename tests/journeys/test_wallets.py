"""Payers of other networks: Airtel Money in Kenya, and MTN MoMo in Uganda, where money has no cents."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.city import City
from tests.journeys.conftest import a_journey_through, flask
from tests.outside import Phone

UGANDA = {
    "COUNTRY": "UG",
    "CURRENCY": "UGX",
    "TIMEZONE": "Africa/Kampala",
    "SMALLEST_TOP_UP_MINOR": "500",
    "LARGEST_TOP_UP_MINOR": "1000000",
    "PRESETS_MINOR": "1000,2000,5000,10000",
    "TOP_UP_STEP_MINOR": "100",
    "LINE_A_DAY_MINOR": "2000000",
    "PAYER_A_DAY_MINOR": "3000000",
}


@pytest.fixture(scope="module")
def whole_uganda() -> Iterator[City]:
    with tempfile.TemporaryDirectory(prefix="redial-") as folder, City(folder=Path(folder), **UGANDA) as city:
        yield city


@pytest.fixture
def uganda(whole_uganda: City) -> Iterator[City]:
    """A city whose people pay in Ugandan shillings."""
    yield from a_journey_through(whole_uganda)


def owing(city: City, msisdn: str, *, debt_minor: int) -> Phone:
    """A suspended line of that number."""
    phone = city.phone(msisdn)
    phone.set_line(balance_minor=-debt_minor)
    return phone


# Kenya, Airtel Money.


def test_who_is_with_airtel_is_asked_by_airtel_money(city: City) -> None:
    phone = owing(city, "+254733000101", debt_minor=5000)
    phone.answers_prompts("by_hand")
    confirm = phone.dial("*384*55*100#")
    assert confirm.text.startswith("Top up 0733000101 with KES 100. Airtel Money of 0733000101 pays.")
    assert phone.key("1").text.startswith("KES 100: in a moment Airtel Money asks for your PIN on this phone.")
    prompt = phone.wait_for_prompt()
    assert (prompt["provider"], prompt["amount_minor"]) == ("airtel_money", 10_000)
    phone.answer("pin")
    order = city.end_of(phone)
    assert order.state == "DONE"
    assert order.detail("CHARGE_CONFIRMED")["evidence"] == "enquiry", "Airtel's callback alone is not believed"
    assert phone.wait_for_sms() == ["KES 100 received. Your line is back. Balance KES 50.00."]
    assert phone.wallet_minor == 90_000
    assert city.records.balances(order.id) == {"clearing:airtel_money": 10_000, "float:ucip": -10_000}


def test_an_airtel_callback_that_lies_pays_for_nothing(city: City) -> None:
    phone = owing(city, "+254733000102", debt_minor=5000)
    city.faults.add("airtel.callback", "forged", real_ids=True, msisdn=phone.msisdn)
    phone.answers_prompts("cancel")
    phone.top_up(100)
    assert city.end_of(phone).state == "UNPAID"
    assert phone.wait_for_sms() == [
        "KES 100 not paid. The payment was cancelled. Nothing was taken. Dial *384*55# to try again."
    ]


def test_an_airtel_reply_that_was_lost_and_a_callback_that_never_came_are_found_out_by_asking(city: City) -> None:
    phone = owing(city, "+254733000103", debt_minor=5000)
    city.faults.add("airtel.payment", "reset_after_effect", msisdn=phone.msisdn)
    city.faults.add("airtel.callback", "no_callback", msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone, hurried=True)
    assert (order.state, order.events.count("CHARGE_SENT")) == ("DONE", 1)
    assert len(city.books(phone)["charges"]) == 1


def test_an_airtel_payment_that_buys_nothing_goes_back(city: City) -> None:
    phone = owing(city, "+254733000104", debt_minor=5000)
    city.faults.add("ucip.refill", "result_code", code=103, msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone)
    assert order.state == "REFUNDED"
    assert phone.wait_for_sms() == [
        "Sorry, we could not top up your line. KES 100 went back to Airtel Money of 0733000104."
    ]
    assert phone.wallet_minor == 100_000
    assert city.records.balances(order.id) == {}


def test_who_has_no_wallet_here_is_told_so_and_lets_another_pay(city: City, friend: Phone) -> None:
    phone = owing(city, "+254770000101", debt_minor=5000)
    asked = phone.dial("*384*55*100#")
    assert asked.text.startswith("Your number has no mobile money that we can ask. Type one that pays, like")
    mistaken = phone.key("0770000102")
    assert mistaken.text.startswith("That number has no mobile money that we can ask.")
    assert "M-PESA of" in phone.key(friend.national).text
    phone.key("1")
    assert city.end_of(phone).state == "DONE"
    phone.wait_for_sms(1)
    phone.sms("TOPUP 100")
    assert phone.wait_for_sms(2)[1] == (
        "That number has no mobile money that we can ask. Nothing was taken. Send TOPUP 100, or dial *384*55#."
    )


# Uganda, MTN MoMo.


def test_a_line_in_uganda_comes_back_by_mtn_momo_in_shillings_without_cents(uganda: City) -> None:
    phone = owing(uganda, "+256772000101", debt_minor=1500)
    phone.answers_prompts("by_hand")
    home = phone.dial()
    assert home.text.startswith("Line suspended. You owe UGX 1,500.")
    assert "UGX 1,500 (line comes back)" in phone.key("1").text
    confirm = phone.key("1", "1")
    assert confirm.text.startswith("Top up 0772000101 with UGX 1,500. MTN MoMo of 0772000101 pays.")
    phone.key("1")
    prompt = phone.wait_for_prompt()
    assert (prompt["provider"], prompt["amount_minor"], prompt["currency"]) == ("mtn_momo", 1500, "UGX")
    phone.answer("pin")
    order = uganda.end_of(phone)
    assert order.state == "DONE"
    assert (order.amount_minor, order.currency) == (1500, "UGX")
    assert phone.wait_for_sms() == ["UGX 1,500 received. Your line is back. Balance UGX 0."]
    assert phone.wallet_minor == 98_500
    assert uganda.records.balances(order.id) == {"clearing:mtn_momo": 1500, "float:ucip": -1500}
    assert uganda.records.verdicts(order.id, topic="charge") == ["confirmed"]


def test_a_momo_reply_that_was_lost_is_found_out_by_our_own_name_for_it(uganda: City) -> None:
    phone = owing(uganda, "+256772000102", debt_minor=1500)
    uganda.faults.add("momo.requesttopay", "reset_after_effect", msisdn=phone.msisdn)
    uganda.faults.add("momo.callback", "no_callback", msisdn=phone.msisdn)
    phone.top_up(2000)
    order = uganda.end_of(phone, hurried=True)
    assert (order.state, order.events.count("CHARGE_SENT")) == ("DONE", 1)
    assert order.detail("CHARGE_CONFIRMED")["evidence"] == "enquiry"


def test_a_momo_payment_that_buys_nothing_goes_back(uganda: City) -> None:
    phone = owing(uganda, "+256772000103", debt_minor=1500)
    uganda.faults.add("ucip.refill", "result_code", code=103, msisdn=phone.msisdn)
    phone.top_up(2000)
    order = uganda.end_of(phone)
    assert order.state == "REFUNDED"
    assert phone.wallet_minor == 100_000
    assert uganda.records.balances(order.id) == {}


def test_the_ledger_agrees_with_the_statement_of_mtn(uganda: City, tmp_path: Path) -> None:
    """All that was paid and went back here; and then a payment that nobody here knows."""
    phone, statement = owing(uganda, "+256772000111", debt_minor=1500), tmp_path / "momo.csv"
    uganda.faults.add("ucip.refill", "result_code", code=103, msisdn=phone.msisdn)
    phone.top_up(3000)
    assert uganda.end_of(phone).state == "REFUNDED"
    books = uganda.outside.get("/books")
    paid, back = ([b for b in books[book] if b["provider"] == "mtn_momo"] for book in ("charges", "reversals"))
    rows = [f"{b['at']},{b['receipt']},{b['reference']},,{b['amount_minor']}" for b in paid]
    rows += [f"{b['at']},{b['transaction_id']},,{b['receipt']},-{b['amount_minor']}" for b in back]
    statement.write_text("\n".join(["time,receipt,reference,returns,amount", *rows, ""]))
    agreed = flask(uganda, "reconcile", "wallet", "mtn_momo", str(statement))
    assert agreed.returncode == 0, agreed.stdout + agreed.stderr
    assert agreed.stdout.startswith(f"{len(rows)} matched")
    with statement.open("a") as more:
        more.write(f"{paid[0]['at']},STRANGE1,{paid[0]['reference']},,3000\n")
    ran = flask(uganda, "reconcile", "wallet", "mtn_momo", str(statement))
    assert ran.returncode == 1
    assert "1 missing here" in ran.stdout


def test_in_uganda_the_payer_s_network_decides_too(uganda: City) -> None:
    phone = owing(uganda, "+256752000104", debt_minor=1500)
    phone.sms("TOPUP 2000")
    assert phone.wait_for_sms()[0] == "UGX 2,000: in a moment Airtel Money asks 0752000104 for the PIN."
    assert uganda.end_of(phone).state == "DONE"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_momo_may_tell_by_post_or_by_put_and_only_who_knows_the_address(uganda: City, method: str) -> None:
    secret = uganda.env["CALLBACK_SECRET"]
    send = uganda.post if method == "POST" else uganda.put
    assert send(f"/callbacks/mtn_momo/{secret}/charge/nobodys-charge-1", data=b"{}").status_code == 200
    assert send("/callbacks/mtn_momo/wrong-secret-of-callbacks/charge/nobodys-charge-1", data=b"{}").status_code == 404
    assert send(f"/callbacks/mtn_momo/{secret}/else/nobodys-charge-1", data=b"{}").status_code == 404
