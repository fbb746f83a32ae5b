"""Answering people's SMS, on a real database: everything that a message causes, once, and no loop between machines."""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from store import outbox, subscribers
from store.engine import make_engine
from store.tables import inbox, messages, orders
from store.tables import outbox as outbox_rows
from tests.unit.desks import OWES_50
from tests.unit.orders import NOW, OWNER, PAYER, STRANGER, kes
from tests.unit.post import Post
from topup.life import State
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money

INSTRUCTIONS = "Send TOPUP 100, VOUCHER, BAL, STATUS, LANG or STOP. To top up by menu dial *384*55#."


@pytest.fixture
def post(engine: Engine) -> Post:
    return Post(engine)


# Topping up.


def test_a_top_up_is_ordered_and_answered(post: Post) -> None:
    assert post.ask("TOPUP 100") == "KES 100: in a moment M-PESA asks 0711000001 for the PIN."
    (order,) = post.ordered()
    assert (order.channel, order.asked_by, order.line, order.payer) == ("sms:africastalking", OWNER, OWNER, OWNER)
    assert (order.amount, order.line_was, order.language) == (kes(100), LineState.SUSPENDED, "en")


def test_another_payer_is_asked(post: Post) -> None:
    assert post.ask("topup 100 from 0711 000 002") == "KES 100: in a moment M-PESA asks 0711000002 for the PIN."
    assert [order.payer for order in post.ordered()] == ["+254711000002"]


def test_the_language_of_the_number_is_spoken_and_kept_with_the_order(post: Post) -> None:
    with post.engine.begin() as connection:
        subscribers.choose_language(connection, OWNER, language="sw", now=NOW)
    assert post.ask("JAZA 100") == "KES 100: punde M-PESA itamwomba 0711000001 PIN."
    assert post.ordered()[0].language == "sw"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("TOPUP hundred", "That is not an amount."),
        ("TOPUP 5", "The smallest top-up is KES 10."),
        ("TOPUP 20000", "The largest top-up is KES 10,000."),
        ("TOPUP 10.50", "Please use a multiple of KES 1."),
        ("TOPUP 100 0711000002000", "That is not a phone number."),
        ("TOPUP 100 0202012345", "That number has no mobile money that we can ask."),
        ("TOPUP -100", "That is not an amount."),
    ],
)
def test_a_top_up_that_is_not_sold_says_why_and_orders_nothing(post: Post, text: str, why: str) -> None:
    assert post.ask(text) == f"{why} Nothing was taken. Send TOPUP 100, or dial *384*55#."
    assert post.ordered() == []


def test_a_top_up_without_an_amount_is_told_how(post: Post) -> None:
    answer = post.ask("TOPUP")
    assert answer is not None
    assert answer.startswith("Send TOPUP and the amount, like TOPUP 100.")


@pytest.mark.parametrize("state", [LineState.BARRED, LineState.GONE])
def test_a_line_that_no_top_up_brings_back_is_not_topped_up(post: Post, state: LineState) -> None:
    post.line.line = Line(state)
    answer = post.ask("TOPUP 100")
    assert answer is not None
    assert answer.endswith("Call 100.")
    assert post.ordered() == []


def test_a_line_that_cannot_be_read_just_now_is_topped_up_all_the_same(post: Post) -> None:
    post.line.line = NOT_KNOWN
    assert post.take("TOPUP 100") == "top_up_taken"
    assert [order.line_was for order in post.ordered()] == [LineState.UNKNOWN]


def test_the_same_again_is_asked_and_may_be_meant(post: Post) -> None:
    post.take("TOPUP 100")
    answer = post.ask("TOPUP 100")
    assert answer is not None
    assert "TOPUP 100 AGAIN" in answer
    assert len(post.ordered()) == 1
    assert post.take("TOPUP 100 AGAIN") == "top_up_taken"
    assert len(post.ordered()) == 2


def test_the_same_again_from_another_payer_is_asked_with_the_words_that_ask_the_same_payer_again(post: Post) -> None:
    post.take("TOPUP 100 0711000002")
    answer = post.ask("TOPUP 100 0711000002")
    assert answer is not None
    assert answer.endswith("send TOPUP 100 0711000002 AGAIN.")
    post.take(answer.partition(" send ")[2])
    assert [order.payer for order in post.ordered()] == ["+254711000002"] * 2


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("TOPUP 100", "Another number can pay: send TOPUP 100 and that number. To try send TOPUP 100 AGAIN."),
        (
            "TOPUP 100 0711000002 FOR 0711000003",
            "Another number can pay, or send TOPUP 100 0711000002 FOR 0711000003 AGAIN to try.",
        ),
        ("ASK 100 0711000002", "Another number can pay, or send ASK 100 0711000002 AGAIN to try."),
    ],
)
def test_a_wallet_that_is_down_is_asked_for_nothing_until_that_is_meant(post: Post, text: str, offered: str) -> None:
    post.down = frozenset({"daraja"})
    assert post.ask(text) == f"M-PESA does not answer now. Nothing was ordered. {offered}"
    assert post.ordered() == []
    post.take(f"{text} AGAIN")
    assert [order.amount for order in post.ordered()] == [kes(100)]


