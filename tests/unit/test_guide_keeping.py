"""How the recharge guide is kept, in which language it speaks, how often it answers, and with what of ours away."""

import re
from dataclasses import replace

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine

from store import subscribers
from tests.unit.clocks import FakeClock
from tests.unit.desks import OWES_50
from tests.unit.guides import Browser, Open, a_guide, confirmed, orders_of
from topup.line import Line, LineState
from topup.money import Money


def test_every_page_says_that_nothing_is_fetched_kept_or_framed(opened: Open) -> None:
    browser = opened()
    browser.go()
    for path in ("/guide", "/guide/order/nothing", "/guide/amount"):
        browser.go(path)
        headers = browser.response.headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert "form-action 'self'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"


def test_the_language_is_the_persons_then_the_browsers(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    assert "Ligne suspendue." in opened(language="fr-FR,en;q=0.5").go()
    with shared_engine.begin() as connection:
        subscribers.choose_language(connection, msisdn, language="sw", now=FakeClock()())
    assert "Laini imesimamishwa." in opened(language="fr").go()
    assert "号码已停机" in opened(language="fr").go("/guide?lang=zh")


def test_a_link_changes_the_language_for_good_and_only_on_ones_own_page(
    opened: Open, shared_engine: Engine, msisdn: str
) -> None:
    browser = opened()
    browser.go()
    (own,) = re.findall(r'href="([^"]*/language/fr[^"]*)"', browser.shown)
    browser.go(re.sub("mark=.*", "mark=forged", own))
    assert "Line suspended." in browser.words
    browser.go(own)
    assert "Ligne suspendue." in browser.words
    with shared_engine.connect() as connection:
        assert subscribers.language_of(connection, msisdn) == "fr"


def test_an_order_is_told_in_the_language_of_its_page(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    browser = opened()
    browser.go("/guide?lang=sw")
    browser.press("KES 100")
    browser.press("Nambari hii")
    browser.press("Lipa")
    assert orders_of(shared_engine, msisdn)[0]["language"] == "sw"
    assert "Ukurasa huu utaangalia tena wenyewe." in browser.words


def test_who_asks_for_very_many_pages_is_told_to_wait_and_ordered_nothing(
    shared_engine: Engine, client: redis.Redis, msisdn: str
) -> None:
    guide = replace(a_guide(shared_engine, client, OWES_50), pages_a_minute=3)
    browser = Browser(guide, msisdn=msisdn)
    for _ in range(4):
        words = browser.go()
    assert "Please wait a minute." in words
    assert browser.response.status_code == 429
    assert int(browser.response.headers["Retry-After"]) in range(1, 61)


def test_without_redis_whoever_the_gateway_tells_of_can_still_order(shared_engine: Engine, msisdn: str) -> None:
    with redis.Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)) as nobody:
        browser = Browser(a_guide(shared_engine, nobody, OWES_50), msisdn=msisdn)
        confirmed(browser)
        browser.press("Pay")
    assert len(orders_of(shared_engine, msisdn)) == 1


def test_what_fails_on_our_side_is_said_in_a_sentence(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = opened(language="sw")

    def fail(msisdn: str) -> Line:
        raise RuntimeError("a bug")

    monkeypatch.setattr(browser.guide.desk, "read_line", fail)
    assert "Samahani, kuna hitilafu upande wetu." in browser.go()
    assert browser.response.status_code == 503


def test_what_is_shown_of_a_line_is_text_and_never_markup(opened: Open) -> None:
    browser = opened(Line(LineState.ACTIVE, Money(5000, "KES")), language="<script>")
    browser.go("/guide?lang=<script>")
    assert "<script>" not in browser.shown
