"""Lending, and repaying: what the credit workers do for an advance, and for a line that owes one."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from store import ledger, movements, review
from store.holding import hold
from tests.unit.books import move, order_now
from tests.unit.houses import ACTIVE, Town, confirmed
from tests.unit.lending import debt_of, lent_in, promised_in
from tests.unit.orders import STRANGER, TIMING, kes
from topup.life import Effect, Event, State
from topup.line import Line, LineState
from topup.orders import Order
from topup.outcomes import NotSent, Reason, Refused, Unknown
from workers.credit import credit, lend
from workers.enquire import enquire
from workers.look import look
from workers.tell import tell

DOWN = NotSent("the charging system is down")
REFUSED = Refused(Reason.BARRED, "103")


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    town = Town(shared_engine)
    town.credits.sent = confirmed()
    return town


def balances(town: Town, order: Order) -> dict[str, int]:
    found: dict[str, int] = {}
    with town.engine.connect() as connection:
        for row in connection.exec_driver_sql("SELECT * FROM transfers WHERE order_id = %s", (order.id,)):
            found[row.target] = found.get(row.target, 0) + row.amount_minor
            found[row.source] = found.get(row.source, 0) - row.amount_minor
    return {account: minor for account, minor in found.items() if minor}


def faults_of(town: Town, *orders: Order) -> list[ledger.Fault]:
    with town.engine.connect() as connection:
        return [fault for fault in ledger.check(connection) if fault.order_id in {order.id for order in orders}]


def run_credit(town: Town, order: Order) -> Order:
    credit(town.house, town.owing(order.id, Effect.CREDIT))
    return town.now(order)


def told(town: Town, order: Order) -> list[str]:
    """What people read of the order's end, once its line was looked at."""
    if town.now(order).state is State.CREDITED:
        look(town.house, town.owing(order.id, Effect.LOOK))
    (owing,) = [owing for owing in town.owed(order.id) if owing.effect.startswith("tell")]
    before = len(town.sms.sent)
    tell(town.house, owing)
    return [text for _, text in town.sms.sent[before:]]


# Lending.


def test_an_advance_is_put_on_the_line_and_owed_with_its_fee(town: Town) -> None:
    order = promised_in(town.engine, town.owner)
    lend(town.house, town.owing(order.id, Effect.LEND))
    assert town.now(order).state is State.CREDITED
    assert town.attempt(f"{order.id}-lend-1").attempt.amount == kes(50)
    assert balances(town, order) == {"float:ucip": -5000, "advances": 5500, "fees": -500}
    assert debt_of(town.engine, town.owner) == kes(55)
    assert told(town, order) == ["Your advance of KES 50 was added. Your next top-up repays KES 55. Balance KES 50.00."]
    assert faults_of(town, order) == []


def test_an_advance_that_runs_twice_is_lent_once(town: Town) -> None:
    order = promised_in(town.engine, town.owner)
    owing = town.owing(order.id, Effect.LEND)
    lend(town.house, owing)
    lend(town.house, owing)
    assert town.credits.calls == [("credit", f"{order.id}-lend-1")]


def test_an_advance_that_is_refused_is_owed_by_nobody(town: Town) -> None:
    order = promised_in(town.engine, town.owner)
    town.credits.sent = REFUSED
    lend(town.house, town.owing(order.id, Effect.LEND))
    assert (town.now(order).state, debt_of(town.engine, town.owner)) == (State.UNPAID, kes(0))
    assert told(town, order) == [
        "Sorry, your advance of KES 50 could not be added. You owe nothing for it. Dial *384*55# to try again."
    ]


def test_an_advance_whose_answer_is_lost_is_asked_about_and_never_lent_twice(town: Town) -> None:
    order = promised_in(town.engine, town.owner)
    town.credits.sent = Unknown("the reply was lost")
    lend(town.house, town.owing(order.id, Effect.LEND))
    assert (town.now(order).state, debt_of(town.engine, town.owner)) == (State.LENDING, kes(0))
    town.credits.asked = confirmed()
    enquire(town.house, town.owing(order.id, Effect.ENQUIRE))
    assert town.credits.calls == [("credit", f"{order.id}-lend-1"), ("ask credit", f"{order.id}-lend-1")]
    assert (town.now(order).state, debt_of(town.engine, town.owner)) == (State.CREDITED, kes(55))


