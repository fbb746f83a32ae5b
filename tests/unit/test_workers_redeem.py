"""A voucher is loaded, once: whatever is lost, late or held up on the way."""

import itertools

import pytest
from sqlalchemy import Engine

from store.attempts import Kept, last
from store.desk import Desk
from store.holding import hold
from store.seal import UnableToOpen, seal_of
from store.vouchers import pin_of
from tests.unit.houses import Town, confirmed
from tests.unit.orders import STRANGER, TIMING, kes
from tests.unit.shops import ORDINARY, LineOf
from tests.unit.sleepers import held_up
from topup.kinds import Kind
from topup.life import Effect, Event, State
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money
from topup.orders import Order, Wanted
from topup.outcomes import Answer, Confirmed, NotSent, Pending, Reason, Refused, Sent, Unknown
from topup.vouchers import Pin
from workers.credit import credit
from workers.enquire import enquire
from workers.look import look
from workers.redeem import redeem
from workers.tell import tell

_pins = itertools.count(10**11)

LOST = Unknown("no answer")
NO_SUCH = Refused(Reason.NO_VOUCHER, "119")
USED = Refused(Reason.VOUCHER_USED, "107")


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


def a_voucher(town: Town, *, line: str | None = None, was: LineState = LineState.SUSPENDED) -> Order:
    """An order for a voucher that nobody has sent before."""
    pin = Pin(str(next(_pins)))
    desk = Desk(town.engine, shop=ORDINARY, lines=LineOf(NOT_KNOWN), timing=TIMING, clock=town.clock)
    return desk.place(
        Wanted(
            channel="ussd:africastalking",
            conversation=pin.digits,
            asked_by=town.owner,
            payer=town.owner,
            amount=Money(0, "KES"),
            language="en",
            line_was=was,
            kind=Kind.VOUCHER,
            line=line,
            pin=pin,
        )
    )


def worth(shillings: int) -> Confirmed:
    return confirmed(amount=kes(shillings))


def send(town: Town, order: Order, sent: Sent) -> Order:
    """Load it, and let the charging system answer so."""
    town.vouchers.sent = sent
    redeem(town.house, town.owing(order.id, Effect.REDEEM))
    return town.now(order)


def look_again(town: Town, order: Order, again: Answer) -> Order:
    town.vouchers.again = again
    enquire(town.house, town.owing(order.id, Effect.ENQUIRE))
    return town.now(order)


def attempt_of(town: Town, order: Order) -> Kept:
    with town.engine.connect() as connection:
        found = last(connection, order_id=order.id, purpose="redeem")
    assert found is not None
    return found


def told(town: Town, order: Order) -> list[tuple[str, str]]:
    """Everything that is told of the order now."""
    effect = next(owing.effect for owing in town.owed(order.id) if owing.effect.startswith("tell"))
    tell(town.house, town.owing(order.id, effect))
    return town.sms.sent


def calls(town: Town) -> list[str]:
    return [call for call, _, _ in town.vouchers.calls]


def test_a_voucher_is_loaded_on_its_line_and_its_worth_is_kept(town: Town) -> None:
    order = send(town, a_voucher(town), worth(50))
    assert order.state is State.CREDITED
    assert town.events(order) == [Event.REDEEM_SENT, Event.REDEEM_CONFIRMED]
    assert {"value_minor": 5000, "currency": "KES"}.items() <= town.detail(order).items()
    assert [msisdn for _, msisdn, _ in town.vouchers.calls] == [town.owner]


@pytest.mark.parametrize("reason", [Reason.NO_VOUCHER, Reason.VOUCHER_USED, Reason.BARRED])
def test_a_first_answer_that_refuses_ends_it(town: Town, reason: Reason) -> None:
    order = send(town, a_voucher(town), Refused(reason, "1"))
    assert order.state is State.UNPAID
    ((_, text),) = told(town, order)
    assert text.startswith("Voucher ...")
    assert "was not loaded." in text


def test_what_was_not_sent_is_sent_again_as_the_first_time(town: Town) -> None:
    order = send(town, a_voucher(town), NotSent("no connection"))
    assert order.state is State.UNREDEEMED
    assert send(town, order, worth(50)).state is State.CREDITED
    assert calls(town) == ["redeem", "redeem"]


def test_what_cannot_be_sent_at_all_ends_without_a_person(town: Town) -> None:
    order = a_voucher(town)
    for _ in range(20):
        if order.state is State.UNREDEEMED:
            order = send(town, order, NotSent("no connection"))
    assert order.state is State.UNPAID
    assert told(town, order)[0][1].endswith(
        "was not loaded. Sorry, the operator cannot be reached just now. Dial *384*55# to try again."
    )


