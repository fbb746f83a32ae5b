"""Vouchers on the recharge guide: loaded once, on the line that was meant, by a number that no page shows again."""

import base64
import itertools
import json
import logging
import zlib

import pytest
import structlog
from sqlalchemy import Engine

from store import subscribers, vouchers
from store.seal import seal_of
from tests.unit.clocks import FakeClock
from tests.unit.desks import OWES_50
from tests.unit.guides import Browser, Open, orders_of
from tests.unit.shops import ORDINARY
from topup.line import Line, LineState
from topup.vouchers import Pin

_pins = itertools.count(70_000_000_000_123, 1000)


@pytest.fixture
def digits() -> str:
    return f"{next(_pins)}"


@pytest.fixture
def opened(opened: Open) -> Open:
    """Opens browsers that look at the first page."""

    def a_browser(line: Line = OWES_50, **how: str) -> Browser:
        browser = opened(line, **how)
        browser.go()
        return browser

    return a_browser


def typed(browser: Browser, digits: str) -> str:
    """Type a voucher on the page that is shown; what comes then."""
    return browser.press("Next", digits, heading="Voucher")


def test_the_voucher_stands_under_the_amounts(opened: Open) -> None:
    words = opened().words
    assert words.index("How much?") < words.index("Another amount") < words.index("Voucher Type the digits")


def test_a_voucher_is_loaded_on_ones_own_line(opened: Open, shared_engine: Engine, msisdn: str, digits: str) -> None:
    browser = opened()
    grouped = f"{digits[:4]} {digits[4:8]}-{digits[8:]}"
    line = msisdn.replace("+254", "0")
    assert typed(browser, grouped).startswith(f"Voucher Load voucher ...123 on {line}? Load Cancel")
    words = browser.press("Load")
    assert words.startswith("On its way We are loading your voucher ...123. An SMS tells your balance.")
    assert 'http-equiv="refresh"' in browser.shown
    (order,) = orders_of(shared_engine, msisdn)
    assert (order["kind"], order["state"], order["line"], order["amount_minor"], order["line_was"]) == (
        "voucher",
        "UNREDEEMED",
        msisdn,
        0,
        "suspended",
    )
    with shared_engine.connect() as connection:
        kept = vouchers.pin_of(connection, order["id"], seal=seal_of(ORDINARY.order_secret))
    assert kept == Pin(digits)


def test_a_voucher_is_loaded_on_another_line(opened: Open, shared_engine: Engine, msisdn: str, digits: str) -> None:
    browser = opened()
    browser.press("Next", "0711000003", heading="another line")
    assert "Load voucher ...123 on 0711000003?" in typed(browser, digits)
    assert "We are loading your voucher ...123 on 0711000003. An SMS tells you the end." in browser.press("Load")
    assert orders_of(shared_engine, msisdn)[0]["line"] == "+254711000003"


def test_the_same_form_sent_twice_loads_once(opened: Open, shared_engine: Engine, msisdn: str, digits: str) -> None:
    browser = opened()
    typed(browser, digits)
    action, fields = browser.form("Load")
    first = browser.post(action, **fields)
    assert browser.post(action, **fields) == first
    assert len(orders_of(shared_engine, msisdn)) == 1


def test_whoever_goes_back_and_types_the_next_voucher_loads_that_one_too(
    opened: Open, shared_engine: Engine, msisdn: str
) -> None:
    browser = opened()
    first_page = browser.shown
    for _ in range(2):
        browser.shown = first_page
        typed(browser, f"{next(_pins)}")
        browser.press("Load")
    assert len(orders_of(shared_engine, msisdn)) == 2


# What the number of a voucher is seen by.


def readable(sealed: str) -> str:
    """What anybody can read of a form's seal."""
    packed = sealed.rsplit(".", 2)[0]
    raw = base64.urlsafe_b64decode(packed.lstrip(".") + "===")
    return str(json.loads(zlib.decompress(raw) if packed.startswith(".") else raw))


def test_the_number_stands_on_no_page_in_no_address_and_in_no_log(
    opened: Open,
    msisdn: str,
    digits: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser, seen = opened(), list[str]()
    caplog.set_level(logging.DEBUG)

    def look() -> None:
        request = browser.response.request
        seen.extend([browser.shown, request.url, str(browser.response.headers)])

    with structlog.testing.capture_logs() as logged:
        typed(browser, digits)
        look()
        action, fields = browser.form("Load")
        with monkeypatch.context() as broken:
            broken.setattr(browser.guide.desk, "place", lambda wanted: 1 / 0)
            browser.post(action, **fields)
            look()
        browser.post(action, **fields)
        look()
    # The traceback is what a bug would show of it.
    logged = [structlog.processors.format_exc_info(None, "error", line) for line in logged]
    assert msisdn in readable(fields["draft"])
    seen.extend([readable(fields["draft"]), str(logged), caplog.text])
    assert any("guide_failed" in text and "ZeroDivisionError" in text for text in seen)
    assert not [text for text in seen if digits in text]


def test_a_number_that_cannot_be_a_voucher_s_is_told_and_not_shown_again(opened: Open) -> None:
    browser = opened()
    words = typed(browser, "1234567")
    assert "A voucher has 8 to 20 digits." in words
    assert "You owe KES 50.00." in words
    assert "1234567" not in browser.shown


# What is not loaded.


def loaded(browser: Browser, digits: str) -> str:
    """Type a voucher and agree to it."""
    typed(browser, digits)
    return browser.press("Load")


def test_a_voucher_that_is_being_loaded_is_refused_and_the_next_one_asked_for(
    opened: Open, shared_engine: Engine, msisdn: str, digits: str
) -> None:
    loaded(opened(), digits)
    browser = opened()
    words = loaded(browser, digits)
    assert "That voucher is being loaded already." in words
    assert "Load voucher" not in words
    loaded(browser, f"{next(_pins)}")
    assert len(orders_of(shared_engine, msisdn)) == 2


def test_after_three_vouchers_under_way_the_next_one_waits_and_a_top_up_does_not(opened: Open) -> None:
    for _ in range(3):
        loaded(opened(), f"{next(_pins)}")
    browser = opened()
    assert "Please wait until your other vouchers are loaded." in loaded(browser, f"{next(_pins)}")
    assert "Who pays?" in browser.press("KES 100")


def test_a_line_that_is_closed_to_others_gets_no_voucher_of_theirs(
    opened: Open, shared_engine: Engine, msisdn: str, digits: str
) -> None:
    with shared_engine.begin() as connection:
        subscribers.close(connection, "+254711399998", now=FakeClock()())
    browser = opened()
    browser.press("Next", "0711399998", heading="another line")
    words = loaded(browser, digits)
    assert words.startswith("Top up 0711399998 The owner of that line lets nobody else top it up.")
    assert orders_of(shared_engine, msisdn) == []


@pytest.mark.parametrize("state", [LineState.BARRED, LineState.GONE])
def test_no_voucher_is_taken_for_a_line_that_none_brings_back(opened: Open, state: LineState, digits: str) -> None:
    browser = opened(Line(state))
    assert "Type the digits of the voucher." not in browser.words
    _, fields = browser.form("Next", "0711000003")
    assert "Load voucher" not in browser.post("/guide/voucher", draft=fields["draft"], voucher=digits)