def test_an_advance_that_cannot_be_sent_ends_in_the_end(town: Town) -> None:
    order = promised_in(town.engine, town.owner)
    town.credits.sent = DOWN
    while town.now(order).state is State.PROMISED:
        lend(town.house, town.owing(order.id, Effect.LEND))
    assert (town.now(order).state, debt_of(town.engine, town.owner)) == (State.UNPAID, kes(0))


@pytest.mark.parametrize(
    ("decision", "state", "owed"),
    [
        (Event.OPERATOR_CLOSE, State.CREDITED, kes(55)),
        (Event.OPERATOR_CREDIT, State.PROMISED, kes(0)),
        (Event.OPERATOR_DROP, State.UNPAID, kes(0)),
    ],
)
def test_what_a_person_decides_of_an_advance(town: Town, decision: Event, state: State, owed: object) -> None:
    order = town.after(promised_in(town.engine, town.owner), Event.LEND_SENT, Event.GAVE_UP, decision)
    assert (order.state, debt_of(town.engine, town.owner)) == (state, owed)
    assert faults_of(town, order) == []


@pytest.mark.parametrize("was_sent", [False, True])
def test_an_advance_that_a_backup_has_under_way_is_held_and_is_not_lent_again_by_itself(
    town: Town, was_sent: bool
) -> None:
    order = promised_in(town.engine, town.owner)
    (to_lend,) = [owing for owing in town.owed(order.id) if owing.effect == "lend"]
    if was_sent:
        town.credits.sent = Unknown("the reply was lost")
        lend(town.house, to_lend)
    with town.engine.begin() as connection:
        hold(connection, order.id, because="restored", by="Amina", now=town.clock(), timing=TIMING)
        (kept,) = [found.attempts for found in review.listed(connection) if found.order.id == order.id]
    assert town.now(order).state is State.REVIEW_ADVANCE
    references = {attempt["reference"] for attempt in kept}
    assert references == {f"{order.id}-lend-{number}" for number in range(1, 2 + was_sent)}
    called = len(town.credits.calls)
    lend(town.house, to_lend)
    assert len(town.credits.calls) == called


def test_an_advance_waits_while_a_credit_is_on_its_way_to_the_line(town: Town) -> None:
    town.order_in(State.CREDITING)
    order = promised_in(town.engine, town.owner)
    lend(town.house, town.owing(order.id, Effect.LEND))
    assert (town.now(order).state, town.credits.calls) == (State.PROMISED, [])


# Repaying.


def test_a_top_up_repays_first_and_puts_the_rest_on_the_line(town: Town) -> None:
    lent_in(town.engine, town.owner)
    order = town.order_in(State.PAID)
    assert run_credit(town, order).state is State.CREDITED
    assert town.attempt(f"{order.id}-credit-1").attempt.amount == kes(45)
    assert balances(town, order) == {"clearing:daraja": 10_000, "float:ucip": -4500, "advances": -5500}
    assert debt_of(town.engine, town.owner) == kes(0)
    assert told(town, order) == [
        "KES 100 received, KES 55 of it repaid your advance. Your line is back. Balance KES 50.00."
    ]
    assert faults_of(town, order) == []


def test_a_rest_that_is_not_sold_is_made_up_and_the_debt_repaid_in_part(town: Town) -> None:
    lent_in(town.engine, town.owner)
    order = town.order_in(State.PAID, amount=kes(60))
    run_credit(town, order)
    assert town.attempt(f"{order.id}-credit-1").attempt.amount == kes(10)
    assert debt_of(town.engine, town.owner) == kes(5)


def test_a_top_up_that_the_debt_takes_whole_ends_without_a_call(town: Town) -> None:
    lent_in(town.engine, town.owner)
    order = town.order_in(State.PAID, amount=kes(50))
    assert run_credit(town, order).state is State.DONE
    assert town.credits.calls == []
    assert balances(town, order) == {"clearing:daraja": 5000, "advances": -5000}
    assert debt_of(town.engine, town.owner) == kes(5)
    assert told(town, order) == ["KES 50 received and all of it repaid your advance. You still owe KES 5."]
    assert faults_of(town, order) == []