# A lost answer.


@pytest.mark.parametrize("again", [worth(50), Confirmed("first")])
def test_a_second_look_finds_that_it_landed(town: Town, again: Confirmed) -> None:
    order = send(town, a_voucher(town), LOST)
    assert order.state is State.REDEEMING
    assert look_again(town, order, again).state is State.CREDITED
    assert {digits for _, _, digits in town.vouchers.calls} == {town.vouchers.calls[0][2]}


def test_a_second_look_finds_that_it_did_not(town: Town) -> None:
    order = send(town, a_voucher(town), LOST)
    assert look_again(town, order, NO_SUCH).state is State.UNPAID


@pytest.mark.parametrize("again", [LOST, Pending("answered 113")])
def test_a_second_look_that_tells_nothing_is_made_again_and_ends_with_a_person(town: Town, again: Answer) -> None:
    order = send(town, a_voucher(town), LOST)
    for _ in range(20):
        if order.state is State.REDEEMING:
            order = look_again(town, order, again)
    assert order.state is State.REVIEW_VOUCHER
    assert told(town, order)[0][1].startswith("We are checking your voucher ...")


def test_it_is_written_down_that_a_second_look_is_made_before_it_is(town: Town) -> None:
    order = send(town, a_voucher(town), LOST)
    assert "sent_again" not in attempt_of(town, order).attempt.facts
    look_again(town, order, LOST)
    assert attempt_of(town, order).attempt.facts["sent_again"] is True


@pytest.mark.parametrize("late", [NotSent("no connection"), USED, Refused(Reason.BARRED, "104"), NO_SUCH])
def test_a_late_first_answer_after_a_second_look_proves_nothing_but_that_it_was_used(town: Town, late: Sent) -> None:
    order = a_voucher(town)
    town.vouchers.meanwhile = lambda: look_again(town, order, LOST)
    assert send(town, order, late).state is State.REDEEMING
    assert look_again(town, order, Confirmed("first")).state is State.CREDITED


def test_a_first_answer_and_a_second_look_that_both_say_used_are_one_use(town: Town) -> None:
    order = a_voucher(town)
    town.vouchers.meanwhile = lambda: look_again(town, order, Confirmed("first"))
    order = send(town, order, worth(50))
    assert town.events(order) == [Event.REDEEM_SENT, Event.REDEEM_CONFIRMED]
    assert attempt_of(town, order).outcome == "confirmed"


def test_a_second_look_is_not_made_for_an_order_that_has_moved_on(town: Town) -> None:
    order = send(town, a_voucher(town), LOST)
    owing = town.owing(order.id, Effect.ENQUIRE)
    town.settle(attempt_of(town, order).attempt.reference, worth(50), evidence="reply")
    enquire(town.house, owing)
    assert calls(town) == ["redeem"]


# A person decides.


def in_review(town: Town) -> Order:
    order = send(town, a_voucher(town), LOST)
    return town.after(order, Event.GAVE_UP)


def test_a_person_who_lets_it_be_sent_again_does_not_lose_what_landed_before(town: Town) -> None:
    order = town.after(in_review(town), Event.OPERATOR_CREDIT)
    town.vouchers.again = Confirmed("first")
    assert send(town, order, USED).state is State.CREDITED
    assert calls(town) == ["redeem", "again"]


def test_a_worker_that_wakes_up_after_a_person_has_found_it_void_does_not_load_it(town: Town) -> None:
    order = a_voucher(town)

    def a_person_finds_it_void() -> None:
        town.clock.turn(hours=5)
        town.after(town.now(order), Event.GAVE_UP, Event.OPERATOR_VOID)

    held_up(town, redeem, order, Effect.REDEEM, meanwhile=a_person_finds_it_void)
    assert calls(town) == []
    assert town.now(order).state is State.UNPAID


def test_that_a_second_time_was_held_up_proves_nothing_of_the_first(town: Town) -> None:
    order = town.after(in_review(town), Event.OPERATOR_CREDIT)
    held_up(town, redeem, order, Effect.REDEEM, meanwhile=lambda: town.clock.turn(minutes=2))
    assert calls(town) == ["redeem"]
    assert town.now(order).state is State.REDEEMING  # And so it is looked at again.


@pytest.mark.parametrize("state", [State.UNREDEEMED, State.REDEEMING], ids=str)
def test_what_a_restored_backup_had_under_way_is_held_and_may_have_landed(town: Town, state: State) -> None:
    order = a_voucher(town)
    if state is State.REDEEMING:
        send(town, order, LOST)
    with town.engine.begin() as connection:
        hold(connection, order.id, because="restored", by="Amina", now=town.clock(), timing=TIMING)
    assert town.now(order).state is State.REVIEW_VOUCHER
    order = town.after(order, Event.OPERATOR_CREDIT)
    town.vouchers.again = Confirmed("first")  # It was used after the backup.
    assert send(town, order, USED).state is State.CREDITED
    assert calls(town)[-1] == "again"


