"""Callbacks about a line that was credited. One that says it was not is believed after the provider was asked."""

import itertools

import pytest
from sqlalchemy import Engine

from tests.unit.callbacks import post, run
from tests.unit.houses import Town, confirmed
from topup.life import Event, State
from topup.orders import Order
from topup.outcomes import Accepted, Answer, Pending, Reason, Refused, Unknown
from topup.ports import Event as Told

FAILED = Refused(Reason.PROVIDER, "Failed")
_bodies = itertools.count(1)


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


@pytest.fixture
def order(town: Town) -> Order:
    """An order whose credit was accepted by the provider, which will tell the end later."""
    order = town.order_in(State.CREDITING)
    town.settle(f"{order.id}-credit-1", Accepted(f"AT_{order.id}"), evidence="reply")
    return order


def post_end(town: Town, order: Order, answer: Answer) -> int:
    """A callback that tells this end of the credit; the number under which it is kept."""
    body = f"end {next(_bodies)}".encode()
    town.credits.told_by[body] = Told(
        key=f"{order.id}-{body.decode()}", reference=None, provider_ref=f"AT_{order.id}", answer=answer
    )
    return post(town, provider="ucip", topic="airtime", body=body)


def concluded(town: Town, kept: int) -> str | None:
    """The verdict on a callback, however long it takes to find one."""
    while (verdict := run(town, kept)) is None:
        town.clock.now = town.owing(str(kept), "settle").due_at
    return verdict


@pytest.mark.parametrize("asked", [Pending("Sent"), Unknown("no answer")])
def test_a_credit_that_is_told_is_believed_at_once(town: Town, order: Order, asked: Answer) -> None:
    town.credits.asked = asked
    assert run(town, post_end(town, order, confirmed())) == "confirmed"
    assert town.now(order).state is State.CREDITED


def test_a_credit_that_is_told_again_has_had_its_turn_while_the_provider_is_silent(town: Town, order: Order) -> None:
    told = Told(key=f"once-{order.id}", reference=None, provider_ref=f"AT_{order.id}", answer=confirmed())
    town.credits.told_by[b"once"] = told
    verdicts = [run(town, post(town, provider="ucip", topic="airtime", body=b"once")) for _ in range(2)]
    assert verdicts == ["confirmed", "a repetition"]


def test_a_failure_that_is_told_first_does_not_undo_what_the_provider_confirms(town: Town, order: Order) -> None:
    town.credits.asked = confirmed("AT receipt")
    assert run(town, post_end(town, order, FAILED)) == "confirmed"
    assert run(town, post_end(town, order, confirmed("AT receipt"))) == "repeated"
    assert town.now(order).state is State.CREDITED


def test_a_failure_that_the_provider_does_not_confirm_yet_waits(town: Town, order: Order) -> None:
    town.credits.asked = Pending("Sent")
    assert run(town, post_end(town, order, FAILED)) is None
    assert town.now(order).state is State.CREDITING


def test_a_failure_that_the_provider_confirms_gives_the_money_back(town: Town, order: Order) -> None:
    town.credits.asked = FAILED
    assert run(town, post_end(town, order, FAILED)) == "refused: provider"
    assert town.now(order).state is State.REFUNDING


@pytest.mark.parametrize("asked", [Pending("Sent"), Unknown("no answer")])
def test_a_failure_that_the_provider_never_confirms_is_left_to_the_enquiries(
    town: Town, order: Order, asked: Answer
) -> None:
    town.credits.asked = asked
    verdict = concluded(town, post_end(town, order, FAILED))
    assert verdict == "not believed: the provider does not confirm that it came to nothing"
    assert town.now(order).state is State.CREDITING


DENIED = "the callback says it was done, the provider says Failed"


def test_a_credit_that_is_told_and_that_the_provider_denies_is_for_a_person(town: Town, order: Order) -> None:
    town.credits.asked = FAILED
    assert run(town, post_end(town, order, confirmed())) == f"differs: {DENIED}"
    assert town.now(order).state is State.REVIEW_CREDIT


def test_that_it_failed_once_more_does_not_send_money_back_that_a_person_looks_at(town: Town, order: Order) -> None:
    town.credits.asked = FAILED
    run(town, post_end(town, order, confirmed()))
    assert run(town, post_end(town, order, FAILED)) == "left to the person who looks: Failed"
    assert town.now(order).state is State.REVIEW_CREDIT


def test_a_contradiction_stops_what_a_person_has_just_let_be_sent_again(town: Town, order: Order) -> None:
    town.after(order, Event.GAVE_UP, Event.OPERATOR_CREDIT)
    town.credits.asked = FAILED
    assert run(town, post_end(town, order, confirmed())) == f"differs: {DENIED}"
    assert town.now(order).state is State.REVIEW_CREDIT


def test_a_contradiction_does_not_end_what_was_credited(town: Town, order: Order) -> None:
    run(town, post_end(town, order, confirmed()))
    town.credits.asked = FAILED
    assert run(town, post_end(town, order, confirmed())) == f"stray: {DENIED}"
    assert town.now(order).state is State.CREDITED
