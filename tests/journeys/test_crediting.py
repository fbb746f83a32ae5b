"""The credit itself, and the charging system that gives it: refusals, lost answers, and when it is away."""

import pytest

from tests.city import City
from tests.outside import Phone

CHECKING = "We are checking your top-up of KES 100. You will not pay twice."
BACK = "KES 100 received. Your line is back. Balance KES 50.00."


def agrees_to_pay(city: City, phone: Phone) -> None:
    """Dial and agree, with the prompt then open on the phone: what comes next has not begun."""
    phone.answers_prompts("by_hand")
    phone.top_up(100)
    phone.wait_for_prompt()


def test_a_refill_that_is_refused_gives_the_money_back_and_says_so(city: City, phone: Phone, friend: Phone) -> None:
    city.faults.add("ucip.refill", "result_code", code=123, msisdn=phone.msisdn)
    phone.top_up(100, payer=friend)
    order = city.end_of(phone)
    assert (order.state, order.events[-3:]) == ("REFUNDED", ["CREDIT_REFUSED", "REFUND_SENT", "REFUND_CONFIRMED"])
    assert phone.wait_for_sms() == [
        f"Sorry, we could not top up your line. KES 100 went back to M-PESA of {friend.national}."
    ]
    assert friend.wallet_minor == 100_000
    books = city.books(friend)
    assert [entry["receipt"] for entry in books["reversals"]] == [entry["receipt"] for entry in books["charges"]]
    assert city.records.balances(order.id) == {}


def test_a_line_that_is_barred_between_paying_and_crediting_gets_the_money_back(city: City, phone: Phone) -> None:
    agrees_to_pay(city, phone)
    phone.set_line(state="barred")
    phone.answer("pin")
    assert city.end_of(phone).state == "REFUNDED"
    assert phone.wallet_minor == 100_000


@pytest.mark.parametrize("fault", ["reset_after_effect", "timeout_after_effect", "garbage"])
def test_a_refill_whose_answer_is_lost_is_found_by_the_balance_and_not_repeated(
    city: City, phone: Phone, fault: str
) -> None:
    more = {"seconds": 0.3} if fault == "timeout_after_effect" else {}
    city.faults.add("ucip.refill", fault, msisdn=phone.msisdn, **more)
    phone.top_up(100)
    order = city.end_of(phone)
    assert (order.state, order.events.count("CREDIT_SENT")) == ("DONE", 1)
    assert order.detail("CREDIT_CONFIRMED")["evidence"] == "enquiry"
    assert phone.wait_for_sms() == [BACK]
    assert len(city.books(phone)["refills"]) == 1


def test_a_refill_of_which_nobody_knows_goes_to_a_person_and_is_never_repeated(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "reset_before_effect", times=1, msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone, hurried=True)
    assert (order.state, order.events.count("CREDIT_SENT")) == ("REVIEW_CREDIT", 1)
    assert phone.wait_for_sms()[0].startswith(CHECKING)
    assert city.wait_until(lambda: city.logged("order_needs_a_person"))[0]["order"] == order.id
    assert city.books(phone)["refills"] == []


def test_two_top_ups_of_one_line_are_credited_one_after_the_other(city: City, phone: Phone, friend: Phone) -> None:
    city.faults.add("ucip.refill", "reset_after_effect", msisdn=phone.msisdn)
    phone.top_up(100)
    phone.top_up(70, payer=friend)
    city.wait_until(lambda: all(order.has_ended for order in city.orders(phone)), what="the end of both")
    assert [order.state for order in city.orders(phone)] == ["DONE", "DONE"]
    assert phone.line["balance_minor"] == 12_000


@pytest.mark.parametrize("fault", ["http_500", "reset_before_effect", "delay"])
def test_a_line_that_cannot_be_read_at_the_dial_is_topped_up_all_the_same(city: City, phone: Phone, fault: str) -> None:
    more = {"seconds": 3} if fault == "delay" else {}
    city.faults.add("ucip.read", fault, times=1, msisdn=phone.msisdn, **more)
    assert phone.dial().text.startswith("We cannot see your line just now. You can still top up.\n1 Top up\n")
    phone.key("1", "2", "1", "1")
    assert city.end_of(phone).state == "DONE"
    assert phone.wallet_minor == 90_000


