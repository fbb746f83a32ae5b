"""Advances, through all processes: lent, repaid in part and in full, refused, and told."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.city import City
from tests.journeys.conftest import a_journey_through
from tests.outside import Phone

EVERYBODY_MAY = {"ADVANCE_AFTER_DAYS": "0", "ADVANCE_AFTER_TOP_UPS": "1"}
OWED = """
    SELECT coalesce(sum(CASE WHEN target = 'advances' THEN moved.amount_minor ELSE -moved.amount_minor END), 0)::bigint
        AS minor
      FROM transfers AS moved JOIN orders ON orders.id = order_id
     WHERE line = %(line)s AND 'advances' IN (source, target)
"""


@pytest.fixture(scope="module")
def lending_city() -> Iterator[City]:
    """A city that lends to whoever has topped up once."""
    with (
        tempfile.TemporaryDirectory(prefix="redial-") as folder,
        City(folder=Path(folder), ADVANCE_PRESETS_MINOR="5000,10000", **EVERYBODY_MAY) as city,
    ):
        yield city


@pytest.fixture
def city(lending_city: City) -> Iterator[City]:
    """The city, whole and with nothing going wrong."""
    yield from a_journey_through(lending_city)


@pytest.fixture
def phone(city: City) -> Phone:
    """A line that has topped up 200 shillings and used them up."""
    phone = city.new_phone(balance_minor=0)
    phone.top_up(200)
    assert city.end_of(phone).state == "DONE"
    phone.wait_for_sms()
    phone.set_line(balance_minor=-2000)
    return phone


def borrows(city: City, phone: Phone) -> None:
    """Take KES 50 by the menu."""
    assert phone.dial("*384*55*6*5*1#").text.startswith("You get KES 50 now. Your next top-ups repay KES 55")
    phone.key("1")
    assert city.end_of(phone).state == "DONE"
    phone.wait_for_sms(2)


def owed_minor(city: City, phone: Phone) -> int:
    return int(city.records.rows(OWED, line=phone.msisdn)[0]["minor"])


def test_a_suspended_line_comes_back_by_an_advance(city: City, phone: Phone) -> None:
    borrows(city, phone)
    assert phone.line == {**phone.line, "state": "active", "balance_minor": 3000}
    assert phone.inbox()[-1] == "Your advance of KES 50 was added. Your next top-up repays KES 55. Balance KES 30.00."
    assert city.orders(phone)[-1].kind == "advance"
    assert owed_minor(city, phone) == 5500


def test_the_next_top_up_repays_it_and_the_rest_is_put_on_the_line(city: City, phone: Phone) -> None:
    borrows(city, phone)
    phone.top_up(100)
    assert city.end_of(phone).state == "DONE"
    assert phone.wait_for_sms(3)[-1] == "KES 100 received, KES 55 of it repaid your advance. Balance KES 75.00."
    assert (owed_minor(city, phone), phone.line["balance_minor"]) == (0, 7500)


def test_a_small_top_up_repays_a_part_and_another_the_rest(city: City, phone: Phone, friend: Phone) -> None:
    borrows(city, phone)
    phone.top_up(30)
    assert city.end_of(phone).events[-1] == "REPAID"
    assert phone.wait_for_sms(3)[-1] == "KES 30 received and all of it repaid your advance. You still owe KES 25."
    assert (owed_minor(city, phone), phone.line["balance_minor"]) == (2500, 3000)
    phone.top_up(100, payer=friend)
    assert city.end_of(phone).state == "DONE"
    assert phone.wait_for_sms(4)[-1] == "KES 100 received, KES 25 of it repaid your advance. Balance KES 105.00."
    assert owed_minor(city, phone) == 0


def test_a_refill_that_is_refused_gives_all_the_money_back_and_repays_nothing(city: City, phone: Phone) -> None:
    borrows(city, phone)
    before = phone.wallet_minor
    city.faults.add("ucip.refill", "result_code", code=123, msisdn=phone.msisdn)
    phone.top_up(100)
    assert city.end_of(phone).state == "REFUNDED"
    assert (owed_minor(city, phone), phone.wallet_minor) == (5500, before)


def test_an_advance_that_is_refused_is_not_owed(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "result_code", code=123, msisdn=phone.msisdn)
    phone.dial("*384*55*6*5*1#")
    phone.key("1")
    assert city.end_of(phone).state == "UNPAID"
    assert phone.wait_for_sms(2)[-1] == (
        "Sorry, your advance of KES 50 could not be added. You owe nothing for it. Dial *384*55# to try again."
    )
    assert owed_minor(city, phone) == 0


def test_an_advance_whose_answer_is_lost_is_found_by_the_balance_and_lent_once(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "reset_after_effect", msisdn=phone.msisdn)
    borrows(city, phone)
    order = city.orders(phone)[-1]
    assert order.detail("LEND_CONFIRMED")["evidence"] == "enquiry"
    assert phone.line["balance_minor"] == 3000


def test_two_top_ups_of_a_line_that_owes_repay_it_once(city: City, phone: Phone, friend: Phone) -> None:
    borrows(city, phone)
    city.faults.add("ucip.refill", "reset_after_effect", msisdn=phone.msisdn)
    phone.top_up(100)
    phone.top_up(70, payer=friend)
    city.wait_until(lambda: all(order.has_ended for order in city.orders(phone)), what="the end of both")
    assert (owed_minor(city, phone), phone.line["balance_minor"]) == (0, 3000 + 17_000 - 5500)


def test_an_advance_by_sms_is_lent_after_its_fee_was_agreed_to(city: City, phone: Phone) -> None:
    phone.sms("OKOA 50")
    assert phone.wait_for_sms(2)[-1] == (
        "You get KES 50 now, and your next top-ups repay KES 55. To take it send ADVANCE 50 YES."
    )
    phone.sms("ADVANCE 50 YES")
    phone.wait_for_sms(4)
    assert city.end_of(phone).state == "DONE"
    assert owed_minor(city, phone) == 5500
