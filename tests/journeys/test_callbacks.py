"""Callbacks of the payment provider: twice, late, early, never, and not true."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.city import City
from tests.outside import Phone
from tests.records import OrderSeen

DARAJA = "daraja.callback"


def settled(city: City, order: OrderSeen, count: int) -> list[str]:
    """What was made of the callbacks about an order, once `count` have been settled."""

    def find() -> list[str] | None:
        found = city.records.verdicts(order.id, topic="stk")
        return found if len(found) >= count else None

    return city.wait_until(find, what=f"{count} callbacks settled")


def call_back(city: City, order: OrderSeen, charge: Mapping[str, Any]) -> None:
    """Post what Daraja posts for a charge that was paid, to where it posts for this order."""
    items = {
        "Amount": charge["amount_minor"] / 100,
        "MpesaReceiptNumber": charge["receipt"],
        "TransactionDate": 20261124093000,
        "PhoneNumber": int(charge["msisdn"].lstrip("+")),
    }
    callback = {
        "MerchantRequestID": charge["merchant_request_id"],
        "CheckoutRequestID": charge["checkout_request_id"],
        "ResultCode": 0,
        "ResultDesc": "The service request is processed successfully.",
        "CallbackMetadata": {"Item": [{"Name": name, "Value": value} for name, value in items.items()]},
    }
    where = f"/callbacks/daraja/{city.env['CALLBACK_SECRET']}/stk/{order.id}-charge-1"
    assert city.post(where, json={"Body": {"stkCallback": callback}}).ok


def provider_ref(city: City, order: OrderSeen) -> str | None:
    """The provider's name for the order's charge, once it has told it."""
    [attempt] = city.records.rows("SELECT provider_ref FROM attempts WHERE order_id = %(id)s", id=order.id)
    found: str | None = attempt["provider_ref"]
    return found


def is_done_once(city: City, phone: Phone) -> OrderSeen:
    """The phone's order, which is done with one charge and one refill."""
    order = city.end_of(phone)
    assert order.state == "DONE"
    books = city.books(phone)
    assert (len(books["charges"]), len(books["refills"])) == (1, 1)
    return order


def test_a_callback_that_comes_twice_counts_once(city: City, phone: Phone) -> None:
    city.faults.add(DARAJA, "callback_twice", msisdn=phone.msisdn)
    phone.top_up(100)
    order = is_done_once(city, phone)
    assert "confirmed" in settled(city, order, 2)
    assert order.events.count("CHARGE_CONFIRMED") == 1


def test_a_callback_that_comes_before_the_reply_is_believed(city: City, phone: Phone) -> None:
    city.faults.add(DARAJA, "callback_before_reply", msisdn=phone.msisdn)
    phone.top_up(100)
    is_done_once(city, phone)


def test_a_callback_that_never_comes_is_asked_for(city: City, phone: Phone) -> None:
    city.faults.add(DARAJA, "no_callback", msisdn=phone.msisdn)
    phone.top_up(100)
    assert is_done_once(city, phone).detail("CHARGE_CONFIRMED")["evidence"] == "enquiry"


def test_a_refusal_that_is_never_told_is_asked_for(city: City, phone: Phone) -> None:
    city.faults.add(DARAJA, "no_callback", msisdn=phone.msisdn)
    phone.answers_prompts("cancel")
    phone.top_up(100)
    order = city.end_of(phone)
    assert (order.state, order.detail("CHARGE_REFUSED")["evidence"]) == ("UNPAID", "enquiry")


def test_a_callback_that_comes_late_brings_the_receipt_to_what_was_known(city: City, phone: Phone) -> None:
    city.faults.add(DARAJA, "no_callback", msisdn=phone.msisdn)
    phone.top_up(100)
    order = is_done_once(city, phone)
    assert order.detail("CHARGE_CONFIRMED")["evidence"] == "enquiry"
    [charge] = city.books(phone)["charges"]
    call_back(city, order, charge)
    assert settled(city, order, 1) == ["repeated, with its receipt"]
    [attempt] = city.records.rows("SELECT receipt FROM attempts WHERE reference = %(r)s", r=charge["reference"])
    assert attempt["receipt"] == charge["receipt"]