def test_a_charging_system_that_is_away_when_the_line_should_be_credited_is_waited_for(
    city: City, phone: Phone
) -> None:
    agrees_to_pay(city, phone)
    city.faults.add("ucip.read", "http_500", times=3, msisdn=phone.msisdn)
    phone.answer("pin")
    order = city.end_of(phone)
    assert (order.state, order.events.count("CREDIT_SENT")) == ("DONE", 1)
    assert city.faults.applied("ucip.read", "http_500") == 3
    assert phone.wait_for_sms() == [BACK]


def test_a_charging_system_that_rejects_the_refill_for_overload_is_asked_again(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "result_code", code=1007, times=2, msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone)
    assert (order.state, order.events.count("CREDIT_NOT_SENT")) == ("DONE", 2)


def test_a_charging_system_that_stays_away_gives_the_money_back(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "result_code", code=1007, msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone, hurried=True)
    assert (order.state, "CREDIT_CONFIRMED" in order.events) == ("REFUNDED", False)
    assert phone.wallet_minor == 100_000


def test_a_line_that_cannot_be_read_after_the_refill_is_looked_at_again(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "delay", seconds=1.5, msisdn=phone.msisdn)
    phone.top_up(100)
    city.wait_for_event(phone, "CREDIT_SENT")
    city.faults.add("ucip.read", "http_500", times=2, msisdn=phone.msisdn)
    assert city.end_of(phone).events[-1] == "LINE_SEEN"
    assert city.faults.applied("ucip.read", "http_500") == 2
    assert phone.wait_for_sms() == [BACK]


def test_a_refund_whose_end_comes_twice_is_one_refund(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "result_code", code=103, msisdn=phone.msisdn)
    city.faults.add("daraja.reversal_callback", "callback_twice", msisdn=phone.msisdn)
    phone.top_up(100)
    assert city.end_of(phone).state == "REFUNDED"
    assert len(city.books(phone)["reversals"]) == 1


def test_a_refund_whose_acknowledgement_is_lost_is_looked_at_and_not_sent_twice(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "result_code", code=103, msisdn=phone.msisdn)
    city.faults.add("daraja.reversal", "reset_after_effect", msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone, hurried=True)
    assert (order.state, order.events.count("REFUND_SENT")) == ("REVIEW_REFUND", 1)
    assert len(city.books(phone)["reversals"]) == 1


@pytest.mark.parametrize("fault", ["no_callback", "queue_timeout", "garbage"])
def test_a_refund_of_which_nothing_is_heard_goes_to_a_person(city: City, phone: Phone, fault: str) -> None:
    city.faults.add("ucip.refill", "result_code", code=103, msisdn=phone.msisdn)
    city.faults.add("daraja.reversal_callback", fault, msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone, hurried=True)
    assert (order.state, order.events.count("REFUND_SENT")) == ("REVIEW_REFUND", 1)
    assert phone.wait_for_sms()[0].startswith(CHECKING)
    assert city.records.balances(order.id) == {"clearing:daraja": 10_000, "refunds_payable": -10_000}


def test_a_refund_that_is_refused_goes_to_a_person(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "result_code", code=103, msisdn=phone.msisdn)
    city.faults.add("daraja.reversal", "result_code", code="R000002", msisdn=phone.msisdn)
    phone.top_up(100)
    assert city.end_of(phone).state == "REVIEW_REFUND"
    assert phone.wait_for_sms()[0].startswith(CHECKING)


def test_a_payment_without_a_receipt_cannot_be_reversed_and_goes_to_a_person(city: City, phone: Phone) -> None:
    city.faults.add("daraja.callback", "no_callback", msisdn=phone.msisdn)
    city.faults.add("ucip.refill", "result_code", code=103, msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone)
    assert (order.state, order.detail("GAVE_UP")["why"]) == ("REVIEW_REFUND", "the payment's receipt is not known")
