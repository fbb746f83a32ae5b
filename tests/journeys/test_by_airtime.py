"""Lines credited with airtime through Africa's Talking, which asks before it sends and tells the end later."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.city import City
from tests.journeys.conftest import a_journey_through
from tests.outside import Phone

BACK = "KES 100 received. Your line is back. Balance KES 50.00."
STATUS = "africastalking.airtime_status"


@pytest.fixture(scope="module")
def airtime_city() -> Iterator[City]:
    """A city that credits with airtime."""
    with (
        tempfile.TemporaryDirectory(prefix="redial-") as folder,
        City(folder=Path(folder), CREDIT_BY="airtime") as city,
    ):
        yield city


@pytest.fixture
def city(airtime_city: City) -> Iterator[City]:
    """The city, whole and with nothing going wrong."""
    yield from a_journey_through(airtime_city)


def test_a_suspended_line_pays_gets_airtime_and_is_told(city: City, phone: Phone) -> None:
    phone.top_up(100)
    order = city.end_of(phone)
    assert order.state == "DONE"
    assert phone.wait_for_sms() == [BACK]
    books = city.books(phone)
    assert [(entry["amount_minor"], entry["currency"]) for entry in books["airtime"]] == [(10_000, "KES")]
    assert books["refills"] == []
    assert city.records.balances(order.id) == {"clearing:daraja": 10_000, "float:airtime": -10_000}
    assert [line["is_ours"] for line in city.logged("airtime_validated")] == [True]


def test_airtime_that_arrives_late_is_waited_for(city: City, phone: Phone) -> None:
    city.world(airtime_after_s=1.5)
    phone.top_up(100)
    city.wait_for_state(phone, "CREDITING")
    assert city.end_of(phone).state == "DONE"
    assert len(city.books(phone)["airtime"]) == 1


@pytest.mark.parametrize("form", ["form", "json"])
@pytest.mark.parametrize("kind", ["callback_before_reply", "callback_twice", "contradictory"])
def test_a_notification_that_misbehaves_counts_once(city: City, phone: Phone, kind: str, form: str) -> None:
    city.world(airtime_callback_format=form)
    city.faults.add(STATUS, kind, msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone)
    assert (order.state, order.events.count("CREDIT_CONFIRMED")) == ("DONE", 1)


@pytest.mark.parametrize("kind", ["no_callback", "garbage", "wrong_number"])
def test_a_notification_that_cannot_be_used_is_asked_for(city: City, phone: Phone, kind: str) -> None:
    city.faults.add(STATUS, kind, msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone)
    assert (order.state, order.detail("CREDIT_CONFIRMED")["evidence"]) == ("DONE", "enquiry")


def test_a_notification_is_enough_where_airtime_cannot_be_looked_up(city: City, phone: Phone) -> None:
    city.faults.add("africastalking.find", "result_code", code="Not found")
    phone.top_up(100)
    order = city.end_of(phone)
    assert (order.state, order.detail("CREDIT_CONFIRMED")["evidence"]) == ("DONE", "callback")


def test_airtime_that_fails_gives_the_money_back(city: City, phone: Phone) -> None:
    city.faults.add(STATUS, "result_code", code="Line is not reachable", msisdn=phone.msisdn)
    phone.top_up(100)
    assert city.end_of(phone).state == "REFUNDED"
    assert phone.wait_for_sms() == [
        f"Sorry, we could not top up your line. KES 100 went back to M-PESA of {phone.national}."
    ]
    assert phone.wallet_minor == 100_000


def test_airtime_whose_acknowledgement_is_lost_is_not_sent_twice(city: City, phone: Phone) -> None:
    city.faults.add("africastalking.airtime", "reset_after_effect", msisdn=phone.msisdn)
    phone.top_up(100)
    city.wait_until(lambda: city.books(phone)["airtime"], what="the airtime")
    order = city.end_of(phone, hurried=True)
    assert order.events.count("CREDIT_SENT") == 1
    assert len(city.books(phone)["airtime"]) == 1
    assert order.state in ("DONE", "REVIEW_CREDIT")


def test_airtime_that_nobody_ordered_is_not_validated(city: City, phone: Phone) -> None:
    secret = city.env["CALLBACK_SECRET"]
    question = {
        "transactionId": "ATQid_1",
        "phoneNumber": phone.msisdn,
        "sourceIpAddress": "127.0.0.1",
        "currencyCode": "KES",
        "amount": "100",
    }
    answer = city.post(f"/callbacks/africastalking/{secret}/airtime/validation", json=question)
    assert (answer.status_code, answer.json()) == (200, {"status": "Failed"})
