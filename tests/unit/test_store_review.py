"""What a person decides of an order in review, and what is refused."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from store import review
from store.book import SqlBook
from store.review import (
    Decision,
    HasMovedOn,
    NotAClosedStray,
    NotInReview,
    ReceiptIsKnown,
    ReceiptIsTaken,
    ReceiptNeeded,
    ReceiptOfNothing,
    WouldRefundAnother,
)
from store.strays import held_for
from tests.unit.houses import Town, a_receipt, confirmed
from tests.unit.orders import TIMING
from topup.kinds import Kind
from topup.life import Effect, Event, State
from topup.orders import Order
from topup.outcomes import Confirmed
from workers import strays
from workers.refund import refund


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


def seen_of(town: Town, order: Order) -> str:
    """What the listing names for a decision of this order."""
    with town.engine.connect() as connection:
        return next(found.seen for found in review.listed(connection) if found.order.id == order.id)


def decide(town: Town, order: Order, event: Event, *, seen: str | None = None, receipt: str | None = None) -> State:
    """Decide an order, as it is now unless `seen` says what was looked at; where it stands then."""
    named = seen or seen_of(town, order)
    decision = Decision(order_id=order.id, event=event, seen=named, because="seen", by="Amina", receipt=receipt)
    with town.engine.begin() as connection:
        return review.decide(connection, decision, now=town.clock(), timing=TIMING).state


@pytest.mark.parametrize(("event", "receipt"), [(Event.OPERATOR_CLOSE, None), (Event.OPERATOR_CREDIT, "R1")])
def test_a_decision_of_a_payment_is_none_of_the_credit_that_is_in_doubt_by_now(
    town: Town, event: Event, receipt: str | None
) -> None:
    order = town.order_in(State.REVIEW_CHARGE)
    seen = seen_of(town, order)
    town.settle(f"{order.id}-charge-1", confirmed(amount=order.amount))
    order = town.after(town.now(order), Event.CREDIT_SENT, Event.GAVE_UP)
    with pytest.raises(HasMovedOn, match="look again"):
        decide(town, order, event, seen=seen, receipt=receipt)
    assert town.now(order) == order


def test_a_decision_of_an_earlier_doubt_is_none_of_the_same_doubt_come_again(town: Town) -> None:
    order = town.order_in(State.REVIEW_CREDIT)
    seen = seen_of(town, order)
    order = town.after(order, Event.OPERATOR_CREDIT, Event.CREDIT_SENT, Event.GAVE_UP)
    with pytest.raises(HasMovedOn):
        decide(town, order, Event.OPERATOR_CREDIT, seen=seen)
    assert decide(town, order, Event.OPERATOR_CREDIT) is State.PAID


def test_what_was_seen_is_kept_with_the_decision(town: Town) -> None:
    order = town.order_in(State.REVIEW_CREDIT)
    seen = seen_of(town, order)
    assert decide(town, order, Event.OPERATOR_CLOSE) is State.CREDITED
    assert town.detail(order) == {"by": "Amina", "because": "seen", "seen": seen, "receipt": None}


def test_an_order_that_is_not_in_review_cannot_be_decided(town: Town) -> None:
    order = town.order_in(State.PAID)
    with pytest.raises(NotInReview):
        decide(town, order, Event.OPERATOR_REFUND, seen="PAID/2")


# Receipts.


def paid_by_a_derived_receipt(town: Town) -> Order:
    """An order that is known to be paid by an enquiry that tells no receipt."""
    order = town.order_in(State.CHARGING)
    town.settle(f"{order.id}-charge-1", confirmed(f"checkout:ws_CO_{order.id}", derived=True), evidence="enquiry")
    return town.now(order)


def test_a_receipt_is_kept_as_the_provider_writes_it_however_it_was_typed(town: Town) -> None:
    order, receipt = town.order_in(State.REVIEW_CHARGE), a_receipt()
    assert decide(town, order, Event.OPERATOR_CREDIT, receipt=f" {receipt.lower()} ") is State.PAID
    assert town.settle(f"{order.id}-charge-1", confirmed(receipt, amount=order.amount)) == "repeated"
    assert town.strays_of(order) == []


def test_a_receipt_of_another_wallet_keeps_its_small_letters(town: Town) -> None:
    order = town.order_in(State.REVIEW_CHARGE, payment_provider="airtel_money")
    decide(town, order, Event.OPERATOR_CREDIT, receipt=f"\tmp{order.id}")
    assert town.attempt(f"{order.id}-charge-1").receipt == f"mp{order.id}"


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (State.REVIEW_CREDIT, Event.OPERATOR_CLOSE),
        (State.REVIEW_CREDIT, Event.OPERATOR_CREDIT),
        (State.REVIEW_CHARGE, Event.OPERATOR_CLOSE),
        (State.REVIEW_REFUND, Event.OPERATOR_CLOSE),
        (State.REVIEW_VOUCHER, Event.OPERATOR_VOID),
    ],
)
def test_a_receipt_of_something_else_than_the_payment_is_not_taken_for_its(
    town: Town, state: State, event: Event
) -> None:
    order = town.order_in(state)
    with pytest.raises(ReceiptOfNothing):
        decide(town, order, event, receipt="UCIP778")
    assert town.now(order) == order


def test_a_receipt_that_the_provider_told_is_not_overwritten(town: Town) -> None:
    order = town.order_in(State.REVIEW_REFUND)
    told = town.attempt(f"{order.id}-charge-1").receipt
    with pytest.raises(ReceiptIsKnown, match=str(told)):
        decide(town, order, Event.OPERATOR_REFUND, receipt=a_receipt())
    assert decide(town, order, Event.OPERATOR_REFUND, receipt=told) is State.REFUNDING


def test_a_name_that_stands_for_a_receipt_gives_way_to_the_receipt_and_is_none_itself(town: Town) -> None:
    order = town.after(paid_by_a_derived_receipt(town), Event.CREDIT_SENT, Event.CREDIT_REFUSED, Event.GAVE_UP)
    reference, receipt = f"{order.id}-charge-1", a_receipt()
    with pytest.raises(ReceiptNeeded):
        decide(town, order, Event.OPERATOR_REFUND, receipt=town.attempt(reference).receipt)
    assert decide(town, order, Event.OPERATOR_REFUND, receipt=receipt) is State.REFUNDING
    assert town.attempt(reference).has_true_receipt
    assert town.settle(reference, confirmed(receipt, amount=order.amount)) == "repeated"


def test_a_receipt_stays_with_the_call_that_was_paid_and_not_with_a_later_one(town: Town) -> None:
    order = town.order_in(State.CREATED)
    town.after(order, Event.CHARGE_SENT, Event.CHARGE_BUSY, Event.CHARGE_SENT)
    town.settle(f"{order.id}-charge-1", Confirmed(f"checkout:{order.id}", None, {"receipt_is_derived": True}))
    order = town.after(town.now(order), Event.CREDIT_SENT, Event.CREDIT_REFUSED, Event.GAVE_UP)
    decide(town, order, Event.OPERATOR_REFUND, receipt=(receipt := a_receipt()))
    assert [town.attempt(f"{order.id}-charge-{number}").receipt for number in (1, 2)] == [receipt, None]


@pytest.fixture
def held(town: Town) -> Order:
    """Money that came a second time, of which an enquiry told no receipt."""
    order = town.order_in(State.DONE)
    hold(town, order, f"checkout:{order.id}", is_derived=True)
    (stray,) = town.strays_of(order)
    return stray


def hold(town: Town, order: Order, receipt: str, *, is_derived: bool = False, provider: str = "daraja") -> str:
    """Hold money apart that came to this order by its first charge."""
    kept = replace(town.attempt(f"{order.id}-charge-1"), provider=provider)
    with town.engine.begin() as connection:
        return strays.hold(
            town.house,
            connection,
            order=order,
            kept=kept,
            amount=order.amount,
            receipt=receipt,
            why="a second payment for one order",
            is_derived=is_derived,
        )


def came_to(town: Town, stray: Order) -> Order:
    """The order that this money came to."""
    with town.engine.connect() as connection:
        return SqlBook(connection).get(town.detail(stray)["came_to"])


@pytest.mark.parametrize("event", [Event.OPERATOR_CREDIT, Event.OPERATOR_REFUND])
def test_money_that_was_held_apart_without_a_receipt_needs_one(town: Town, held: Order, event: Event) -> None:
    with pytest.raises(ReceiptNeeded):
        decide(town, held, event)
    decide(town, held, event, receipt=a_receipt())


def test_the_receipt_of_money_that_was_held_without_one_is_no_further_money(town: Town, held: Order) -> None:
    order, receipt = came_to(town, held), a_receipt()
    assert hold(town, order, receipt) == held.id
    assert town.strays_of(order) == [held]
    assert town.attempt(f"{held.id}-charge-1").receipt == receipt
    assert hold(town, order, a_receipt()) != held.id


def test_a_receipt_that_comes_after_money_without_one_was_closed_is_shown_to_a_person(town: Town, held: Order) -> None:
    order = came_to(town, held)
    decide(town, held, Event.OPERATOR_CLOSE)
    hold(town, order, a_receipt())
    assert [stray.state for stray in town.strays_of(order)] == [State.UNPAID, State.REVIEW_CHARGE]


# What a person closed and takes back.


def reopen(town: Town, order: Order) -> State:
    with town.engine.begin() as connection:
        return review.reopen(
            connection, order.id, because="the portal has it now", by="Amina", now=town.clock(), timing=TIMING
        ).state


@pytest.fixture
def closed(town: Town) -> Order:
    """A second payment with a receipt, which a person has not found on the statement."""
    order = town.order_in(State.DONE)
    hold(town, order, a_receipt())
    (stray,) = town.strays_of(order)
    decide(town, stray, Event.OPERATOR_CLOSE)
    return town.now(stray)


def test_a_stray_that_was_closed_comes_back_and_is_decided_by_its_receipt(town: Town, closed: Order) -> None:
    receipt = town.detail_of(closed, Event.CHARGE_STRAY)["receipt"]
    assert reopen(town, closed) is State.REVIEW_CHARGE
    assert town.detail(closed) == {"by": "Amina", "because": "the portal has it now"}
    with pytest.raises(ReceiptNeeded):
        decide(town, closed, Event.OPERATOR_REFUND)
    assert decide(town, closed, Event.OPERATOR_REFUND, receipt=receipt) is State.REFUNDING
    assert town.attempt(f"{closed.id}-charge-1").receipt == receipt
    refund(town.house, town.owing(closed.id, Effect.REFUND))
    assert town.payments.calls == [(f"refund of {receipt}", f"{closed.id}-refund-1")]


def test_a_decision_of_before_it_was_closed_is_none_of_what_came_back(town: Town) -> None:
    order = town.order_in(State.DONE)
    hold(town, order, a_receipt())
    (stray,) = town.strays_of(order)
    seen = seen_of(town, stray)
    decide(town, stray, Event.OPERATOR_CLOSE)
    reopen(town, stray)
    with pytest.raises(HasMovedOn):
        decide(town, stray, Event.OPERATOR_CLOSE, seen=seen)


def test_money_that_comes_back_is_not_denied_to_whoever_it_came_to(town: Town) -> None:
    order = town.order_in(State.UNPAID)
    hold(town, order, a_receipt())
    (stray,) = town.strays_of(order)
    decide(town, stray, Event.OPERATOR_CLOSE)
    with town.engine.connect() as connection:
        assert held_for(connection, order) == []
    reopen(town, stray)
    with town.engine.connect() as connection:
        assert [held.id for held in held_for(connection, order)] == [stray.id]


def test_a_receipt_that_pays_another_order_by_now_pays_no_stray_that_came_back(town: Town, closed: Order) -> None:
    receipt = town.detail_of(closed, Event.CHARGE_STRAY)["receipt"]
    other = town.order_in(State.REVIEW_CHARGE)
    decide(town, other, Event.OPERATOR_CREDIT, receipt=receipt)
    reopen(town, closed)
    with pytest.raises(ReceiptIsTaken, match=other.id):
        decide(town, closed, Event.OPERATOR_REFUND, receipt=receipt)
    assert decide(town, closed, Event.OPERATOR_CLOSE) is State.UNPAID


def test_money_that_came_back_is_known_by_every_name_that_it_was_told_by(town: Town, held: Order) -> None:
    order, receipt = came_to(town, held), a_receipt()
    decide(town, held, Event.OPERATOR_CLOSE)
    reopen(town, held)
    assert hold(town, order, receipt) == held.id
    assert town.attempt(f"{held.id}-charge-1").attempt.facts["holds"] == [f"checkout:{order.id}", receipt]


def test_nothing_comes_back_but_a_stray_that_a_person_closed(town: Town, held: Order) -> None:
    by_a_person = town.after(town.order_in(State.REVIEW_CHARGE), Event.OPERATOR_CLOSE)
    sent_back = town.after(held, Event.OPERATOR_REFUND, Event.GAVE_UP, Event.OPERATOR_CLOSE)
    assert (by_a_person.state, sent_back.state) == (State.UNPAID, State.REFUNDED)
    voucher = town.after(town.order_in(State.UNREDEEMED), Event.GAVE_UP)
    refused = town.after(town.order_in(State.CREATED, kind=Kind.STRAY), Event.CHARGE_STRAY, Event.CHARGE_REFUSED)
    for order in (by_a_person, sent_back, refused, town.order_in(State.UNPAID), voucher):
        with pytest.raises(NotAClosedStray, match=order.id):
            reopen(town, order)


# What a provider cannot send back.


@pytest.mark.parametrize(("provider", "is_refused"), [("mtn_momo", True), ("airtel_money", False), ("daraja", False)])
def test_a_second_payment_is_not_sent_back_by_the_name_of_the_first(
    town: Town, provider: str, is_refused: bool
) -> None:
    order = town.order_in(State.DONE)
    hold(town, order, a_receipt(), provider=provider)
    (stray,) = town.strays_of(order)
    if is_refused:
        with pytest.raises(WouldRefundAnother, match=f"{order.id}.*by hand"):
            decide(town, stray, Event.OPERATOR_REFUND)
    else:
        assert decide(town, stray, Event.OPERATOR_REFUND) is State.REFUNDING


def test_the_only_payment_that_came_to_a_charge_goes_back_by_its_name(town: Town) -> None:
    order = town.order_in(State.REVIEW_CHARGE)
    hold(town, order, a_receipt(), provider="mtn_momo")
    (stray,) = town.strays_of(order)
    assert decide(town, stray, Event.OPERATOR_REFUND) is State.REFUNDING


def test_a_second_payment_whose_credit_is_refused_goes_to_a_person_and_not_back_by_the_name_of_the_first(
    town: Town,
) -> None:
    order = town.order_in(State.DONE)
    hold(town, order, a_receipt(), provider="mtn_momo")
    (stray,) = town.strays_of(order)
    stray = town.after(stray, Event.OPERATOR_CREDIT, Event.CREDIT_SENT, Event.CREDIT_REFUSED)
    refund(town.house, town.owing(stray.id, Effect.REFUND))
    assert (town.now(stray).state, town.payments.calls) == (State.REVIEW_REFUND, [])
    assert order.id in town.detail(stray)["why"]
