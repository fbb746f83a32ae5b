"""What people do to a call, on the real menu and a real Redis: mistakes, ways back, drops, languages, long lists."""

import pytest
import redis

from tests.unit.desks import LONG, OWES_50, FakeDesk, Handset, an_engine
from tests.unit.orders import OWNER, PAYER, STRANGER, kes
from topup.limits import LineHasEnough
from topup.line import NOT_KNOWN, Line, LineState
from ussd.engine import Reply

# Mistakes.


@pytest.mark.parametrize("to", ["", "1", "1*5", "1*2", "1*2*2", "1*2*1", "2", "3", "4", "5"])
def test_three_wrong_keys_end_kindly_on_every_screen(phone: Handset, desk: FakeDesk, to: str) -> None:
    first = phone.dial(to)
    assert first.open
    for _ in range(2):
        reply = phone.key("x")
        assert (reply.screen, reply.open) == (first.screen, True)
        assert reply.text != first.text
    assert phone.key("x") == Reply(
        "That did not work three times. Nothing was paid. Dial *384*55# to start again.",
        open=False,
        screen=first.screen,
    )
    assert desk.orders == []


def test_only_wrong_keys_in_a_row_count(phone: Handset) -> None:
    phone.dial()
    for _ in range(3):
        assert phone.key("x", "x", "1", "0").open


def test_a_call_that_ended_by_wrong_keys_is_not_offered_again(phone: Handset) -> None:
    phone.dial("100")
    assert not phone.key("x", "x", "x").open
    assert phone.dial().screen == "home"


@pytest.mark.parametrize(
    ("screen", "typed", "why"),
    [
        ("1*5", "abc", "That is not an amount."),
        ("1*5", "9", "The smallest top-up is KES 10."),
        ("1*5", "10001", "The largest top-up is KES 10,000."),
        ("1*5", "10.50", "Please use a multiple of KES 1."),
        ("1*2*2", "0711", "That is not a phone number."),
        ("1*2*2", "0711000002000", "That is not a phone number."),
        ("1*2*2", "0202012345", "That number has no mobile money that we can ask."),
        ("1", "7", "Please choose a number from the list."),
        ("1", "8.50", "The smallest top-up is KES 10."),
    ],
)
def test_a_wrong_entry_says_what_was_wrong_and_asks_again(phone: Handset, screen: str, typed: str, why: str) -> None:
    asked = phone.dial(screen)
    reply = phone.key(typed)
    assert reply.text == f"{why}\n{asked.text}"
    assert reply.screen == asked.screen


