"""Whoever has paid, and whose line has nothing after a minute, is told once that their money is safe."""

import re
from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, event

from store import messages, outbox, subscribers
from tests.unit.houses import Town, confirmed
from tests.unit.orders import PAYER, STRANGER
from topup.kinds import Kind
from topup.life import Effect, Event, State
from topup.orders import Order
from topup.outcomes import NotSent, Reason, Refused
from workers.credit import credit
from workers.send import send
from workers.tell import tell
from workers.waiting import tell_waiting

PAID = "KES 100 is paid and safe. Topping up your line takes longer than usual. Please wait: we will send you an SMS. "
LOADING = "Loading your voucher ...012 takes longer than usual. Please keep it and wait: we will send you an SMS. "


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    """A town in which everybody was told who waits since another test."""
    later = Town(shared_engine)
    later.clock.turn(days=9)
    tell_waiting(later.house)
    with shared_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET done_at = now() WHERE done_at IS NULL")
    return Town(shared_engine)


def help_for(order: Order) -> str:
    return f"Help: call 100, ref {order.id[:8].upper()}."


def letters(town: Town, order: Order) -> list[tuple[str, str]]:
    """To whom the order was said to wait, and how the message stands."""
    found = "SELECT msisdn, status FROM messages WHERE order_id = %s AND purpose = 'tell_waiting'"
    with town.engine.connect() as connection:
        return [(row.msisdn, row.status) for row in connection.exec_driver_sql(found, (order.id,))]


def sendings(town: Town) -> list[outbox.Owing]:
    """Every message that is owed."""
    with town.engine.connect() as connection:
        ids = connection.exec_driver_sql("SELECT subject FROM outbox WHERE effect = 'send' AND done_at IS NULL")
        return [town.owing(subject, outbox.SEND) for subject in ids.scalars()]


def sent(town: Town) -> list[tuple[str, str]]:
    """Let everything go out that is owed; all that has gone out by now."""
    for owing in sendings(town):
        send(town.house, owing)
    return town.sms.sent


def told_after(town: Town, **by: float) -> list[tuple[str, str]]:
    """Everything that has gone out when so much time has passed and the round was made."""
    town.clock.turn(**by)
    tell_waiting(town.house)
    return sent(town)


# When, and what.


@pytest.mark.parametrize("state", [State.PAID, State.CREDITING])
def test_who_has_paid_and_has_no_credit_after_a_minute_is_told_once(town: Town, state: State) -> None:
    order = town.order_in(state)
    assert told_after(town, seconds=59) == []
    told = [(town.owner, PAID + help_for(order))]
    assert told_after(town, seconds=2) == told
    town.clock.turn(hours=1)
    assert tell_waiting(town.house) == 0
    assert (sent(town), letters(town, order)) == (told, [(town.owner, messages.HANDED)])


@pytest.mark.parametrize("state", [State.UNREDEEMED, State.REDEEMING])
def test_who_sent_a_voucher_is_told_of_that_and_of_no_money(town: Town, state: State) -> None:
    order = town.order_in(state)
    assert told_after(town, seconds=59) == []
    assert told_after(town, seconds=2) == [(town.owner, LOADING + help_for(order))]


@pytest.mark.parametrize("state", [State.PAID, State.REDEEMING])
def test_who_did_it_for_another_is_told_for_whom_and_nobody_else_is(town: Town, state: State) -> None:
    town.order_in(state, asked_by=STRANGER, payer=PAYER, line="+254711000009")
    ((to, text),) = told_after(town, minutes=2)
    assert to == STRANGER
    assert re.search(r"(Topping up|on) 0711000009 takes longer", text)


def test_who_asked_is_told_and_not_who_was_asked_to_pay(town: Town) -> None:
    asked = town.order_in(State.ASKED, kind=Kind.ASK, payer=PAYER)
    town.after(asked, Event.ASK_ACCEPTED, Event.CHARGE_SENT, Event.CHARGE_CONFIRMED)
    assert [to for to, _ in told_after(town, minutes=2)] == [town.owner]


def test_it_is_the_payment_that_counts_and_not_when_the_credit_was_tried_last(town: Town) -> None:
    order = town.order_in(State.CREDITING)
    town.clock.turn(seconds=50)
    town.after(order, Event.CREDIT_NOT_SENT, Event.CREDIT_SENT)
    assert len(told_after(town, seconds=20)) == 1


def test_it_is_the_payment_that_counts_and_not_the_order(town: Town) -> None:
    charging = town.order_in(State.CHARGING)
    town.clock.turn(minutes=3)
    town.after(charging, Event.CHARGE_CONFIRMED)
    assert told_after(town, seconds=50) == []
    assert len(told_after(town, seconds=20)) == 1


def test_it_keeps_to_the_schedule_of_the_installation(town: Town) -> None:
    town.order_in(State.PAID)
    town.clock.turn(seconds=4)
    quick = replace(town.house, timing=replace(town.house.timing, scale=0.05))
    assert tell_waiting(town.house) == 0
    assert tell_waiting(quick) == 1


def test_a_person_is_told_in_their_language_and_although_they_said_stop(town: Town) -> None:
    town.order_in(State.PAID)
    with town.engine.begin() as connection:
        subscribers.choose_language(connection, town.owner, language="sw", now=town.clock.now)
        subscribers.stop(connection, town.owner, now=town.clock.now)
    ((_, text),) = told_after(town, minutes=2)
    assert text.startswith("KES 100 zimelipwa na ziko salama.")


def test_a_top_up_that_waits_behind_the_lost_answer_of_a_voucher_is_told_too(town: Town) -> None:
    before = town.order_in(State.REDEEMING)
    order = town.order_in(State.PAID)
    credit(town.house, town.owing(order.id, Effect.CREDIT))
    assert town.credits.calls == []
    assert {text for _, text in told_after(town, minutes=2)} == {LOADING + help_for(before), PAID + help_for(order)}


