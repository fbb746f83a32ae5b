"""What people are told of their orders, and how a message goes out."""

import pytest
from sqlalchemy import Engine

from store import messages, outbox, subscribers
from store.messages import Message
from tests.unit.houses import Town, confirmed
from tests.unit.orders import PAYER, STRANGER, kes
from topup.kinds import Kind
from topup.life import Effect, Event, State
from topup.line import LineState
from topup.orders import Order
from topup.outcomes import NotSent, Reason, Refused, Unknown
from topup.ports import Handed
from workers.send import send
from workers.tell import tell


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


def run(town: Town, order: Order, effect: Effect) -> list[tuple[str, str]]:
    """Let the order be told of; everything that was sent."""
    tell(town.house, town.owing(order.id, effect))
    return town.sms.sent


def message_of(town: Town, order: Order) -> Message:
    with town.engine.begin() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM messages WHERE order_id = %(o)s", {"o": order.id})
        return messages.get(connection, rows.scalar_one())


def letter_of(town: Town, order: Order, purpose: str) -> str:
    """The id of the message of this purpose about the order."""
    found = "SELECT id FROM messages WHERE order_id = %s AND purpose = %s"
    with town.engine.begin() as connection:
        return str(connection.exec_driver_sql(found, (order.id, purpose)).scalar_one())


def seen(town: Town, order: Order, balance_minor: int | None = 5000) -> Order:
    """The order after its line was seen to be back."""
    town.strike_out(order)
    detail = {} if balance_minor is None else {"balance_minor": balance_minor, "currency": "KES"}
    with town.engine.begin() as connection:
        return town.house.move(connection, order, Event.LINE_SEEN, detail)


@pytest.mark.parametrize(
    ("line_was", "balance_minor", "text"),
    [
        (LineState.SUSPENDED, 5000, "KES 100 received. Your line is back. Balance KES 50.00."),
        (LineState.SUSPENDED, None, "KES 100 received. Your line is back."),
        (LineState.ACTIVE, 5000, "KES 100 received. Balance KES 50.00."),
        (LineState.ACTIVE, None, "KES 100 received. Thank you."),
    ],
)
def test_a_top_up_that_is_done_tells_the_balance(
    town: Town, line_was: LineState, balance_minor: int | None, text: str
) -> None:
    order = seen(town, town.order_in(State.CREDITED, line_was=line_was), balance_minor)
    assert run(town, order, Effect.TELL_BALANCE) == [(town.owner, text)]
    assert message_of(town, order).status == messages.HANDED


def test_a_line_that_was_not_seen_to_be_back_is_not_said_to_be(town: Town) -> None:
    order = town.after(town.order_in(State.CREDITED), Event.GAVE_UP)
    ((_, text),) = run(town, order, Effect.TELL_CREDITED)
    assert text.startswith("KES 100 was added to your line.")
    assert "Your line is back" not in text


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        (Reason.NOT_ENOUGH, "The M-PESA balance is too low."),
        (Reason.WRONG_PIN, "The M-PESA PIN was wrong."),
        (Reason.CANCELLED, "The payment was cancelled."),
        (Reason.NO_ANSWER, "M-PESA got no answer from the payer."),
        (Reason.LIMIT, "The payment is outside the limits of M-PESA."),
        (Reason.NO_WALLET, "The payer has no M-PESA."),
        (Reason.PROVIDER, "Sorry, M-PESA cannot be reached just now."),
        (Reason.BARRED, "Sorry, M-PESA cannot be reached just now."),
    ],
)
def test_a_payment_that_failed_says_why_and_that_nothing_was_taken(town: Town, reason: Reason, why: str) -> None:
    order = town.order_in(State.CHARGING)
    town.settle(f"{order.id}-charge-1", Refused(reason, "1"))
    ((_, text),) = run(town, order, Effect.TELL_DECLINED)
    assert text == f"KES 100 not paid. {why} Nothing was taken. Dial *384*55# to try again."


