"""What the payer does with the prompt, and what the owner of the line is told when nothing was paid."""

import pytest

from tests.city import City
from tests.outside import Phone


def test_a_payer_who_is_asked_by_hand_and_agrees_pays(city: City, phone: Phone, friend: Phone) -> None:
    friend.answers_prompts("by_hand")
    phone.top_up(100, payer=friend)
    prompt = friend.wait_for_prompt()
    assert (prompt["amount_minor"], prompt["currency"]) == (10_000, "KES")
    friend.answer("pin")
    assert city.end_of(phone).state == "DONE"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("wrong_pin", "The M-PESA PIN was wrong."),
        ("cancel", "The payment was cancelled."),
        ("ignore", "M-PESA got no answer from the payer."),
    ],
)
def test_a_payer_who_does_not_pay_is_not_charged_and_the_owner_is_told_why(
    city: City, phone: Phone, answer: str, why: str
) -> None:
    city.world(prompt_expires_s=0.5)
    phone.answers_prompts(answer)
    phone.top_up(100)
    order = city.end_of(phone)
    assert (order.state, order.events) == ("UNPAID", ["PLACED", "CHARGE_SENT", "CHARGE_REFUSED"])
    assert phone.wait_for_sms() == [f"KES 100 not paid. {why} Nothing was taken. Dial *384*55# to try again."]
    assert (phone.wallet_minor, phone.line["balance_minor"]) == (100_000, -5000)
    assert city.records.balances(order.id) == {}


def test_a_payer_who_has_too_little_is_not_charged(city: City, phone: Phone) -> None:
    phone.set_wallet(9_999)
    phone.top_up(100)
    assert city.end_of(phone).state == "UNPAID"
    assert phone.wait_for_sms() == [
        "KES 100 not paid. The M-PESA balance is too low. Nothing was taken. Dial *384*55# to try again."
    ]
    assert phone.wallet_minor == 9_999


def test_a_payer_whose_phone_is_in_a_session_is_asked_again_after_it(city: City, phone: Phone, friend: Phone) -> None:
    friend.dial()
    phone.top_up(100, payer=friend)
    city.wait_for_event(phone, "CHARGE_BUSY")
    friend.hangup()
    order = city.end_of(phone)
    assert order.state == "DONE"
    assert order.events.count("CHARGE_SENT") == 1 + order.events.count("CHARGE_BUSY")
    assert len(city.books(friend)["charges"]) == 1


def test_a_payer_whose_phone_stays_busy_is_asked_four_times_and_not_for_ever(
    city: City, phone: Phone, friend: Phone
) -> None:
    friend.dial()
    phone.top_up(100, payer=friend)
    order = city.end_of(phone, hurried=True)
    assert (order.state, order.events.count("CHARGE_SENT")) == ("UNPAID", 4)
    assert phone.wait_for_sms() == [
        "KES 100 not paid. The payer's phone was busy. Nothing was taken. Dial *384*55# to try again."
    ]


def test_a_payment_service_that_is_away_is_waited_for(city: City, phone: Phone) -> None:
    city.faults.add("daraja.stk", "result_code", code="500.003.02", times=2, msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone)
    assert (order.state, order.events.count("CHARGE_NOT_SENT")) == ("DONE", 2)


def test_a_payment_service_that_stays_away_ends_the_order_unpaid(city: City, phone: Phone) -> None:
    city.faults.add("daraja.stk", "result_code", code="500.003.02", msisdn=phone.msisdn)
    phone.top_up(100)
    assert city.end_of(phone, hurried=True).state == "UNPAID"
    assert phone.wait_for_sms() == [
        "KES 100 not paid. Sorry, M-PESA cannot be reached just now. Nothing was taken. Dial *384*55# to try again."
    ]


def test_a_prompt_whose_acknowledgement_was_lost_is_not_shown_twice(city: City, phone: Phone) -> None:
    city.faults.add("daraja.stk", "reset_after_effect", msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone)
    assert (order.state, order.events.count("CHARGE_SENT")) == ("DONE", 1)
    assert order.detail("CHARGE_CONFIRMED")["evidence"] == "callback"


def test_a_prompt_of_which_nothing_is_ever_heard_again_goes_to_a_person(city: City, phone: Phone) -> None:
    city.faults.add("daraja.stk", "reset_before_effect", msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone, hurried=True)
    assert order.state == "REVIEW_CHARGE"
    reference = order.id[:8].upper()
    assert phone.wait_for_sms() == [
        "We are checking your top-up of KES 100. You will not pay twice. We will send you an SMS. "
        f"Help: call 100, ref {reference}."
    ]
    assert city.wait_until(lambda: city.logged("order_needs_a_person"))[0]["order"] == order.id
