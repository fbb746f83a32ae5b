"""ADVANCE, DEBT and TERMS by SMS, on a real database."""

import pytest
from sqlalchemy import Engine

from sms.advance_grammar import Advance, Debt, Terms
from sms.keywords import Command, read
from store import subscribers
from tests.unit.lending import LENDING, debt_of, lent_in, topped_up_in
from tests.unit.orders import NOW, OWNER, kes
from tests.unit.post import Post
from tests.unit.test_store_advances import LATELY, LONG_AGO
from topup.kinds import Kind
from topup.line import Line, LineState

EMPTY = Line(LineState.SUSPENDED, kes(0))

READ: dict[str, Command] = {
    "ADVANCE": Advance(amount=None),
    "advance 50": Advance(amount="50"),
    "Advance KES 50.": Advance(amount="KES50"),
    "ADVANCE 50 YES": Advance(amount="50", yes=True),
    "OKOA": Advance(amount=None),
    "Okoa Jahazi": Advance(amount=None),
    "okoa 50": Advance(amount="50"),
    "OKOA 50 NDIYO": Advance(amount="50", yes=True),
    "okoa jahazi 50 ndio": Advance(amount="50", yes=True),
    "MKOPO 50": Advance(amount="50"),
    "ADVANCE YES": Advance(amount=None, yes=True),
    "ADVANCE fifty": Advance(amount="FIFTY"),
    "ADVANCE 50 FOR 0711000002": Advance(amount="50 FOR 0711000002"),
    "Avance 50, oui": Advance(amount="50", yes=True),
    "预支": Advance(amount=None),
    "预支话费５０": Advance(amount="50"),
    "预支50同意": Advance(amount="50", yes=True),
    "預支 50 是。": Advance(amount="50", yes=True),
    "Dette ?": Debt(),
    "欠款": Debt(),
    "DEBT": Debt(),
    "deni?": Debt(),
    "TERMS": Terms(),
    "Masharti": Terms(),
}


@pytest.mark.parametrize("text", READ)
def test_what_people_write_about_advances(text: str) -> None:
    assert read(text) == READ[text]


@pytest.fixture
def post(engine: Engine) -> Post:
    """Somebody who has topped up before and may borrow writes to us."""
    topped_up_in(engine, OWNER, times=1, now=LONG_AGO)
    topped_up_in(engine, OWNER, now=LATELY)
    post = Post(engine, shop={"lending": LENDING})
    post.line.line = EMPTY
    return post


def lent(post: Post) -> list[object]:
    return [order.amount for order in post.ordered() if order.kind is Kind.ADVANCE]


def test_what_may_be_borrowed_is_said_with_what_is_repaid(post: Post) -> None:
    assert post.ask("ADVANCE") == "Send ADVANCE and the amount: KES 50 (repay KES 55), KES 100 (repay KES 110)."
    assert lent(post) == []


def test_nothing_is_lent_before_the_fee_was_said_and_agreed_to(post: Post) -> None:
    assert post.ask("ADVANCE 50") == (
        "You get KES 50 now, and your next top-ups repay KES 55. To take it send ADVANCE 50 YES."
    )
    assert lent(post) == []
    assert post.ask("ADVANCE KES 50 YES") == "KES 50 is on its way to your line. Your next top-ups repay KES 55."
    assert lent(post) == [kes(50)]


def test_the_same_letter_twice_borrows_once(post: Post) -> None:
    for _ in range(2):
        post.take("ADVANCE 50 YES", id="ATXid_the_same")
    assert lent(post) == [kes(50)]


def test_a_second_yes_borrows_nothing_more(post: Post) -> None:
    post.take("ADVANCE 50 YES")
    assert post.ask("ADVANCE 50 YES") == (
        "Something for your line is still on its way. Please try later. To top up send TOPUP 100, or dial *384*55#."
    )
    assert lent(post) == [kes(50)]


@pytest.mark.parametrize("text", ["ADVANCE 60 YES", "ADVANCE fifty", "ADVANCE 250 YES"])
def test_what_is_not_offered_is_not_lent(post: Post, text: str) -> None:
    answer = post.ask(text)
    assert answer is not None
    assert answer.endswith("To top up send TOPUP 100, or dial *384*55#.")
    assert lent(post) == []


def test_okoa_is_answered_in_the_language_of_the_number(post: Post) -> None:
    with post.engine.begin() as connection:
        subscribers.choose_language(connection, OWNER, language="sw", now=NOW)
    assert post.ask("OKOA") == "Tuma OKOA na kiasi: KES 50 (lipa KES 55), KES 100 (lipa KES 110)."


def test_who_owes_reads_how_much(post: Post) -> None:
    assert post.ask("DEBT") == "You owe nothing for advances."
    lent_in(post.engine, OWNER)
    assert debt_of(post.engine, OWNER) == kes(55)
    assert post.ask("DENI") == "You owe KES 55 for your advance. Your next top-up repays it."


def test_the_terms_are_sent_to_who_asks(post: Post) -> None:
    answer = post.ask("TERMS")
    assert answer is not None
    assert answer.startswith("Advance: you get credit now and pay back the amount and 10 percent of it")


@pytest.mark.parametrize("text", ["ADVANCE", "ADVANCE 50 YES", "DEBT", "TERMS"])
def test_where_no_advances_are_offered_that_is_said(engine: Engine, text: str) -> None:
    assert Post(engine).ask(text) == ("There are no advances here. To top up send TOPUP 100, or dial *384*55#.")
