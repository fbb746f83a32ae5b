"""The desk lends: who may, on the real database, and what a dial learns of it in its one read."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from store.book import SqlBook
from store.desk import Desk
from tests.unit.books import order_in
from tests.unit.clocks import FakeClock
from tests.unit.lending import LENDING, debt_of, lent_in, promised_in, topped_up_in
from tests.unit.orders import NOW, OWNER, STRANGER, TIMING, kes
from tests.unit.shops import LineOf, a_shop
from topup import advances
from topup.errors import RedialError
from topup.kinds import Kind
from topup.life import State
from topup.limits import SameAgain, Today
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money
from topup.orders import Order, Wanted

EMPTY = Line(LineState.SUSPENDED, kes(0))
LONG_AGO, LATELY = NOW - timedelta(days=40), NOW - timedelta(days=2)


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine, shop=a_shop(lending=LENDING), lines=LineOf(EMPTY), timing=TIMING, clock=FakeClock())


@pytest.fixture
def known(engine: Engine) -> Engine:
    """The owner's line has topped up once long ago and three times lately, KES 100 each."""
    topped_up_in(engine, OWNER, times=1, now=LONG_AGO)
    topped_up_in(engine, OWNER, now=LATELY)
    return engine


def wanted(
    conversation: str = "one",
    *,
    amount: Money | None = None,
    line: Line = EMPTY,
    kind: Kind = Kind.ADVANCE,
    of: str | None = None,
) -> Wanted:
    return Wanted(
        channel="ussd:africastalking",
        conversation=conversation,
        asked_by=OWNER,
        payer=OWNER,
        amount=amount or kes(50),
        language="en",
        line_was=line.state,
        kind=kind,
        line=of,
        line_seen=line,
    )


def test_an_advance_is_promised_with_the_fee_that_was_agreed_to(desk: Desk, known: Engine) -> None:
    order = desk.place(wanted())
    assert (order.kind, order.state, order.amount) == (Kind.ADVANCE, State.PROMISED, kes(50))
    with known.connect() as connection:
        detail, effects = (
            connection.exec_driver_sql("SELECT detail FROM order_moves WHERE order_id = %s", (order.id,)).scalar_one(),
            connection.exec_driver_sql("SELECT effect FROM outbox WHERE subject = %s", (order.id,)).scalars().all(),
        )
    assert detail == {"fee_minor": 500}
    assert effects == ["lend"]


def test_the_same_conversation_borrows_once(desk: Desk, known: Engine) -> None:
    assert desk.place(wanted()) == desk.place(wanted())


def test_a_second_advance_waits_for_the_end_of_the_first_and_for_its_repayment(desk: Desk, known: Engine) -> None:
    desk.place(wanted())
    with pytest.raises(advances.StillUnderWay):
        desk.place(wanted("two"))
    lent_in(known, STRANGER)
    lent_in(known, OWNER)
    with pytest.raises(advances.AdvanceUnpaid) as refused:
        desk.place(wanted("three"))
    assert refused.value.facts["owed"] == kes(55)


REFUSED: dict[type[RedialError], Wanted] = {
    advances.LineNotSeen: wanted(line=NOT_KNOWN),
    advances.HasCredit: wanted(line=Line(LineState.ACTIVE, kes(20))),
    advances.AdvanceNotOffered: wanted(amount=kes(250)),
    advances.NoAdvancesHere: wanted(of=STRANGER),
}


@pytest.mark.parametrize("why", REFUSED, ids=lambda why: why.__name__)
def test_what_is_not_lent_places_nothing(desk: Desk, known: Engine, why: type[RedialError]) -> None:
    with pytest.raises(why):
        desk.place(REFUSED[why])
    assert desk.placed_in(channel="ussd:africastalking", conversation="one", asked_by=OWNER) is None


def test_where_no_advances_are_offered_nothing_is_lent(known: Engine) -> None:
    desk = Desk(known, shop=a_shop(), lines=LineOf(EMPTY), timing=TIMING, clock=FakeClock())
    with pytest.raises(advances.NoAdvancesHere):
        desk.place(wanted())
    assert desk.caller(OWNER).history is None


