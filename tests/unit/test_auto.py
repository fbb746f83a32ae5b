"""When standing orders are looked at, what is below, and when nobody wants one any more."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.desks import LIMITS
from tests.unit.orders import OWNER, kes
from tests.unit.shops import NAIROBI
from topup.auto import CapTooSmall, Rhythm, Terms, Weekday, When, is_below, nobody_wants_it, week_of
from topup.life import State
from topup.limits import AmountTooSmall
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money

RHYTHM = Rhythm()
TEN_PAST_TWO_ON_A_TUESDAY = datetime(2026, 11, 3, 11, 10, tzinfo=UTC)

moments = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
whens = st.one_of(st.just(kes(20)), st.sampled_from(Weekday))
ids = st.text(min_size=1, max_size=20)


@given(moments, whens, ids)
def test_the_next_look_comes_later_at_an_hour_at_which_people_are_awake(now: datetime, when: When, name: str) -> None:
    at = RHYTHM.next_look(name, when, after=now, zone=NAIROBI)
    assert at > now
    assert RHYTHM.is_due(when, now=at, zone=NAIROBI)


@given(moments, whens, ids)
def test_two_looks_have_two_slots(now: datetime, when: When, name: str) -> None:
    one = RHYTHM.next_look(name, when, after=now, zone=NAIROBI)
    other = RHYTHM.next_look(name, when, after=one, zone=NAIROBI)
    assert RHYTHM.slot(name, when, now=one, zone=NAIROBI) != RHYTHM.slot(name, when, now=other, zone=NAIROBI)


@given(moments, ids)
def test_a_look_that_comes_some_moments_late_has_the_same_slot(now: datetime, name: str) -> None:
    at = RHYTHM.next_look(name, kes(20), after=now, zone=NAIROBI)
    late = at + timedelta(minutes=59)
    assert RHYTHM.slot(name, kes(20), now=at, zone=NAIROBI) == RHYTHM.slot(name, kes(20), now=late, zone=NAIROBI)


def test_those_of_a_weekday_are_due_in_the_first_hour_of_that_day() -> None:
    at = RHYTHM.next_look("one", Weekday.MONDAY, after=TEN_PAST_TWO_ON_A_TUESDAY, zone=NAIROBI)
    assert (at.date().isoformat(), at.hour) == ("2026-11-09", 8)
    again = RHYTHM.next_look("one", Weekday.MONDAY, after=at, zone=NAIROBI)
    assert again - at == timedelta(days=7)


def test_those_of_a_balance_are_due_every_hour_and_not_at_night() -> None:
    at = TEN_PAST_TWO_ON_A_TUESDAY
    hours = []
    for _ in range(9):
        at = RHYTHM.next_look("one", kes(20), after=at, zone=NAIROBI)
        hours.append(at.hour)
    assert hours == [*range(hours[0], 21), *range(8, 21)][:9]
    assert hours[0] in (14, 15)


def test_many_do_not_come_at_once() -> None:
    at = {RHYTHM.next_look(str(n), kes(20), after=TEN_PAST_TWO_ON_A_TUESDAY, zone=NAIROBI).minute for n in range(300)}
    assert len(at) > 50


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (Line(LineState.ACTIVE, kes(19)), True),
        (Line(LineState.ACTIVE, kes(20)), False),
        (Line(LineState.SUSPENDED, Money(-5000, "KES")), True),
        (Line(LineState.SUSPENDED), True),
        (Line(LineState.ACTIVE), False),
        (NOT_KNOWN, False),
    ],
)
def test_only_what_is_surely_below_is_below(line: Line, expected: bool) -> None:
    assert is_below(line, kes(20)) is expected


def test_a_week_begins_on_monday_at_midnight_where_the_people_are() -> None:
    sunday_evening_in_utc = datetime(2026, 11, 8, 21, 30, tzinfo=UTC)
    assert week_of(sunday_evening_in_utc, zone=NAIROBI) == datetime(2026, 11, 9, tzinfo=NAIROBI)
    assert week_of(TEN_PAST_TWO_ON_A_TUESDAY, zone=NAIROBI) == datetime(2026, 11, 2, tzinfo=NAIROBI)


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([State.UNPAID] * 3, True),
        ([State.UNPAID] * 3 + [State.DONE], True),
        ([State.UNPAID] * 2, False),
        ([State.UNPAID, State.DONE, State.UNPAID, State.UNPAID], False),
        ([State.CHARGING, State.UNPAID, State.UNPAID], False),
    ],
)
def test_three_unpaid_in_a_row_are_enough(ends: list[State], expected: bool) -> None:
    assert nobody_wants_it(ends) is expected


def test_terms_under_which_nothing_could_be_paid_are_refused() -> None:
    with pytest.raises(CapTooSmall):
        Terms(OWNER, kes(50), kes(20), kes(49)).check(LIMITS)
    with pytest.raises(AmountTooSmall):
        Terms(OWNER, kes(5), kes(20), kes(49)).check(LIMITS)
