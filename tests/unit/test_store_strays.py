"""What providers told that no order had a place for: shown to a person until one has looked."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine

from store import attempts, review, strays
from store.attempts import AttemptNotFound
from store.strays import NothingToAcknowledge, Stray, note_stray
from tests.unit.houses import Town, a_receipt, confirmed
from tests.unit.orders import TIMING, kes
from topup.life import Event, State
from topup.orders import Order
from topup.outcomes import Reason, Refused

CANCELLED = Refused(Reason.CANCELLED, "1032")
EXPIRED = Refused(Reason.NO_ANSWER, "1037")
UNAVAILABLE = Refused(Reason.PROVIDER, "2001")


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


def waiting(town: Town, *orders: Order) -> list[Stray]:
    """What waits to be acknowledged of these orders."""
    with town.engine.connect() as connection:
        return [found for found in strays.waiting(connection) if found.order_id in {order.id for order in orders}]


def acknowledge(town: Town, name: str, *, because: str = "the portal has it as paid") -> None:
    with town.engine.begin() as connection:
        strays.acknowledge(connection, name, because=because, by="Amina", now=town.clock())


def acknowledged(town: Town, reference: str) -> list[dict[str, str]]:
    """What is kept with an attempt of who has looked at what was told of it."""
    kept: Any = town.attempt(reference).attempt.facts["stray_seen"]
    return list(kept)


def close(town: Town, stray: Order) -> None:
    """A person has not found the money of this order on the statement."""
    with town.engine.begin() as connection:
        (seen,) = [found.seen for found in review.listed(connection) if found.order.id == stray.id]
        closing = {"event": Event.OPERATOR_CLOSE, "because": "not on the statement", "by": "Amina"}
        decision = review.Decision(order_id=stray.id, seen=seen, **closing)  # type: ignore[arg-type]
        review.decide(connection, decision, now=town.clock(), timing=TIMING)


def test_what_no_order_has_a_place_for_is_shown_until_a_person_has_looked_at_it(town: Town) -> None:
    order = town.order_in(State.DONE)
    town.settle(f"{order.id}-charge-1", CANCELLED)
    (told,) = waiting(town, order)
    assert (told.what, told.provider, told.receipt) == ("refused after it was confirmed: 1032", "daraja", None)
    acknowledge(town, told.name)
    assert waiting(town, order) == []
    (kept,) = acknowledged(town, f"{order.id}-charge-1")
    assert (kept["by"], kept["because"], kept["stray"]) == ("Amina", "the portal has it as paid", told.what)


def test_what_was_looked_at_does_not_come_again_but_something_else_does(town: Town) -> None:
    order = town.order_in(State.DONE)
    reference = f"{order.id}-charge-1"
    for outcome in (CANCELLED, EXPIRED, CANCELLED):
        town.settle(reference, outcome)
        for told in waiting(town, order):
            acknowledge(town, told.name)
    assert [kept["stray"][-4:] for kept in acknowledged(town, reference)] == ["1032", "1037"]


def test_what_was_told_since_a_person_looked_is_not_acknowledged_with_it(town: Town) -> None:
    order = town.order_in(State.DONE)
    town.settle(f"{order.id}-charge-1", CANCELLED)
    (seen,) = waiting(town, order)
    town.settle(f"{order.id}-charge-1", EXPIRED)
    acknowledge(town, seen.name)
    (since,) = waiting(town, order)
    assert since.what[-4:] == "1037"
    with pytest.raises(NothingToAcknowledge, match="look again"):
        acknowledge(town, seen.name)
    with pytest.raises(AttemptNotFound):
        acknowledge(town, "nobodys-charge-1/000000")
    assert waiting(town, order) == [since]


def test_everything_that_was_told_of_one_attempt_is_listed_under_a_name_of_its_own(town: Town) -> None:
    order = town.order_in(State.DONE)
    for outcome in (CANCELLED, EXPIRED, CANCELLED, UNAVAILABLE):
        town.settle(f"{order.id}-charge-1", outcome)
        town.clock.turn(seconds=1)
    told = waiting(town, order)
    assert [found.what[-4:] for found in told] == ["1032", "1037", "2001"]
    assert len({found.name for found in told}) == 3
    acknowledge(town, told[1].name)
    assert waiting(town, order) == [told[0], told[2]]
    town.settle(f"{order.id}-charge-1", EXPIRED)
    assert waiting(town, order) == [told[0], told[2]]


def keep_as_before(town: Town, reference: str, what: str, *, seen: bool = False) -> None:
    """Let an attempt have what was told of it as it was kept before there was a list: the newest alone."""
    told = {"stray": what, "stray_receipt": None}
    looked = {"stray_seen": [{**told, "by": "Amina", "because": "looked", "at": "2026-11-01T00:00:00+00:00"}]}
    with town.engine.begin() as connection:
        facts = {**told, **(looked if seen else {})}
        attempts.note(connection, reference, outcome="confirmed", now=town.clock(), facts=facts)


@pytest.mark.parametrize("seen", [False, True])
def test_what_was_kept_before_there_was_a_list_is_listed_beside_what_is_told_now(town: Town, seen: bool) -> None:
    order = town.order_in(State.DONE)
    reference = f"{order.id}-charge-1"
    keep_as_before(town, reference, "refused after it was confirmed: 1032", seen=seen)
    before = waiting(town, order)
    assert [found.what[-4:] for found in before] == ([] if seen else ["1032"])
    town.clock.turn(seconds=1)
    town.settle(reference, CANCELLED)
    assert waiting(town, order) == before
    town.settle(reference, EXPIRED)
    assert [found.what[-4:] for found in waiting(town, order)] == (["1037"] if seen else ["1032", "1037"])
    for found in waiting(town, order):
        acknowledge(town, found.name)
    assert waiting(town, order) == []


def test_of_two_that_are_told_at_once_neither_is_lost(town: Town) -> None:
    order = town.order_in(State.DONE)
    reference = f"{order.id}-charge-1"

    def told(what: str) -> None:
        with town.engine.begin() as connection:
            note_stray(connection, reference, what=what, receipt=None, now=town.clock())

    with ThreadPoolExecutor(1) as second:
        with town.engine.begin() as connection:
            note_stray(connection, reference, what="the first", receipt=None, now=town.clock())
            waits = second.submit(told, "the second")
            with pytest.raises(TimeoutError):
                waits.result(timeout=0.5)
        waits.result(timeout=10)
    assert [found.what for found in waiting(town, order)] == ["the first", "the second"]


@pytest.mark.parametrize("amount", [100, 60])
def test_money_that_is_held_apart_is_decided_and_need_not_be_acknowledged_too(town: Town, amount: int) -> None:
    order = town.order_in(State.DONE)
    assert town.settle(f"{order.id}-charge-1", confirmed(amount=kes(amount))).startswith("stray: ")
    (stray,) = town.strays_of(order)
    assert waiting(town, order, stray) == []
    close(town, stray)
    assert waiting(town, order, stray) == []


def test_money_that_is_told_again_after_a_person_did_not_find_it_is_shown_again(town: Town) -> None:
    order = town.order_in(State.DONE)
    reference, second = f"{order.id}-charge-1", confirmed(a_receipt(), amount=order.amount)
    town.settle(reference, second)
    (stray,) = town.strays_of(order)
    close(town, stray)
    town.settle(reference, second, evidence="enquiry")
    (told,) = waiting(town, order, stray)
    assert (told.order_id, told.what, told.receipt) == (
        stray.id,
        "told again after a person closed it",
        second.receipt,
    )
    acknowledge(town, told.name)
    assert waiting(town, order, stray) == []


def test_money_that_is_told_again_after_it_was_closed_a_second_time_is_shown_again(town: Town) -> None:
    order = town.order_in(State.DONE)
    reference, second = f"{order.id}-charge-1", confirmed(a_receipt(), amount=order.amount)
    town.settle(reference, second)
    (stray,) = town.strays_of(order)
    close(town, stray)
    town.settle(reference, second)
    acknowledge(town, waiting(town, stray)[0].name)
    with town.engine.begin() as connection:
        review.reopen(connection, stray.id, because="it came", by="Amina", now=town.clock(), timing=TIMING)
    town.settle(reference, second)
    assert waiting(town, stray) == []
    close(town, stray)
    for _ in range(2):
        town.settle(reference, second)
    assert [told.what for told in waiting(town, stray)] == ["told again after a person closed it 2 times"]
