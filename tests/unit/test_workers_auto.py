"""Standing orders on a real database: what is placed, once, within what was agreed, and what stops one."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError

from store import auto, messages, subscribers
from store.auto import AutoTopUps
from store.book import SqlBook
from store.tables import messages as message_rows
from store.tables import standing_orders
from tests.unit.books import move
from tests.unit.houses import Town
from tests.unit.orders import kes
from tests.unit.shops import a_shop
from topup.asks import LineIsClosed
from topup.auto import Rhythm, Terms, TooManyAutoTopUps, Weekday
from topup.life import Effect, Event, State
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money
from topup.orders import Order
from workers import auto as work
from workers.tell import tell

_conversations = itertools.count(1)

LOW = Line(LineState.ACTIVE, kes(4))
HIGH = Line(LineState.ACTIVE, kes(20))


class Standing:
    """A town in which one person has agreed to something."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.town.lines.line = LOW

    @property
    def payer(self) -> str:
        return self.town.owner

    @property
    def desk(self) -> AutoTopUps:
        shop = a_shop()
        return AutoTopUps(
            self.town.engine,
            limits=shop.limits,
            rhythm=shop.auto,
            zone=shop.zone,
            secret=shop.order_secret,
            clock=self.town.clock,
        )

    def agree(self, *, conversation: str | None = None, **changes: Any) -> None:
        ordinary = Terms(self.payer, kes(50), kes(20), kes(200))
        self.desk.agree(
            self.payer,
            replace(ordinary, **changes),
            channel="ussd:africastalking",
            conversation=conversation or f"call{next(_conversations)}",
            language="en",
        )

    def due(self) -> None:
        """Let time pass until the next look."""
        with self.town.engine.connect() as connection:
            at = connection.scalar(
                select(standing_orders.c.next_look_at).where(
                    standing_orders.c.payer == self.payer, standing_orders.c.stopped_at.is_(None)
                )
            )
        assert at is not None
        self.town.clock.now = max(self.town.clock.now, at)

    def look(self) -> str | None:
        """Let time pass until the next look, and look."""
        self.due()
        return work.look_at_next(self.town.house)

    @property
    def orders(self) -> list[Order]:
        """What was placed, oldest first."""
        with self.town.engine.connect() as connection:
            found = SqlBook(connection).recent(self.payer, count=100)
        return [order for order in reversed(found) if order.channel == "auto"]

    @property
    def written(self) -> list[str]:
        """What was written to the payer, oldest first."""
        with self.town.engine.connect() as connection:
            found = select(message_rows.c.text).where(message_rows.c.msisdn == self.payer)
            return list(connection.scalars(found.order_by(message_rows.c.written_at)))

    @property
    def runs(self) -> int:
        with self.town.engine.connect() as connection:
            return len(auto.running_of(connection, self.payer))

    def end(self, order: Order, *events: Event) -> None:
        """Let the order end, with its teller's work done."""
        with self.town.engine.begin() as connection:
            move(connection, order, *events, now=self.town.clock())

    def declined(self, order: Order) -> None:
        self.end(order, Event.CHARGE_SENT, Event.CHARGE_REFUSED)
        tell(self.town.house, self.town.owing(order.id, Effect.TELL_DECLINED))

    def paid(self, order: Order) -> None:
        credited = (Event.CHARGE_CONFIRMED, Event.CREDIT_SENT, Event.CREDIT_CONFIRMED)
        self.end(order, Event.CHARGE_SENT, *credited, Event.LINE_SEEN)


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
    assert standing.look() == "was not paid a moment ago"
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


# Once.


def test_two_clocks_place_one(standing: Standing) -> None:
    standing.agree()
    standing.due()
    ready = threading.Barrier(4)

    def look(_: int) -> str | None:
        ready.wait()
        return work.look_at_next(standing.town.house)

    with ThreadPoolExecutor(4) as threads:
        verdicts = list(threads.map(look, range(4)))
    assert sorted(verdicts, key=str) == [None, None, None, "placed"]
    assert (len(standing.orders), len(standing.written)) == (1, 1)


