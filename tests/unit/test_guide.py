"""The recharge guide: what it offers, what is placed, and what it says of a mistake."""

import pytest
import redis
from sqlalchemy import Engine

from store.desk import Desk
from store.outages import Outages
from tests.unit.clocks import FakeClock
from tests.unit.desks import OWES_50
from tests.unit.guides import Browser, Open, a_guide, national, orders_of
from tests.unit.lending import LENDING, lent_in
from tests.unit.orders import TIMING
from tests.unit.shops import LineOf, a_shop
from topup.line import NOT_KNOWN, Line, LineState


def test_what_is_owed_stands_first_and_the_amount_that_brings_the_line_back_is_offered_first(opened: Open) -> None:
    words = opened().go()
    assert "Line suspended. You owe KES 50.00." in words
    assert words.index("You owe") < words.index("KES 50 (line comes back)") < words.index("KES 100")


def test_the_amount_that_brings_a_line_back_covers_its_advance_too(
    shared_engine: Engine, client: redis.Redis, msisdn: str
) -> None:
    lent_in(shared_engine, msisdn)
    desk = Desk(shared_engine, shop=a_shop(lending=LENDING), lines=LineOf(OWES_50), timing=TIMING, clock=FakeClock())
    words = Browser(a_guide(shared_engine, client, OWES_50, desk=desk), msisdn=msisdn).go()
    assert "You owe KES 105.00." in words
    assert "KES 105 (line comes back)" in words


def test_a_top_up_takes_three_presses_and_places_one_order(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    browser = opened()
    browser.go()
    assert browser.press("KES 50 (line comes back)").startswith("KES 50. Who pays?")
    assert f"Top up {national(msisdn)} with KES 50. M-PESA of {national(msisdn)} pays." in browser.press("This number")
    assert f"in a moment M-PESA asks {national(msisdn)} for the PIN" in browser.press("Pay")
    (order,) = orders_of(shared_engine, msisdn)
    assert (order["channel"], order["line"], order["payer"], order["amount_minor"], order["line_was"]) == (
        "web:guide",
        msisdn,
        msisdn,
        5000,
        "suspended",
    )
    assert 'http-equiv="refresh"' in browser.shown


def test_another_number_pays_another_amount(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    browser = opened()
    browser.go()
    browser.press("Next", "120", heading="Another amount")
    words = browser.press("Next", "0711000002", heading="Another number")
    assert "M-PESA of 0711000002 pays." in words
    browser.press("Pay")
    (order,) = orders_of(shared_engine, msisdn)
    assert (order["payer"], order["amount_minor"]) == ("+254711000002", 12_000)


def test_somebody_is_asked_to_pay(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    browser = opened()
    browser.go()
    browser.press("KES 100")
    assert "We ask 0711000002 by SMS to pay KES 100" in browser.press("Next", "0711000002", heading="Ask somebody")
    assert "They have an hour to say yes." in browser.press("Ask")
    (order,) = orders_of(shared_engine, msisdn)
    assert (order["kind"], order["state"]) == ("ask", "ASKED")


def test_another_line_is_topped_up(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    browser = opened()
    browser.go()
    assert browser.press("Next", "0711000003", heading="another line").startswith("Top up 0711000003")
    browser.press("KES 100")
    browser.press("This number")
    browser.press("Pay")
    (order,) = orders_of(shared_engine, msisdn)
    assert (order["line"], order["payer"]) == ("+254711000003", msisdn)


@pytest.mark.parametrize(
    ("heading", "typed", "why"),
    [
        ("Another amount", "nothing", "That is not an amount."),
        ("Another amount", "5", "The smallest top-up is KES 10."),
        ("another line", "12", "That is not a phone number."),
    ],
)
def test_a_mistake_is_told_on_the_page_where_it_was_made(opened: Open, heading: str, typed: str, why: str) -> None:
    browser = opened()
    browser.go()
    words = browser.press("Next", typed, heading=heading)
    assert why in words
    assert "You owe KES 50.00." in words


def test_a_payer_without_a_wallet_is_refused_where_it_was_typed(opened: Open) -> None:
    browser = opened()
    browser.go()
    browser.press("KES 100")
    words = browser.press("Next", "+255754000001", heading="Another number")
    assert words.startswith("KES 100. Who pays? That number has no mobile money that we can ask.")


def test_a_wallet_that_is_down_is_told_before_it_is_chosen_and_before_it_is_asked(
    opened: Open, client: redis.Redis, msisdn: str
) -> None:
    Outages(client).note("daraja", True)
    browser = opened()
    browser.go()
    assert browser.press("KES 100").startswith("KES 100. M-PESA does not answer now. Who pays?")
    assert f"M-PESA of {national(msisdn)} does not answer now." in browser.press("This number")
    assert f"in a moment M-PESA asks {national(msisdn)} for the PIN" in browser.press("Pay")


def test_that_the_wallet_of_another_is_down_is_told_before_they_are_asked(opened: Open, client: redis.Redis) -> None:
    Outages(client).note("daraja", True)
    browser = opened()
    browser.go()
    browser.press("KES 100")
    words = browser.press("Next", "0711000002", heading="Ask somebody to pay")
    assert "We ask 0711000002 by SMS to pay KES 100" in words
    assert "Their M-PESA does not answer now." in words


@pytest.mark.parametrize("state", [LineState.BARRED, LineState.GONE])
def test_nothing_is_sold_to_a_line_that_no_top_up_brings_back(opened: Open, state: LineState) -> None:
    browser = opened(Line(state))
    assert "How much?" not in browser.go()
    _, fields = browser.form("Next", "0711000003")
    assert "Who pays?" not in browser.post("/guide/amount", draft=fields["draft"], amount="50")


def test_a_line_that_cannot_be_read_can_be_topped_up_all_the_same(opened: Open) -> None:
    browser = opened(NOT_KNOWN)
    assert "We cannot see your line just now. You can still top up." in browser.go()
    assert "Who pays?" in browser.press("KES 100")