def test_a_yes_is_put_off_while_the_wallet_is_down_and_loses_nothing(post: Post) -> None:
    post.take("ASK 100 0711000002")
    post.down = frozenset({"daraja"})
    answer = post.ask("YES", sender=PAYER)
    assert answer is not None
    assert answer.startswith("M-PESA does not answer now. KES 100 was not taken. Please send YES ")
    assert [order.state for order in post.ordered()] == [State.ASKED]
    post.down = frozenset({"airtel_money"})
    assert post.take(answer.partition(" send ")[2].removesuffix(" in a few minutes."), sender=PAYER) == "ask_accepted"
    assert [order.state for order in post.ordered()] == [State.CREATED]


def test_a_no_is_taken_also_while_the_wallet_is_down(post: Post) -> None:
    post.take("ASK 100 0711000002")
    post.down = frozenset({"daraja"})
    assert post.take("NO", sender=PAYER) == "ask_declined"


def test_the_outage_of_another_wallet_keeps_no_top_up_back(post: Post) -> None:
    post.down = frozenset({"airtel_money", "ucip"})
    assert post.take("TOPUP 100") == "top_up_taken"


def test_after_a_while_the_same_is_not_the_same_again(post: Post) -> None:
    post.take("TOPUP 100")
    post.clock.turn(minutes=3)
    assert post.take("TOPUP 100") == "top_up_taken"


def test_a_day_has_its_limits_and_another_day_begins_anew(post: Post) -> None:
    for shillings in (10_000, 9_950):
        post.take(f"TOPUP {shillings}")
    answer = post.ask("TOPUP 51")
    assert answer is not None
    assert answer.startswith("A line may get KES 20,000 a day.")
    post.clock.turn(hours=24)
    assert post.take("TOPUP 51") == "top_up_taken"


# Asking.


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (OWES_50, "Line suspended. You owe KES 50.00. Dial *384*55# to top up."),
        (Line(LineState.ACTIVE, Money(1250, "KES")), "Line active. Balance KES 12.50."),
        (Line(LineState.BARRED), "Your line is barred by the operator. A top-up will not help. Call 100."),
    ],
)
def test_the_line_is_told(post: Post, line: Line, answer: str) -> None:
    post.line.line = line
    assert post.ask("BAL") == answer


def test_a_line_that_is_not_known_is_said_to_be_so(post: Post) -> None:
    post.line.line = NOT_KNOWN
    answer = post.ask("BAL")
    assert answer is not None
    assert answer.startswith("We cannot see your line just now.")


def test_only_what_needs_the_line_reads_it(post: Post) -> None:
    for text in ("HELP", "STATUS", "LANG SW", "STOP", "START", "hello"):
        post.take(text)
    assert post.line.reads == 0
    post.take("BAL")
    assert post.line.reads == 1


def test_the_last_top_up_is_told(post: Post) -> None:
    assert post.ask("STATUS") == "You have no top-ups yet."
    post.take("TOPUP 100")
    (order,) = post.ordered()
    assert post.ask("STATUS") == f"3 Nov 14:05 KES 100: waiting for payment. Ref {order.id[:8].upper()}"


def test_help_is_answered(post: Post) -> None:
    assert post.ask("HELP") == INSTRUCTIONS


def test_a_language_is_chosen_and_the_answer_comes_in_it(post: Post) -> None:
    assert post.ask("LANG SW") == "Kuanzia sasa tutakuandikia kwa Kiswahili."
    assert post.ask("SALIO") == "Laini imesimamishwa. Unadaiwa KES 50.00. Piga *384*55# kuongeza salio."
    assert post.ask("LUGHA EN") == "From now on we write to you in English."
    assert post.ask("Langue français") == "Nos prochains messages seront dans cette langue."
    assert post.ask("语言 ZH") == "今后我们用中文给您发短信。"
    assert post.ask("余额") == "号码已停机，欠费KES 50.00。充值请拨*384*55#。"
    assert post.ask("LANG EN") == "From now on we write to you in English."
    assert post.ask("LANG XX") == (
        "For another language send LANG EN, LANG SW (Kiswahili), LANG FR (Francais) or LANG ZH (Chinese)."
    )


# Stopping.


