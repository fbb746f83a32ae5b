"""The recharge guide on a phone's small screen, without scripts; and the packet gateway that leads there."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import GATE_SECRET
from tests.city import WITHIN_S, City
from tests.outside import Phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.browser_context_args(
        viewport={"width": 240, "height": 320}, has_touch=True, is_mobile=True, java_script_enabled=False
    ),
]

ADDRESS = "10.64.0.2"
FINGER = 44


@pytest.fixture
def phone(city: City) -> Phone:
    """A line that was suspended because it owes 50 shillings; a thousand are in its wallet."""
    return city.new_phone(balance_minor=-5000)


def ask_gate(city: City, what: str, **asked: str) -> requests.Response:
    """What the packet gateway asks and tells."""
    return city.post(f"/gate/{GATE_SECRET}/{what}", json=asked)


@contextmanager
def following(city: City) -> Iterator[Iterator[str]]:
    """The lines of the stream, from now on."""
    address = f"{city.url}/gate/{GATE_SECRET}/events"
    with requests.get(address, stream=True, timeout=WITHIN_S) as stream:
        lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(lines) == "retry: 1000"
        yield lines


def assert_fits(page: Page) -> None:
    """Nothing sticks out to the side, and everything that is pressed can be hit with a finger."""
    overflow = page.locator("html").bounding_box()
    assert overflow is not None
    assert overflow["width"] <= 240
    for pressed in page.locator("button, input:not([type=hidden])").all():
        box = pressed.bounding_box()
        assert box is not None
        assert box["height"] >= FINGER
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 240


def test_a_suspended_phone_is_led_to_the_guide_pays_there_and_passes(city: City, page: Page, phone: Phone) -> None:
    assert ask_gate(city, "sessions", address=ADDRESS, msisdn=phone.msisdn, event="start").status_code == 204
    led = ask_gate(city, "verify", address=ADDRESS).json()
    assert led["decision"] == "redirect"

    page.set_extra_http_headers({"MSISDN": phone.msisdn})
    with following(city) as lines:
        page.goto(led["redirect_server"]["redirect_server_address"])
        expect(page.locator("main")).to_contain_text("Line suspended. You owe KES 50.00.")
        assert_fits(page)
        page.get_by_role("button", name="KES 50 (line comes back)").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("KES 50. Who pays?")
        assert_fits(page)
        page.get_by_role("button", name="This number").click()
        expect(page.locator("main")).to_contain_text(f"Top up {phone.national} with KES 50.")
        assert_fits(page)
        page.get_by_role("button", name="Pay").click()
        assert_fits(page)
        # It asks for itself until there is an end to tell.
        expect(page.locator("main")).to_contain_text("KES 50 received. Your line is back. Balance KES 0.00.")
        told = json.loads(next(line for line in lines if line.startswith("data: ")).removeprefix("data: "))

    assert phone.wait_for_sms() == ["KES 50 received. Your line is back. Balance KES 0.00."]
    assert (told["msisdn"], told["address"]) == (phone.msisdn, ADDRESS)
    assert ask_gate(city, "verify", address=ADDRESS).json()["decision"] == "allow"
    assert city.end_of(phone).state == "DONE"


def test_the_last_page_asks_for_itself_no_more_and_going_back_pays_nothing(
    city: City, page: Page, phone: Phone
) -> None:
    page.set_extra_http_headers({"MSISDN": phone.msisdn})
    page.goto(f"{city.url}/guide")
    for pressed in ("KES 100", "This number", "Pay"):
        page.get_by_role("button", name=pressed).click()
    expect(page.locator("main")).to_contain_text("Your line is back.")
    assert page.locator("meta[http-equiv=refresh]").count() == 0
    page.reload()
    assert len(city.orders(phone)) == 1


def test_a_payer_who_says_no_is_told_of_with_what_became_of_the_money(city: City, page: Page, phone: Phone) -> None:
    phone.answers_prompts("cancel")
    page.set_extra_http_headers({"MSISDN": phone.msisdn})
    page.goto(f"{city.url}/guide")
    for pressed in ("KES 100", "This number", "Pay"):
        page.get_by_role("button", name=pressed).click()
    expect(page.locator("main")).to_contain_text("KES 100 not paid. The payment was cancelled. Nothing was taken.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not paid")


def test_a_code_by_sms_proves_a_number_where_no_gateway_does(city: City, page: Page, phone: Phone) -> None:
    page.goto(f"{city.url}/guide")
    assert_fits(page)
    page.get_by_role("textbox").fill(phone.national)
    page.get_by_role("button", name="Next").click()
    expect(page.locator("main")).to_contain_text("an SMS with a code comes to it")
    assert_fits(page)
    found = re.match(r"(\d{6}) is your code", phone.wait_for_sms()[0])
    assert found is not None
    page.get_by_role("textbox").fill(found[1])
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(phone.national)
    page.get_by_role("button", name="This is not my number").click()
    expect(page.locator("main")).to_contain_text("Type your number")


@pytest.mark.parametrize("language", ["sw", "fr", "zh"])
def test_the_first_page_fits_in_every_language(city: City, page: Page, phone: Phone, language: str) -> None:
    page.set_extra_http_headers({"MSISDN": phone.msisdn})
    page.goto(f"{city.url}/guide?lang={language}")
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert_fits(page)


def test_the_real_server_lets_no_header_be_told_twice_or_by_another_name(city: City, phone: Phone) -> None:
    def words(*headers: tuple[str, str]) -> str:
        connection = HTTPConnection(urlsplit(city.url).netloc, timeout=WITHIN_S)
        connection.putrequest("GET", "/guide")
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        shown = connection.getresponse().read().decode()
        connection.close()
        return shown

    assert phone.national in words(("MSISDN", phone.msisdn))
    assert phone.national not in words(("MSISDN", phone.msisdn), ("MSISDN", "+254711999999"))
    assert phone.national not in words(("X-MSISDN", phone.msisdn), ("HTTP_MSISDN", phone.msisdn))
