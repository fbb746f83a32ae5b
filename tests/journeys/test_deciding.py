"""Orders of which nobody knows the end, decided by a person with the operator's commands."""

from tests.city import City
from tests.outside import Phone
from tests.records import OrderSeen


def decide(city: City, order: OrderSeen, *how: str) -> str:
    """Decide an order; what the command says."""
    record = ("--seen", order.seen, "--reason", "seen on the statement", "--by", "Achieng")
    done = city.flask("orders", "decide", order.id, *how, *record)
    assert done.returncode == 0, done.stderr
    return done.stdout


def is_in_review(city: City, phone: Phone, *, state: str) -> OrderSeen:
    """The phone's order, which a person must decide."""
    order = city.end_of(phone, hurried=True)
    assert order.state == state
    return order


def test_a_payment_that_never_was_is_closed_and_nothing_was_taken(city: City, phone: Phone) -> None:
    city.faults.add("daraja.stk", "reset_before_effect", msisdn=phone.msisdn)
    phone.top_up(100)
    order = is_in_review(city, phone, state="REVIEW_CHARGE")
    assert f"{order.id}  {order.seen}  KES 100.00" in city.flask("orders", "review").stdout
    assert decide(city, order, "--close") == f"{order.id} is now UNPAID.\n"
    assert "nothing was taken" in phone.wait_for_sms(2)[1]


def test_a_payment_that_is_on_the_statement_is_credited(city: City, phone: Phone) -> None:
    city.faults.add("daraja.stk", "reset_after_effect", msisdn=phone.msisdn)
    city.faults.add("daraja.callback", "no_callback", msisdn=phone.msisdn)
    phone.top_up(100)
    order = is_in_review(city, phone, state="REVIEW_CHARGE")
    [charge] = city.books(phone)["charges"]
    decide(city, order, "--credit", "--receipt", charge["receipt"])
    assert city.end_of(phone).state == "DONE"
    assert phone.wait_for_sms(2)[1] == "KES 100 received. Your line is back. Balance KES 50.00."


def test_a_refill_that_did_not_land_is_sent_once_more(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "reset_before_effect", times=1, msisdn=phone.msisdn)
    phone.top_up(100)
    order = is_in_review(city, phone, state="REVIEW_CREDIT")
    assert decide(city, order, "--credit") == f"{order.id} is now PAID.\n"
    assert city.end_of(phone).state == "DONE"
    assert phone.line["balance_minor"] == 5000


def test_a_refill_that_did_land_is_closed_and_the_owner_is_told(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "timeout_after_effect", seconds=1.5, times=1, msisdn=phone.msisdn)
    phone.top_up(100)
    city.wait_until(lambda: city.books(phone)["refills"], what="the refill")
    phone.set_line(balance_minor=1000)
    order = is_in_review(city, phone, state="REVIEW_CREDIT")
    decide(city, order, "--close")
    assert city.end_of(phone).state == "DONE"
    assert phone.wait_for_sms(2)[1] == "KES 100 received. Your line is back. Balance KES 10.00."


def test_money_whose_receipt_was_not_known_goes_back_with_it(city: City, phone: Phone) -> None:
    city.faults.add("daraja.callback", "no_callback", msisdn=phone.msisdn)
    city.faults.add("ucip.refill", "result_code", code=103, msisdn=phone.msisdn)
    phone.top_up(100)
    order = is_in_review(city, phone, state="REVIEW_REFUND")
    [charge] = city.books(phone)["charges"]
    decide(city, order, "--refund", "--receipt", charge["receipt"])
    assert city.end_of(phone).state == "REFUNDED"
    assert phone.wallet_minor == 100_000


def test_an_order_that_has_ended_cannot_be_decided(city: City, phone: Phone) -> None:
    phone.top_up(100)
    order = city.end_of(phone)
    record = ("--seen", order.seen, "--reason", "none", "--by", "Achieng")
    tried = city.flask("orders", "decide", order.id, "--refund", *record)
    assert tried.returncode != 0
    assert "only an order in review can be decided" in tried.stderr
    assert city.end_of(phone).events == order.events


def test_where_the_money_is_can_be_told_to_whoever_asks(city: City, phone: Phone) -> None:
    phone.top_up(100)
    order = city.end_of(phone)
    told = city.flask("orders", "show", order.id).stdout
    assert [line.split()[2] for line in told.splitlines()] == order.events