def test_a_person_who_finds_it_void_ends_it_and_the_sender_is_told(town: Town) -> None:
    order = town.after(in_review(town), Event.OPERATOR_VOID)
    assert order.state is State.UNPAID
    assert told(town, order)[0][1].startswith("We have checked your voucher ...")


def test_a_person_who_finds_it_used_lets_the_line_be_looked_at(town: Town) -> None:
    order = town.after(in_review(town), Event.OPERATOR_CLOSE)
    assert order.state is State.CREDITED
    town.lines.line = Line(LineState.ACTIVE, kes(20))
    look(town.house, town.owing(order.id, Effect.LOOK))
    assert told(town, order) == [(town.owner, "Your voucher was added. Your line is back. Balance KES 20.00.")]


# Beside other credits.


@pytest.mark.parametrize("state", [State.CREDITING, State.REDEEMING])
def test_a_voucher_waits_while_another_credit_is_on_its_way_to_the_line(town: Town, state: State) -> None:
    town.order_in(state)
    order = send(town, a_voucher(town), worth(50))
    assert (order.state, calls(town)) == (State.UNREDEEMED, [])


def test_a_credit_waits_while_a_voucher_is_on_its_way_to_the_line(town: Town) -> None:
    send(town, a_voucher(town), LOST)
    paid = town.order_in(State.PAID)
    credit(town.house, town.owing(paid.id, Effect.CREDIT))
    assert (town.now(paid).state, town.credits.calls) == (State.PAID, [])


def test_a_voucher_whose_number_can_no_longer_be_read_ends_unused(town: Town) -> None:
    order = town.order_in(State.UNREDEEMED)  # Nobody has sealed anything for it.
    assert send(town, order, worth(50)).state is State.UNPAID
    assert calls(town) == []


def test_a_second_look_without_the_number_tells_nothing(town: Town) -> None:
    order = town.order_in(State.REDEEMING)
    assert look_again(town, order, worth(50)).state is State.REDEEMING
    assert calls(town) == []


# What is told.


def after_the_look(town: Town, order: Order, line: Line) -> list[tuple[str, str]]:
    """Look at the line until that has an end; what is told then."""
    town.lines.line = line
    while town.now(order).state is State.CREDITED:
        look(town.house, town.owing(order.id, Effect.LOOK))
    return told(town, order)


@pytest.mark.parametrize(
    ("was", "text"),
    [
        (LineState.SUSPENDED, "KES 50 from your voucher was added. Your line is back. Balance KES 20.00."),
        (LineState.ACTIVE, "KES 50 from your voucher was added. Balance KES 20.00."),
    ],
)
def test_a_loaded_voucher_tells_its_worth_and_the_balance(town: Town, was: LineState, text: str) -> None:
    order = send(town, a_voucher(town, was=was), worth(50))
    assert after_the_look(town, order, Line(LineState.ACTIVE, kes(20))) == [(town.owner, text)]


def test_a_voucher_that_did_not_pay_the_whole_debt_tells_what_is_still_owed(town: Town) -> None:
    order = send(town, a_voucher(town), worth(50))
    assert after_the_look(town, order, Line(LineState.SUSPENDED, -kes(30))) == [
        (
            town.owner,
            "KES 50 from your voucher was added. You still owe KES 30.00, so your line stays suspended. "
            "Dial *384*55# to top up.",
        )
    ]


def test_both_are_told_of_a_voucher_on_another_line(town: Town) -> None:
    order = send(town, a_voucher(town, line=STRANGER), worth(50))
    sent = after_the_look(town, order, Line(LineState.ACTIVE, kes(20)))
    assert sent == [(town.owner, "KES 50 from your voucher was added to 0711000003.")]
    with town.engine.connect() as connection:
        owner = connection.exec_driver_sql(
            "SELECT text FROM messages WHERE order_id = %(o)s AND msisdn = %(s)s", {"o": order.id, "s": STRANGER}
        ).scalar_one()
    sender = f"0{town.owner.removeprefix('+254')}"
    assert owner == f"{sender} loaded a voucher of KES 50 on your line. Balance KES 20.00."


def test_the_number_is_gone_from_the_database_when_the_voucher_was_used(town: Town) -> None:
    order = send(town, a_voucher(town), worth(50))
    with town.engine.connect() as connection, pytest.raises(UnableToOpen):
        pin_of(connection, order.id, seal=seal_of(ORDINARY.order_secret))
