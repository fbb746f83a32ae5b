"""The recharge guide: who is believed, what is placed, and how little a forged, old or repeated form can do."""

import itertools
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine

from store import subscribers
from store.desk import Desk
from store.outages import Outages
from tests.unit.clocks import FakeClock
from tests.unit.desks import OWES_50
from tests.unit.guides import GATEWAY, PHONE, STRANGER_AT, Browser, a_guide, orders_of, sms_to
from tests.unit.lending import LENDING, lent_in
from tests.unit.orders import TIMING
from tests.unit.shops import LineOf, a_shop
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money

_numbers = itertools.count(711_200_001)

Open = Callable[..., Browser]


@pytest.fixture
def msisdn() -> str:
    return f"+254{next(_numbers)}"


@pytest.fixture
def opened(shared_engine: Engine, client: redis.Redis, msisdn: str) -> Open:
    def a_browser(line: Line = OWES_50, **how: str) -> Browser:
        return Browser(a_guide(shared_engine, client, line), **{"msisdn": msisdn, **how})

    return a_browser


def national(msisdn: str) -> str:
    return msisdn.replace("+254", "0")


# The journey.


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


# Once, whatever is pressed how often.


def confirmed(browser: Browser) -> tuple[str, dict[str, str]]:
    """The form by which KES 50 is paid."""
    browser.go()
    browser.press("KES 50 (line comes back)")
    browser.press("This number")
    return browser.form("Pay")


def test_the_same_form_sent_twice_places_one_order(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    browser = opened()
    action, fields = confirmed(browser)
    browser.post(action, **fields)
    first = browser.response.request.path
    browser.post(action, **fields)
    assert browser.response.request.path == first
    assert len(orders_of(shared_engine, msisdn)) == 1


def test_the_same_top_up_begun_anew_is_asked_for_twice(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    for _ in range(2):
        browser = opened()
        action, fields = confirmed(browser)
        browser.post(action, **fields)
    assert "You have just ordered KES 50 for this line" in browser.words
    assert len(orders_of(shared_engine, msisdn)) == 1
    browser.press("Pay once more")
    assert len(orders_of(shared_engine, msisdn)) == 2


def test_looking_at_the_first_page_places_nothing_and_each_look_is_a_conversation_of_its_own(opened: Open) -> None:
    browser = opened()
    drafts = set()
    for _ in range(2):
        browser.go()
        drafts.add(browser.form("KES 100")[1]["draft"])
    assert len(drafts) == 2


@pytest.mark.parametrize("step", ["amount", "line", "voucher", "payer", "order", "number", "code", "leave"])
def test_the_address_of_a_step_without_its_form_leads_to_the_first_page(
    opened: Open, shared_engine: Engine, msisdn: str, step: str
) -> None:
    assert "You owe KES 50.00." in opened().go(f"/guide/{step}")
    assert orders_of(shared_engine, msisdn) == []


# Forms that are none of ours.


def test_a_form_of_another_number_is_refused(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    action, fields = confirmed(opened(msisdn="+254711299999"))
    victim = opened()
    words = victim.post(action, **fields)
    assert "This page was too old. Nothing was ordered." in words
    assert victim.response.status_code == 400
    assert orders_of(shared_engine, msisdn) == orders_of(shared_engine, "+254711299999") == []


def test_a_form_of_another_page_or_changed_or_without_its_seal_is_refused(
    opened: Open, shared_engine: Engine, msisdn: str
) -> None:
    browser = opened()
    browser.go()
    (_, first), (action, last) = browser.form("KES 100"), confirmed(browser)
    changed = last["draft"][:-1] + ("A" if last["draft"][-1] != "A" else "B")
    for draft in (first["draft"], changed, "", "x" * 50):
        browser.post(action, draft=draft)
        assert browser.response.status_code == 400
    browser.post(action, draft=last["draft"], again="yes")
    assert browser.response.status_code == 400
    assert orders_of(shared_engine, msisdn) == []


def test_a_form_that_is_too_old_is_refused(
    opened: Open, shared_engine: Engine, msisdn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = opened()
    action, fields = confirmed(browser)
    monkeypatch.setattr("web.guide.draft.LASTS_S", -1)
    assert "This page was too old." in browser.post(action, **fields)
    assert orders_of(shared_engine, msisdn) == []


def test_somebody_elses_order_cannot_be_looked_at(opened: Open) -> None:
    browser = opened()
    action, fields = confirmed(browser)
    browser.post(action, **fields)
    path = browser.response.request.path
    stranger = opened(msisdn="+254711299999")
    stranger.go(path)
    assert stranger.response.status_code == 404
    assert "KES 50" not in stranger.words


# Who is believed.


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
        browser.press("Next", f"0{next(_numbers)}")
    assert browser.response.status_code == 429


def test_the_answer_does_not_tell_whether_there_is_such_a_line(opened: Open) -> None:
    def answer(line: Line) -> str:
        browser = opened(line, msisdn="", address=STRANGER_AT)
        browser.go()
        return re.sub(r"\d{10}", "", browser.press("Next", f"0{next(_numbers)}"))

    assert answer(OWES_50) == answer(Line(LineState.GONE))


def test_no_sms_goes_to_another_country_and_the_page_says_nothing_of_it(opened: Open, shared_engine: Engine) -> None:
    browser = opened(msisdn="", address=STRANGER_AT)
    browser.go()
    assert "an SMS with a code comes to it" in browser.press("Next", "+256772000001")
    assert sms_to(shared_engine, "+256772000001") == []


# How it is kept, in which language, and how often.


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
