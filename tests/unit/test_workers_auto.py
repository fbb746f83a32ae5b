"""Standing orders on a real database: what is placed, within what was agreed, and what the payer is told."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from store import messages, subscribers
from store.tables import messages as message_rows
from tests.unit.houses import Town
from tests.unit.orders import kes
from tests.unit.standing import HIGH, LOW, Standing
from topup.auto import Weekday
from topup.life import Effect, Event, State
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money
from workers import auto as work
from workers.tell import tell


@pytest.fixture
def standing(engine: Engine) -> Standing:
    return Standing(Town(engine))


# By balance.


def test_a_line_that_is_low_is_topped_up_and_the_payer_is_told_before(standing: Standing) -> None:
    standing.agree()
    assert standing.look() == "placed"
    (order,) = standing.orders
    assert (order.asked_by, order.line, order.payer, order.amount) == (standing.payer,) * 3 + (kes(50),)
    assert (order.state, order.line_was) == (State.CREATED, LineState.ACTIVE)
    number = f"0{standing.payer[4:]}"
    assert standing.written == [
        f"Auto top-up: KES 50 for {number}, because its balance is KES 4. Enter your PIN when asked, or send STOPAUTO."
    ]
    assert standing.town.owing(order.id, Effect.CHARGE).due_at > standing.town.clock()


@pytest.mark.parametrize("line", [HIGH, NOT_KNOWN, Line(LineState.BARRED), Line(LineState.GONE)])
def test_a_line_that_has_enough_or_is_not_known_or_beyond_help_is_left_alone(standing: Standing, line: Line) -> None:
    standing.agree()
    standing.town.lines.line = line
    standing.look()
    assert (standing.orders, standing.written) == ([], [])
    standing.town.lines.line = LOW
    assert standing.look() == "placed"


def test_what_the_line_owes_is_the_reason_when_it_owes(standing: Standing) -> None:
    standing.agree()
    standing.town.lines.line = Line(LineState.SUSPENDED, Money(-5000, "KES"))
    standing.look()
    assert "because it owes KES 50." in standing.written[0]


def test_nothing_is_due_before_its_time(standing: Standing) -> None:
    standing.agree()
    assert work.look_at_next(standing.town.house) is None


def test_while_a_top_up_of_the_line_is_open_no_other_is_placed_whoever_ordered_it(standing: Standing) -> None:
    standing.agree()
    standing.town.order_in(State.CHARGING, line=standing.payer, asked_by="+254711999001", payer="+254711999001")
    assert standing.look() == "another top-up is on its way"
    assert standing.orders == []


def test_a_top_up_that_ends_while_the_line_is_read_makes_what_was_read_old(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing.agree()
    other = standing.town.order_in(State.CREATED)

    def read_line(_msisdn: str) -> Line:
        standing.paid(other)
        return LOW

    monkeypatch.setattr(standing.town.lines, "read_line", read_line)
    assert standing.look() == "another top-up is on its way"
    assert standing.orders == []


def test_who_agrees_anew_does_not_begin_a_new_week(standing: Standing) -> None:
    standing.agree(cap=kes(100))
    for _ in range(2):
        assert standing.look() == "placed"
        standing.paid(standing.orders[-1])
    standing.agree(cap=kes(100))
    assert standing.look() == "the week's most is reached"


def test_a_week_has_its_most_and_another_week_begins_anew(standing: Standing) -> None:
    standing.agree(cap=kes(100))
    verdicts = []
    for _ in range(4):
        verdicts.append(standing.look())
        if verdicts[-1] == "placed":
            standing.paid(standing.orders[-1])
    assert verdicts == ["placed", "placed", "the week's most is reached", "the week's most is reached"]
    standing.town.clock.turn(days=7)
    assert standing.look() == "placed"


def test_the_days_limits_hold(standing: Standing) -> None:
    standing.agree(amount=kes(10_000), cap=kes(50_000))
    for _ in range(2):
        assert standing.look() == "placed"
        standing.paid(standing.orders[-1])
    assert standing.look() == "LineHasEnough"


def test_what_was_not_paid_is_not_asked_again_before_the_next_day(standing: Standing) -> None:
    standing.agree()
    standing.look()
    standing.declined(standing.orders[-1])
    assert standing.look() == "came to nothing a moment ago"
    standing.town.clock.turn(hours=24)
    assert standing.look() == "placed"


def test_what_went_back_is_not_asked_again_before_the_next_day(standing: Standing) -> None:
    standing.agree()
    standing.look()
    back = (Event.CREDIT_SENT, Event.CREDIT_REFUSED, Event.REFUND_SENT, Event.REFUND_CONFIRMED)
    standing.end(standing.orders[-1], Event.CHARGE_SENT, Event.CHARGE_CONFIRMED, *back)
    assert standing.look() == "came to nothing a moment ago"
    standing.town.clock.turn(hours=24)
    assert standing.look() == "placed"


def test_three_unpaid_in_a_row_stop_it_and_say_so_once(standing: Standing) -> None:
    standing.agree()
    for _ in range(3):
        assert standing.runs == 1
        assert standing.look() == "placed"
        standing.declined(standing.orders[-1])
        standing.town.clock.turn(hours=25)
    assert standing.runs == 0
    number = f"0{standing.payer[4:]}"
    said = [text for text in standing.written if "three times" in text]
    assert said == [
        f"Auto top-up of KES 50 for {number} was not paid three times and has stopped. To begin again dial *384*55#."
    ]


def test_one_that_was_paid_between_is_no_row(standing: Standing) -> None:
    standing.agree()
    for end in (standing.declined, standing.declined, standing.paid, standing.declined, standing.declined):
        assert standing.look() == "placed"
        end(standing.orders[-1])
        standing.town.clock.turn(hours=25)
    assert standing.runs == 1


def test_an_end_that_is_told_twice_stops_nothing_twice(standing: Standing) -> None:
    standing.agree()
    for _ in range(3):
        standing.look()
        order = standing.orders[-1]
        standing.end(order, Event.CHARGE_SENT, Event.CHARGE_REFUSED)
        owing = standing.town.owing(order.id, Effect.TELL_DECLINED)
        tell(standing.town.house, owing)
        tell(standing.town.house, owing)
        standing.town.clock.turn(hours=25)
    assert len([text for text in standing.written if "three times" in text]) == 1


# On a day.


def test_on_its_day_it_is_placed_whatever_the_balance_and_not_again_that_week(standing: Standing) -> None:
    standing.agree(when=Weekday.FRIDAY, cap=kes(50))
    standing.town.lines.line = HIGH
    assert standing.look() == "placed"
    assert "as every Friday." in standing.written[0]
    standing.paid(standing.orders[-1])
    before = standing.town.clock.now
    assert standing.look() == "placed"
    assert standing.town.clock.now - before == timedelta(days=7)


def test_a_day_that_the_clock_has_slept_through_is_not_made_up_for(standing: Standing) -> None:
    standing.agree(when=Weekday.FRIDAY, cap=kes(50))
    standing.due()
    standing.town.clock.turn(hours=24)
    assert work.look_at_next(standing.town.house) == "not now"
    assert standing.orders == []


def test_a_week_is_not_lost_because_something_was_on_its_way(standing: Standing) -> None:
    standing.agree(when=Weekday.FRIDAY, cap=kes(50))
    other = standing.town.order_in(State.CHARGING)
    assert standing.look() == "another top-up is on its way"
    standing.end(other, Event.CHARGE_REFUSED)
    assert standing.look() == "placed"
    assert standing.town.clock.now.isoweekday() == 5


# What is told.


def test_the_payer_is_written_to_in_the_language_of_now(standing: Standing) -> None:
    standing.agree()
    with standing.town.engine.begin() as connection:
        subscribers.choose_language(connection, standing.payer, language="sw", now=standing.town.clock())
    standing.look()
    assert standing.written[0].startswith("Kujaza otomatiki: KES 50 kwa ")
    assert standing.orders[0].language == "sw"


def test_a_message_is_owed_with_the_order(standing: Standing) -> None:
    standing.agree()
    standing.look()
    with standing.town.engine.connect() as connection:
        (message_id,) = connection.scalars(select(message_rows.c.id).where(message_rows.c.msisdn == standing.payer))
        assert messages.get(connection, message_id).status == messages.WRITTEN
    assert [owing.effect for owing in standing.town.owed(message_id)] == ["send"]