def test_the_last_of_a_debt_is_said_to_be_the_last(town: Town) -> None:
    lent_in(town.engine, town.owner)
    order = town.order_in(State.PAID, amount=kes(55))
    run_credit(town, order)
    assert told(town, order) == ["KES 55 received and all of it repaid your advance. You owe nothing more."]


def test_a_credit_that_is_refused_repays_nothing_and_all_of_it_goes_back(town: Town) -> None:
    lent_in(town.engine, town.owner)
    order = town.order_in(State.PAID)
    town.credits.sent = REFUSED
    assert run_credit(town, order).state is State.REFUNDING
    assert balances(town, order) == {"clearing:daraja": 10_000, "refunds_payable": -10_000}
    assert debt_of(town.engine, town.owner) == kes(55)


def test_a_credit_that_is_tried_again_decides_again(town: Town) -> None:
    order = town.order_in(State.PAID)
    town.credits.sent = DOWN
    run_credit(town, order)
    lent_in(town.engine, town.owner)
    town.credits.sent = confirmed()
    run_credit(town, order)
    assert [town.attempt(f"{order.id}-credit-{number}").attempt.amount for number in (1, 2)] == [kes(100), kes(45)]
    assert faults_of(town, order) == []


def test_what_a_lost_credit_may_have_repaid_no_other_repays(town: Town) -> None:
    lent_in(town.engine, town.owner)
    lost, other = town.order_in(State.PAID), town.order_in(State.PAID)
    town.credits.sent = Unknown("the reply was lost")
    run_credit(town, lost)
    town.after(town.now(lost), Event.GAVE_UP)
    town.credits.sent = confirmed()
    run_credit(town, other)
    assert town.attempt(f"{other.id}-credit-1").attempt.amount == kes(100)
    town.settle(f"{lost.id}-credit-1", confirmed())
    assert debt_of(town.engine, town.owner) == kes(0)
    assert faults_of(town, lost, other) == []


def test_what_a_lost_credit_did_not_repay_the_next_top_up_does(town: Town) -> None:
    lent_in(town.engine, town.owner)
    lost = town.order_in(State.PAID)
    town.credits.sent = Unknown("the reply was lost")
    run_credit(town, lost)
    town.after(town.now(lost), Event.GAVE_UP, Event.OPERATOR_REFUND)
    town.credits.sent = confirmed()
    run_credit(town, town.order_in(State.PAID))
    assert debt_of(town.engine, town.owner) == kes(0)


def test_a_person_who_finds_that_a_credit_landed_books_what_it_repaid(town: Town) -> None:
    lent_in(town.engine, town.owner)
    order = town.order_in(State.PAID)
    town.credits.sent = Unknown("the reply was lost")
    run_credit(town, order)
    town.after(town.now(order), Event.GAVE_UP, Event.OPERATOR_CLOSE)
    assert balances(town, order) == {"clearing:daraja": 10_000, "float:ucip": -4500, "advances": -5500}
    assert faults_of(town, order) == []


