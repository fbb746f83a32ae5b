"""The same journeys by SMS to the short code."""

from tests.city import City
from tests.outside import Phone
from words.text import catalogue

INSTRUCTIONS = "Send TOPUP 100, VOUCHER, BAL, STATUS, LANG or STOP. To top up by menu dial *384*55#."
BACK = "KES 100 received. Your line is back. Balance KES 50.00."


def in_kiswahili(sentence: str, **values: str) -> str:
    """The sentence as the catalogue has it."""
    return catalogue("sw").gettext(sentence).format(**values)


def verdicts(city: City, phone: Phone) -> list[str]:
    """What was made of the messages of a phone, in the order in which they came."""
    found = city.records.rows(
        "SELECT verdict FROM inbox WHERE topic = 'incoming' AND position(%(who)s IN convert_from(body, 'UTF8')) > 0 "
        "ORDER BY id",
        who=phone.msisdn.lstrip("+"),
    )
    return [row["verdict"] for row in found]


def send(city: City, phone: Phone, *texts: str) -> None:
    """Send texts one after the other, each when the one before has been read."""
    for text in texts:
        before = len(verdicts(city, phone))
        phone.sms(text)
        wait_for_verdicts(city, phone, before + 1)


def wait_for_verdicts(city: City, phone: Phone, count: int) -> None:
    """Wait until `count` messages of a phone have been read."""
    city.wait_until(lambda: len(verdicts(city, phone)) >= count, what=f"{count} messages read")


def test_a_suspended_line_tops_up_by_sms(city: City, phone: Phone) -> None:
    phone.sms("TOPUP 100")
    assert city.end_of(phone).state == "DONE"
    assert sorted(phone.wait_for_sms(2)) == [
        BACK,
        f"KES 100: in a moment M-PESA asks {phone.national} for the PIN.",
    ]


def test_another_number_pays_by_sms(city: City, phone: Phone, friend: Phone) -> None:
    phone.sms(f"topup 100 {friend.national}")
    order = city.end_of(phone)
    assert (order.state, order.line, order.payer) == ("DONE", phone.msisdn, friend.msisdn)
    assert friend.wallet_minor == 90_000


def test_jaza_tops_up_in_kiswahili_once_that_was_asked_for(city: City, phone: Phone) -> None:
    phone.sms("LANG SW")
    assert phone.wait_for_sms() == [in_kiswahili("From now on we write to you in English.")]
    phone.sms("Jaza 100")
    order = city.end_of(phone)
    assert (order.state, order.language) == ("DONE", "sw")
    assert in_kiswahili(
        "{amount} received. Your line is back. Balance {balance}.", amount="KES 100", balance="KES 50.00"
    ) in phone.wait_for_sms(3)


def test_the_same_message_twice_is_one_order_and_one_answer(city: City, phone: Phone) -> None:
    city.faults.add("africastalking.incoming", "callback_twice", msisdn=phone.msisdn)
    send(city, phone, "TOPUP 100")
    wait_for_verdicts(city, phone, 2)
    assert sorted(verdicts(city, phone)) == ["a repetition", "top_up_taken"]
    city.end_of(phone)
    assert len(city.orders(phone)) == 1
    assert len(phone.wait_for_sms(2)) == 2


def test_the_same_top_up_again_within_two_minutes_is_not_taken_for_another(city: City, phone: Phone) -> None:
    send(city, phone, "TOPUP 100", "TOPUP 100")
    assert verdicts(city, phone) == ["top_up_taken", "top_up_again"]
    city.end_of(phone)
    assert len(city.orders(phone)) == 1


def test_bal_tells_what_is_owed_and_later_what_is_left(city: City, phone: Phone) -> None:
    phone.sms("bal")
    assert phone.wait_for_sms() == ["Line suspended. You owe KES 50.00. Dial *384*55# to top up."]
    phone.set_line(balance_minor=1250)
    phone.sms("Bal?")
    assert phone.wait_for_sms(2)[1] == "Line active. Balance KES 12.50."


def test_status_tells_where_the_money_is(city: City, phone: Phone) -> None:
    phone.sms("STATUS")
    assert phone.wait_for_sms() == ["You have no top-ups yet."]
    phone.top_up(100)
    order = city.end_of(phone)
    phone.wait_for_sms(2)
    phone.sms("Status")
    assert phone.wait_for_sms(3)[2].endswith(f" KES 100: done. Ref {order.id[:8].upper()}")


def test_help_is_answered_whenever_it_is_asked_for(city: City, phone: Phone) -> None:
    phone.sms("HELP")
    phone.wait_for_sms()
    phone.sms("msaada")
    assert phone.wait_for_sms(2) == [INSTRUCTIONS, INSTRUCTIONS]


def test_a_language_that_we_do_not_have_is_answered_with_those_we_have(city: City, phone: Phone) -> None:
    phone.sms("LANG XX")
    assert phone.wait_for_sms() == [
        "For another language send LANG EN, LANG SW (Kiswahili), LANG FR (Francais) or LANG ZH (Chinese)."
    ]


def test_two_machines_that_answer_each_other_come_to_an_end(city: City, phone: Phone) -> None:
    send(city, phone, "Dear customer, your parcel has arrived", INSTRUCTIONS.lower(), "Dear customer, thank you")
    assert verdicts(city, phone) == ["instructions", "instructions, not answered", "instructions, not answered"]
    assert phone.wait_for_sms() == [INSTRUCTIONS]


def test_who_said_stop_still_gets_the_answers_to_their_own_top_up(city: City, phone: Phone) -> None:
    send(city, phone, "STOP", "HELP", "TOPUP 100")
    city.end_of(phone)
    assert verdicts(city, phone) == ["stopped", "help, not answered", "top_up_taken"]
    texts = phone.wait_for_sms(3)
    assert texts[0].startswith("We will not write to you again, save about top-ups that you make.")
    assert sorted(texts[1:]) == [BACK, f"KES 100: in a moment M-PESA asks {phone.national} for the PIN."]


def test_start_undoes_stop(city: City, phone: Phone) -> None:
    send(city, phone, "STOP", "START", "HELP")
    assert phone.wait_for_sms(3)[1:] == ["Welcome back. Send STOP when you want no messages.", INSTRUCTIONS]


def test_opting_out_at_the_gateway_is_as_good_as_stop(city: City, phone: Phone) -> None:
    phone.opt_out()
    stopped = "SELECT stopped FROM subscribers WHERE msisdn = %(who)s"
    city.wait_until(lambda: city.records.rows(stopped, who=phone.msisdn), what="the opt-out")
    send(city, phone, "HELP", "TOPUP 100")
    assert verdicts(city, phone) == ["help, not answered", "top_up_taken"]
    assert city.end_of(phone).state == "DONE"
    assert BACK in phone.wait_for_sms(2)


def test_an_amount_that_is_not_sold_is_refused_with_the_reason(city: City, phone: Phone) -> None:
    phone.sms("TOPUP 5")
    assert phone.wait_for_sms() == [
        "The smallest top-up is KES 10. Nothing was taken. Send TOPUP 100, or dial *384*55#."
    ]
    assert city.orders(phone) == []


def test_a_barred_line_is_told_by_sms_that_paying_does_not_help(city: City, phone: Phone) -> None:
    phone.set_line(state="barred")
    phone.sms("TOPUP 100")
    assert phone.wait_for_sms() == ["Your line is barred by the operator. A top-up will not help. Call 100."]
    assert city.orders(phone) == []