def test_who_said_stop_hears_of_nothing_but_their_own_top_ups_until_they_say_start(post: Post) -> None:
    answer = post.ask("STOP")
    assert answer is not None
    assert answer.startswith("We will not write to you again")
    assert [post.ask(text) for text in ("HELP", "BAL", "LANG SW", "hello")] == [None] * 4
    assert post.ask("TOPUP 100") is not None
    assert post.ask("STATUS") is not None
    assert post.ask("START") is not None
    assert post.ask("BAL") is not None


def test_what_a_person_said_is_kept_even_when_it_is_not_answered(post: Post) -> None:
    post.take("STOP")
    assert post.take("BAL") == "balance, not answered"
    assert post.count(inbox) == 2


# Once.


def test_a_message_that_comes_again_is_one_message(post: Post) -> None:
    assert post.take("TOPUP 100", id="ATXid_same") == "top_up_taken"
    assert post.take("TOPUP 100", id="ATXid_same") == "a repetition"
    assert (len(post.ordered()), len(post.sent())) == (1, 1)
    assert post.count(inbox) == 2


def test_two_people_are_both_answered_when_a_gateway_gives_their_messages_one_name(post: Post) -> None:
    assert post.take("TOPUP 100", id="ATXid_same") == "top_up_taken"
    assert post.take("TOPUP 100", id="ATXid_same", sender="+254711000777") == "top_up_taken"


def test_copies_of_a_message_at_once_are_one_message(post: Post) -> None:
    ready = threading.Barrier(4)

    def take(_: int) -> str:
        ready.wait()
        return post.take("TOPUP 100", id="ATXid_same")

    with ThreadPoolExecutor(4) as threads:
        verdicts = sorted(threads.map(take, range(4)))
    assert verdicts == ["a repetition"] * 3 + ["top_up_taken"]
    assert (len(post.ordered()), len(post.sent())) == (1, 1)


def test_two_messages_at_once_do_not_order_the_same_twice(post: Post) -> None:
    ready = threading.Barrier(4)

    def take(_: int) -> str:
        ready.wait()
        return post.take("TOPUP 100")

    with ThreadPoolExecutor(4) as threads:
        verdicts = sorted(threads.map(take, range(4)))
    assert verdicts == ["top_up_again"] * 3 + ["top_up_taken"]
    assert len(post.ordered()) == 1


def test_what_fails_leaves_nothing_behind(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(outbox, "owe_one", fail)
    with pytest.raises(RuntimeError):
        post.take("TOPUP 100")
    assert [post.count(table) for table in (inbox, messages, orders, outbox_rows)] == [0] * 4


@pytest.mark.parametrize("sender", ["MPESA", "38455", "", "+"])
def test_a_sender_that_is_no_phone_is_not_answered(post: Post, sender: str) -> None:
    assert post.take("HELP", sender=sender) == "the sender is no phone"
    assert post.count(messages) == 0


# Machines.


def test_what_cannot_be_read_gets_the_instructions_once_an_hour(post: Post) -> None:
    assert post.ask("hello") == INSTRUCTIONS
    assert post.ask("hello again") is None
    post.clock.turn(minutes=61)
    assert post.ask("hello?") == INSTRUCTIONS
    assert post.ask("hello", sender=STRANGER) == INSTRUCTIONS


def correspond(post: Post, *, answer: Callable[[str], str], opening: str) -> int:
    """Let a machine write to us, and answer whatever we write. How many answers it got from us within the hour."""
    text = opening
    for count in itertools.count():
        ours = post.ask(text)
        if ours is None or count > 100:
            return count
        text = answer(ours)
        post.clock.turn(seconds=5)
    raise AssertionError


def test_a_machine_that_says_the_same_to_everything_gets_one_answer(post: Post) -> None:
    assert correspond(post, answer=lambda _: "I am out of office.", opening="I am out of office.") == 1


def test_a_machine_that_repeats_our_own_words_comes_to_an_end(post: Post) -> None:
    assert correspond(post, answer=lambda ours: ours, opening="hello") <= 2
    assert post.ordered() == []


@pytest.mark.parametrize("keyword", ["HELP", "BAL", "STATUS", "LANG SW", "STOP", "START", "TOPUP"])
def test_a_machine_that_happens_to_say_a_keyword_comes_to_an_end(post: Post, keyword: str) -> None:
    assert correspond(post, answer=lambda _: f"{keyword} and so on", opening=keyword) <= 20
    assert post.ordered() == []


def test_two_of_us_that_answer_each_other_come_to_an_end(
    post: Post, new_database: Callable[[], str], request: pytest.FixtureRequest
) -> None:
    engine = make_engine(new_database())
    request.addfinalizer(engine.dispose)
    other = Post(engine, clock=post.clock)
    text, said = "HELP", 0
    for one in itertools.cycle([post, other]):
        ours = one.ask(text)
        if ours is None:
            break
        text, said = ours, said + 1
        assert said < 10
        post.clock.turn(seconds=5)
    assert said >= 2
    assert post.clock.now - NOW < timedelta(hours=1)
