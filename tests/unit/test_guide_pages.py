"""Every page of the guide at its widest, in every language: it weighs less than 10 KB with all that belongs to it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from flask import Flask

from tests.unit.desks import FakeDesk
from tests.unit.orders import an_order
from topup.caller import Caller
from topup.kinds import Kind
from topup.life import LIFE, State
from topup.line import Line, LineState
from topup.money import Money
from topup.orders import Order
from topup.vouchers import Pin
from topup.wallets import WALLETS
from web.guide.answering import STYLE, drawn
from web.guide.draft import Draft, Seal
from web.guide.page import Page
from web.guide.pages import Pages, Places
from web.guide.watching import watched
from words import widest
from words.text import LANGUAGES, LOCALE_DIR, Text, rendered, say
from words.widest import AMOUNT, BALANCE, FOREIGN, FRIEND

HEAVIEST = 10_000

PLACES = Places(**{name: f"/guide/{name}" for name in Places.__slots__} | {"language": "/guide/language/{code}"})

# Nothing that is said is longer.
WHY = say(
    "We are checking your top-up of {amount}. You will not pay twice. We will send you an SMS. "
    "Help: call {care}, ref {reference}.",
    amount=AMOUNT,
    care=widest.CARE,
    reference="WWWWWWWW",
)


class WideDesk(FakeDesk):
    """A desk whose every sentence is as wide as it can be."""

    def __init__(self) -> None:
        wide = tuple(AMOUNT - Money(less, "KES") for less in range(1, 5))
        super().__init__(care_number=widest.CARE, short_code=widest.CODE)
        self.limits = replace(self.limits, smallest=wide[-1], largest=AMOUNT, step_minor=1, presets=wide)


DENIES = "KES 100 not paid. The M-PESA PIN was wrong. Nothing was taken. Dial *384*55# to try again."

DESK: Any = WideDesk()
PAGES = Pages(desk=DESK, places=PLACES, seal=Seal(secret="a secret of the tests"), down=lambda: frozenset(WALLETS))
SUSPENDED = Line(LineState.SUSPENDED, -BALANCE)
PIN = Pin("9" * 20)
DRAFT = Draft(msisdn=FOREIGN, conversation="c" * 16, language="en", line=SUSPENDED, amount=AMOUNT)
CALLER = Caller(recent=[widest.recent(state) for state in State][:3], under_way=widest.recent(State.CREDITING))


def order_in(state: State, kind: Kind) -> Order:
    placed = an_order(line=FOREIGN, payer=FRIEND, asked_by=FOREIGN, amount=AMOUNT)
    return replace(placed, state=state, kind=kind, amount=Money(0, "KES") if kind is Kind.VOUCHER else AMOUNT)


def watching(
    state: State,
    kind: Kind = Kind.TOPUP,
    *,
    told: str | None = None,
    looks: int = 0,
    apart: Sequence[Order] = (),
) -> Page:
    def href(look: int) -> str:
        return f"/guide/order/{'c' * 16}?looks={look}"

    order, tail = order_in(state, kind), "999"
    return watched(order, apart=apart, told=told, tail=tail, looks=looks, desk=DESK, href=href, home="/guide")


def unpaid_beside(state: State) -> Page:
    """The page of an unpaid order beside money that is held apart, in an order that stands in `state`."""
    return watching(State.UNPAID, told=DENIES, apart=[order_in(state, Kind.STRAY)])


def states_of(kind: Kind) -> list[State]:
    """Every state in which an order of this kind can stand. Late money comes only where somebody was asked for some."""
    rules = [rule for rule in LIFE if kind in (Kind.TOPUP, Kind.ASK) or rule.source is not State.UNPAID]
    reached = {kind.first_state}
    while more := {rule.target for rule in rules if rule.source in reached} - reached:
        reached |= more
    return [state for state in State if state in reached]


# Where money that is held apart can stand, which is not there any more when a person has found that it never came.
APART = [state for state in states_of(Kind.STRAY) if state not in (State.CREATED, State.CHARGING, State.UNPAID)]


MADE: Mapping[str, Callable[[], Page]] = {
    "who": lambda: PAGES.who(lang="?lang=sw", why=WHY),
    "code": lambda: PAGES.code(FOREIGN, lang="?lang=sw", why=WHY),
    "home": lambda: PAGES.home(DRAFT, caller=CALLER, by_code=True, mark="f" * 16, why=WHY),
    "other line": lambda: PAGES.other_line(replace(DRAFT, other_line=FRIEND), why=WHY),
    "beyond help": lambda: PAGES.other_line(replace(DRAFT, other_line=FRIEND, line=Line(LineState.GONE))),
    "payer": lambda: PAGES.payer(replace(DRAFT, other_line=FRIEND), why=WHY),
    "confirm": lambda: PAGES.confirm(replace(DRAFT, other_line=FRIEND, payer="+254711000002"), why=WHY),
    "confirm ask": lambda: PAGES.confirm(replace(DRAFT, kind=Kind.ASK, payer="+254711000002"), why=WHY),
    "confirm voucher": lambda: PAGES.confirm_voucher(replace(DRAFT, other_line=FRIEND), PIN),
    "again": lambda: PAGES.again(DRAFT),
    "asked already": lambda: PAGES.again(replace(DRAFT, kind=Kind.ASK)),
    "sorry": lambda: PAGES.sorry(WHY, status=503),
    **{f"watch {state.value}": partial(watching, state) for state in State},
    **{
        f"watch {kind.value} {state.value}": partial(watching, state, kind)
        for kind in (Kind.VOUCHER, Kind.ADVANCE)
        for state in states_of(kind)
    },
    **{f"watch unpaid, apart {state.value}": partial(unpaid_beside, state) for state in APART},
    "watch with an SMS": lambda: watching(State.DONE, told="W" * 160),
}


@pytest.fixture(scope="module")
def app() -> Flask:
    return Flask("web", root_path=str(LOCALE_DIR.parent / "web"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", MADE)
def test_every_page_weighs_less_than_ten_kilobytes_with_all_that_belongs_to_it(
    app: Flask, name: str, language: str
) -> None:
    with app.app_context():
        shown = drawn(MADE[name](), language)
    assert len(shown.encode()) < HEAVIEST
    assert STYLE in shown
    assert not re.findall(r"<(?:script|img|link|iframe|object)|\bsrc=|\bon\w+=|style=|url\(", shown)
    assert "{" not in re.sub(r"<style>.*?</style>", "", shown, flags=re.DOTALL)


# How long it is looked at.


def test_the_page_of_an_order_asks_for_itself_ever_more_slowly_and_comes_to_an_end() -> None:
    waits: list[int] = []
    while (page := watching(State.CHARGING, looks=len(waits))).again is not None:
        assert page.again.href.endswith(f"looks={len(waits) + 1}")
        waits.append(page.again.after_s)
    assert waits == sorted(waits)
    assert 600 <= sum(waits) <= 1800
    assert say("This page looks no more by itself. An SMS tells you the end.") in page.foot


@pytest.mark.parametrize("state", [State.REVIEW_CHARGE, State.REVIEW_CREDIT, State.REVIEW_REFUND])
def test_an_order_that_a_person_looks_at_is_not_asked_for_again(state: State) -> None:
    assert watching(state).again is None


@pytest.mark.parametrize("state", [State.DONE, State.UNPAID, State.REFUNDED])
def test_an_order_that_has_ended_is_told_in_the_words_of_its_sms_and_not_asked_for_again(state: State) -> None:
    assert watching(state).again is not None, "its SMS is about to be written"
    page = watching(state, told="KES 50 received. Your line is back.")
    assert (page.says, page.again) == (["KES 50 received. Your line is back."], None)


@pytest.mark.parametrize("state", APART)
def test_money_that_is_held_apart_is_told_of_in_place_of_an_sms_that_denies_it(state: State) -> None:
    page = unpaid_beside(state)
    unpaid, apart = [rendered(words, "en") for words in page.says if isinstance(words, Text)]
    assert "Nothing was taken" not in unpaid + apart
    assert "We are checking" not in unpaid
    assert "KES 999,999.99" in apart
    assert (page.again is None) == (state.is_end or state.in_review)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.STRAY])
def test_every_state_says_what_is_true_of_the_money(kind: Kind) -> None:
    """And more than the title does, which is all that could be said of a state that nobody has thought of."""
    for state in states_of(kind):
        page = watching(state, kind)
        assert isinstance(page.says[0], Text)
        assert page.says[0] != page.title, state


@pytest.mark.parametrize("state", states_of(Kind.VOUCHER))
def test_nobody_reads_of_a_voucher_what_is_true_of_payments_only(state: State) -> None:
    page = watching(state, Kind.VOUCHER)
    shown = " ".join(rendered(words, "en") for words in (page.title, page.says[0]) if isinstance(words, Text))
    assert not re.search(r"KES|\b(?:paid|pay|taken|M-PESA)\b", shown), shown