def test_a_desk_that_will_not_take_the_order_says_why_and_the_call_goes_on(
    phone: Handset, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise LineHasEnough(amount=kes(100), largest=kes(20_000))

    phone.dial("100")
    monkeypatch.setattr(desk, "place", refuse)
    reply = phone.key("1")
    assert (reply.screen, reply.open) == ("confirm", True)
    assert reply.text.startswith("A line may get KES 20,000 a day.\nTop up ")


# Back and home.


BACK = {
    "1": "home",
    "1*5": "amounts",
    "1*2": "amounts",
    "1*5*75": "other_amount",
    "1*2*2": "payer",
    "1*2*1": "payer",
    "1*2*2*0711000002": "other_payer",
    "2": "home",
    "3": "home",
    "4": "home",
    "5": "home",
    "100": "home",
    "100*2": "confirm",
}


@pytest.mark.parametrize("to", BACK)
def test_zero_leads_back_and_two_zeros_home_on_every_screen(phone: Handset, to: str) -> None:
    home = phone.dial()
    phone.dial(to)
    assert phone.key("0").screen == BACK[to]
    phone.dial(to)
    assert phone.key("00") == home


def test_back_all_the_way_ends_at_home_and_home_has_no_way_back(phone: Handset) -> None:
    phone.dial("1*2*2*0711000002")
    assert [phone.key("0").screen for _ in range(4)] == ["other_payer", "payer", "amounts", "home"]
    assert phone.key("0").text.startswith("Please choose a number from the list.")
    assert phone.key("00").text.startswith("Please choose a number from the list.")


def test_a_screen_that_was_passed_is_not_passed_twice_on_the_way_back(phone: Handset) -> None:
    phone.dial("1*2*2*0711000002")
    assert phone.key("2").screen == "other_payer"
    assert phone.key("0711000003").screen == "confirm"
    assert [phone.key("0").screen for _ in range(4)] == ["other_payer", "payer", "amounts", "home"]


# Calls that dropped.


def test_a_call_that_dropped_is_offered_again_and_goes_on_where_it_was(phone: Handset, desk: FakeDesk) -> None:
    phone.dial()
    confirm = phone.key("1", "2", "2", "0711000002")
    resume = phone.dial()
    assert (resume.screen, resume.text) == ("resume", "Go on with KES 100?\n1 Yes\n2 Start over")
    assert phone.key("1") == confirm
    assert phone.key("0").screen == "other_payer"
    assert phone.key("0711000002", "1").screen == "placed"
    assert [(order.amount, order.payer) for order in desk.orders] == [(kes(100), PAYER)]
    assert phone.dial().screen == "home"


def test_starting_over_forgets_the_call_that_dropped(phone: Handset) -> None:
    phone.dial()
    phone.key("1", "2")
    phone.dial()
    assert phone.key("2").screen == "home"
    assert phone.dial().screen == "home"


def test_a_call_that_drops_on_the_offer_is_offered_once_more(phone: Handset) -> None:
    phone.dial()
    phone.key("1", "2")
    assert [phone.dial().screen for _ in range(3)] == ["resume"] * 3


def test_nobody_else_is_offered_the_call_that_dropped(phone: Handset) -> None:
    phone.dial()
    phone.key("1", "2")
    assert Handset(phone.engine, msisdn=STRANGER).dial().screen == "home"


def test_a_call_without_an_amount_is_not_worth_offering(phone: Handset) -> None:
    phone.dial()
    phone.key("1")
    assert phone.dial().screen == "home"


def test_who_dials_an_amount_directly_wants_that_one(phone: Handset) -> None:
    phone.dial()
    phone.key("1", "2")
    assert phone.dial("250").text.startswith("Top up 0711000001 with KES 250.")


@pytest.mark.parametrize("state", [LineState.BARRED, LineState.GONE])
def test_a_line_that_is_beyond_help_is_not_offered_to_go_on(
    phone: Handset, desk: FakeDesk, client: redis.Redis, state: LineState
) -> None:
    phone.dial("100")
    desk.line = Line(state)
    client.delete(f"ussd:line:{OWNER}")
    assert phone.dial().screen == "home"


# The line.


def test_the_line_is_read_at_the_dial_only_and_once_for_two_dials_in_a_moment(phone: Handset, desk: FakeDesk) -> None:
    phone.dial()
    phone.key("1", "2", "1", "0", "00")
    phone.dial()
    assert desk.asked == ["caller", "line", "caller"]


def test_a_line_that_is_not_known_is_read_again_for_its_balance(phone: Handset, desk: FakeDesk) -> None:
    desk.line = NOT_KNOWN
    assert phone.dial().text.startswith("We cannot see your line just now. You can still top up.\n1 Top up\n")
    desk.line = OWES_50
    assert phone.key("2").text.startswith("Line suspended. You owe KES 50.00.\n")
    assert phone.key("0").text.startswith("Line suspended. You owe KES 50.00.\n1 Top up\n")


@pytest.mark.parametrize("state", [LineState.BARRED, LineState.GONE])
def test_a_line_that_no_top_up_brings_back_is_offered_none(phone: Handset, desk: FakeDesk, state: LineState) -> None:
    desk.line = Line(state)
    assert "Top up" not in phone.dial().text.partition("\n")[2]
    assert phone.key("1").screen == "balance"
    reply = phone.dial("100")
    assert (reply.screen, reply.open) == ("cannot_help", False)
    assert reply.text.endswith("Call 100.")


# Languages, lists, limits.


def test_a_language_is_remembered_and_one_that_is_gone_is_english(phone: Handset, desk: FakeDesk) -> None:
    phone.dial("4")
    assert phone.key("2").text.startswith("Laini imesimamishwa. Unadaiwa KES 50.00.\n1 Ongeza salio\n")
    assert desk.languages == {OWNER: "sw"}
    assert phone.dial().text.startswith("Laini imesimamishwa.")
    desk.languages[OWNER] = "xx"
    assert phone.dial().text.startswith("Line suspended.")


def test_a_list_that_is_too_long_is_turned_by_its_pages(phone: Handset, desk: FakeDesk) -> None:
    desk.known = LONG
    phone.dial()
    first = phone.key("3")
    assert first.text.endswith("\n98 More\n0 Back 00 Home")
    second = phone.key("98")
    assert "98 More" not in second.text
    shown = f"{first.text}\n{second.text}"
    assert all(shown.count(recent.reference) == 1 for recent in LONG.recent)
    assert phone.key("0") == first
    assert phone.key("0").screen == "home"


def test_a_page_that_is_not_there_is_not_turned_to_and_what_was_wrong_stands_first(
    phone: Handset, desk: FakeDesk
) -> None:
    desk.known = LONG
    phone.dial()
    phone.key("3", "98")
    assert phone.key("98").text.startswith("Please choose a number from the list.\n30 Sep 23:59 KES 10,000: ")


@pytest.mark.parametrize("to", ["3", "5", "1"])
def test_a_screen_that_got_longer_by_what_was_wrong_is_turned_like_any_other(
    phone: Handset, desk: FakeDesk, to: str
) -> None:
    desk.known = LONG
    lines = [line for page in every_page(phone, phone.dial(to)) for line in page]
    phone.dial(to)
    again = [line for page in every_page(phone, phone.key("x")) for line in page]
    assert again == ["Please choose a number from the list.", *lines]


def every_page(phone: Handset, reply: Reply) -> list[list[str]]:
    """The lines of every page, without the foot."""
    *lines, foot = reply.text.split("\n")
    assert foot == "0 Back 00 Home"
    return [lines[:-1], *every_page(phone, phone.key("98"))] if lines[-1] == "98 More" else [lines]


def test_who_presses_very_many_keys_is_asked_to_wait(client: redis.Redis, desk: FakeDesk) -> None:
    phone = Handset(an_engine(client, desk, hops_a_minute=5))
    for _ in range(5):
        assert phone.dial().open
    reply = phone.dial()
    assert (reply.screen, reply.open) == ("too_many", False)
    assert reply.text == "You pressed very many keys. Nothing was paid. Please wait a minute and dial *384*55#."
    assert Handset(phone.engine, msisdn=STRANGER).dial().open
