"""What a restored backup has under way, or in review, waits for a person: nothing of it is done again by itself."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from store import auto, movements
from store.holding import MAY_HAVE_BEEN_SENT, Held, hold, hold_all
from store.movements import Wanted
from store.review import listed
from tests.unit.houses import Town, a_receipt, confirmed
from tests.unit.orders import TIMING, kes
from tests.unit.standing import Standing
from topup.auto import Weekday, When
from topup.life import Effect, Event, State
from topup.orders import Order
from workers import auto as clocks
from workers.credit import credit
from workers.lapse import lapse

DAY = timedelta(days=1)


@pytest.fixture
def town(engine: Engine) -> Town:
    return Town(engine)


def held(town: Town) -> Held:
    with town.engine.begin() as connection:
        return hold_all(connection, because="restored", by="Amina", now=town.clock(), timing=TIMING)


def to_look_for(town: Town, order: Order) -> list[str]:
    """What the listing says may have been sent for the order, without the order's own name."""
    with town.engine.connect() as connection:
        (found,) = [found for found in listed(connection) if found.order.id == order.id]
    noted = [tried["reference"] for tried in found.attempts if MAY_HAVE_BEEN_SENT in tried["facts"]]
    return sorted(reference.removeprefix(f"{order.id}-") for reference in noted)


# Where an order under way comes to wait, and what may have been sent for it since the backup.
UNDER_WAY: Mapping[State, tuple[State, list[str]]] = {
    State.ASKED: (State.REVIEW_CHARGE, ["charge-1", "credit-1", "refund-1"]),
    State.CREATED: (State.REVIEW_CHARGE, ["charge-1", "credit-1", "refund-1"]),
    State.CHARGING: (State.REVIEW_CHARGE, ["credit-1", "refund-1"]),
    State.PAID: (State.REVIEW_CREDIT, ["credit-1", "refund-1"]),
    State.CREDITING: (State.REVIEW_CREDIT, ["credit-2", "refund-1"]),
    State.REFUNDING: (State.REVIEW_REFUND, ["credit-2", "refund-1"]),
    State.RETURNING: (State.REVIEW_REFUND, ["credit-2", "refund-2"]),
    State.UNREDEEMED: (State.REVIEW_VOUCHER, ["redeem-1"]),
    State.REDEEMING: (State.REVIEW_VOUCHER, []),
    State.PROMISED: (State.REVIEW_ADVANCE, ["lend-1"]),
    State.LENDING: (State.REVIEW_ADVANCE, ["lend-2"]),
}

# What a decision after the backup may have sent for an order that was in review.
IN_REVIEW: Mapping[State, list[str]] = {
    State.REVIEW_CHARGE: ["credit-1", "refund-1"],
    State.REVIEW_CREDIT: ["credit-2", "refund-1"],
    State.REVIEW_REFUND: ["credit-2", "refund-2"],
    State.REVIEW_VOUCHER: [],
    State.REVIEW_ADVANCE: ["lend-2"],
}


def test_every_order_that_moves_money_is_held_or_in_review_already() -> None:
    resting = {state for state in State if state.is_end} | {State.CREDITED}
    assert set(State) == {*UNDER_WAY, *IN_REVIEW, *resting}


@pytest.mark.parametrize("state", UNDER_WAY, ids=str)
def test_what_is_under_way_waits_for_a_person_who_is_told_what_may_have_been_sent(town: Town, state: State) -> None:
    order = town.order_in(state)
    assert held(town) == Held(now=1, before=0)
    assert (town.now(order).state, to_look_for(town, order)) == UNDER_WAY[state]
    assert Effect.ALERT.value in [owing.effect for owing in town.owed(order.id)]


@pytest.mark.parametrize("state", IN_REVIEW, ids=str)
def test_what_is_in_review_stays_there_and_the_person_is_told_what_a_decision_may_have_sent(
    town: Town, state: State
) -> None:
    order = town.order_in(state)
    events = town.events(order)
    assert held(town) == Held(now=0, before=1)
    assert (town.events(order), to_look_for(town, order)) == (events, IN_REVIEW[state])


def test_what_has_ended_or_is_only_looked_at_is_left_alone(town: Town) -> None:
    for state in (State.CREDITED, State.DONE, State.UNPAID, State.REFUNDED):
        town.order_in(state)
    assert held(town) == Held(now=0, before=0)


