"""What happens without anybody dialling: auto top-ups by the real clock, and the SMS to a call that dropped."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.city import City
from tests.journeys.conftest import a_journey_through
from tests.outside import Phone

# The clock looks every second, at any hour of the day and night, the same may be paid at once, and whoever drops is
# reminded soon.
BY_ITSELF = {
    "AGAIN_WITHIN_S": "0",
    "AUTO_EVERY_S": "1",
    "AUTO_FROM_HOUR": "0",
    "AUTO_UNTIL_HOUR": "24",
    "AUTO_LOOKS_A_MINUTE": "600",
    "DROPPED_CALL_SMS": "true",
    "DROPPED_CALL_SMS_AFTER_S": "1",
}


@pytest.fixture(scope="module")
def quick_city() -> Iterator[City]:
    """A city in which what happens by itself happens soon."""
    with tempfile.TemporaryDirectory(prefix="redial-") as folder, City(folder=Path(folder), **BY_ITSELF) as city:
        yield city


@pytest.fixture
def city(quick_city: City) -> Iterator[City]:
    """The city, whole; afterwards no auto top-up is left to look at."""
    yield from a_journey_through(quick_city)
    quick_city.records.change(
        "UPDATE standing_orders SET stopped_at = now(), why_stopped = 'the test is over' WHERE stopped_at IS NULL"
    )


def auto_orders(city: City, phone: Phone) -> list[str]:
    """Where the auto top-ups that this phone pays for stand, oldest first."""
    return [order.state for order in city.orders(phone) if order.channel == "auto"]


def looks(city: City) -> int:
    """How often the clock has looked at an auto top-up."""
    return len(city.logged("auto_looked"))


def test_a_line_that_runs_low_is_topped_up_by_itself_up_to_the_weeks_most(city: City) -> None:
    phone = city.new_phone(balance_minor=400)
    phone.sms("AUTO 50 BELOW 20 MAX 100")
    city.wait_until(lambda: auto_orders(city, phone) == ["DONE"], what="the first auto top-up")
    assert phone.line["balance_minor"] == 5400
    texts = phone.wait_for_sms(3)
    assert texts[0].startswith(f"Agreed: KES 50 for {phone.national} when below KES 20, at most KES 100 a week.")
    assert sorted(texts[1:]) == [
        f"Auto top-up: KES 50 for {phone.national}, because its balance is KES 4. "
        "Enter your PIN when asked, or send STOPAUTO.",
        "KES 50 received. Balance KES 54.00.",
    ]
    phone.set_line(balance_minor=-100)
    city.wait_until(lambda: auto_orders(city, phone) == ["DONE", "DONE"], what="the second auto top-up")
    phone.set_line(balance_minor=0)
    before = looks(city)
    city.wait_until(lambda: looks(city) > before + 2, what="further looks")
    assert auto_orders(city, phone) == ["DONE", "DONE"]
    assert phone.wallet_minor == 90_000


def test_somebody_elses_line_is_topped_up_from_the_phone_that_agreed_and_both_are_told(
    city: City, phone: Phone
) -> None:
    child = city.new_phone(balance_minor=-2000)
    phone.dial("*384*55*6*3*2#")
    phone.key(child.national, "1", "1", "3", "1")
    city.wait_until(lambda: auto_orders(city, phone) == ["DONE"], what="the auto top-up")
    assert (child.line["state"], child.line["balance_minor"]) == ("active", 3000)
    assert (phone.wallet_minor, child.wallet_minor) == (95_000, 100_000)
    assert child.wait_for_sms() == [f"{phone.national} topped up your line with KES 50. Balance KES 30.00."]


def test_stopauto_stops_it_at_once(city: City) -> None:
    phone = city.new_phone(balance_minor=5000)
    phone.sms("AUTO 50 BELOW 20 MAX 200")
    city.wait_until(lambda: looks(city) > 0, what="a first look")
    phone.sms("STOPAUTO")
    phone.wait_for_sms(2)
    phone.set_line(balance_minor=0)
    stopped = looks(city)
    other = city.new_phone(balance_minor=5000)
    other.sms("AUTO 50 BELOW 20 MAX 200")
    city.wait_until(lambda: looks(city) > stopped + 2, what="looks at another's")
    assert city.orders(phone) == []


def test_opting_out_at_the_gateway_stops_it_too(city: City) -> None:
    phone = city.new_phone(balance_minor=5000)
    phone.sms("AUTO 50 MON")
    phone.wait_for_sms()
    phone.opt_out()
    stopped = "SELECT id FROM standing_orders WHERE payer = %(who)s AND stopped_at IS NOT NULL"
    city.wait_until(lambda: city.records.rows(stopped, who=phone.msisdn), what="that it stopped")


def test_a_prompt_that_is_declined_is_not_shown_again_that_day(city: City) -> None:
    phone = city.new_phone(balance_minor=0)
    phone.answers_prompts("cancel")
    phone.sms("AUTO 50 BELOW 20 MAX 200")
    city.wait_until(lambda: auto_orders(city, phone) == ["UNPAID"], what="the declined one")
    before = looks(city)
    city.wait_until(lambda: looks(city) > before + 2, what="further looks")
    assert auto_orders(city, phone) == ["UNPAID"]


def test_a_clock_that_is_killed_again_and_again_places_one(city: City) -> None:
    phone = city.new_phone(balance_minor=0)
    phone.sms("AUTO 50 BELOW 20 MAX 50")
    for _ in range(5):
        city.wait_until(lambda: city.is_running("clock"))
        city.kill("clock")
        city.start("clock")
    # Whoever dies after the claim is followed when it has run out; time passes for it.
    city.records.change("UPDATE standing_orders SET next_look_at = now() WHERE stopped_at IS NULL")
    city.wait_until(lambda: auto_orders(city, phone) == ["DONE"], what="the auto top-up")
    before = looks(city)
    city.wait_until(lambda: looks(city) > before + 2, what="further looks")
    assert len(city.books(phone)["charges"]) == 1


def test_who_drops_before_the_yes_gets_one_sms_and_says_it_by_sms(city: City, phone: Phone) -> None:
    phone.dial("*384*55*100#")
    phone.hangup()
    assert phone.wait_for_sms() == [
        f"Your call ended. Reply 1 to go on with KES 100 for {phone.national}, paid by {phone.national}."
    ]
    phone.sms("1")
    order = city.end_of(phone)
    assert (order.state, order.channel) == ("DONE", "ussd:africastalking")
    phone.sms("1")
    texts = phone.wait_for_sms(4)
    assert texts[-1].endswith(f" KES 100: done. Ref {order.id[:8].upper()}")
    assert len(city.orders(phone)) == 1


def test_an_end_that_no_sms_could_tell_stands_on_the_screen_once(city: City, phone: Phone) -> None:
    city.faults.add("africastalking.sms", "result_code", code=406, msisdn=phone.msisdn)
    phone.top_up(100)
    order = city.end_of(phone)
    city.wait_until(lambda: not city.records.owed(order.id), what="the message was given up")
    with city.redis() as client:
        client.delete(f"ussd:line:{phone.msisdn}")  # Some time passes, so that the line is read anew.
    assert phone.dial().text.partition("\n")[0].endswith(": paid, your line is back.")
    phone.key("2")
    phone.hangup()
    assert phone.dial().text.partition("\n")[0] == "Line active. Balance KES 50.00."
