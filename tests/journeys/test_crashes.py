"""What is killed, flushed, restarted or stopped in the middle of an order, and what becomes of the order."""

import pytest

from tests.city import WORKERS, City
from tests.outside import Phone
from tests.records import OrderSeen

BACK = "KES 100 received. Your line is back. Balance KES 50.00."


def is_done_and_told(city: City, phone: Phone) -> OrderSeen:
    """The phone's order, which is done, with one charge and one refill, and its owner told."""
    order = city.end_of(phone)
    assert order.state == "DONE"
    books = city.books(phone)
    assert (len(books["charges"]), len(books["refills"])) == (1, 1)
    assert phone.wait_for_sms()[0] == BACK
    return order


def is_asked_to_pay(phone: Phone) -> None:
    """Order by phone, up to the prompt."""
    phone.answers_prompts("by_hand")
    phone.top_up(100)
    phone.wait_for_prompt()


def test_redis_may_be_lost_while_the_payer_thinks(city: City, phone: Phone) -> None:
    is_asked_to_pay(phone)
    city.flush_redis()
    phone.answer("pin")
    is_done_and_told(city, phone)


def test_redis_may_be_lost_between_two_keys_of_a_call(city: City, phone: Phone) -> None:
    phone.dial()
    phone.key("1", "2", "1")
    city.flush_redis()
    placed = phone.key("1")
    assert placed.text.startswith(f"Top up {phone.national} with KES 100."), "what is paid is asked again"
    assert phone.key("1").text.startswith("KES 100: in a moment M-PESA asks for your PIN")
    is_done_and_told(city, phone)


@pytest.mark.parametrize("worker", WORKERS)
def test_redis_may_be_lost_with_jobs_in_it(city: City, phone: Phone, worker: str) -> None:
    city.stop(worker)
    is_handed_over = "SELECT 1 FROM outbox WHERE done_at IS NULL AND leased_until > now()"
    phone.top_up(100)
    city.wait_until(lambda: city.records.rows(is_handed_over), what="a job that nobody works on")
    city.flush_redis()
    city.start(worker)
    is_done_and_told(city, phone)


def test_redis_may_be_restarted(city: City, phone: Phone) -> None:
    is_asked_to_pay(phone)
    city.services.redis.restart()
    phone.answer("pin")
    is_done_and_told(city, phone)


def test_redis_may_be_restarted_while_the_line_is_credited(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "delay", seconds=1.5, msisdn=phone.msisdn)
    phone.top_up(100)
    city.wait_for_event(phone, "CREDIT_SENT")
    city.services.redis.kill()
    city.services.redis.start()
    is_done_and_told(city, phone)


def test_the_charge_worker_may_be_killed_while_it_asks_for_the_money(city: City, phone: Phone) -> None:
    city.faults.add("daraja.stk", "delay", seconds=1.5, msisdn=phone.msisdn)
    phone.top_up(100)
    city.wait_for_event(phone, "CHARGE_SENT")
    city.kill("charge")
    city.start("charge")
    order = is_done_and_told(city, phone)
    assert order.events.count("CHARGE_SENT") == 1


def test_the_money_worker_may_be_killed_while_it_credits_the_line(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "delay", seconds=1.5, msisdn=phone.msisdn)
    phone.top_up(100)
    city.wait_for_event(phone, "CREDIT_SENT")
    city.kill("money")
    city.start("money")
    order = is_done_and_told(city, phone)
    assert order.events.count("CREDIT_SENT") == 1
    assert order.detail("CREDIT_CONFIRMED")["evidence"] == "enquiry"


def test_the_money_worker_may_be_killed_while_it_sends_the_money_back(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "result_code", code=103, msisdn=phone.msisdn)
    city.faults.add("daraja.reversal", "delay", seconds=1.5, msisdn=phone.msisdn)
    phone.top_up(100)
    city.wait_for_event(phone, "REFUND_SENT")
    city.kill("money")
    city.start("money")
    order = city.end_of(phone, hurried=True)
    # Without our own reply nobody can say that the result that came later is Daraja's: a person looks.
    assert (order.state, order.events.count("REFUND_SENT")) == ("REVIEW_REFUND", 1)
    city.wait_until(lambda: len(city.books(phone)["reversals"]) == 1, what="the reversal")


