"""Asking somebody to pay, and their answer, on a real database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from store import asks, subscribers
from store.book import SqlBook
from store.desk import Desk
from tests.unit.books import order_now
from tests.unit.clocks import FakeClock
from tests.unit.desks import OWES_50
from tests.unit.orders import NOW, OWNER, PAYER, STRANGER, TIMING, kes
from tests.unit.shops import LineOf, a_shop
from topup.asks import (
    A_DAY,
    AskedOfOneself,
    AskedTooOften,
    LineIsClosed,
    NothingAsked,
    WantsNoAsks,
    WhichAsk,
    code_of,
)
from topup.errors import RedialError
from topup.kinds import Kind
from topup.life import Event, IllegalEvent, State
from topup.limits import LineHasEnough, PayerHasPaidEnough, SameAgain
from topup.line import LineState
from topup.orders import Order, Wanted, advance


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def desk(engine: Engine, clock: FakeClock) -> Desk:
    return Desk(engine, shop=a_shop(), lines=LineOf(OWES_50), timing=TIMING, clock=clock)


def an_ask(conversation: str, **changes: Any) -> Wanted:
    """The owner of a suspended line asks somebody else to pay KES 100."""
    ordinary = Wanted(
        channel="ussd:africastalking",
        conversation=conversation,
        asked_by=OWNER,
        payer=PAYER,
        amount=kes(100),
        language="en",
        line_was=LineState.SUSPENDED,
        kind=Kind.ASK,
    )
    return replace(ordinary, **changes)


def answer(engine: Engine, desk: Desk, *, yes: bool, code: int | None = None, payer: str = PAYER) -> Order:
    with engine.begin() as connection:
        return desk.answer_ask(connection, payer, code=code, yes=yes)


def codes(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return [ask.code for ask in asks.open_of(connection, PAYER)]


def test_an_ask_waits_and_charges_nobody(desk: Desk, engine: Engine) -> None:
    order = desk.place(an_ask("s1"))
    assert (order.kind, order.state, order.payer) == (Kind.ASK, State.ASKED, PAYER)
    assert codes(engine) == [code_of(order.id, taken=())]


def test_a_yes_lets_the_payer_be_charged_from_that_moment(desk: Desk, engine: Engine, clock: FakeClock) -> None:
    order = desk.place(an_ask("s1"))
    clock.now = NOW + timedelta(minutes=50)
    assert answer(engine, desk, yes=True).state is State.CREATED
    with engine.connect() as connection:
        assert SqlBook(connection).agreed_at(order_now(engine, order)) == clock.now


def test_a_no_ends_it(desk: Desk, engine: Engine) -> None:
    order = desk.place(an_ask("s1"))
    assert answer(engine, desk, yes=False, code=codes(engine)[0]).state is State.UNPAID
    with engine.connect() as connection:
        assert SqlBook(connection).last_detail(order.id) == {"reason": "said_no"}


@pytest.mark.parametrize("yes", [True, False])
def test_only_who_was_asked_and_has_not_answered_can_answer(desk: Desk, engine: Engine, yes: bool) -> None:
    desk.place(an_ask("s1"))
    with pytest.raises(NothingAsked):
        answer(engine, desk, yes=yes, payer=STRANGER)
    with pytest.raises(NothingAsked):
        answer(engine, desk, yes=yes, code=1)
    answer(engine, desk, yes=yes)
    with pytest.raises(NothingAsked):
        answer(engine, desk, yes=True)


def test_who_was_asked_twice_must_say_which(desk: Desk, engine: Engine) -> None:
    desk.place(an_ask("s1"))
    other = desk.place(an_ask("s2", asked_by=STRANGER))
    with pytest.raises(WhichAsk) as error:
        answer(engine, desk, yes=True)
    assert error.value.facts["codes"] == codes(engine)
    assert answer(engine, desk, yes=True, code=code_of(other.id, taken=())).id == other.id


def test_no_two_open_asks_of_one_payer_have_the_same_number() -> None:
    first = code_of("an order", taken=())
    assert code_of("an order", taken={first}) not in (first, None)
    assert all(100 <= code_of(f"order {number}", taken=()) <= 999 for number in range(2000))
    assert code_of("an order", taken=set(range(100, 999))) == 999


def test_nobody_asks_more_than_five_others_a_day_whatever_came_of_it(
    desk: Desk, engine: Engine, clock: FakeClock
) -> None:
    for number in range(A_DAY):
        desk.place(an_ask(f"s{number}"))
        answer(engine, desk, yes=False)
    with pytest.raises(AskedTooOften):
        desk.place(an_ask("one more"))
    clock.now = NOW + timedelta(days=1)
    assert desk.place(an_ask("tomorrow")).state is State.ASKED


def test_who_wants_no_messages_is_not_asked(desk: Desk, engine: Engine) -> None:
    with engine.begin() as connection:
        subscribers.stop(connection, PAYER, now=NOW)
    with pytest.raises(WantsNoAsks):
        desk.place(an_ask("s1"))


def test_nobody_asks_themselves(desk: Desk) -> None:
    with pytest.raises(AskedOfOneself):
        desk.place(an_ask("s1", payer=OWNER))


def test_the_same_ask_again_within_a_moment_is_not_another(desk: Desk) -> None:
    desk.place(an_ask("s1"))
    with pytest.raises(SameAgain):
        desk.place(an_ask("s2"))
    assert desk.place(an_ask("s2", again=True)).state is State.ASKED


def test_many_who_say_yes_at_once_cannot_together_pass_the_day_of_a_line(desk: Desk, engine: Engine) -> None:
    payers = [f"+25471100020{number}" for number in range(5)]
    for payer in payers:
        desk.place(an_ask(payer, payer=payer, amount=kes(9_000)))
    ready = threading.Barrier(5)

    def work(payer: str) -> Order | RedialError:
        ready.wait()
        try:
            return answer(engine, desk, yes=True, payer=payer)
        except RedialError as error:
            return error

    with ThreadPoolExecutor(5) as threads:
        found = list(threads.map(work, payers))
    assert len([one for one in found if isinstance(one, Order)]) == 2
    assert len([one for one in found if isinstance(one, LineHasEnough)]) == 3


def test_what_nobody_has_agreed_to_takes_nothing_from_the_payers_day(desk: Desk, engine: Engine) -> None:
    largest = a_shop().limits.payer_a_day
    for number in range(A_DAY):
        desk.place(an_ask(f"s{number}", asked_by=f"+25471200000{number}", amount=kes(10_000)))
    found = codes(engine)
    for code in found[: largest.minor // kes(10_000).minor]:
        answer(engine, desk, yes=True, code=code)
    with pytest.raises(PayerHasPaidEnough):
        answer(engine, desk, yes=True, code=codes(engine)[0])


def test_a_line_whose_owner_wants_no_strangers_is_not_topped_up_by_one(desk: Desk, engine: Engine) -> None:
    desk.close_line(OWNER, closed=True)
    mine = an_ask("s1", kind=Kind.TOPUP, payer=OWNER)
    assert desk.place(mine).line == OWNER
    with pytest.raises(LineIsClosed):
        desk.place(replace(mine, conversation="s2", asked_by=STRANGER, payer=STRANGER, line=OWNER))
    desk.close_line(OWNER, closed=False)
    placed = desk.place(replace(mine, conversation="s3", asked_by=STRANGER, payer=STRANGER, line=OWNER))
    assert (placed.line, placed.asked_by, placed.is_for_another) == (OWNER, STRANGER, True)


def test_an_order_that_was_not_asked_for_takes_no_answer(desk: Desk, engine: Engine) -> None:
    order = desk.place(an_ask("s1", kind=Kind.TOPUP))
    with engine.begin() as connection, pytest.raises(IllegalEvent):
        advance(SqlBook(connection), order_id=order.id, event=Event.ASK_ACCEPTED, now=NOW, timing=TIMING)
