"""A suspended line dials, somebody pays, it comes back, and its owner is told."""

from tests.city import City
from tests.outside import Phone
from words.text import catalogue

PAID_AND_BACK = [
    "PLACED",
    "CHARGE_SENT",
    "CHARGE_CONFIRMED",
    "CREDIT_SENT",
    "CREDIT_CONFIRMED",
    "LINE_SEEN",
]


def test_a_suspended_line_dials_pays_comes_back_and_is_told_its_balance(city: City, phone: Phone) -> None:
    home = phone.dial("*384*55#")
    assert home.text.startswith("Line suspended. You owe KES 50.00.\n1 Top up\n")
    assert phone.key("1").text.startswith("How much?\n1 KES 50 (line comes back)\n2 KES 100\n")
    assert phone.key("2").text.startswith("KES 100. Who pays?\n1 This number\n")
    confirm = phone.key("1")
    assert confirm.text.startswith(f"Top up {phone.national} with KES 100. M-PESA of {phone.national} pays.\n1 Pay\n")
    assert confirm.open
    placed = phone.key("1")
    assert placed.text.startswith("KES 100: in a moment M-PESA asks for your PIN on this phone.")
    assert not placed.open

    order = city.end_of(phone)
    assert phone.wait_for_sms() == ["KES 100 received. Your line is back. Balance KES 50.00."]
    assert (order.state, order.events) == ("DONE", PAID_AND_BACK)
    assert phone.line == {"state": "active", "balance_minor": 5000, "currency": "KES"}
    assert phone.wallet_minor == 90_000

    books = city.books()
    assert [(one["msisdn"], one["amount_minor"], one["currency"]) for one in books["charges"]] == [
        (phone.msisdn, 10_000, "KES")
    ]
    assert [(one["msisdn"], one["amount_minor"], one["currency"]) for one in books["refills"]] == [
        (phone.msisdn, 10_000, "KES")
    ]
    assert [(one["msisdn"], one["text"]) for one in books["sms"]] == [(phone.msisdn, phone.inbox()[0])]
    assert (books["reversals"], books["airtime"]) == ([], [])


def test_the_ledger_of_a_top_up_that_is_done_holds_nothing_for_anybody(city: City, phone: Phone) -> None:
    phone.top_up(100)
    order = city.end_of(phone)
    assert city.records.balances(order.id) == {"clearing:daraja": 10_000, "float:ucip": -10_000}
    assert city.records.owed(order.id) in ([], ["tell_balance"])


def test_the_first_amount_on_offer_brings_the_line_back_to_the_shilling(city: City) -> None:
    phone = city.new_phone(balance_minor=-4725)
    phone.dial()
    phone.key("1", "1", "1", "1")
    assert city.end_of(phone).amount_minor == 4800
    assert phone.wait_for_sms() == ["KES 48 received. Your line is back. Balance KES 0.75."]


def test_another_number_pays_and_the_owner_is_told(city: City, phone: Phone, friend: Phone) -> None:
    phone.dial()
    phone.key("1", "2", "2")
    assert phone.key(friend.national).text.startswith(
        f"Top up {phone.national} with KES 100. M-PESA of {friend.national} pays."
    )
    assert phone.key("1").text.startswith(f"KES 100: in a moment M-PESA asks {friend.national} for the PIN.")
    order = city.end_of(phone)
    assert (order.state, order.line, order.payer) == ("DONE", phone.msisdn, friend.msisdn)
    assert phone.wait_for_sms() == ["KES 100 received. Your line is back. Balance KES 50.00."]
    assert (phone.wallet_minor, friend.wallet_minor) == (100_000, 90_000)
    assert friend.inbox() == []


def test_an_amount_that_is_dialled_directly_needs_one_yes(city: City, phone: Phone) -> None:
    assert phone.dial("*384*55*100#").text.startswith(f"Top up {phone.national} with KES 100.")
    assert not phone.key("1").open
    assert city.end_of(phone).state == "DONE"


def test_an_amount_and_a_payer_that_are_dialled_directly_need_one_yes(city: City, phone: Phone, friend: Phone) -> None:
    screen = phone.dial(f"*384*55*100*{friend.national}#")
    assert screen.text.startswith(f"Top up {phone.national} with KES 100. M-PESA of {friend.national} pays.")
    phone.key("1")
    assert city.end_of(phone).payer == friend.msisdn