def test_an_order_that_a_person_closed_is_told_as_checked(town: Town) -> None:
    order = town.after(town.order_in(State.REVIEW_CHARGE), Event.OPERATOR_CLOSE)
    ((_, text),) = run(town, order, Effect.TELL_DECLINED)
    assert text.startswith("We have checked your top-up of KES 100: nothing was taken.")


def test_money_that_went_back_is_told_with_where_it_went(town: Town) -> None:
    order = town.after(town.order_in(State.RETURNING, payer=PAYER), Event.REFUND_CONFIRMED)
    assert run(town, order, Effect.TELL_REFUNDED) == [
        (town.owner, "Sorry, we could not top up your line. KES 100 went back to M-PESA of 0711000002.")
    ]


def test_what_is_not_known_is_said_to_be_looked_at(town: Town) -> None:
    order = town.order_in(State.REVIEW_CREDIT)
    ((_, text),) = run(town, order, Effect.TELL_CHECKING)
    assert text.startswith("We are checking your top-up of KES 100. You will not pay twice.")
    assert text.endswith(f"Help: call 100, ref {order.id[:8].upper()}.")


def test_a_person_is_told_in_the_language_of_now(town: Town) -> None:
    order = seen(town, town.order_in(State.CREDITED, language="en"))
    with town.engine.begin() as connection:
        subscribers.choose_language(connection, town.owner, language="sw", now=town.clock.now)
    assert run(town, order, Effect.TELL_BALANCE) == [
        (town.owner, "KES 100 zimepokelewa. Laini yako imerudi. Salio KES 50.00.")
    ]


def test_who_never_chose_a_language_is_told_in_that_of_the_order(town: Town) -> None:
    order = seen(town, town.order_in(State.CREDITED, language="sw"))
    assert run(town, order, Effect.TELL_BALANCE)[0][1].startswith("KES 100 zimepokelewa.")


def test_who_said_stop_is_still_told_of_their_own_top_up(town: Town) -> None:
    with town.engine.begin() as connection:
        subscribers.stop(connection, town.owner, now=town.clock.now)
    assert len(run(town, seen(town, town.order_in(State.CREDITED)), Effect.TELL_BALANCE)) == 1


def test_telling_twice_tells_once(town: Town) -> None:
    order = seen(town, town.order_in(State.CREDITED))
    owing = town.owing(order.id, Effect.TELL_BALANCE)
    for _ in range(3):
        tell(town.house, owing)
    assert len(town.sms.sent) == 1


def test_who_asked_is_told_and_not_who_paid(town: Town) -> None:
    order = seen(town, town.order_in(State.CREDITED, asked_by=STRANGER, payer=PAYER))
    assert [to for to, _ in run(town, order, Effect.TELL_BALANCE)] == [STRANGER]


def test_stray_money_that_never_came_is_told_to_nobody(town: Town) -> None:
    order = town.order_in(State.DONE)
    town.settle(f"{order.id}-charge-1", confirmed(amount=kes(100)))
    (stray,) = town.strays_of(order)
    town.after(stray, Event.OPERATOR_CLOSE)
    assert run(town, stray, Effect.TELL_DECLINED) == []
    assert town.owed(stray.id) == []


# What has been overtaken.


def test_nothing_is_said_to_be_untaken_once_the_money_has_come_late(town: Town) -> None:
    order = town.order_in(State.UNPAID)
    late = town.owing(order.id, Effect.TELL_DECLINED)
    town.settle(f"{order.id}-charge-1", confirmed(amount=order.amount))
    tell(town.house, late)
    assert town.sms.sent == []
    assert [owing.effect for owing in town.owed(order.id)] == ["refund"]
    order = town.after(town.now(order), Event.REFUND_SENT, Event.REFUND_CONFIRMED)
    ((_, text),) = run(town, order, Effect.TELL_REFUNDED)
    assert text.startswith("Sorry, we could not top up your line.")


