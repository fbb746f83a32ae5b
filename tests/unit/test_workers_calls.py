"""The workers that call providers: committed before the call, called once, safe to run twice."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from store import outbox
from store.outbox import Owing
from tests.unit.books import move
from tests.unit.houses import ACTIVE, Town, confirmed
from tests.unit.orders import kes
from topup.life import Effect, Event, State
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money
from topup.outcomes import Accepted, NotSent, Pending, Reason, Refused, Unknown
from topup.ports import ANOTHER_MAY_LAND
from topup.schedule import CHARGE_WITHIN_S
from workers.alert import alert
from workers.charge import charge
from workers.credit import credit
from workers.enquire import enquire
from workers.house import House
from workers.look import look
from workers.refund import refund

Work = Callable[[House, Owing], None]


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


def run(town: Town, work: Work, subject: str, effect: Effect) -> None:
    work(town.house, town.owing(subject, effect))


# charge


def test_a_charge_is_committed_before_it_is_sent(town: Town) -> None:
    order = town.order_in(State.CREATED)
    states: list[State] = []
    sends = town.payments.charge

    def charge_and_look(attempt: object) -> object:
        states.append(town.now(order).state)
        return sends(attempt)  # type: ignore[arg-type]

    town.payments.charge = charge_and_look  # type: ignore[method-assign,assignment]
    run(town, charge, order.id, Effect.CHARGE)
    assert states == [State.CHARGING]
    assert town.payments.calls == [("charge", f"{order.id}-charge-1")]
    assert town.attempt(f"{order.id}-charge-1").attempt.provider_ref == "ws_CO_1"
    assert [owing.effect for owing in town.owed(order.id)] == ["enquire"]


def test_a_charge_that_runs_twice_is_sent_once(town: Town) -> None:
    order = town.order_in(State.CREATED)
    owing = town.owing(order.id, Effect.CHARGE)
    for _ in range(3):
        charge(town.house, owing)
    assert len(town.payments.calls) == 1


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        (Accepted("x"), State.CHARGING),
        (Unknown("timeout"), State.CHARGING),
        (NotSent("no connection"), State.CREATED),
        (Refused(Reason.PROVIDER, "500"), State.UNPAID),
    ],
)
def test_what_a_charge_leads_to(town: Town, sent: Accepted | Unknown | NotSent | Refused, state: State) -> None:
    order = town.order_in(State.CREATED)
    town.payments.sent = sent
    run(town, charge, order.id, Effect.CHARGE)
    assert town.now(order).state is state


def test_a_prompt_that_would_come_as_a_surprise_is_not_sent(town: Town) -> None:
    order = town.order_in(State.CREATED)
    town.clock.turn(seconds=CHARGE_WITHIN_S + 1)
    run(town, charge, order.id, Effect.CHARGE)
    assert town.payments.calls == []
    assert town.now(order).state is State.UNPAID
    assert [owing.effect for owing in town.owed(order.id)] == ["tell_declined"]


def test_an_order_that_has_moved_on_is_not_charged(town: Town) -> None:
    order = town.order_in(State.CREATED)
    with town.engine.begin() as connection:
        move(connection, order, Event.CHARGE_SENT, Event.CHARGE_CONFIRMED)
    run(town, charge, order.id, Effect.CHARGE)
    assert town.payments.calls == []
    assert [owing.effect for owing in town.owed(order.id)] == ["credit"]


# credit


def test_a_credit_keeps_what_was_known_before_it_and_is_sent_once(town: Town) -> None:
    order = town.order_in(State.PAID)
    town.credits.before = {"balance_before_minor": -5000}
    town.credits.sent = confirmed()
    owing = town.owing(order.id, Effect.CREDIT)
    for _ in range(3):
        credit(town.house, owing)
    assert town.credits.calls == [("credit", f"{order.id}-credit-1")]
    assert town.attempt(f"{order.id}-credit-1").attempt.facts["balance_before_minor"] == -5000
    assert town.now(order).state is State.CREDITED
    assert [owing.effect for owing in town.owed(order.id)] == ["look"]


def test_two_credits_to_one_line_go_one_after_the_other(town: Town) -> None:
    first, second = town.order_in(State.PAID), town.order_in(State.PAID)
    town.credits.sent = Unknown("timeout")
    run(town, credit, first.id, Effect.CREDIT)
    run(town, credit, second.id, Effect.CREDIT)
    assert town.now(second).state is State.PAID
    assert len(town.credits.calls) == 1
    waiting = town.owing(second.id, Effect.CREDIT)
    assert waiting.tried == 0
    assert waiting.due_at > town.clock.now
    town.settle(f"{first.id}-credit-1", confirmed())
    run(town, credit, second.id, Effect.CREDIT)
    assert town.credits.calls[-1] == ("credit", f"{second.id}-credit-1")


def test_the_balance_is_not_even_read_while_another_credit_is_on_its_way(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, other = town.order_in(State.PAID), town.order_in(State.CREDITING)

    def the_other_lands_after_the_balance_was_read(attempt: object) -> object:
        town.after(other, Event.CREDIT_CONFIRMED)
        return {}

    monkeypatch.setattr(town.credits, "before_credit", the_other_lands_after_the_balance_was_read)
    run(town, credit, order.id, Effect.CREDIT)
    assert town.credits.calls == []
    assert town.now(other).state is State.CREDITING
    assert town.owing(order.id, Effect.CREDIT).due_at > town.clock.now


def test_a_credit_that_came_between_makes_what_was_read_before_worthless(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, other = town.order_in(State.PAID), town.order_in(State.PAID)
    reads = town.credits.before_credit

    def another_is_credited_meanwhile(attempt: object) -> object:
        town.after(other, Event.CREDIT_SENT, Event.CREDIT_CONFIRMED)
        return reads(attempt)  # type: ignore[arg-type]

    monkeypatch.setattr(town.credits, "before_credit", another_is_credited_meanwhile)
    run(town, credit, order.id, Effect.CREDIT)
    assert town.credits.calls == []
    assert town.now(order).state is State.PAID
    monkeypatch.undo()
    run(town, credit, order.id, Effect.CREDIT)
    assert town.credits.calls == [("credit", f"{order.id}-credit-1")]


def test_beside_a_credit_that_a_person_has_yet_to_decide_the_balance_is_said_to_prove_nothing(town: Town) -> None:
    town.order_in(State.REVIEW_CREDIT)
    order = town.order_in(State.PAID)
    town.credits.sent = Unknown("timeout")
    run(town, credit, order.id, Effect.CREDIT)
    assert town.attempt(f"{order.id}-credit-1").attempt.facts[ANOTHER_MAY_LAND] is True


def test_a_line_that_cannot_be_read_before_waits_and_in_the_end_the_money_goes_back(town: Town) -> None:
    order = town.order_in(State.PAID)
    town.credits.before = NotSent("the line cannot be read")
    tries = 0
    while town.now(order).state is State.PAID:
        owing = town.owing(order.id, Effect.CREDIT)
        assert owing.tried == tries
        tries += 1
        assert tries < 50
        credit(town.house, owing)
    assert town.now(order).state is State.REFUNDING
    assert town.credits.calls == []
    assert [owing.effect for owing in town.owed(order.id)] == ["refund"]


def test_an_order_that_has_moved_on_is_not_credited(town: Town) -> None:
    order = town.order_in(State.PAID)
    with town.engine.begin() as connection:
        move(connection, order, Event.GAVE_UP)
    run(town, credit, order.id, Effect.CREDIT)
    assert town.credits.calls == []
    assert [owing.effect for owing in town.owed(order.id)] == ["refund"]


# refund


def test_a_refund_gives_back_the_charge_by_its_receipt_once(town: Town) -> None:
    order = town.order_in(State.REFUNDING)
    receipt = town.attempt(f"{order.id}-charge-1").receipt
    owing = town.owing(order.id, Effect.REFUND)
    for _ in range(3):
        refund(town.house, owing)
    assert town.payments.calls == [(f"refund of {receipt}", f"{order.id}-refund-1")]
    assert town.now(order).state is State.RETURNING
    assert town.attempt(f"{order.id}-refund-1").attempt.facts == {
        "receipt": receipt,
        "charge_reference": f"{order.id}-charge-1",
    }


def test_money_that_was_held_apart_is_given_back_by_the_name_of_the_charge_that_it_came_to(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    town.settle(f"{order.id}-charge-1", confirmed(amount=kes(999)), evidence="callback")
    (stray,) = town.strays_of(order)
    town.after(stray, Event.OPERATOR_REFUND)
    run(town, refund, stray.id, Effect.REFUND)
    assert town.attempt(f"{stray.id}-refund-1").attempt.facts["charge_reference"] == f"{order.id}-charge-1"


def test_a_charge_whose_receipt_is_not_known_cannot_be_given_back_by_a_machine(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    town.settle(f"{order.id}-charge-1", confirmed(derived=True), evidence="enquiry")
    town.after(town.now(order), Event.GAVE_UP)
    run(town, refund, order.id, Effect.REFUND)
    assert town.payments.calls == []
    assert town.now(order).state is State.REVIEW_REFUND


# enquire


@pytest.mark.parametrize(
    ("state", "purpose", "end"),
    [
        (State.CHARGING, "charge", State.PAID),
        (State.CREDITING, "credit", State.CREDITED),
        (State.RETURNING, "refund", State.REFUNDED),
    ],
)
def test_an_enquiry_that_is_answered_ends_what_was_unknown(town: Town, state: State, purpose: str, end: State) -> None:
    order = town.order_in(state)
    provider = town.credits if purpose == "credit" else town.payments
    provider.asked = confirmed()
    run(town, enquire, order.id, Effect.ENQUIRE)
    assert provider.calls == [(f"ask {purpose}", f"{order.id}-{purpose}-1")]
    assert town.now(order).state is end
    assert "enquire" not in [owing.effect for owing in town.owed(order.id)]


@pytest.mark.parametrize("state", [State.CHARGING, State.CREDITING, State.RETURNING, State.LENDING])
@pytest.mark.parametrize("answer", [Unknown("silence"), Pending("4999")])
def test_what_stays_unknown_is_asked_ever_more_seldom_and_then_given_to_a_person(
    town: Town, state: State, answer: Unknown | Pending
) -> None:
    order = town.order_in(state)
    town.payments.asked = town.credits.asked = answer
    waits: list[timedelta] = []
    while town.now(order).state is state:
        run(town, enquire, order.id, Effect.ENQUIRE)
        if town.now(order).state is state:
            due_at = town.owing(order.id, Effect.ENQUIRE).due_at
            waits.append(due_at - town.clock.now)
            town.clock.now = due_at
        assert len(waits) < 50
    assert town.now(order).state.in_review
    assert waits == sorted(waits)
    assert town.detail(order)["asked"] == len(waits) + 1
    assert {owing.effect for owing in town.owed(order.id)} == {"alert", "tell_checking"}


def test_an_enquiry_after_what_is_settled_asks_nobody(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    owing = town.owing(order.id, Effect.ENQUIRE)
    with town.engine.begin() as connection:
        move(connection, order, Event.CHARGE_CONFIRMED)
    enquire(town.house, owing)
    assert town.payments.calls == []
    assert town.now(order).state is State.PAID


# look


def test_a_line_that_is_back_is_seen_with_its_balance(town: Town) -> None:
    order = town.order_in(State.CREDITED)
    run(town, look, order.id, Effect.LOOK)
    assert town.now(order).state is State.DONE
    assert town.detail(order) == {"balance_minor": 5000, "currency": "KES"}
    assert [owing.effect for owing in town.owed(order.id)] == ["tell_balance"]


@pytest.mark.parametrize("line", [Line(LineState.SUSPENDED, Money(-1, "KES")), NOT_KNOWN, Line(LineState.BARRED)])
def test_nobody_says_that_a_line_is_back_which_was_not_seen_to_be(town: Town, line: Line) -> None:
    order = town.order_in(State.CREDITED)
    town.lines.line = line
    for _ in range(50):
        if town.now(order).state is not State.CREDITED:
            break
        run(town, look, order.id, Effect.LOOK)
    assert town.events(order)[-1] is Event.GAVE_UP
    assert [owing.effect for owing in town.owed(order.id)] == ["tell_credited"]


def test_a_line_that_comes_back_later_is_seen_then(town: Town) -> None:
    order = town.order_in(State.CREDITED)
    town.lines.line = NOT_KNOWN
    run(town, look, order.id, Effect.LOOK)
    assert town.now(order).state is State.CREDITED
    town.lines.line = ACTIVE
    run(town, look, order.id, Effect.LOOK)
    assert town.events(order)[-1] is Event.LINE_SEEN


# alert


def test_an_alert_says_aloud_which_order_needs_a_person(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    order = town.order_in(State.REVIEW_CHARGE)
    run(town, alert, order.id, Effect.ALERT)
    assert order.id in capsys.readouterr().out
    assert "alert" not in [owing.effect for owing in town.owed(order.id)]


def test_an_order_that_was_decided_meanwhile_alarms_nobody(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    order = town.order_in(State.REVIEW_CHARGE)
    with town.engine.begin() as connection:
        move(connection, order, Event.OPERATOR_CLOSE)
    run(town, alert, order.id, Effect.ALERT)
    assert "order_needs_a_person" not in capsys.readouterr().out


# Everything.


@pytest.mark.parametrize("work", [charge, credit, refund, enquire, look, alert])
def test_work_that_is_no_longer_owed_does_nothing(town: Town, work: Work) -> None:
    order = town.order_in(State.CREATED)
    owing = town.owing(order.id, Effect.CHARGE)
    with town.engine.begin() as connection:
        outbox.done(connection, owing.id, now=town.clock.now)
    work(town.house, owing)
    assert (town.payments.calls, town.credits.calls, town.sms.sent) == ([], [], [])
    assert town.now(order) == order


def test_the_owner_of_the_line_gets_what_another_paid_for(town: Town) -> None:
    order = town.order_in(State.PAID, payer="+254711000002", amount=kes(250))
    town.credits.sent = confirmed()
    run(town, credit, order.id, Effect.CREDIT)
    kept = town.attempt(f"{order.id}-credit-1").attempt
    assert (kept.msisdn, kept.amount) == (town.owner, kes(250))