def test_a_callback_in_garbage_changes_nothing_and_the_provider_is_asked(city: City, phone: Phone) -> None:
    city.faults.add(DARAJA, "garbage", msisdn=phone.msisdn)
    phone.top_up(100)
    assert is_done_once(city, phone).detail("CHARGE_CONFIRMED")["evidence"] == "enquiry"


def test_a_callback_about_another_number_changes_nothing_and_the_provider_is_asked(city: City, phone: Phone) -> None:
    city.faults.add(DARAJA, "wrong_number", msisdn=phone.msisdn)
    phone.top_up(100)
    order = is_done_once(city, phone)
    assert settled(city, order, 1) == ["is about another number"]
    assert order.detail("CHARGE_CONFIRMED")["evidence"] == "enquiry"


def test_a_callback_about_another_amount_goes_to_a_person_and_credits_nothing(city: City, phone: Phone) -> None:
    city.faults.add(DARAJA, "wrong_amount", amount_minor=1_000_000, msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone)
    assert order.state == "REVIEW_CHARGE"
    assert phone.wait_for_sms()[0].startswith("We are checking your top-up of KES 100. You will not pay twice.")
    alerts = city.wait_until(
        lambda: [said for said in city.logged("order_needs_a_person") if said["order"] == order.id],
        what="somebody is told",
    )
    assert alerts[0]["why"] == "1000000 KES instead of 10000"
    assert city.books(phone)["refills"] == []
    assert [(stray.kind, stray.amount_minor) for stray in city.orders() if stray.id != order.id] == [
        ("stray", 1_000_000)
    ]


def test_a_lie_with_names_of_its_own_credits_nothing(city: City, phone: Phone) -> None:
    phone.answers_prompts("by_hand")
    phone.top_up(100)
    phone.wait_for_prompt()
    [order] = city.orders(phone)
    ours = city.wait_until(lambda: provider_ref(city, order), what="the provider's name for the charge")
    lie = {"merchant_request_id": "1-1-1", "checkout_request_id": "ws_CO_lie", "receipt": "LIE0000001"}
    call_back(city, order, lie | {"amount_minor": 10_000, "msisdn": phone.msisdn})
    assert settled(city, order, 1) == [f"names ws_CO_lie, but the provider calls this attempt {ours}"]
    phone.answer("cancel")
    assert city.end_of(phone).state == "UNPAID"
    assert city.books(phone)["refills"] == []


def test_a_yes_that_is_taken_back_after_it_was_true_changes_nothing(city: City, phone: Phone) -> None:
    city.faults.add(DARAJA, "contradictory", msisdn=phone.msisdn)
    phone.top_up(100)
    order = is_done_once(city, phone)
    # Two hands settle them, in either order: whichever is first, the provider's own word is the one that counts.
    assert settled(city, order, 2).count("confirmed") == 1
    assert city.end_of(phone).state == "DONE"


def test_a_no_that_is_followed_by_a_yes_credits_nothing(city: City, phone: Phone) -> None:
    city.faults.add(DARAJA, "contradictory", msisdn=phone.msisdn)
    phone.answers_prompts("cancel")
    phone.top_up(100)
    order = city.end_of(phone)
    settled(city, order, 2)
    assert city.end_of(phone).state == "UNPAID"
    assert city.books(phone)["refills"] == []


@pytest.mark.parametrize("secret", ["0123456789abcdef0123456789abcdef", "x"])
def test_a_stranger_without_the_secret_is_turned_away(city: City, phone: Phone, secret: str) -> None:
    phone.answers_prompts("by_hand")
    phone.top_up(100)
    phone.wait_for_prompt()
    [order] = city.orders(phone)
    for path in (
        f"/callbacks/daraja/{secret}/stk/{order.id}-charge-1",
        f"/sms/africastalking/{secret}/incoming",
        f"/ussd/africastalking/{secret}",
    ):
        assert city.post(path, data={"id": "1"}).status_code == 404
    assert city.records.verdicts(order.id, topic="stk") == []
    phone.answer("cancel")
    assert city.end_of(phone).state == "UNPAID"
