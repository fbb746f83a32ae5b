"""What the phone page shows of the world: other people, a network that fails, a sandbox that is gone."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.handset import Complaints, Handset
from tests.city import City

pytestmark = pytest.mark.browser

NO_NETWORK = "No network. Is the sandbox running?"
# What a browser writes on the console itself when a connection is refused or cut.
CONNECTION = "net::ERR_"


@pytest.mark.parametrize(
    ("name", "state", "balance", "words"),
    [
        ("Amina", "Suspended", "−KES 50.00", "Line suspended. You owe KES 50.00."),
        ("Brian", "Active", "KES 120.00", "Line active. Balance KES 120.00."),
        ("Chebet", "Barred", "KES 0.00", "Your line is barred by the operator."),
        ("Daudi", "Not known", "", "The operator does not know this number."),
    ],
)
def test_the_ready_people(handset: Handset, name: str, state: str, balance: str, words: str) -> None:
    handset.hold(name)
    handset.expect_line(state, balance)
    handset.call()
    handset.expect_screen(words)


def test_people_change_by_the_arrow_keys(handset: Handset, page: Page) -> None:
    page.get_by_role("radio", name="Amina").focus()
    page.keyboard.press("ArrowDown")
    handset.expect_line("Active", "KES 120.00")
    page.keyboard.press("ArrowDown")
    handset.expect_line("Barred", "KES 0.00")
    expect(page.get_by_role("radio", name="Chebet")).to_be_focused()


def test_what_the_network_answers_one_person_is_not_shown_to_the_next(handset: Handset, page: Page, city: City) -> None:
    city.faults.add("ussd.hop", "delay", seconds=1, times=1)
    handset.call()
    expect(page.get_by_text("USSD code running")).to_be_visible()
    handset.hold("Brian")
    handset.expect_line("Active", "KES 120.00")
    amina = city.phone("+254711000001")
    city.wait_until(lambda: city.outside.get(f"/phones/{amina.msisdn}")["screen"]["screen"], what="Amina's screen")
    expect(page.get_by_label("Dial", exact=True)).to_be_visible()
    expect(handset.ussd).to_be_hidden()
    handset.hold("Amina")
    handset.expect_screen("Line suspended.")


def test_another_short_code_can_be_chosen(handset: Handset, page: Page) -> None:
    # The page is told its codes before its scripts run; the city itself has one.
    page.add_init_script("""document.addEventListener("readystatechange", () => {
      if (document.readyState === "interactive") document.body.dataset.shortCodes += " *384*55*4#";
    })""")
    handset.open()
    page.get_by_label("Short code").select_option("*384*55*4#")
    handset.call()
    handset.expect_screen("Choose a language")


def test_a_line_that_changes_elsewhere_shows_at_once(handset: Handset, city: City) -> None:
    handset.hold("Brian")
    handset.expect_line("Active", "KES 120.00")
    city.phone("+254711000002").set_line(balance_minor=-1234)
    handset.expect_line("Suspended", "−KES 12.34")


def test_without_the_stream_the_page_asks_again_and_again(
    page: Page, handset: Handset, city: City, complaints: Complaints
) -> None:
    page.route("**/events", lambda route: route.abort())
    handset.open()
    handset.hold("Brian")
    city.phone("+254711000002").set_line(balance_minor=-1234)
    handset.expect_line("Suspended", "−KES 12.34")
    complaints.forgive(CONNECTION)


def test_a_late_word_of_the_stream_leaves_a_half_typed_reply_alone(
    page: Page, handset: Handset, complaints: Complaints
) -> None:
    stale = json.dumps({"screen": "", "open": False, "cut": False, "session_id": None, "failed": None})
    # "retry" is how soon, in milliseconds, a browser opens a stream again that has ended.
    late = f"retry: 50\nevent: screen\ndata: {stale}\n\n"
    allowed = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/event-stream"}
    page.route("**/events", lambda route: route.fulfill(headers=allowed, body=late))
    handset.open()
    handset.call()
    handset.expect_screen("Line suspended.")
    handset.press("1")
    for _ in range(5):
        page.wait_for_event("request", lambda request: request.url.endswith("/events"))
    expect(page.get_by_label("Reply", exact=True)).to_have_value("1")
    handset.soft("Send")
    handset.expect_screen("How much?")
    complaints.forgive(CONNECTION)


def test_a_sandbox_that_is_gone_and_comes_back(
    handset: Handset, page: Page, city: City, complaints: Complaints
) -> None:
    city.kill("sandbox")
    expect(page.locator("#carrier")).to_have_text("No network")
    handset.call()
    handset.expect_screen(NO_NETWORK)
    handset.soft("OK")
    expect(page.get_by_label("Dial", exact=True)).to_be_visible()
    page.get_by_role("button", name="New suspended line").click()
    expect(page.locator("#people-trouble")).to_have_text(NO_NETWORK)
    city.start("sandbox")
    expect(page.locator("#carrier")).to_have_text("Redial Mobile")
    handset.call()
    handset.expect_screen("Line suspended.")
    complaints.forgive(CONNECTION)


def test_a_screen_that_the_network_cuts_is_marked(handset: Handset, page: Page, city: City) -> None:
    city.world(ussd_gsm7_septets=40)
    handset.call()
    expect(handset.ussd).to_have_text("Line suspended. You owe KES 50.00.\n1 Top")
    expect(handset.mark).to_contain_text("Cut by the network:")
    expect(handset.mark).to_contain_text("40 fit.")


def test_what_the_network_says_for_a_dead_application_is_marked(handset: Handset, city: City) -> None:
    city.faults.add("ussd.hop", "no_callback", times=1)
    handset.call()
    handset.expect_screen("The service is not available.")
    expect(handset.mark).to_have_text("Redial cannot be reached.")
    handset.soft("OK")
    handset.call()
    expect(handset.mark).to_be_hidden()
    handset.expect_screen("Line suspended.")


def test_a_code_that_nobody_serves(handset: Handset) -> None:
    handset.press("*999#")
    handset.call()
    handset.expect_screen("Connection problem or invalid MMI code.")
    expect(handset.mark).to_have_text("The network knows no such code.")


def test_it_waits_for_the_network_and_can_give_up(handset: Handset, page: Page, city: City) -> None:
    city.faults.add("ussd.hop", "delay", seconds=2, times=1)
    handset.call()
    expect(page.get_by_text("USSD code running")).to_be_visible()
    handset.hang_up()
    expect(page.get_by_label("Dial", exact=True)).to_be_visible()
    handset.call()
    handset.expect_screen("Line suspended.")


def test_a_call_goes_on_where_it_was_after_the_page_was_loaded_again(handset: Handset) -> None:
    handset.hold("Amina")
    handset.call()
    handset.expect_screen("Line suspended.")
    handset.reply("1", then="How much?")
    handset.open()
    handset.expect_screen("How much?")
    handset.reply("0", then="1 Top up")


def test_a_phone_that_is_laid_down_answers_as_before(handset: Handset, page: Page, city: City) -> None:
    def answer_of(msisdn: str) -> object:
        return city.outside.get(f"/phones/{msisdn}")["prompt_answer"]

    amina = "+254711000001"
    assert answer_of(amina) == "by_hand"
    handset.hold("Brian")
    city.wait_until(lambda: answer_of(amina) is None, what="Amina's phone answers as before")
    page.goto("about:blank")
    city.wait_until(lambda: answer_of("+254711000002") is None, what="Brian's phone answers as before")


def test_a_phone_that_somebody_has_set_is_left_so(handset: Handset, page: Page, city: City) -> None:
    phone = city.phone("+254733000009")
    phone.answers_prompts("cancel")
    page.get_by_label("Another number").fill(phone.msisdn.removeprefix("+"))
    page.get_by_role("button", name="Take").click()
    handset.expect_answered_by("cancel")
    handset.hold("Amina")
    assert city.outside.get(f"/phones/{phone.msisdn}")["prompt_answer"] == "cancel"


def test_a_line_is_barred_by_hand(page: Page, handset: Handset, complaints: Complaints) -> None:
    handset.hold_new_line()
    form = page.locator("#line-form")
    form.get_by_label("Line", exact=True).select_option("Barred")
    form.get_by_role("button", name="Set").click()
    expect(handset.line).to_contain_text("Barred")
    form.get_by_label("Line", exact=True).select_option("Suspended")
    form.get_by_role("textbox").fill("0")
    form.get_by_role("button", name="Set").click()
    expect(page.locator("#world-trouble")).to_contain_text("is not suspended: what it owes decides that.")
    complaints.forgive("400 (Bad Request)")
