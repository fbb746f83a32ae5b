"""Loading a voucher by text: what people write, what they are answered, and what is kept of it."""

import pytest
from sqlalchemy import Engine, select

from sms import keywords
from sms.keywords import Voucher
from store import subscribers
from store.tables import inbox, messages
from tests.unit.orders import NOW, STRANGER
from tests.unit.post import Post
from topup.kinds import Kind
from topup.line import Line, LineState

DIGITS = "12345678901234"
LOADING = "We are loading your voucher ...234. An SMS tells your balance."


@pytest.fixture
def post(engine: Engine) -> Post:
    return Post(engine)


@pytest.mark.parametrize("word", ["VOUCHER", "voucher", "Vocha", "KADI", "Scratch card", "scratchcard:"])
def test_a_voucher_is_named_in_many_ways(word: str) -> None:
    assert keywords.read(f"{word} {DIGITS}") == Voucher(DIGITS)


@pytest.mark.parametrize("written", ["1234 5678 9012 34", "1234-5678-9012-34", "1234.5678.9012.34"])
@pytest.mark.parametrize("line", ["FOR 0711 000 003", "for 0711000003", "laini 0711-000-003", "YA 0711000003."])
def test_the_digits_and_the_line_are_told_apart(written: str, line: str) -> None:
    assert keywords.read(f"VOUCHER {written} {line}") == Voucher(written, "0711000003")


def test_what_are_no_digits_is_kept_to_be_answered() -> None:
    assert keywords.read("VOUCHER") == Voucher(None)
    assert keywords.read("VOUCHER please") == Voucher("PLEASE")


def test_a_command_shows_no_number() -> None:
    assert DIGITS not in repr(keywords.read(f"VOUCHER {DIGITS}"))


def test_a_voucher_is_taken_and_answered(post: Post) -> None:
    assert post.ask("Voucher 1234 5678-9012 34") == LOADING
    (order,) = post.ordered()
    assert (order.kind, order.line_was, order.is_for_another) == (Kind.VOUCHER, LineState.SUSPENDED, False)


def test_a_voucher_for_another_line_is_answered_with_that_line(post: Post) -> None:
    assert post.ask(f"VOUCHER {DIGITS} FOR 0711000003") == (
        "We are loading your voucher ...234 on 0711000003. An SMS tells you the end."
    )
    assert post.ordered()[0].line == STRANGER


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("VOUCHER 1234567", "A voucher has 8 to 20 digits."),
        ("VOUCHER please", "A voucher has 8 to 20 digits."),
        (f"VOUCHER {DIGITS} FOR 0000000", "That is not a phone number."),
    ],
)
def test_a_mistake_is_answered_with_why_and_nothing_is_used(post: Post, text: str, why: str) -> None:
    assert post.ask(text) == f"{why} Nothing was loaded. You can also dial *384*55#."
    assert post.ordered() == []


def test_the_keyword_alone_is_answered_with_how(post: Post) -> None:
    answer = post.ask("VOUCHER")
    assert answer is not None
    assert answer.startswith("Send VOUCHER and the digits of the voucher.")


def test_the_same_voucher_again_is_refused_and_the_message_is_not_lost(post: Post) -> None:
    post.ask(f"VOUCHER {DIGITS}")
    assert post.ask(f"VOUCHER {DIGITS}") == (
        "That voucher is being loaded already. Nothing was loaded. You can also dial *384*55#."
    )
    assert len(post.ordered()) == 1


def test_a_line_that_is_closed_to_others_takes_no_voucher_and_the_message_is_not_lost(post: Post) -> None:
    with post.engine.begin() as connection:
        subscribers.close(connection, STRANGER, now=NOW)
    answer = post.ask(f"VOUCHER {DIGITS} FOR 0711000003")
    assert answer is not None
    assert answer.startswith("The owner of that line lets nobody else top it up.")
    assert (post.count(inbox), post.ordered()) == (1, [])


def test_a_line_that_no_top_up_brings_back_takes_no_voucher(post: Post) -> None:
    post.line.line = Line(LineState.BARRED)
    assert post.ask(f"VOUCHER {DIGITS}") == ("Your line is barred by the operator. A top-up will not help. Call 100.")
    assert post.ordered() == []


def test_who_said_stop_may_still_load_a_voucher(post: Post) -> None:
    post.take("STOP")
    assert post.ask(f"VOUCHER {DIGITS}") == LOADING


def test_no_message_of_ours_tells_the_number(post: Post) -> None:
    post.ask(f"VOUCHER {DIGITS}")
    with post.engine.connect() as connection:
        assert not [text for text in connection.scalars(select(messages.c.text)) if DIGITS[:-3] in text]
