"""Somebody else is asked to pay, and lines that are not one's own are topped up."""

import re

from tests.city import City
from tests.outside import Phone

DONE = ["ASK_PLACED", "ASK_ACCEPTED", "CHARGE_SENT", "CHARGE_CONFIRMED", "CREDIT_SENT", "CREDIT_CONFIRMED", "LINE_SEEN"]


def ask(phone: Phone, payer: Phone, amount: int = 50) -> None:
    """Ask by menu."""
    confirm = phone.dial(f"*384*55*1*5*{amount}*3*{payer.national}#")
    assert confirm.text.startswith(f"We ask {payer.national} by SMS to pay KES {amount}"), confirm
    assert not phone.key("1").open


def question(phone: Phone) -> tuple[str, str]:
    """The question that came by SMS, and the number in it."""
    text = phone.wait_for_sms()[0]
    found = re.search(r"YES (\d{3})", text)
    assert found is not None, text
    return text, found[1]


def test_a_friend_is_asked_says_yes_pays_and_both_are_told(city: City, phone: Phone, friend: Phone) -> None:
    ask(phone, friend)
    text, code = question(friend)
    assert text == (f"{phone.national} asks you to top up KES 50 for them. Reply YES {code} to pay, or NO {code}.")
    assert friend.wallet_minor == 100_000
    friend.sms(f"Yes {code}.")
    order = city.end_of(phone)
    assert (order.state, order.events) == ("DONE", DONE)
    assert friend.wallet_minor == 95_000
    assert phone.wait_for_sms() == ["KES 50 received. Your line is back. Balance KES 0.00."]
    assert sorted(friend.wait_for_sms(3)[1:]) == [
        f"KES 50 from you was added to the line of {phone.national}. Thank you.",
        "Thank you. KES 50: in a moment you are asked for your PIN.",
    ]


def test_a_friend_says_no_and_nothing_is_taken(city: City, phone: Phone, friend: Phone) -> None:
    phone.sms(f"ASK 50 {friend.national}")
    question(friend)
    friend.sms("no")
    assert city.end_of(phone).events == ["ASK_PLACED", "ASK_DECLINED"]
    assert friend.wait_for_sms(2)[1] == f"All right. You pay nothing, and we tell {phone.national}."
    assert sorted(phone.wait_for_sms(2)) == [
        "KES 50 not paid. Whoever you asked does not want to pay. Nothing was taken. Dial *384*55# to try again.",
        f"We have asked {friend.national} to pay KES 50 for you. They have an hour. We will tell you by SMS.",
    ]
    assert friend.wallet_minor == 100_000


def test_a_friend_who_does_not_answer_is_not_waited_for_for_ever(city: City, phone: Phone, friend: Phone) -> None:
    ask(phone, friend)
    _, code = question(friend)
    city.records.hurry()
    assert city.end_of(phone).events == ["ASK_PLACED", "GAVE_UP"]
    assert phone.wait_for_sms() == [
        "KES 50 not paid. Whoever you asked did not answer in time. Nothing was taken. Dial *384*55# to try again."
    ]
    friend.sms(f"YES {code}")
    assert friend.wait_for_sms(2)[1].startswith("There is nothing for you to answer just now. Nothing was taken.")
    assert friend.wallet_minor == 100_000


def test_who_said_yes_and_then_does_not_pay_is_told_too(city: City, phone: Phone, friend: Phone) -> None:
    friend.answers_prompts("cancel")
    ask(phone, friend)
    question(friend)
    friend.sms("YES")
    assert city.end_of(phone).state == "UNPAID"
    assert f"KES 50 for {phone.national} was not paid. Nothing was taken." in friend.wait_for_sms(3)


def test_a_friend_who_wants_no_messages_is_not_asked(city: City, phone: Phone, friend: Phone) -> None:
    friend.sms("STOP")
    friend.wait_for_sms()
    phone.sms(f"ASK 50 {friend.national}")
    assert phone.wait_for_sms() == [
        "That number wants no messages. Nothing was taken. Send TOPUP 100, or dial *384*55#."
    ]
    assert city.orders(phone) == []


def test_somebody_tops_up_a_suspended_line_that_is_not_theirs_and_both_are_told(
    city: City, phone: Phone, friend: Phone
) -> None:
    friend.sms(f"TOPUP 100 FOR {phone.national}")
    order = city.end_of(friend)
    assert (order.state, order.line, order.payer) == ("DONE", phone.msisdn, friend.msisdn)
    assert (phone.line["state"], phone.line["balance_minor"]) == ("active", 5000)
    assert phone.wait_for_sms() == [f"{friend.national} topped up your line with KES 100. Balance KES 50.00."]
    assert sorted(friend.wait_for_sms(2)) == [
        f"KES 100 was added to {phone.national}. Thank you.",
        f"KES 100: in a moment M-PESA asks {friend.national} for the PIN.",
    ]


def test_a_line_that_its_owner_has_closed_is_not_topped_up_by_others(city: City, phone: Phone, friend: Phone) -> None:
    phone.sms("BLOCK")
    phone.wait_for_sms()
    friend.sms(f"TOPUP 100 FOR {phone.national}")
    assert friend.wait_for_sms()[0].startswith("The owner of that line lets nobody else top it up. Nothing was taken.")
    phone.sms("UNBLOCK")
    phone.wait_for_sms(2)
    friend.sms(f"TOPUP 100 FOR {phone.national}")
    assert city.end_of(friend).state == "DONE"
