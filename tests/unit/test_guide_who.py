"""Who is believed on the recharge guide: the gateway's word, an address that it gave, or a code by SMS."""

import re

import pytest
import redis
from sqlalchemy import Engine

from tests.unit.desks import OWES_50
from tests.unit.guides import GATEWAY, PHONE, STRANGER_AT, Open, confirmed, national, new_msisdn, orders_of, sms_to
from topup.line import Line, LineState


def test_a_number_that_the_gateway_writes_is_believed_without_a_cookie(opened: Open, msisdn: str) -> None:
    browser = opened()
    assert browser.go().startswith(national(msisdn))
    assert "Set-Cookie" not in browser.response.headers


@pytest.mark.parametrize("address", [STRANGER_AT, PHONE, "127.0.0.1"])
def test_a_number_that_a_phone_writes_itself_is_not(opened: Open, msisdn: str, address: str) -> None:
    browser = opened(address=address)
    assert "An SMS brings a code." in browser.go(**{"X-Forwarded-For": GATEWAY})
    assert national(msisdn) not in browser.words


def test_a_number_that_stands_there_twice_is_not_believed(opened: Open, msisdn: str) -> None:
    assert "An SMS brings a code." in opened(msisdn=f"{msisdn},+254711299999").go()


def test_a_phone_is_known_by_the_address_that_the_gateway_gave_it(
    opened: Open, client: redis.Redis, msisdn: str
) -> None:
    browser = opened(msisdn="", address=PHONE)
    assert "An SMS brings a code." in browser.go()
    browser.guide.who.memory.begin_session(address=PHONE, msisdn=msisdn)
    assert browser.go().startswith(national(msisdn))
    browser.guide.who.memory.begin_session(address=STRANGER_AT, msisdn=msisdn)
    browser.address = STRANGER_AT
    assert "An SMS brings a code." in browser.go(), "an address that no gateway gives to phones"


# A code by SMS.


def code_in(engine: Engine, msisdn: str) -> str:
    found = re.match(r"(\d{6}) is your code", sms_to(engine, msisdn)[-1])
    assert found is not None
    return found[1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_a_code_by_sms_proves_a_number_until_its_owner_leaves(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    browser = opened(msisdn="", address=STRANGER_AT)
    browser.go()
    assert "an SMS with a code comes to it" in browser.press("Next", national(msisdn))
    assert browser.press("Next", code_in(shared_engine, msisdn)).startswith(national(msisdn))
    confirmed(browser)
    browser.press("Pay")
    assert len(orders_of(shared_engine, msisdn)) == 1
    browser.go()
    assert "An SMS brings a code." in browser.press("This is not my number")


def test_the_cookies_are_kept_from_scripts_and_other_sites(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    browser = opened(msisdn="", address=STRANGER_AT)
    browser.go()
    browser.press("Next", national(msisdn))
    (asking,) = browser.response.headers.getlist("Set-Cookie")
    assert {"HttpOnly", "SameSite=Strict", "Path=/guide"} <= set(asking.split("; "))
    response = browser.http.post("/guide/code", data={"code": code_in(shared_engine, msisdn)})
    proof = response.headers.getlist("Set-Cookie")[-1]
    assert {"HttpOnly", "SameSite=Lax", "Path=/guide"} <= set(proof.split("; "))


def test_a_code_works_once_and_only_where_it_was_asked_for(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    browser, other = opened(msisdn="", address=STRANGER_AT), opened(msisdn="", address=STRANGER_AT)
    for one in (browser, other):
        one.go()
        one.press("Next", national(msisdn))
    code = code_in(shared_engine, msisdn)
    assert "That is not the code." in browser.press("Next", code)
    action, fields = other.form("Next", code)
    assert other.post(action, **fields).startswith(national(msisdn))
    assert "That code does not work any more." in other.post(action, **fields)


def test_a_code_may_be_wrong_five_times_and_then_is_none(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    browser = opened(msisdn="", address=STRANGER_AT)
    browser.go()
    browser.press("Next", national(msisdn))
    code = code_in(shared_engine, msisdn)
    for _ in range(5):
        assert "That is not the code." in browser.press("Next", wrong(code))
    assert "That code does not work any more." in browser.press("Next", code)


def test_no_code_stands_in_redis(opened: Open, shared_engine: Engine, client: redis.Redis, msisdn: str) -> None:
    browser = opened(msisdn="", address=STRANGER_AT)
    browser.go()
    browser.press("Next", national(msisdn))
    code = code_in(shared_engine, msisdn).encode()
    kept = [value for key in client.scan_iter("code:*") for value in client.hgetall(key).values()]
    assert kept
    assert not [value for value in kept if code in value]


def test_a_number_gets_four_codes_an_hour_and_then_waits(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    browser = opened(msisdn="", address=STRANGER_AT)
    for _ in range(5):
        browser.go()
        browser.press("Next", national(msisdn))
    assert re.search(r"Very many codes were asked for. Please wait \d+ minutes.", browser.words)
    assert browser.response.status_code == 429
    assert len(sms_to(shared_engine, msisdn)) == 4


def test_an_address_gets_so_many_codes_an_hour_for_whatever_numbers(opened: Open) -> None:
    browser = opened(msisdn="", address=STRANGER_AT)
    for _ in range(11):
        browser.go()
        browser.press("Next", national(new_msisdn()))
    assert browser.response.status_code == 429


def test_the_answer_does_not_tell_whether_there_is_such_a_line(opened: Open) -> None:
    def answer(line: Line) -> str:
        browser = opened(line, msisdn="", address=STRANGER_AT)
        browser.go()
        return re.sub(r"\d{10}", "", browser.press("Next", national(new_msisdn())))

    assert answer(OWES_50) == answer(Line(LineState.GONE))


def test_no_sms_goes_to_another_country_and_the_page_says_nothing_of_it(opened: Open, shared_engine: Engine) -> None:
    browser = opened(msisdn="", address=STRANGER_AT)
    browser.go()
    assert "an SMS with a code comes to it" in browser.press("Next", "+256772000001")
    assert sms_to(shared_engine, "+256772000001") == []