def test_two_top_ups_at_once_repay_one_debt_once(town: Town) -> None:
    lent_in(town.engine, town.owner)
    orders = [town.order_in(State.PAID), town.order_in(State.PAID)]
    begin = threading.Barrier(2)

    def run(order: Order) -> None:
        owing = town.owing(order.id, Effect.CREDIT)
        begin.wait(timeout=10)
        credit(town.house, owing)

    threads = [threading.Thread(target=run, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    for order in orders:
        if order_now(town.engine, order).state is State.PAID:
            credit(town.house, town.owing(order.id, Effect.CREDIT))
    amounts = sorted(town.attempt(f"{order.id}-credit-1").attempt.amount for order in orders)
    assert amounts == [kes(45), kes(100)]
    assert debt_of(town.engine, town.owner) == kes(0)
    assert faults_of(town, *orders) == []


# Who is told what.


def test_somebody_elses_top_up_repays_too_and_only_the_owner_hears_of_it(town: Town) -> None:
    lent_in(town.engine, town.owner)
    order = town.order_in(State.PAID, asked_by=STRANGER, payer=STRANGER)
    run_credit(town, order)
    assert told(town, order) == [f"KES 100 was received for 0{town.owner[4:]}. Thank you."]
    assert written_to_owner(town, order) == [
        "0711000003 topped up your line with KES 100, KES 55 of it repaid your advance. Balance KES 50.00."
    ]


def test_the_owner_hears_of_a_strangers_top_up_that_the_debt_took_whole(town: Town) -> None:
    lent_in(town.engine, town.owner)
    order = town.order_in(State.PAID, asked_by=STRANGER, payer=STRANGER, amount=kes(50))
    run_credit(town, order)
    assert told(town, order) == [f"KES 50 was received for 0{town.owner[4:]}. Thank you."]
    assert written_to_owner(town, order) == [
        "0711000003 topped up your line with KES 50, KES 50 of it repaid your advance."
    ]


def test_a_line_that_still_owes_is_told_what_was_repaid_and_what_it_owes(town: Town) -> None:
    lent_in(town.engine, town.owner)
    order = town.order_in(State.PAID)
    run_credit(town, order)
    town.lines.line = Line(LineState.SUSPENDED, kes(-20))
    while town.now(order).state is State.CREDITED:
        look(town.house, town.owing(order.id, Effect.LOOK))
    assert told(town, order) == [
        "KES 100 received, KES 55 of it repaid your advance. Your line still owes KES 20.00 and stays suspended. "
        "Dial *384*55# to top up."
    ]


def test_a_line_that_was_not_seen_is_not_said_to_be_back(town: Town) -> None:
    lent_in(town.engine, town.owner)
    order = town.order_in(State.PAID)
    run_credit(town, order)
    town.lines.line = Line(LineState.UNKNOWN)
    while town.now(order).state is State.CREDITED:
        look(town.house, town.owing(order.id, Effect.LOOK))
    town.lines.line = ACTIVE
    assert told(town, order) == ["KES 100 received, KES 55 of it repaid your advance. Dial *384*55# for your balance."]


def test_an_advance_of_which_nobody_knows_is_said_to_be_checked(town: Town) -> None:
    order = town.after(promised_in(town.engine, town.owner), Event.LEND_SENT, Event.GAVE_UP)
    assert told(town, order) == [
        "We are checking your advance of KES 50. You only owe it if your line got it. We will send you an SMS. "
        f"Help: call 100, ref {order.id[:8].upper()}."
    ]


def written_to_owner(town: Town, order: Order) -> list[str]:
    with town.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT text FROM messages WHERE order_id = %s AND purpose = 'tell_owner'", (order.id,)
        )
        return [row.text for row in found]


# Reconciling.


def test_an_advance_and_what_is_left_of_a_top_up_are_refills_to_the_operator(town: Town) -> None:
    advance = promised_in(town.engine, town.owner)
    lend(town.house, town.owing(advance.id, Effect.LEND))
    order = town.order_in(State.PAID)
    run_credit(town, order)
    day = timedelta(days=1)
    wanted = movements.Wanted(since=town.clock() - day, until=town.clock() + day)
    with town.engine.connect() as connection:
        ours = movements.with_credit_provider(connection, "ucip", wanted=wanted)
    found = {entry.names[0]: entry.amount for entry in ours if town.owner in entry.about}
    assert found == {f"{advance.id}-lend-1": kes(50), f"{order.id}-credit-1": kes(45)}


# The check of the ledger.


def test_a_line_that_has_repaid_too_much_is_a_fault(town: Town) -> None:
    order = town.order_in(State.PAID)
    with town.engine.begin() as connection:
        move(connection, order, Event.REPAID)
    assert [fault.what for fault in faults_of(town, order)] == [
        "its line has repaid 10000 KES of advances too much",
    ]


def test_a_credit_that_was_asked_to_move_something_else_is_a_fault(town: Town) -> None:
    order = town.order_in(State.PAID)
    run_credit(town, order)
    with town.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE attempts SET amount_minor = 9000 WHERE order_id = %s AND purpose = 'credit'", (order.id,)
        )
    assert [fault.what for fault in faults_of(town, order)] == ["9000 were asked for, not 10000"]