def test_two_clocks_whose_claims_overlap_place_one(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first reads the line for so long that its claim runs out, and another looks meanwhile."""
    standing.agree()
    standing.due()
    house, lines = standing.town.house, standing.town.lines

    def read_slowly(msisdn: str) -> Line:
        monkeypatch.setattr(lines, "read_line", lambda _: LOW)
        standing.town.clock.turn(minutes=2)
        assert work.look_at_next(house) == "placed"
        return LOW

    monkeypatch.setattr(lines, "read_line", read_slowly)
    assert work.look_at_next(house) == "stopped, or somebody else's"
    assert (len(standing.orders), len(standing.written)) == (1, 1)


def test_a_clock_that_dies_after_its_claim_is_followed_when_the_claim_has_run_out(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing.agree()
    standing.due()

    def die(_: str) -> Line:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(standing.town.lines, "read_line", die)
        with pytest.raises(RuntimeError):
            work.look_at_next(standing.town.house)
    assert work.look_at_next(standing.town.house) is None
    assert standing.look() == "placed"
    assert len(standing.orders) == 1


def test_a_look_that_fails_at_its_very_end_leaves_nothing_behind_and_is_made_again(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing.agree()
    standing.due()

    def die(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(auto, "look_again", die)
        with pytest.raises(RuntimeError):
            work.look_at_next(standing.town.house)
    assert (standing.orders, standing.written) == ([], [])
    assert standing.look() == "placed"
    assert (len(standing.orders), len(standing.written)) == (1, 1)


def test_who_agrees_anew_while_the_clock_looks_stops_the_old_one_and_neither_fails(standing: Standing) -> None:
    standing.agree()
    standing.due()
    waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    terms = Terms(standing.payer, kes(100), kes(20), kes(200))
    with ThreadPoolExecutor(1) as threads:
        with standing.town.engine.begin() as connection:
            SqlBook(connection).lock_people(standing.payer)
            looking = threads.submit(work.look_at_next, standing.town.house)
            with standing.town.engine.connect() as watching:
                while not watching.scalar(waits):
                    watching.rollback()
            standing.desk.agree_in(
                connection, standing.payer, terms, channel="sms:x", conversation="anew", language="en"
            )
        assert looking.result(timeout=30) == "stopped, or somebody else's"
    assert (standing.runs, standing.orders) == (1, [])


def test_the_database_keeps_one_order_for_a_slot(standing: Standing) -> None:
    standing.agree()
    standing.look()
    other = standing.town.order_in(State.CREATED)
    copied = text("INSERT INTO standing_slots SELECT standing_id, slot, :order, at FROM standing_slots")
    with pytest.raises(IntegrityError, match="standing_slots_pkey"), standing.town.engine.begin() as connection:
        connection.execute(copied, {"order": other.id})


# Agreeing and stopping.


def test_the_same_conversation_agrees_once(standing: Standing) -> None:
    for _ in range(2):
        standing.agree(conversation="the same")
    assert standing.runs == 1


def test_another_agreement_for_the_line_takes_the_place_of_the_first(standing: Standing) -> None:
    standing.agree()
    standing.agree(amount=kes(100))
    with standing.town.engine.connect() as connection:
        assert [one.terms.amount for one in auto.running_of(connection, standing.payer)] == [kes(100)]


def test_nobody_has_more_than_three(standing: Standing) -> None:
    for number in range(3):
        standing.agree(line=f"+25471190000{number}")
    with pytest.raises(TooManyAutoTopUps):
        standing.agree(line="+254711900009")
    standing.agree(line="+254711900002", amount=kes(100))
    assert standing.runs == 3


def test_a_line_whose_owner_lets_nobody_top_it_up_is_not_agreed_to_and_stops_what_runs(standing: Standing) -> None:
    line = "+254711900011"
    standing.agree(line=line)
    with standing.town.engine.begin() as connection:
        subscribers.close(connection, line, now=standing.town.clock())
    with pytest.raises(LineIsClosed):
        standing.agree(line=line, amount=kes(100))
    assert standing.look() == "stopped: the line is closed"
    assert (standing.runs, standing.orders) == (0, [])
    assert standing.written == [
        "Auto top-up of KES 50 for 0711900011 has stopped: its owner lets nobody else top it up."
    ]


def test_what_is_stopped_while_the_line_is_read_places_nothing(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing.agree()

    def read(_: str) -> Line:
        with standing.town.engine.begin() as connection:
            auto.stop_all_of(connection, standing.payer, now=standing.town.clock(), why="STOPAUTO")
        return LOW

    monkeypatch.setattr(standing.town.lines, "read_line", read)
    assert standing.look() == "stopped, or somebody else's"
    assert standing.orders == []


@pytest.mark.parametrize(
    "change", ["amount_minor = 9900", "payer = '+254711999009'", "stopped_at = NULL, why_stopped = NULL"]
)
def test_the_database_lets_nobody_change_what_was_agreed_or_run_what_was_stopped(
    standing: Standing, change: str
) -> None:
    standing.agree()
    if change.startswith("stopped_at"):
        with standing.town.engine.begin() as connection:
            auto.stop_all_of(connection, standing.payer, now=standing.town.clock(), why="STOPAUTO")
    with pytest.raises(IntegrityError, match="is refused"), standing.town.engine.begin() as connection:
        connection.execute(text(f"UPDATE standing_orders SET {change}"))  # noqa: S608


def test_hours_and_rhythm_are_the_installations(standing: Standing) -> None:
    rhythm = Rhythm(begins=0, ends=24, every=timedelta(seconds=1))
    shop = a_shop()
    desk = AutoTopUps(
        standing.town.engine,
        limits=shop.limits,
        rhythm=rhythm,
        zone=shop.zone,
        secret=shop.order_secret,
        clock=standing.town.clock,
    )
    terms = Terms(standing.payer, kes(50), kes(20), kes(200))
    desk.agree(standing.payer, terms, channel="sms:africastalking", conversation="quick", language="en")
    before = standing.town.clock.now
    standing.due()
    assert standing.town.clock.now - before <= timedelta(seconds=1)


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
