"""Our side of a reconciliation, as the real book has it: what is named on any day, and when it may have happened."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from store import holding, movements, review
from tests.unit.houses import Town, a_receipt, confirmed
from tests.unit.orders import TIMING
from topup.ids import short_reference
from topup.life import Event, State
from topup.orders import Order
from topup.reconciliation import Entry

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


def booked(town: Town, order: Order, *names: str, since: timedelta = -HOUR, until: timedelta = HOUR) -> Sequence[Entry]:
    """What we have of the order, from `since` until `until` of the town's clock, or under these names."""
    wanted = movements.Wanted(since=town.clock() + since, until=town.clock() + until, names=names)
    with town.engine.connect() as connection:
        found = [
            *movements.with_payment_provider(connection, "daraja", wanted=wanted),
            *movements.with_credit_provider(connection, "ucip", wanted=wanted),
        ]
    return [entry for entry in found if order.id in entry.about]


def paid(town: Town, *, receipt: str, derived: bool = False) -> Order:
    """An order that was charged, and found to be paid forty minutes later."""
    order = town.order_in(State.CHARGING)
    town.clock.turn(minutes=40)
    town.settle(f"{order.id}-charge-1", confirmed(receipt, derived=derived))
    return order


def decide(town: Town, order: Order, event: Event, receipt: str | None = None) -> None:
    now = town.now(order)
    seen = f"{now.state.value}/{now.seq}"
    decision = review.Decision(order_id=order.id, event=event, seen=seen, because="seen", by="Amina", receipt=receipt)
    with town.engine.begin() as connection:
        review.decide(connection, decision, now=town.clock(), timing=TIMING)


def test_a_charge_happened_between_our_call_and_our_booking(town: Town) -> None:
    (charge,) = booked(town, paid(town, receipt=a_receipt()))
    assert charge.called_at == town.clock() - timedelta(minutes=40)
    assert charge.at == town.clock()


def test_a_movement_is_found_by_its_name_on_whatever_day_it_was_booked(town: Town) -> None:
    receipt = a_receipt()
    order = paid(town, receipt=receipt)
    town.clock.turn(hours=24 * 9)
    assert booked(town, order) == []
    for name in (receipt, short_reference(order.id), f"{order.id}-charge-1"):
        (charge,) = booked(town, order, name)
        assert charge.names == (receipt,)


def test_a_movement_is_looked_for_in_all_the_time_in_which_it_may_have_happened(town: Town) -> None:
    order = paid(town, receipt=a_receipt())
    assert booked(town, order, since=-HOUR, until=timedelta(minutes=-30))
    assert booked(town, order, since=timedelta(minutes=-20), until=timedelta(minutes=-10))
    assert not booked(town, order, since=-DAY, until=timedelta(minutes=-50))


def test_a_charge_that_an_enquiry_found_to_be_paid_goes_by_its_references_until_its_receipt_is_told(town: Town) -> None:
    order = paid(town, receipt="checkout:ws_CO_9", derived=True)
    (charge,) = booked(town, order)
    assert charge.names == ()
    assert charge.references == (short_reference(order.id), f"{order.id}-charge-1")
    receipt = a_receipt()
    town.settle(f"{order.id}-charge-1", confirmed(receipt))
    (charge,) = booked(town, order)
    assert charge.names == (receipt,)


def test_what_a_person_held_may_have_happened_since_the_order_was_placed(town: Town) -> None:
    order = town.order_in(State.CREATED)
    placed_at = town.clock()
    town.clock.turn(hours=9)
    with town.engine.begin() as connection:
        holding.hold(connection, order.id, because="restored", by="Amina", now=town.clock(), timing=TIMING)
    decide(town, order, Event.OPERATOR_CREDIT, receipt=a_receipt())
    (charge,) = booked(town, order)
    assert charge.called_at == placed_at


def test_money_that_came_apart_from_its_order_happened_since_the_call_that_it_came_to(town: Town) -> None:
    order = paid(town, receipt=a_receipt())
    called_at = town.clock() - timedelta(minutes=40)
    town.settle(f"{order.id}-charge-1", confirmed(receipt := a_receipt()))
    (stray,) = town.strays_of(order)
    decide(town, stray, Event.OPERATOR_REFUND)
    (charge,) = booked(town, stray)
    assert (charge.names, charge.called_at) == ((receipt,), called_at)


def test_a_reversal_that_a_person_made_goes_by_the_payment_that_it_gave_back(town: Town) -> None:
    order = town.order_in(State.REVIEW_REFUND)
    decide(town, order, Event.OPERATOR_CLOSE)
    (charge,) = (entry for entry in booked(town, order) if entry.kind == "charge")
    (reversal,) = (entry for entry in booked(town, order) if entry.kind == "reversal")
    assert charge.names[0] in reversal.names
