"""The SMS at the end: a gateway that is away, refuses, or cannot reach a line that is still suspended."""

import pytest

from tests.city import City
from tests.outside import Phone

BACK = "KES 100 received. Your line is back. Balance KES 50.00."


def statuses(city: City, phone: Phone) -> list[str]:
    """Where the messages to a phone stand, oldest first."""
    return [message["status"] for message in city.records.messages(phone.msisdn)]


def test_what_was_delivered_is_known(city: City, phone: Phone) -> None:
    phone.top_up(100)
    assert phone.wait_for_sms() == [BACK]
    city.wait_until(lambda: statuses(city, phone) == ["delivered"], what="the delivery report")


@pytest.mark.parametrize("kind", ["callback_twice", "callback_before_reply", "contradictory"])
def test_delivery_reports_that_misbehave_lose_no_message_and_send_none_twice(
    city: City, phone: Phone, kind: str
) -> None:
    city.faults.add("africastalking.delivery", kind, msisdn=phone.msisdn)
    phone.top_up(100)
    assert phone.wait_for_sms() == [BACK]
    city.wait_until(lambda: statuses(city, phone) == ["delivered"], what="the delivery report")
    assert len(city.books(phone)["sms"]) == 1


def test_a_gateway_that_fails_once_gets_the_message_again(city: City, phone: Phone) -> None:
    city.faults.add("africastalking.sms", "http_500", times=1, msisdn=phone.msisdn)
    phone.top_up(100)
    assert phone.wait_for_sms() == [BACK]
    assert len(city.books(phone)["sms"]) == 1


def test_a_gateway_that_cannot_be_reached_gets_the_message_when_it_is_back(city: City, phone: Phone) -> None:
    city.stop("tell")
    phone.top_up(100)
    city.end_of(phone)
    city.kill("sandbox")
    city.start("tell")
    tried = "SELECT id FROM outbox WHERE effect = 'tell_balance' AND tried > 0 AND done_at IS NULL"
    city.wait_until(lambda: city.records.rows(tried), what="a try that could not be made")
    city.start("sandbox")
    city.wait_until(city.is_ready, what="the world is back")
    assert phone.wait_for_sms() == [BACK]


def test_a_gateway_that_refuses_the_message_is_not_asked_for_ever(city: City, phone: Phone) -> None:
    city.faults.add("africastalking.sms", "result_code", code=406, msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone)
    city.wait_until(lambda: statuses(city, phone) == ["failed"], what="the end of the message")
    assert city.records.owed(order.id) == []


def test_a_confirmation_that_the_suspended_line_could_not_get_is_sent_again(city: City, phone: Phone) -> None:
    city.faults.add("africastalking.delivery", "result_code", code="UserAccountSuspended", times=1, msisdn=phone.msisdn)
    phone.top_up(100)
    assert phone.wait_for_sms() == [BACK]
    assert [entry["failure_reason"] for entry in city.books(phone)["sms"]] == ["UserAccountSuspended", None]


def test_what_a_suspended_line_could_not_be_told_it_is_told_when_it_is_back(city: City, phone: Phone) -> None:
    city.world(sms_blocked_while_suspended=True)
    phone.answers_prompts("cancel")
    phone.top_up(100)
    city.end_of(phone)
    city.wait_until(lambda: city.books(phone)["sms"], what="the first try")
    assert phone.inbox() == []
    phone.set_line(balance_minor=1000)
    assert phone.wait_for_sms() == [
        "KES 100 not paid. The payment was cancelled. Nothing was taken. Dial *384*55# to try again."
    ]


def test_a_message_that_fails_for_another_reason_is_not_sent_again(city: City, phone: Phone) -> None:
    city.faults.add("africastalking.delivery", "result_code", code="DeliveryFailure", msisdn=phone.msisdn)
    phone.top_up(100)
    city.wait_until(lambda: statuses(city, phone) == ["failed"], what="the delivery report")
    assert len(city.books(phone)["sms"]) == 1