def test_a_yes_that_is_dialled_along_is_not_taken_for_one(city: City, phone: Phone) -> None:
    assert phone.dial("*384*55*100*1#").open
    phone.hangup()
    assert city.orders(phone) == []


def test_a_hop_that_the_gateway_sends_twice_places_one_order(city: City, phone: Phone) -> None:
    city.faults.add("ussd.hop", "callback_twice", msisdn=phone.msisdn)
    phone.dial()
    phone.key("1", "2", "1", "1")
    assert city.end_of(phone).state == "DONE"
    assert len(city.orders(phone)) == 1


def test_the_same_top_up_again_is_asked_for_twice_and_then_paid_twice(city: City, phone: Phone) -> None:
    phone.top_up(100)
    city.end_of(phone)
    phone.dial("*384*55*100#")
    again = phone.key("1")
    assert again.text.startswith("You have just ordered KES 100 for this line, and it is on its way. Pay once more?")
    assert again.open
    phone.key("2")
    city.wait_until(lambda: [order.state for order in city.orders(phone)] == ["DONE", "DONE"], what="both are done")
    assert (phone.wallet_minor, phone.line["balance_minor"]) == (80_000, 15_000)


def test_the_same_top_up_again_that_was_not_meant_is_not_paid(city: City, phone: Phone) -> None:
    phone.top_up(100)
    city.end_of(phone)
    phone.dial("*384*55*100#")
    phone.key("1", "1")
    assert len(city.orders(phone)) == 1


def test_a_line_that_was_active_is_not_told_that_it_is_back(city: City) -> None:
    phone = city.new_phone(balance_minor=2000)
    phone.top_up(100)
    assert phone.wait_for_sms() == ["KES 100 received. Balance KES 120.00."]
    assert city.end_of(phone).state == "DONE"


def test_a_line_that_still_owes_after_the_top_up_is_not_told_that_it_is_back(city: City, phone: Phone) -> None:
    phone.top_up(20)
    city.wait_for_state(phone, "CREDITED")
    assert city.end_of(phone, hurried=True).events[-2:] == ["CREDIT_CONFIRMED", "GAVE_UP"]
    assert phone.wait_for_sms() == [
        "KES 20 received. You still owe KES 30.00, so your line stays suspended. Dial *384*55# to top up."
    ]


def test_a_caller_who_chose_kiswahili_is_told_in_kiswahili(city: City, phone: Phone) -> None:
    phone.dial()
    phone.key("4", "2")
    phone.hangup()
    phone.top_up(100)
    assert city.end_of(phone).language == "sw"
    told = catalogue("sw").gettext("{amount} received. Your line is back. Balance {balance}.")
    assert phone.wait_for_sms() == [told.format(amount="KES 100", balance="KES 50.00")]


def test_my_top_ups_tell_where_the_money_is(city: City, phone: Phone) -> None:
    phone.answers_prompts("by_hand")
    phone.top_up(100)
    phone.wait_for_prompt()
    reference = city.orders(phone)[0].id[:8].upper()
    assert phone.dial().text == "You have KES 100 on its way.\n1 Wait\n2 New"
    assert f"KES 100: waiting for payment. Ref {reference}" in phone.key("2", "3").text
    phone.hangup()
    phone.answer("pin")
    city.end_of(phone)
    phone.dial()
    assert f"KES 100: done. Ref {reference}" in phone.key("3").text


def test_a_barred_line_is_told_that_paying_does_not_help_and_is_not_charged(city: City, phone: Phone) -> None:
    phone.set_line(state="barred")
    screen = phone.dial()
    assert screen.text.startswith("Your line is barred by the operator. A top-up will not help. Call 100.")
    assert "Top up" not in screen.text.replace("A top-up", "")
    assert not phone.dial("*384*55*100#").open
    assert city.orders(phone) == []


def test_a_number_that_the_operator_does_not_know_is_told_so(city: City, phone: Phone) -> None:
    phone.set_line(state="gone")
    assert phone.dial().text.startswith("The operator does not know this number. Nothing was paid. Call 100.")
    assert not phone.dial("*384*55*100#").open
    assert city.orders(phone) == []