def test_the_tell_worker_may_be_killed_while_it_tells(city: City, phone: Phone) -> None:
    city.faults.add("africastalking.sms", "delay", seconds=1.5, times=1, msisdn=phone.msisdn)
    phone.top_up(100)
    city.wait_until(lambda: city.faults.applied("africastalking.sms", "delay"), what="the message on its way")
    city.kill("tell")
    city.start("tell")
    is_done_and_told(city, phone)
    city.wait_until(lambda: city.records.messages(phone.msisdn)[0]["status"] == "delivered", what="the report")


def test_the_clock_may_be_killed_and_nothing_is_forgotten(city: City, phone: Phone, friend: Phone) -> None:
    is_asked_to_pay(phone)
    city.kill("clock")
    phone.answer("pin")
    friend.top_up(50)
    city.start("clock")
    is_done_and_told(city, phone)
    assert city.end_of(friend).state == "DONE"


def test_the_web_may_be_killed_while_the_provider_calls_back(city: City, phone: Phone) -> None:
    is_asked_to_pay(phone)
    city.kill("web")
    phone.answer("pin")
    city.wait_until(lambda: city.books(phone)["charges"], what="the payment")
    order = is_done_and_told(city, phone)
    assert order.detail("CHARGE_CONFIRMED")["evidence"] == "enquiry"


def test_everything_may_be_killed_at_once(city: City, phone: Phone) -> None:
    is_asked_to_pay(phone)
    for name in ("web", "clock", *WORKERS):
        city.kill(name)
    city.flush_redis()
    phone.answer("pin")
    city.wait_until(lambda: city.books(phone)["charges"], what="the payment")
    for name in ("web", "clock", *WORKERS):
        city.start(name)
    is_done_and_told(city, phone)


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_in_hand(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "delay", seconds=1.5, msisdn=phone.msisdn)
    phone.top_up(100)
    city.wait_for_event(phone, "CREDIT_SENT")
    city.kill("charge")  # It enquires, too, and might see the credit land before the reply is settled.
    city.stop("money")
    assert city.how_it_ended("money") == "exit code 0"
    [order] = city.orders(phone)
    assert (order.state, order.detail("CREDIT_CONFIRMED")["evidence"]) == ("CREDITED", "reply")
    city.start("charge")
    city.start("money")
    is_done_and_told(city, phone)


def test_web_and_clock_stop_when_they_are_told_to(city: City) -> None:
    for name in ("web", "clock"):
        city.stop(name)
        assert city.how_it_ended(name) == "exit code 0"


def test_postgres_may_be_restarted_while_the_payer_thinks(city: City, phone: Phone) -> None:
    is_asked_to_pay(phone)
    city.restart_postgres()
    phone.answer("pin")
    is_done_and_told(city, phone)


def test_postgres_may_be_restarted_while_the_line_is_credited(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "delay", seconds=1.5, msisdn=phone.msisdn)
    phone.top_up(100)
    city.wait_for_event(phone, "CREDIT_SENT")
    city.restart_postgres()
    is_done_and_told(city, phone)


def test_postgres_may_crash(city: City, phone: Phone) -> None:
    is_asked_to_pay(phone)
    city.services.postgres.kill()
    city.services.postgres.start()
    phone.answer("pin")
    is_done_and_told(city, phone)


def test_a_dial_while_postgres_is_away_is_answered_with_a_sentence(city: City, phone: Phone) -> None:
    city.services.postgres.stop()
    screen = phone.dial()
    city.services.postgres.start()
    assert screen.failed is None
    assert screen.text.startswith("Sorry, something went wrong on our side.")
    city.wait_until(lambda: phone.dial().text.startswith("Line suspended."), what="the menu is back")


def test_a_dial_while_redis_is_away_is_answered_with_a_sentence(city: City, phone: Phone) -> None:
    city.services.redis.stop()
    screen = phone.dial()
    city.services.redis.start()
    assert screen.failed is None
    assert screen.text.startswith("Sorry, something went wrong on our side.")
    city.wait_until(lambda: phone.dial().text.startswith("Line suspended."), what="the menu is back")


def test_an_order_that_stands_still_is_set_going_again(city: City, phone: Phone) -> None:
    is_asked_to_pay(phone)
    city.faults.add("daraja.callback", "no_callback", msisdn=phone.msisdn)
    [order] = city.orders(phone)
    city.records.change("DELETE FROM outbox WHERE subject = %(id)s", id=order.id)
    phone.answer("pin")
    city.records.change(
        "UPDATE orders SET state_at = state_at - interval '1 hour' WHERE id = %(id)s",
        id=order.id,
    )
    assert city.end_of(phone).state == "DONE"
    assert [line["order"] for line in city.logged("order_stood_still")] == [order.id]
