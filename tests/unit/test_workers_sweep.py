"""The sweep: orders for which nothing is owed although they have not ended are set going again."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from tests.unit.houses import Town
from topup.life import Effect, State
from workers.house import House
from workers.sweep import sweep


@pytest.fixture
def town(engine: Engine) -> Town:
    return Town(engine)


@pytest.mark.parametrize(
    ("state", "effect"),
    [
        (State.CREATED, Effect.CHARGE),
        (State.CHARGING, Effect.ENQUIRE),
        (State.PAID, Effect.CREDIT),
        (State.CREDITING, Effect.ENQUIRE),
        (State.CREDITED, Effect.LOOK),
        (State.REFUNDING, Effect.REFUND),
        (State.RETURNING, Effect.ENQUIRE),
    ],
)
def test_an_order_that_stands_still_is_set_going_again(town: Town, state: State, effect: Effect) -> None:
    order = town.order_in(state)
    town.strike_out(order)
    town.clock.turn(minutes=3)
    assert sweep(town.house) == 1
    assert [owing.effect for owing in town.owed(order.id)] == [effect.value]
    assert town.owing(order.id, effect).due_at <= town.clock.now
    assert sweep(town.house) == 0


@pytest.mark.parametrize("state", [state for state in State if state.is_end or state.in_review])
def test_an_order_that_rests_is_left_alone(town: Town, state: State) -> None:
    town.strike_out(town.order_in(state))
    town.clock.turn(hours=48)
    assert sweep(town.house) == 0


def test_an_order_that_has_just_moved_is_left_alone(town: Town) -> None:
    town.strike_out(town.order_in(State.PAID))
    assert sweep(town.house) == 0


def test_the_sweep_keeps_to_the_schedule_of_the_installation(town: Town) -> None:
    town.strike_out(town.order_in(State.PAID))
    town.clock.turn(seconds=10)
    quick: House = replace(town.house, timing=replace(town.house.timing, scale=0.05))
    assert sweep(town.house) == 0
    assert sweep(quick) == 1
