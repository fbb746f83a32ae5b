"""A worker that stands still between the commit that it will call and the call: when it wakes up, it does not."""

import pytest
from sqlalchemy import Engine

from tests.unit.houses import Town
from tests.unit.sleepers import Work, held_up
from topup.life import Effect, Event, State
from topup.orders import Order
from workers.charge import charge
from workers.credit import credit, lend
from workers.refund import refund


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


def run(town: Town, work: Work, order: Order, effect: Effect) -> None:
    work(town.house, town.owing(order.id, effect))


@pytest.mark.parametrize(
    ("work", "state", "effect"),
    [
        (charge, State.CREATED, Effect.CHARGE),
        (credit, State.PAID, Effect.CREDIT),
        (lend, State.PROMISED, Effect.LEND),
        (refund, State.REFUNDING, Effect.REFUND),
    ],
)
def test_what_was_held_up_is_not_sent_and_begun_anew(town: Town, work: Work, state: State, effect: Effect) -> None:
    order = town.order_in(state)
    held_up(town, work, order, effect, meanwhile=lambda: town.clock.turn(minutes=2))
    assert town.payments.calls + town.credits.calls == []
    assert town.now(order).state is state
    assert [owing.effect for owing in town.owed(order.id)][-1] == effect.value
    run(town, work, order, effect)
    ((_, reference),) = town.payments.calls + town.credits.calls
    assert reference.endswith("-2")


def test_a_worker_that_wakes_up_after_a_person_has_decided_credits_nothing(town: Town) -> None:
    order = town.order_in(State.PAID)

    def a_person_lets_it_be_credited() -> None:
        town.clock.turn(hours=3)
        town.after(town.now(order), Event.GAVE_UP, Event.OPERATOR_CREDIT)
        run(town, credit, order, Effect.CREDIT)

    held_up(town, credit, order, Effect.CREDIT, meanwhile=a_person_lets_it_be_credited)
    assert town.credits.calls == [("credit", f"{order.id}-credit-2")]
    assert town.now(order).state is State.CREDITING


def test_a_worker_that_wakes_up_during_the_review_tells_the_person_that_nothing_was_sent(town: Town) -> None:
    order = town.order_in(State.PAID)

    def it_goes_to_a_person() -> None:
        town.clock.turn(hours=3)
        town.after(town.now(order), Event.GAVE_UP)

    held_up(town, credit, order, Effect.CREDIT, meanwhile=it_goes_to_a_person)
    assert town.credits.calls == []
    assert town.now(order).state is State.REVIEW_CREDIT
    kept = town.attempt(f"{order.id}-credit-1")
    assert kept.outcome == "not sent"
    assert "held up" in str(kept.attempt.facts["why"])
