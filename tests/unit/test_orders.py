"""Placing and advancing, on a book that is kept in memory."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.orders import NOW, TIMING, an_order, kes, kind_to, way_to
from topup.life import BEGINNINGS, LIFE, Effect, Event, IllegalEvent, RepeatedEvent, Rule, State
from topup.orders import Move, NaiveTime, Order, OrderNotFound, advance, may_be_asked_again, place


class MemoryBook:
    """A book for one thread, which forgets everything with the test."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self.moves: list[Move] = []

    def add(self, order: Order) -> bool:
        if order.id in self.orders:
            return False
        self.orders[order.id] = order
        return True

    def lock(self, order_id: str) -> Order:
        if order_id not in self.orders:
            raise OrderNotFound(order_id=order_id)
        return self.orders[order_id]

    def history(self, order_id: str) -> Sequence[Event]:
        return [move.rule.event for move in self.moves if move.order_id == order_id]

    def last_detail(self, order_id: str, *, event: Event | None = None) -> Mapping[str, Any]:
        found = [move.detail for move in self.moves if move.order_id == order_id and event in (None, move.rule.event)]
        return found[-1] if found else {}

    def record(self, move: Move) -> None:
        self.moves.append(move)
        order = self.orders[move.order_id]
        self.orders[move.order_id] = replace(order, state=move.rule.target, seq=move.seq)


MOVES = [rule for rule in LIFE if rule.event not in BEGINNINGS]


def placed(book: MemoryBook, order: Order | None = None) -> Order:
    order = order or an_order()
    assert place(book, order=order, now=NOW, timing=TIMING)
    return book.orders[order.id]


def after(book: MemoryBook, order: Order, *events: Event) -> Order:
    for event in events:
        order = advance(book, order_id=order.id, event=event, now=NOW, timing=TIMING)
    return order


def test_placing_keeps_the_order_with_its_first_move_and_owes_the_charge() -> None:
    book = MemoryBook()
    order = placed(book)
    assert book.orders[order.id] == order
    assert [(move.seq, move.rule.event, move.rule.target) for move in book.moves] == [(0, Event.PLACED, State.CREATED)]
    assert [(owed.effect, owed.due_at) for owed in book.moves[0].owed] == [
        (Effect.CHARGE, NOW + timedelta(seconds=TIMING.prompt_s))
    ]


def test_placing_twice_does_nothing_the_second_time() -> None:
    book = MemoryBook()
    order = placed(book)
    assert not place(book, order=replace(order, amount=kes(999)), now=NOW, timing=TIMING)
    assert book.orders[order.id].amount == kes(100)
    assert len(book.moves) == 1


def test_advancing_records_a_move_and_returns_the_order_as_it_is_now() -> None:
    book = MemoryBook()
    order = placed(book)
    then = advance(
        book, order_id=order.id, event=Event.CHARGE_SENT, now=NOW, timing=TIMING, detail={"reference": "x-charge-1"}
    )
    assert (then.state, then.seq) == (State.CHARGING, 1)
    assert book.orders[order.id] == then
    assert book.moves[-1].detail == {"reference": "x-charge-1"}


@pytest.mark.parametrize("rule", MOVES, ids=lambda rule: f"{rule.source.value}-{rule.event.value}")
def test_every_rule_moves_an_order_books_its_transfer_and_owes_its_effects(rule: Rule) -> None:
    book = MemoryBook()
    order = after(book, placed(book, an_order(kind=kind_to(rule.source))), *way_to(rule.source))
    assert order.state is rule.source
    order = after(book, order, rule.event)
    move = book.moves[-1]
    assert (order.state, order.seq) == (rule.target, move.seq)
    assert bool(move.transfers) == (rule.books is not None)
    assert all(transfer.amount == order.amount for transfer in move.transfers)
    assert tuple(owed.effect for owed in move.owed) == rule.then
    assert all(owed.due_at >= NOW for owed in move.owed)


LEGAL = {(rule.source, rule.event) for rule in MOVES}
ILLEGAL = [pair for pair in itertools.product(State, Event) if pair not in LEGAL]


@pytest.mark.parametrize(("state", "event"), ILLEGAL)
def test_what_the_life_does_not_have_changes_nothing(state: State, event: Event) -> None:
    book = MemoryBook()
    order = after(book, placed(book, an_order(kind=kind_to(state))), *way_to(state))
    moves = list(book.moves)
    with pytest.raises((IllegalEvent, RepeatedEvent)):
        advance(book, order_id=order.id, event=event, now=NOW, timing=TIMING)
    assert book.moves == moves
    assert book.orders[order.id] == order


def test_a_charge_is_confirmed_once_even_where_the_state_would_take_it_again() -> None:
    book = MemoryBook()
    order = after(book, placed(book), Event.CHARGE_SENT, Event.CHARGE_CONFIRMED)
    with pytest.raises(RepeatedEvent):
        after(book, order, Event.CHARGE_CONFIRMED)


def test_an_order_that_nobody_placed_is_not_found() -> None:
    with pytest.raises(OrderNotFound, match="no order nothing"):
        advance(MemoryBook(), order_id="nothing", event=Event.CHARGE_SENT, now=NOW, timing=TIMING)


def test_a_time_without_its_zone_is_refused_and_nothing_is_recorded() -> None:
    book = MemoryBook()
    naive = datetime(2026, 11, 3, 14, 5)  # noqa: DTZ001
    with pytest.raises(NaiveTime):
        place(book, order=an_order(), now=naive, timing=TIMING)
    assert book.moves == []
    order = placed(book)
    with pytest.raises(NaiveTime):
        advance(book, order_id=order.id, event=Event.CHARGE_SENT, now=naive, timing=TIMING)
    assert len(book.moves) == 1


def test_a_busy_payer_is_asked_three_more_times() -> None:
    busy = [Event.CHARGE_SENT, Event.CHARGE_BUSY]
    assert [may_be_asked_again([Event.PLACED, *busy * times]) for times in range(5)] == [True, True, True, False, False]
