"""The engine on the real menu and a real Redis, with a desk at its port: keys, retries, races, lost memory."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.desks import CHANNEL, LONG, WIDTH, FakeDesk, Handset, an_engine
from tests.unit.orders import kes
from topup.line import Line, LineState
from topup.money import Money
from ussd.call import Call
from ussd.engine import Engine, HopWasContested, MoveNotDeclared, Reply
from ussd.menu import menu
from ussd.screens import Choice, Menu, Option
from ussd.session import Loaded, Session, Sessions
from words.text import Text, say
from words.width import Width

# What is new in a text.


def test_what_is_new_is_what_follows_the_text_of_the_hop_before(phone: Handset) -> None:
    assert phone.dial().screen == "home"
    assert [phone.key(key).screen for key in ("1", "2", "1")] == ["amounts", "payer", "confirm"]


def test_a_star_that_a_person_types_is_part_of_what_was_typed(phone: Handset, desk: FakeDesk) -> None:
    phone.dial()
    phone.key("1", "5")
    reply = phone.key("100*1")
    assert reply.screen == "other_amount"
    assert reply.text.startswith("That is not an amount.\n")
    assert phone.key("100").screen == "payer"
    assert desk.orders == []


@pytest.mark.parametrize("key", [" ", "*", "**", "#", "x", "9" * 21, "9", "-1", "one", "\x00", "1\n2"])
def test_a_key_that_is_none_is_asked_again_with_why(phone: Handset, key: str) -> None:
    phone.dial()
    reply = phone.key(key)
    assert (reply.screen, reply.open) == ("home", True)
    assert reply.text.startswith("Please choose a number from the list.\nLine suspended.")


def test_blanks_around_a_key_do_not_matter(phone: Handset) -> None:
    phone.dial()
    assert phone.key(" 1 ").screen == "amounts"


# The same hop again.


def test_a_hop_that_comes_again_gets_the_same_answer_and_does_nothing(phone: Handset, desk: FakeDesk) -> None:
    for key in ("", *"1211"):
        first = phone.key(key) if key else phone.dial()
        asked = list(desk.asked)
        assert phone.send() == first
        assert desk.asked == asked
    assert not first.open
    assert len(desk.orders) == 1


def test_a_hop_that_comes_late_changes_nothing_of_what_followed_it(phone: Handset, desk: FakeDesk) -> None:
    phone.dial()
    confirm = phone.key("1", "2", "1")
    for late in ("", "1", "1*2"):
        assert phone.send(late) == confirm
    assert phone.key("1").screen == "placed"
    assert [order.amount for order in desk.orders] == [kes(100)]


def test_a_hop_that_comes_late_does_not_open_a_call_that_has_ended(phone: Handset) -> None:
    phone.dial()
    placed = phone.key("1", "2", "1", "1")
    assert phone.send("1*2*1") == placed
    assert phone.dial().screen == "home"


def at_once(phone: Handset, copies: int) -> list[Reply]:
    """The hop that is to be sent, in several copies at the same moment."""
    ready = threading.Barrier(copies)

    def one(_: int) -> Reply:
        ready.wait()
        return phone.send()

    with ThreadPoolExecutor(copies) as threads:
        return list(threads.map(one, range(copies)))


@pytest.mark.parametrize("keys", ["", "1", "1*2", "1*2*1", "1*2*1*1", "2", "4*2"])
def test_copies_of_a_hop_at_once_all_get_the_answer_of_the_one_that_won(
    phone: Handset, desk: FakeDesk, keys: str
) -> None:
    phone.calls, phone.text = 1, ""
    *before, _ = [*keys.split("*"), ""] if keys else [""]
    if keys:
        phone.send()
        if before[:-1]:
            phone.key(*before[:-1])
        phone.text = keys
    replies = at_once(phone, 4)
    assert len(set(replies)) == 1
    assert len(desk.orders) == (keys == "1*2*1*1")
    assert phone.send() == replies[0]


class Unlucky(Sessions):
    """Somebody else is always faster."""

    def __init__(self) -> None:
        self.tries = 0

    def load(self, *, channel: str, conversation: str, msisdn: str) -> Loaded:
        return Loaded(raw=b"", session=None, dropped=None, line=None, hops=1)

    def save(
        self, session: Session, *, channel: str, conversation: str, msisdn: str, raw: bytes, line_is_new: bool
    ) -> Loaded | None:
        self.tries += 1
        return Loaded(raw=b"", session=None, dropped=None, line=None, hops=0)


def test_a_hop_that_is_never_the_first_gives_up(desk: FakeDesk) -> None:
    unlucky = Unlucky()
    engine = Engine(menu, sessions=unlucky, desk=desk, hops_a_minute=60)
    with pytest.raises(HopWasContested, match="4 times"):
        Handset(engine).dial()
    assert unlucky.tries == 4


# Direct dial, and a Redis that forgot.


@pytest.mark.parametrize(
    ("behind", "screen", "text"),
    [
        ("100", "confirm", "Top up 0711000001 with KES 100. M-PESA of 0711000001 pays."),
        ("100*0711000002", "confirm", "Top up 0711000001 with KES 100. M-PESA of 0711000002 pays."),
        ("1", "amounts", "How much?"),
        ("1*5*75", "payer", "KES 75. Who pays?"),
        ("100*1", "confirm", "Top up 0711000001 with KES 100. M-PESA of 0711000001 pays."),
        ("100*0711000002*1", "confirm", "Top up 0711000001 with KES 100. M-PESA of 0711000002 pays."),
        ("5", "guide", "Choose an amount and who pays."),
        ("9", "home", "Please choose a number from the list."),
        ("20000", "home", "The largest top-up is KES 10,000."),
        ("100*123", "confirm", "Please choose a number from the list."),
        ("100*0712", "confirm", "Please choose a number from the list."),
        ("100*07110000", "confirm", "That is not a phone number."),
        ("100*0202012345", "confirm", "That number has no mobile money that we can ask."),
    ],
)
def test_what_is_dialled_behind_the_code_is_played_up_to_paying(
    phone: Handset, desk: FakeDesk, behind: str, screen: str, text: str
) -> None:
    reply = phone.dial(behind)
    assert (reply.screen, reply.open) == (screen, True)
    assert reply.text.startswith(text)
    assert desk.orders == []


@pytest.mark.parametrize("behind", ["100*1", "100*1*1*1*1", "1*2*1*1", "100*0711000002*1*1"])
def test_no_string_that_is_dialled_buys_anything_by_itself(phone: Handset, desk: FakeDesk, behind: str) -> None:
    assert phone.dial(behind).screen == "confirm"
    assert desk.orders == []
    assert phone.key("1").screen == "placed"
    assert len(desk.orders) == 1


def test_a_call_that_redis_forgot_goes_on_from_what_the_gateway_sends(phone: Handset, client: redis.Redis) -> None:
    phone.dial()
    phone.key("1", "2")
    client.flushall()
    assert phone.key("1").screen == "confirm"


def test_after_a_loss_paying_is_confirmed_once_more_before_an_order_is_placed(
    phone: Handset, client: redis.Redis, desk: FakeDesk
) -> None:
    phone.dial()
    confirm = phone.key("1", "2", "1")
    client.flushall()
    assert phone.key("1") == confirm
    assert desk.orders == []
    assert phone.key("1").screen == "placed"
    assert len(desk.orders) == 1


def test_a_hop_that_placed_and_comes_again_after_a_loss_gets_the_same_answer(
    phone: Handset, client: redis.Redis, desk: FakeDesk
) -> None:
    phone.dial()
    placed = phone.key("1", "2", "1", "1")
    client.flushall()
    assert phone.send() == placed
    assert len(desk.orders) == 1


def test_what_is_said_after_a_loss_is_what_was_ordered_even_if_the_line_changed_meanwhile(
    phone: Handset, client: redis.Redis, desk: FakeDesk
) -> None:
    desk.line = Line(LineState.SUSPENDED, Money(-7000, "KES"))
    phone.dial()
    placed = phone.key("1", "1", "1", "1")
    assert placed.text.startswith("KES 70: ")
    client.flushall()
    desk.line = Line(LineState.ACTIVE, Money(0, "KES"))
    assert phone.send() == placed
    assert [order.amount for order in desk.orders] == [kes(70)]


def test_a_session_that_another_version_wrote_is_played_from_the_start(
    phone: Handset, client: redis.Redis, desk: FakeDesk
) -> None:
    phone.dial()
    phone.key("1", "2")
    key = f"ussd:{CHANNEL}:{phone.conversation}"
    row = json.loads(client.get(key) or b"")
    client.set(key, json.dumps([999, *row[1:]]))
    assert phone.key("1").screen == "confirm"
    assert phone.key("1").screen == "placed"
    assert len(desk.orders) == 1


# What the engine refuses of a menu.


def test_a_move_that_the_screen_does_not_declare_is_refused(client: redis.Redis, desk: FakeDesk) -> None:
    broken = Menu(first="start")

    @broken.choice("finish")
    def start(call: Call) -> Choice:
        return Choice(say("Help"), [Option(say("Yes"), "finish"), Option(say("No"), "elsewhere")])

    @start.answer
    def read(call: Call, typed: str) -> str:
        return "start"

    for name in ("finish", "elsewhere", "resume"):

        def draw(call: Call) -> Text:
            return say("Help")

        draw.__name__ = name
        broken.end()(draw)

    phone = Handset(an_engine(client, desk, of=broken))
    for key in ("2", "typed"):
        phone.dial()
        with pytest.raises(MoveNotDeclared, match="start may not lead to"):
            phone.key(key)
    phone.dial()
    assert phone.key("1").screen == "finish"


# Whatever people do.

KEYS = ["0", "00", "1", "1", "1", "2", "3", "4", "5", "98", "100", "75", "0711000002", "x", "", "1*1", "*"]
DEEDS = st.lists(st.sampled_from([*KEYS, "dial", "dial 100", "again", "late", "flush"]), max_size=25)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DEEDS)
def test_whatever_is_pressed_every_screen_fits_and_nothing_is_bought_unseen(
    client: redis.Redis, deeds: list[str]
) -> None:
    client.flushall()
    desk = FakeDesk(known=LONG)
    phone = Handset(an_engine(client, desk, hops_a_minute=10_000))
    reply = phone.dial()
    for deed in deeds:
        before, had_placed = reply, set(desk.placed)
        match deed:
            case "dial" | "dial 100":
                reply = phone.dial(deed.partition(" ")[2])
            case "flush":
                client.flushall()
            case "again":
                reply = phone.send()
            case "late":
                reply = phone.send(phone.text.rpartition("*")[0])
            case _ if reply.open:
                reply = phone.key(deed)
        assert reply.text
        assert WIDTH.holds(reply.text)
        if set(desk.placed) != had_placed:
            assert deed in ("1", "2")
            assert before.screen in ("confirm", "again", "confirm_ask")


def test_a_narrower_phone_gets_more_pages(client: redis.Redis, desk: FakeDesk) -> None:
    narrow = Width(septets=60, ucs2=30)
    phone = Handset(an_engine(client, desk), width=narrow)
    reply = phone.dial("5")
    seen = []
    while "98 More" in reply.text:
        assert narrow.holds(reply.text)
        seen.append(reply.text)
        reply = phone.key("98")
    words = " ".join(text.replace("\n98 More", "").replace("\n0 Back 00 Home", "") for text in [*seen, reply.text])
    assert words.replace("\n", " ") == (
        "Choose an amount and who pays. The payer is asked for the PIN. Your line then comes back by itself. "
        "Dial *384*55# at any time. Help: call 100."
    )
