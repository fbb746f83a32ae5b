"""Orders in PostgreSQL: placed once, moved by one, and found again."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from store import attempts, outbox
from store.book import SqlBook
from store.tables import order_moves, transfers
from tests.unit.books import closed_stray_in, events_of, move, order_in, order_now, place_in
from tests.unit.orders import NOW, OWNER, PAYER, STRANGER, TIMING, an_order, kes, way_to
from topup.kinds import Kind
from topup.life import BEGINNINGS, LIFE, Event, RepeatedEvent, Rule, State
from topup.limits import Today
from topup.orders import Order, OrderNotFound, advance, place

AT_ONCE = 6


def all_at_once(work: Callable[[], object]) -> list[object]:
    """Let several threads do the work at the same moment. What each gave, or the error that it met."""
    ready = threading.Barrier(AT_ONCE)

    def one(_: int) -> object:
        ready.wait()
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - the test looks at what came of each.
            return error

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(one, range(AT_ONCE)))


def test_an_order_is_kept_as_it_was_placed(engine: Engine) -> None:
    order = place_in(engine, payer=PAYER, amount=kes(250), language="sw")
    assert order_now(engine, order) == order


def test_placing_twice_keeps_the_first_and_owes_one_charge(engine: Engine) -> None:
    order = place_in(engine)
    with engine.begin() as connection:
        assert not place(SqlBook(connection), order=order, now=NOW, timing=TIMING)
        assert [owing.effect for owing in outbox.open_of(connection, order.id)] == ["charge"]
    assert order_now(engine, order) == order


def test_placing_many_times_at_once_places_one_order(engine: Engine) -> None:
    order = an_order()

    def work() -> bool:
        with engine.begin() as connection:
            return place(SqlBook(connection), order=order, now=NOW, timing=TIMING)

    assert sorted(map(str, all_at_once(work))) == ["False"] * (AT_ONCE - 1) + ["True"]
    with engine.connect() as connection:
        assert len(outbox.open_of(connection, order.id)) == 1


def test_of_many_advances_at_once_exactly_one_wins(engine: Engine) -> None:
    order = order_in(engine, State.CHARGING)

    def work() -> Order:
        with engine.begin() as connection:
            return advance(SqlBook(connection), order_id=order.id, event=Event.CHARGE_CONFIRMED, now=NOW, timing=TIMING)

    found = all_at_once(work)
    assert [one.state for one in found if isinstance(one, Order)] == [State.PAID]
    assert len([one for one in found if isinstance(one, RepeatedEvent)]) == AT_ONCE - 1
    assert events_of(engine, order) == [Event.CHARGE_SENT, Event.CHARGE_CONFIRMED]


def test_of_two_ends_at_once_one_wins_and_the_other_knows_it(engine: Engine) -> None:
    order = order_in(engine, State.CHARGING)
    ends = iter([Event.CHARGE_REFUSED, Event.GAVE_UP] * AT_ONCE)

    def work() -> Event:
        event = next(ends)
        with engine.begin() as connection:
            move(connection, order, event)
        return event

    won = {one for one in all_at_once(work) if isinstance(one, Event)}
    happened = events_of(engine, order)[1:]
    assert set(happened) == won
    assert happened in ([Event.CHARGE_REFUSED], [Event.GAVE_UP, Event.CHARGE_REFUSED])


MOVES = [rule for rule in LIFE if rule.event not in BEGINNINGS]


@pytest.mark.parametrize("rule", MOVES, ids=lambda rule: f"{rule.source.value}-{rule.event.value}")
def test_the_database_takes_every_rule_with_its_transfer_and_its_effects(shared_engine: Engine, rule: Rule) -> None:
    is_of_strays = rule.event is Event.OPERATOR_REOPEN
    order = closed_stray_in(shared_engine) if is_of_strays else order_in(shared_engine, rule.source)
    with shared_engine.begin() as connection:
        moved = move(connection, order, rule.event)
    assert order_now(shared_engine, order) == moved
    assert moved.state is rule.target
    with shared_engine.connect() as connection:
        booked = connection.execute(select(transfers).filter_by(order_id=order.id, seq=moved.seq)).all()
        owed = {owing.effect for owing in outbox.open_of(connection, order.id)}
    assert len(booked) == (rule.books is not None)
    assert {effect.value for effect in rule.then} <= owed


def test_what_is_asked_after_is_struck_out_when_the_order_moves_on(engine: Engine) -> None:
    order = order_in(engine, State.CHARGING)
    with engine.begin() as connection:
        assert "enquire" in {owing.effect for owing in outbox.open_of(connection, order.id)}
        move(connection, order, Event.CHARGE_CONFIRMED)
        assert "enquire" not in {owing.effect for owing in outbox.open_of(connection, order.id)}


def test_the_detail_of_a_move_is_kept_with_it(engine: Engine) -> None:
    order = place_in(engine)
    with engine.begin() as connection:
        book = SqlBook(connection)
        advance(book, order_id=order.id, event=Event.CHARGE_SENT, now=NOW, timing=TIMING, detail={"reference": "r"})
        advance(book, order_id=order.id, event=Event.CHARGE_REFUSED, now=NOW, timing=TIMING, detail={"code": "1032"})
        assert book.last_detail(order.id) == {"code": "1032"}
        assert book.last_detail(order.id, event=Event.CHARGE_SENT) == {"reference": "r"}
        assert book.last_detail(order.id, event=Event.LINE_SEEN) == {}


def test_an_order_that_nobody_placed_is_not_found(engine: Engine) -> None:
    with engine.connect() as connection:
        assert SqlBook(connection).find("nothing") is None
        for ask in (SqlBook(connection).get, SqlBook(connection).lock):
            with pytest.raises(OrderNotFound):
                ask("nothing")


def test_the_last_orders_are_those_asked_for_and_those_for_the_line(engine: Engine) -> None:
    later = [NOW + timedelta(minutes=minute) for minute in range(4)]
    own = place_in(engine, now=later[0])
    for_me = place_in(engine, now=later[1], asked_by=STRANGER)
    place_in(engine, now=later[2], asked_by=STRANGER, line=STRANGER, payer=OWNER)
    for_another = place_in(engine, now=later[3], line=STRANGER)
    with engine.connect() as connection:
        assert SqlBook(connection).recent(OWNER, count=3) == [for_another, for_me, own]
        assert SqlBook(connection).recent(OWNER, count=1) == [for_another]


def test_what_was_ordered_today_is_summed_for_the_line_and_by_the_payer(engine: Engine) -> None:
    place_in(engine, amount=kes(100), payer=PAYER)
    place_in(engine, amount=kes(50))
    place_in(engine, amount=kes(1000), now=NOW - timedelta(days=1))
    order_in(engine, State.UNPAID, amount=kes(2000))
    order_in(engine, State.REFUNDED, amount=kes(4000))
    order_in(engine, State.REVIEW_CHARGE, amount=kes(8000), kind=Kind.STRAY, payer=PAYER)
    place_in(engine, amount=kes(25), line=STRANGER, asked_by=STRANGER, payer=PAYER)
    with engine.connect() as connection:
        book = SqlBook(connection)
        today = book.ordered_since(NOW - timedelta(hours=12), order=an_order(payer=PAYER))
        nothing = book.ordered_since(NOW, order=an_order(line="+254711999999", payer="+254711999999"))
    assert today == Today(for_line=kes(150), by_payer=kes(125))
    assert nothing == Today(for_line=kes(0), by_payer=kes(0))


def has_same(book: SqlBook, order: Order, *, since: datetime) -> bool:
    today, is_there = book.ordered_before(order, since=NOW - timedelta(hours=12), same_since=since)
    assert today == book.ordered_since(NOW - timedelta(hours=12), order=order)
    return is_there


@pytest.mark.parametrize(
    ("state", "again", "is_same"),
    [
        (State.CREATED, {}, True),
        (State.DONE, {}, True),
        (State.UNPAID, {}, False),
        (State.REFUNDED, {}, False),
        (State.REVIEW_CHARGE, {}, True),
        (State.CREATED, {"payer": PAYER}, False),
        (State.CREATED, {"line": STRANGER}, False),
        (State.CREATED, {"amount": kes(50)}, False),
    ],
)
def test_the_same_again_is_the_same_line_payer_and_amount(
    engine: Engine, state: State, again: dict[str, object], is_same: bool
) -> None:
    order_in(engine, state)
    with engine.connect() as connection:
        book = SqlBook(connection)
        assert has_same(book, an_order(**again), since=NOW - timedelta(minutes=2)) is is_same
        assert not has_same(book, an_order(**again), since=NOW + timedelta(seconds=1))


def test_money_that_came_by_itself_is_not_the_same_again(engine: Engine) -> None:
    order_in(engine, State.REVIEW_CHARGE, kind=Kind.STRAY)
    with engine.connect() as connection:
        assert not has_same(SqlBook(connection), an_order(), since=NOW - timedelta(minutes=2))


def test_an_order_that_nothing_is_owed_for_is_found_unless_it_rests(engine: Engine) -> None:
    orders = {state: order_in(engine, state) for state in State}
    then = NOW + timedelta(seconds=1)
    with engine.begin() as connection:
        assert SqlBook(connection).without_duty(before=then, count=100) == []
        for order in orders.values():
            for owing in outbox.open_of(connection, order.id):
                outbox.done(connection, owing.id, now=NOW)
        standing = {order.state for order in SqlBook(connection).without_duty(before=then, count=100)}
        assert SqlBook(connection).without_duty(before=NOW, count=100) == []
        assert len(SqlBook(connection).without_duty(before=then, count=3)) == 3
    assert standing == {state for state in State if not state.is_end and not state.in_review}


def test_another_credit_to_the_line_is_seen_while_it_is_on_its_way(engine: Engine) -> None:
    order, other = place_in(engine), place_in(engine)
    with engine.begin() as connection:
        assert not SqlBook(connection).refills_of(order).another_is_on_its_way
        crediting = move(connection, other, *way_to(State.CREDITING))
        assert SqlBook(connection).refills_of(order).another_is_on_its_way
        assert not SqlBook(connection).refills_of(other).another_is_on_its_way
        assert not SqlBook(connection).refills_of(an_order(line=STRANGER)).another_is_on_its_way
        move(connection, crediting, Event.CREDIT_CONFIRMED)
        assert not SqlBook(connection).refills_of(order).another_is_on_its_way


def test_every_credit_that_was_ever_sent_to_a_line_is_counted(engine: Engine) -> None:
    order = order_in(engine, State.PAID)
    with engine.begin() as connection:
        book = SqlBook(connection)
        assert book.refills_of(order).sent == 0
        for purpose, provider in (("charge", "daraja"), ("credit", "ucip"), ("credit", "ucip")):
            attempts.begin(connection, order=order, purpose=purpose, provider=provider, msisdn=OWNER, facts={}, now=NOW)
        assert book.refills_of(order).sent == 2
        assert book.refills_of(an_order(line=STRANGER)).sent == 0


def test_the_moves_of_an_order_are_numbered_without_a_gap(engine: Engine) -> None:
    order = order_in(engine, State.DONE)
    with engine.connect() as connection:
        found = connection.execute(
            select(order_moves.c.seq, order_moves.c.prev_seq).filter_by(order_id=order.id).order_by(order_moves.c.seq)
        )
        assert [tuple(row) for row in found] == [(0, 0), *((n, n - 1) for n in range(1, order.seq + 1))]