def test_whoever_was_asked_can_no_longer_say_yes_and_is_not_told_that_nothing_was_taken(town: Town) -> None:
    order = town.order_in(State.ASKED)
    to_lapse = town.owing(order.id, Effect.LAPSE)
    held(town)
    lapse(town.house, to_lapse)
    assert town.events(order) == [Event.OPERATOR_HOLD]


def test_a_credit_that_a_person_gives_again_goes_out_under_a_name_of_its_own(town: Town) -> None:
    order = town.order_in(State.REVIEW_CREDIT)
    held(town)
    town.after(order, Event.OPERATOR_CREDIT)
    credit(town.house, town.owing(order.id, Effect.CREDIT))
    assert town.credits.calls == [("credit", f"{order.id}-credit-3")]


def test_what_may_have_been_sent_may_have_been_so_since_the_order_came_to_where_it_stands(town: Town) -> None:
    order, stood_since = town.order_in(State.REVIEW_CHARGE), town.clock()
    town.clock.turn(hours=3)
    held(town)
    with town.engine.connect() as connection:
        (found,) = listed(connection)
    noted = [tried for tried in found.attempts if MAY_HAVE_BEEN_SENT in tried["facts"]]
    assert {tried["sent_at"] for tried in noted} == {stood_since}
    assert found.order.id == order.id


def test_a_refund_that_was_sent_after_the_backup_reconciles_by_the_payment_that_it_gave_back(town: Town) -> None:
    order, receipt = town.order_in(State.CHARGING), a_receipt()
    held(town)
    town.note_receipt(f"{order.id}-charge-1", receipt)  # As decided: the payment is here, and shall go back.
    order = town.after(order, Event.OPERATOR_REFUND)
    held(town)
    town.after(order, Event.OPERATOR_CLOSE)
    now = town.clock()
    with town.engine.connect() as connection:
        ours = movements.with_payment_provider(connection, "daraja", wanted=Wanted(since=now - DAY, until=now + DAY))
    assert [(entry.kind, entry.names[0]) for entry in ours] == [("charge", receipt), ("reversal", receipt)]


@pytest.mark.parametrize("landed", [1, 2])
def test_a_credit_reconciles_by_whichever_of_its_names_it_landed(town: Town, landed: int) -> None:
    order = town.order_in(State.REVIEW_CREDIT)
    held(town)
    town.after(order, Event.OPERATOR_CLOSE)
    now = town.clock()
    with town.engine.connect() as connection:
        (ours,) = movements.with_credit_provider(connection, "ucip", wanted=Wanted(since=now - DAY, until=now + DAY))
    assert f"{order.id}-credit-{landed}" in ours.names


def test_a_credit_that_did_land_ends_the_order_by_its_late_callback(town: Town) -> None:
    order = town.order_in(State.REVIEW_CREDIT)
    held(town)
    assert town.settle(f"{order.id}-credit-2", confirmed()) == "confirmed"
    assert town.now(order).state is State.CREDITED


def test_one_order_is_held_by_itself(town: Town) -> None:
    order, other = town.order_in(State.PAID), town.order_in(State.PAID)
    with town.engine.begin() as connection:
        hold(connection, order.id, because="restored", by="Amina", now=town.clock(), timing=TIMING)
    assert (town.now(order).state, town.now(other).state) == (State.REVIEW_CREDIT, State.PAID)
    assert town.detail(order) == {"by": "Amina", "why": "restored"}


# Standing orders.


@pytest.mark.parametrize(
    ("when", "next_time"),
    [(Weekday.MONDAY, timedelta(days=7)), (kes(20), timedelta(hours=1))],
    ids=["a weekday", "a balance"],
)
def test_a_standing_order_asks_for_nothing_that_may_have_been_asked_since(
    town: Town, when: When, next_time: timedelta
) -> None:
    standing = Standing(town)
    standing.agree(when=when)
    standing.due()
    due_at = town.clock()
    town.clock.turn(minutes=10)
    with town.engine.begin() as connection:
        put_off = auto.look_past_what_is_due(
            connection, rhythm=town.house.shop.auto, zone=town.house.shop.zone, now=town.clock()
        )
    assert (put_off, clocks.look_at_next(town.house), standing.orders) == (1, None, [])
    assert standing.look() == "placed"
    assert town.clock() - due_at == next_time
