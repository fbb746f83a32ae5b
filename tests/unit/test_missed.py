"""What a dial tells of what the person missed, and of what is on its way: on the real desk, and in the menu."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from store import messages, results
from store.desk import Desk
from tests.unit.books import move, order_in, place_in
from tests.unit.clocks import FakeClock
from tests.unit.desks import OWES_50, FakeDesk, Handset, an_engine
from tests.unit.lending import lent_in
from tests.unit.orders import NOW, OWNER, PAYER, TIMING, kes
from tests.unit.shops import LineOf, a_shop
from topup.caller import Caller, Recent, Result
from topup.kinds import Kind
from topup.life import Event, State
from topup.line import Line, LineState
from topup.orders import Order
from words.accounts import result_in_words
from words.text import rendered

ENDS = (State.DONE, State.UNPAID, State.REFUNDED)
NEWS = Result("order1", kes(50), State.UNPAID, NOW, is_for_another=False)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def desk(engine: Engine, clock: FakeClock) -> Desk:
    return Desk(engine, shop=a_shop(), lines=LineOf(OWES_50), timing=TIMING, clock=clock)


def told(engine: Engine, order: Order, *, purpose: str = "tell_balance", status: str = messages.DELIVERED) -> None:
    with engine.begin() as connection:
        message = messages.write(
            connection, purpose=purpose, msisdn=order.asked_by, text="", now=NOW, order_id=order.id
        )
        messages.ended(connection, message.id, status=status, reason=None, now=NOW)


# What the desk knows.


@pytest.mark.parametrize("state", ENDS)
def test_an_end_of_which_no_sms_went_out_is_missed(desk: Desk, engine: Engine, state: State) -> None:
    order = order_in(engine, state)
    missed = desk.caller(OWNER).missed
    assert missed is not None
    assert (missed.order_id, missed.state, missed.amount) == (order.id, state, kes(100))
    assert desk.caller(PAYER).missed is None


@pytest.mark.parametrize("status", [messages.WRITTEN, messages.HANDED, messages.FAILED, messages.UNKNOWN])
def test_an_end_whose_sms_is_not_known_to_have_arrived_is_missed(desk: Desk, engine: Engine, status: str) -> None:
    told(engine, order_in(engine, State.DONE), status=status)
    assert desk.caller(OWNER).missed is not None


def test_an_end_whose_sms_arrived_is_not_missed(desk: Desk, engine: Engine) -> None:
    told(engine, order_in(engine, State.DONE))
    assert desk.caller(OWNER).missed is None


def test_a_missed_end_says_whether_it_was_an_advance_and_whether_one_was_repaid(desk: Desk, engine: Engine) -> None:
    lent_in(engine, OWNER)
    missed = desk.caller(OWNER).missed
    assert missed is not None
    assert (missed.is_advance, missed.repaid) == (True, False)
    with engine.begin() as connection:
        move(connection, order_in(engine, State.PAID, now=NOW + timedelta(minutes=5)), Event.REPAID)
    missed = desk.caller(OWNER).missed
    assert missed is not None
    assert (missed.is_advance, missed.repaid) == (False, True)


def test_an_end_that_tells_of_a_repayment_and_arrived_is_not_missed(desk: Desk, engine: Engine) -> None:
    told(engine, order_in(engine, State.DONE), purpose="tell_repaid")
    assert desk.caller(OWNER).missed is None


SAID: dict[str, dict[str, Any]] = {
    "paid, your line is back.": {},
    "paid, and added to the line.": {"is_for_another": True},
    "paid, and it repaid your advance first.": {"repaid": True},
    "paid.": {"repaid": True, "is_for_another": True},
    "your advance was added.": {"is_advance": True},
    "your advance was not added.": {"is_advance": True, "state": State.UNPAID},
}


@pytest.mark.parametrize("said", SAID)
def test_a_missed_end_says_only_what_is_so_and_whose_business_it_is(said: str) -> None:
    result = replace(NEWS, **{"state": State.DONE, **SAID[said]})
    shown = rendered(result_in_words(result, line=Line(LineState.ACTIVE)), "en")
    assert shown.endswith(f": {said}")


def test_an_sms_about_something_else_of_the_order_tells_no_end(desk: Desk, engine: Engine) -> None:
    told(engine, order_in(engine, State.DONE), purpose="tell_checking")
    assert desk.caller(OWNER).missed is not None


@pytest.mark.parametrize("state", [state for state in State if state not in ENDS])
def test_what_has_not_ended_is_not_missed(desk: Desk, engine: Engine, state: State) -> None:
    order_in(engine, state)
    assert desk.caller(OWNER).missed is None


def test_what_was_seen_is_not_missed_any_more_and_the_one_before_it_is(desk: Desk, engine: Engine) -> None:
    first = order_in(engine, State.UNPAID)
    second = order_in(engine, State.DONE, now=NOW + timedelta(minutes=5))
    for expected in (second, first):
        missed = desk.caller(OWNER).missed
        assert missed is not None
        assert missed.order_id == expected.id
        for _ in range(2):  # Two copies of a hop keep it twice.
            desk.keep_seen(missed)
    assert desk.caller(OWNER).missed is None


def test_old_news_are_none(desk: Desk, engine: Engine, clock: FakeClock) -> None:
    order_in(engine, State.DONE)
    clock.turn(hours=73)
    assert desk.caller(OWNER).missed is None


def test_strays_are_nobodys_news(desk: Desk, engine: Engine) -> None:
    place_in(engine, kind=Kind.STRAY)
    assert desk.caller(OWNER).missed is None


@pytest.mark.parametrize("state", State)
def test_on_its_way_is_what_ends_within_moments(desk: Desk, engine: Engine, state: State) -> None:
    order_in(engine, state)
    expected = state in (State.CREATED, State.CHARGING, State.PAID, State.CREDITING)
    assert (desk.caller(OWNER).under_way is not None) is expected


# What the menu makes of it.


@pytest.fixture
def counter() -> FakeDesk:
    return FakeDesk(known=Caller(missed=NEWS))


@pytest.fixture
def caller(client: redis.Redis, counter: FakeDesk) -> Handset:
    return Handset(an_engine(client, counter))


def test_news_are_seen_with_the_next_key_and_not_before(caller: Handset, counter: FakeDesk) -> None:
    first = caller.dial()
    assert first.text.startswith("KES 50 of 3 Nov 11:05: not paid.\n1 Top up")
    assert caller.send() == first
    assert counter.seen == []
    caller.key("1")
    caller.send()
    assert counter.seen == ["order1"]
    assert caller.key("00").text.startswith("Line suspended.")


def test_news_that_were_not_shown_are_not_taken_for_seen(
    caller: Handset, counter: FakeDesk, client: redis.Redis
) -> None:
    caller.dial("100")
    caller.key("2")
    assert counter.seen == []
    counter.line = Line(LineState.BARRED)
    client.flushall()
    assert caller.dial().text.startswith("Your line is barred")
    caller.key("1")
    assert counter.seen == []


def test_news_wait_behind_what_is_on_its_way_and_what_dropped(caller: Handset, counter: FakeDesk) -> None:
    caller.dial("100")
    counter.known = Caller(missed=NEWS, under_way=Recent("H4DAUEHN", kes(70), State.PAID, NOW))
    assert caller.dial().text == "You have KES 70 on its way.\n1 Wait\n2 New"
    assert caller.key("2").text == "Go on with KES 100?\n1 Yes\n2 Start over"
    assert counter.seen == []
    assert caller.key("2").text.startswith("KES 50 of 3 Nov 11:05: not paid.")
    caller.key("2")
    assert counter.seen == ["order1"]


def test_who_dials_an_amount_directly_is_not_asked_to_wait(caller: Handset, counter: FakeDesk) -> None:
    counter.known = Caller(under_way=Recent("H4DAUEHN", kes(70), State.PAID, NOW))
    assert caller.dial("100").screen == "confirm"


def test_a_database_that_is_away_shows_the_news_once_more_and_the_call_goes_on(
    desk: Desk, engine: Engine, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_in(engine, State.UNPAID)
    phone = Handset(an_engine(client, desk))  # type: ignore[arg-type]
    assert "not paid." in phone.dial().text

    def away(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception("gone"))

    with monkeypatch.context() as patched:
        patched.setattr(results, "keep_seen", away)
        assert phone.key("1").screen == "amounts"
    assert "not paid." in phone.dial().text