def test_what_waits_for_the_gateway_is_looked_at_again_before_it_goes_out(town: Town) -> None:
    order = town.order_in(State.UNPAID)
    town.sms.answer = NotSent("no connection")
    run(town, order, Effect.TELL_DECLINED)
    town.settle(f"{order.id}-charge-1", confirmed(amount=order.amount))
    assert len(run(town, order, Effect.TELL_DECLINED)) == 1  # That of the try before.


def test_money_that_is_held_apart_is_not_denied(town: Town) -> None:
    order = town.order_in(State.UNPAID)
    town.sms.answer = NotSent("no connection")
    run(town, order, Effect.TELL_DECLINED)
    town.settle(f"{order.id}-charge-1", confirmed(amount=kes(70)))
    before, now = run(town, order, Effect.TELL_DECLINED)
    assert "Nothing was taken" in before[1]
    assert now[1].startswith("We have checked your top-up of KES 100: it was not paid.")


def test_a_payer_who_said_yes_is_told_neither_too_much_nor_too_little_when_the_money_comes_late(town: Town) -> None:
    asked = town.order_in(State.ASKED, kind=Kind.ASK, payer=PAYER)
    order = town.after(asked, Event.ASK_ACCEPTED, Event.CHARGE_SENT, Event.CHARGE_REFUSED)
    run(town, order, Effect.TELL_DECLINED)
    denied = town.owing(letter_of(town, order, "tell_payer_declined"), outbox.SEND)
    town.settle(f"{order.id}-charge-1", confirmed(amount=order.amount))
    town.sms.sent.clear()
    send(town.house, denied)
    assert town.sms.sent == []
    order = town.after(town.now(order), Event.REFUND_SENT, Event.REFUND_CONFIRMED)
    run(town, order, Effect.TELL_REFUNDED)
    send(town.house, town.owing(letter_of(town, order, "tell_payer"), outbox.SEND))
    assert town.sms.sent[-1][1].endswith("KES 100 went back to you.")


def test_nothing_is_checked_any_more_once_it_was_found_out(town: Town) -> None:
    order = town.order_in(State.REVIEW_CHARGE)
    late = town.owing(order.id, Effect.TELL_CHECKING)
    town.settle(f"{order.id}-charge-1", confirmed(amount=order.amount))
    tell(town.house, late)
    assert town.sms.sent == []


# On its way out.


def told(town: Town) -> Order:
    """An order of which its owner is to be told."""
    return seen(town, town.order_in(State.CREDITED))


def test_a_message_that_did_not_leave_is_tried_later_and_given_up_in_the_end(town: Town) -> None:
    order = told(town)
    town.sms.answer = NotSent("no connection")
    for tries in range(1, 50):
        run(town, order, Effect.TELL_BALANCE)
        if not town.owed(order.id):
            break
        assert town.owing(order.id, Effect.TELL_BALANCE).tried == tries
    assert message_of(town, order).status == messages.FAILED
    assert message_of(town, order).reason == "no connection"
    assert len(town.sms.sent) == tries


def test_a_message_that_may_have_left_goes_out_once_more_and_no_more(town: Town) -> None:
    order = told(town)
    town.sms.answer = Unknown("timeout")
    run(town, order, Effect.TELL_BALANCE)
    run(town, order, Effect.TELL_BALANCE)
    assert len(town.sms.sent) == 2
    assert message_of(town, order).status == messages.UNKNOWN
    assert town.owed(order.id) == []


def test_a_message_that_is_refused_has_failed(town: Town) -> None:
    order = told(town)
    town.sms.answer = Refused(Reason.PROVIDER, "406")
    run(town, order, Effect.TELL_BALANCE)
    message = message_of(town, order)
    assert (message.status, message.reason) == (messages.FAILED, "406")
    assert town.owed(order.id) == []


def test_what_the_gateway_calls_a_message_is_kept_for_its_reports(town: Town) -> None:
    order = told(town)
    town.sms.answer = Handed(gateway_id="ATXid_77")
    run(town, order, Effect.TELL_BALANCE)
    message = message_of(town, order)
    assert (message.gateway, message.gateway_id) == ("africastalking", "ATXid_77")