# To whom nothing is said.

WAITS = {State.PAID, State.CREDITING, State.UNREDEEMED, State.REDEEMING}


@pytest.mark.parametrize("state", [state for state in State if state not in WAITS])
def test_an_order_that_does_not_wait_for_its_credit_is_not_told(town: Town, state: State) -> None:
    town.order_in(state)
    town.clock.turn(hours=2)
    assert tell_waiting(town.house) == 0


@pytest.mark.parametrize(
    ("state", "events"),
    [
        (State.CHARGING, (Event.CHARGE_DIFFERS, Event.CHARGE_CONFIRMED)),
        (State.REVIEW_CHARGE, (Event.OPERATOR_CREDIT,)),
        (State.REVIEW_CREDIT, (Event.OPERATOR_CREDIT, Event.CREDIT_SENT)),
        (State.REVIEW_REFUND, (Event.OPERATOR_CREDIT,)),
        (State.REVIEW_VOUCHER, (Event.OPERATOR_CREDIT, Event.REDEEM_SENT)),
        (State.PAID, (Event.OPERATOR_HOLD, Event.OPERATOR_CREDIT)),
    ],
)
def test_who_was_told_that_a_person_looks_at_it_is_not_told_to_wait(
    town: Town, state: State, events: tuple[Event, ...]
) -> None:
    order = town.after(town.order_in(state), *events)
    assert order.state in WAITS
    town.clock.turn(hours=2)
    assert tell_waiting(town.house) == 0


# What is true no more when it goes out.


def test_what_waits_for_the_gateway_is_not_sent_once_the_order_has_ended(town: Town) -> None:
    order = town.order_in(State.CREDITING)
    town.sms.answer = NotSent("no connection")
    assert len(told_after(town, minutes=2)) == 1  # It was tried.
    town.settle(f"{order.id}-credit-1", confirmed())
    town.after(town.now(order), Event.LINE_SEEN)
    town.sms.sent.clear()
    assert told_after(town, minutes=2) == []
    assert letters(town, order) == [(town.owner, messages.FAILED)]


@pytest.mark.parametrize(
    "events",
    [
        (Event.GAVE_UP,),
        (Event.GAVE_UP, Event.OPERATOR_CREDIT),
        (Event.CREDIT_REFUSED,),
        (Event.CREDIT_REFUSED, Event.REFUND_SENT, Event.REFUND_CONFIRMED),
        (Event.CREDIT_CONFIRMED,),
    ],
)
def test_what_was_written_is_not_sent_once_the_order_has_gone_on(town: Town, events: tuple[Event, ...]) -> None:
    order = town.order_in(State.CREDITING)
    town.clock.turn(minutes=2)
    assert tell_waiting(town.house) == 1
    town.after(order, *events)
    assert sent(town) == []
    assert letters(town, order) == [(town.owner, messages.FAILED)]


def test_the_end_is_told_all_the_same(town: Town) -> None:
    order = town.order_in(State.CREDITING)
    told_after(town, minutes=2)
    town.settle(f"{order.id}-credit-1", Refused(Reason.LIMIT, "123"))
    order = town.after(town.now(order), Event.REFUND_SENT, Event.REFUND_CONFIRMED)
    tell(town.house, town.owing(order.id, Effect.TELL_REFUNDED))
    assert [text.partition(".")[0] for _, text in town.sms.sent] == [
        "KES 100 is paid and safe",
        "Sorry, we could not top up your line",
    ]


def test_it_counts_for_no_end(town: Town) -> None:
    order = town.order_in(State.PAID)
    told_after(town, minutes=2)
    with town.engine.connect() as connection:
        assert messages.last_told(connection, order_id=order.id, msisdn=town.owner) is None


# Many, and several clocks.


def test_however_many_wait_all_are_told_in_one_round(town: Town) -> None:
    for _ in range(60):
        town.order_in(State.PAID)
    town.clock.turn(minutes=2)
    assert tell_waiting(town.house) == 60
    assert len(sent(town)) == 60


def test_two_clocks_tell_once(town: Town) -> None:
    orders = [town.order_in(State.PAID) for _ in range(20)]
    town.clock.turn(minutes=2)
    both = Barrier(2)

    def make_a_round() -> None:
        both.wait()
        tell_waiting(town.house)

    clocks = [Thread(target=make_a_round) for _ in range(2)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()
    assert [letters(town, order) for order in orders] == [[(town.owner, messages.WRITTEN)]] * 20
    assert len(sent(town)) == 20


def test_an_order_that_is_just_being_moved_on_is_left_alone_and_waited_for_by_nobody(town: Town) -> None:
    order = town.order_in(State.CREDITING)
    town.clock.turn(minutes=2)
    with town.engine.begin() as connection:
        connection.exec_driver_sql("SELECT FROM orders WHERE id = %s FOR UPDATE", (order.id,))
        assert tell_waiting(town.house) == 0
    assert tell_waiting(town.house) == 1


def test_the_open_orders_are_looked_through_and_not_all_that_ever_were(town: Town) -> None:
    asked: list[tuple[str, Any]] = []

    def keep(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        asked.append((statement, parameters))

    event.listen(town.engine, "before_cursor_execute", keep)
    tell_waiting(town.house)
    event.remove(town.engine, "before_cursor_execute", keep)
    ((statement, parameters),) = asked
    with town.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # A test has so few orders that it would be best.
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())
    assert "orders_by_open_state" in plan
    assert "Seq Scan" not in plan
    assert "Join" not in plan
