"""The desk on a real database: what it remembers of a caller, and what it lets nobody order."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from store import subscribers
from store.desk import Desk
from tests.unit.books import move, order_now, place_in
from tests.unit.clocks import FakeClock
from tests.unit.desks import OWES_50
from tests.unit.orders import NOW, OWNER, PAYER, STRANGER, TIMING, kes, way_to
from tests.unit.shops import NAIROBI, LineOf, a_shop
from topup.errors import RedialError
from topup.ids import mint_order_id
from topup.kinds import Kind
from topup.life import State
from topup.limits import AmountTooLarge, LineHasEnough, PayerHasPaidEnough, SameAgain
from topup.line import LineState
from topup.orders import Order, Wanted
from topup.wallets import NoWalletHere

CHANNEL = "ussd:africastalking"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def desk(engine: Engine, clock: FakeClock) -> Desk:
    return Desk(engine, shop=a_shop(), lines=LineOf(OWES_50), timing=TIMING, clock=clock)


def wanted(conversation: str, **changes: Any) -> Wanted:
    """Somebody wants KES 100 for their suspended line."""
    ordinary = Wanted(
        channel=CHANNEL,
        conversation=conversation,
        asked_by=OWNER,
        payer=OWNER,
        amount=kes(100),
        language="en",
        line_was=LineState.SUSPENDED,
    )
    return replace(ordinary, **changes)


def test_an_order_has_an_id_of_its_conversation_that_only_this_installation_can_make(desk: Desk) -> None:
    order = desk.place(wanted("s1"))
    assert order.id == mint_order_id(secret="a secret of the tests", channel=CHANNEL, conversation="s1", asked_by=OWNER)
    assert order.id != mint_order_id(secret="another secret", channel=CHANNEL, conversation="s1", asked_by=OWNER)
    assert (order.kind, order.line, order.state) == (Kind.TOPUP, OWNER, State.CREATED)


def test_placing_twice_in_one_conversation_gives_the_first_order_whatever_is_wanted_then(desk: Desk) -> None:
    first = desk.place(wanted("s1"))
    assert desk.place(wanted("s1")) == first
    assert desk.place(wanted("s1", amount=kes(500), payer=PAYER)) == first
    assert desk.placed_in(channel=CHANNEL, conversation="s1", asked_by=OWNER) == first
    assert desk.placed_in(channel=CHANNEL, conversation="s2", asked_by=OWNER) is None
    assert desk.placed_in(channel="sms:africastalking", conversation="s1", asked_by=OWNER) is None


def test_a_conversation_whose_name_comes_again_is_no_order_of_anybody_else(desk: Desk, clock: FakeClock) -> None:
    first = desk.place(wanted("4711"))
    clock.turn(hours=1000)
    assert desk.placed_in(channel=CHANNEL, conversation="4711", asked_by=STRANGER) is None
    second = desk.place(wanted("4711", asked_by=STRANGER, payer=STRANGER, amount=kes(250)))
    assert (second.line, second.payer, second.amount) == (STRANGER, STRANGER, kes(250))
    assert desk.placed_in(channel=CHANNEL, conversation="4711", asked_by=OWNER) == first


def test_a_request_that_comes_again_after_an_update_finds_the_order_of_before_it(desk: Desk, engine: Engine) -> None:
    named = mint_order_id(secret="a secret of the tests", channel=CHANNEL, conversation="s1")
    before = place_in(engine, id=named)
    assert desk.placed_in(channel=CHANNEL, conversation="s1", asked_by=OWNER) == before
    assert desk.place(wanted("s1", again=True)) == before
    assert desk.place(wanted("s1", asked_by=STRANGER, payer=STRANGER)).id != before.id


@pytest.mark.parametrize(
    ("payer", "provider"), [(PAYER, "daraja"), ("+254733000001", "airtel_money"), ("+254911000001", "daraja")]
)
def test_the_payer_s_number_decides_who_is_asked_for_the_money(desk: Desk, payer: str, provider: str) -> None:
    assert desk.place(wanted("s1", payer=payer)).payment_provider == provider


@pytest.mark.parametrize("payer", ["+254770000001", "+254202000001", "+256772000001"])
def test_nothing_is_ordered_of_a_payer_who_cannot_be_asked(desk: Desk, payer: str) -> None:
    with pytest.raises(NoWalletHere):
        desk.place(wanted("s1", payer=payer))
    assert desk.placed_in(channel=CHANNEL, conversation="s1", asked_by=OWNER) is None


def test_an_order_that_has_moved_on_is_given_as_it_is_now(desk: Desk, engine: Engine) -> None:
    order = desk.place(wanted("s1"))
    with engine.begin() as connection:
        moved = move(connection, order, *way_to(State.PAID))
    assert desk.place(wanted("s1")) == moved == order_now(engine, order)


def test_an_amount_that_is_not_sold_is_refused_here_too(desk: Desk) -> None:
    with pytest.raises(AmountTooLarge):
        desk.place(wanted("s1", amount=kes(10_001)))
    assert desk.placed_in(channel=CHANNEL, conversation="s1", asked_by=OWNER) is None


def test_the_same_again_is_refused_for_a_while_unless_it_is_meant(desk: Desk, clock: FakeClock) -> None:
    desk.place(wanted("s1"))
    with pytest.raises(SameAgain):
        desk.place(wanted("s2"))
    desk.place(wanted("s2", again=True))
    clock.turn(seconds=121)
    desk.place(wanted("s3"))


def test_another_amount_or_payer_is_not_the_same(desk: Desk) -> None:
    desk.place(wanted("s1"))
    desk.place(wanted("s2", amount=kes(101)))
    desk.place(wanted("s3", payer=PAYER))


def test_what_one_line_gets_in_a_day_has_an_end(desk: Desk) -> None:
    desk.place(wanted("s1", amount=kes(10_000)))
    desk.place(wanted("s2", amount=kes(9_950), payer=PAYER))
    with pytest.raises(LineHasEnough):
        desk.place(wanted("s3", amount=kes(51), payer=STRANGER))
    desk.place(wanted("s4", amount=kes(50)))


def test_what_one_payer_pays_in_a_day_has_an_end(desk: Desk) -> None:
    for number, line in enumerate((OWNER, PAYER, STRANGER)):
        desk.place(wanted(f"s{number}", asked_by=line, payer=PAYER, amount=kes(9_990)))
    with pytest.raises(PayerHasPaidEnough):
        desk.place(wanted("s9", asked_by="+254711000009", payer=PAYER, amount=kes(31)))


def test_the_day_begins_at_midnight_where_the_people_are(desk: Desk, clock: FakeClock) -> None:
    clock.now = datetime(2026, 11, 3, 23, 30, tzinfo=NAIROBI)
    desk.place(wanted("s1", amount=kes(10_000)))
    desk.place(wanted("s2", amount=kes(10_000), payer=PAYER))
    clock.now = datetime(2026, 11, 3, 23, 59, 59, tzinfo=NAIROBI)
    with pytest.raises(LineHasEnough):
        desk.place(wanted("s3", amount=kes(10)))
    clock.now = datetime(2026, 11, 4, 0, 0, 1, tzinfo=NAIROBI)
    desk.place(wanted("s3", amount=kes(10)))


def test_what_was_not_paid_or_went_back_counts_for_nothing(desk: Desk, engine: Engine) -> None:
    for number, state in enumerate((State.UNPAID, State.REFUNDED)):
        order = desk.place(wanted(f"s{number}", amount=kes(10_000)))
        with engine.begin() as connection:
            move(connection, order, *way_to(state))
    desk.place(wanted("s3", amount=kes(10_000)))
    desk.place(wanted("s4", amount=kes(10_000), payer=PAYER))


def test_many_at_once_cannot_together_order_more_than_a_day_allows(desk: Desk) -> None:
    ready = threading.Barrier(5)

    def work(number: int) -> Order | RedialError:
        ready.wait()
        try:
            return desk.place(wanted(f"s{number}", amount=kes(9_000 + number)))
        except RedialError as error:
            return error

    with ThreadPoolExecutor(5) as threads:
        found = list(threads.map(work, range(5)))
    assert len([one for one in found if isinstance(one, Order)]) == 2
    assert len([one for one in found if isinstance(one, LineHasEnough)]) == 3


def test_many_who_pay_for_one_line_at_once_cannot_together_pass_its_day(desk: Desk) -> None:
    ready = threading.Barrier(5)

    def work(payer: str) -> Order | RedialError:
        ready.wait()
        try:
            return desk.place(wanted(payer, asked_by=payer, payer=payer, line=OWNER, amount=kes(9_000)))
        except RedialError as error:
            return error

    with ThreadPoolExecutor(5) as threads:
        found = list(threads.map(work, [f"+25471100010{number}" for number in range(5)]))
    assert len([one for one in found if isinstance(one, Order)]) == 2
    assert len([one for one in found if isinstance(one, LineHasEnough)]) == 3


def test_two_who_pay_for_each_other_at_once_do_not_wait_for_each_other_for_ever(desk: Desk) -> None:
    ready = threading.Barrier(2)

    def work(people: tuple[str, str]) -> Order:
        ready.wait()
        owner, payer = people
        return desk.place(wanted(f"s-{owner}", asked_by=owner, payer=payer))

    with ThreadPoolExecutor(2) as threads:
        placed = list(threads.map(work, [(OWNER, PAYER), (PAYER, OWNER)]))
    assert [order.payer for order in placed] == [PAYER, OWNER]


def test_nothing_is_remembered_of_somebody_who_never_called(desk: Desk) -> None:
    caller = desk.caller(OWNER)
    assert (caller.language, caller.recent) == (None, ())


def test_a_caller_is_remembered_with_the_language_and_the_last_three_top_ups(
    desk: Desk, engine: Engine, clock: FakeClock
) -> None:
    with engine.begin() as connection:
        subscribers.choose_language(connection, OWNER, language="sw", now=NOW)
    placed = []
    for number in range(4):
        placed.append(desk.place(wanted(f"s{number}", amount=kes(100 + number))))
        clock.turn(minutes=1)
    caller = desk.caller(OWNER)
    assert caller.language == "sw"
    assert [recent.reference for recent in caller.recent] == [order.id[:8].upper() for order in placed[:0:-1]]
    newest = caller.recent[0]
    assert (newest.amount, newest.state) == (kes(103), State.CREATED)
    assert newest.at == NOW + timedelta(minutes=3)
    assert newest.at.utcoffset() == timedelta(hours=3)


def test_a_payer_is_not_shown_what_they_paid_for_others(desk: Desk) -> None:
    desk.place(wanted("s1", payer=PAYER))
    assert desk.caller(PAYER).recent == ()
    assert len(desk.caller(OWNER).recent) == 1