def test_an_order_in_review_stands_in_the_way(desk: Desk, known: Engine) -> None:
    order_in(known, State.REVIEW_CREDIT)
    with pytest.raises(advances.StillUnderWay):
        desk.place(wanted())


def test_an_advance_is_not_taken_for_a_top_up_of_the_same_amount_nor_the_other_way_round(
    desk: Desk, known: Engine
) -> None:
    desk.place(wanted("a top-up", kind=Kind.TOPUP))
    desk.place(wanted())
    with pytest.raises(SameAgain):
        desk.place(wanted("a top-up more", kind=Kind.TOPUP))
    assert desk.place(wanted("another amount", kind=Kind.TOPUP, amount=kes(60))).kind is Kind.TOPUP


# What a dial learns.


def test_a_dial_learns_what_counts_for_an_advance(desk: Desk, known: Engine) -> None:
    order_in(known, State.UNPAID, now=LATELY)
    order_in(known, State.DONE, asked_by=OWNER, payer=OWNER, line=STRANGER, now=LATELY)
    history = desk.caller(OWNER).history
    assert history == advances.History(days=40, top_ups=4, lately=kes(300), owed=kes(0), is_open=False)


def test_a_dial_learns_of_advances_apart_from_top_ups(desk: Desk, known: Engine) -> None:
    lent_in(known, OWNER, placed_at=NOW)
    caller = desk.caller(OWNER)
    assert [(found.amount, found.state) for found in caller.lent] == [(kes(50), State.DONE)]
    assert [found.amount for found in caller.recent] == [kes(100)] * 3
    assert caller.history is not None
    assert (caller.history.owed, caller.history.is_open, caller.history.top_ups) == (kes(55), False, 4)


def test_somebody_new_has_no_history(desk: Desk) -> None:
    assert desk.caller(OWNER).history == advances.History(days=0, top_ups=0, lately=kes(0), owed=kes(0))


def test_an_advance_that_is_on_its_way_is_open(desk: Desk, engine: Engine) -> None:
    promised_in(engine, OWNER)
    history = desk.caller(OWNER).history
    assert history is not None
    assert history.is_open


# Debts.


def test_every_line_owes_its_own(engine: Engine, desk: Desk) -> None:
    lent_in(engine, OWNER)
    lent_in(engine, STRANGER, amount=kes(100))
    assert (debt_of(engine, OWNER), debt_of(engine, STRANGER)) == (kes(55), kes(110))
    assert (desk.debt_of(OWNER), desk.debt_of(STRANGER)) == (kes(55), kes(110))


def test_an_advance_that_was_not_lent_is_not_owed(engine: Engine) -> None:
    order = promised_in(engine, OWNER)
    assert isinstance(order, Order)
    assert debt_of(engine, OWNER) == kes(0)


# Messages that were asked for.


def test_a_message_that_was_asked_for_twice_goes_out_once(desk: Desk, engine: Engine) -> None:
    for _ in range(2):
        desk.write(OWNER, "The terms.", purpose="advance_terms", not_within=timedelta(minutes=10))
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT text FROM messages JOIN outbox ON outbox.subject = messages.id WHERE effect = 'send'"
        )
        assert found.scalars().all() == ["The terms."]


def test_an_advance_counts_for_the_line_and_not_for_a_payer(desk: Desk, known: Engine) -> None:
    order = desk.place(wanted())
    with known.connect() as connection:
        today = SqlBook(connection).ordered_since(NOW, order=order)
    assert today == Today(for_line=kes(50), by_payer=kes(0))


def test_whoever_has_no_wallet_that_can_be_asked_may_borrow_all_the_same(known: Engine) -> None:
    shop = a_shop(lending=LENDING, payments=frozenset())
    desk = Desk(known, shop=shop, lines=LineOf(EMPTY), timing=TIMING, clock=FakeClock())
    order = desk.place(wanted())
    assert (order.state, order.payment_provider) == (State.PROMISED, order.credit_provider)
