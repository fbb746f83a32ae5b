"""Reconciliation: the two sides are matched one to one, and whatever is left is named."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from topup.money import Money
from topup.reconciliation import Entry, Reconciled, Span, days_of, joined, without_copies
from topup.reconciliation import reconcile as reconcile_in

NAIROBI = ZoneInfo("Africa/Nairobi")
MONDAY = datetime(2026, 11, 23, tzinfo=NAIROBI)
AT = MONDAY + timedelta(hours=12)
DAY = timedelta(days=1)
LONG_AFTER = MONDAY + 30 * DAY


def entry(*names: str, minor: int = 5000, kind: str = "charge", at: datetime = AT, **changes: Any) -> Entry:
    return Entry(kind=kind, names=names, amount=Money(minor, "KES"), at=at, about=" ".join(names), **changes)


def the_day(*days: datetime) -> list[Span]:
    return joined(Span(since=day, until=day + DAY) for day in days)


def reconcile(*, ours: list[Entry], theirs: list[Entry]) -> Reconciled:
    """In the statement of Monday."""
    return reconcile_in(ours=ours, theirs=theirs, spans=the_day(MONDAY))


def test_the_same_receipt_and_amount_match() -> None:
    found = reconcile(ours=[entry("R1", "ABC")], theirs=[entry("R1", "ABC")])
    assert len(found.matched) == 1
    assert not found.is_open


def test_another_amount_differs() -> None:
    found = reconcile(ours=[entry("R1")], theirs=[entry("R1", minor=4900)])
    assert [pair.theirs.amount.minor for pair in found.differing] == [4900]


def test_what_only_they_have_is_missing_here() -> None:
    assert reconcile(ours=[], theirs=[entry("R1")]).missing_here == [entry("R1")]


def test_what_only_we_have_is_missing_there() -> None:
    assert reconcile(ours=[entry("R1")], theirs=[]).missing_there == [entry("R1")]


def test_a_payment_known_by_enquiry_only_matches_by_its_account() -> None:
    found = reconcile(ours=[entry(references=("ABC",))], theirs=[entry("R1", references=("ABC",))])
    assert len(found.matched) == 1
    assert not found.is_open


def test_a_second_payment_for_the_same_account_stays_open() -> None:
    first, second = entry("R1", references=("ABC",)), entry("R2", references=("ABC",))
    assert reconcile(ours=[first], theirs=[second, first]).missing_here == [second]
    assert reconcile(ours=[first], theirs=[second]).missing_here == [second]


def test_a_payment_of_another_day_for_the_same_account_is_not_the_one_known_by_enquiry() -> None:
    later = entry("R2", references=("ABC",), at=AT + DAY)
    found = reconcile_in(ours=[entry(references=("ABC",))], theirs=[later], spans=the_day(MONDAY + DAY))
    assert found.missing_here == [later]


def test_a_reversal_does_not_match_the_charge_that_it_reverses() -> None:
    found = reconcile(ours=[entry("R1", kind="reversal")], theirs=[entry("R1")])
    assert found.missing_here
    assert found.missing_there


# Days.

LATE = MONDAY + DAY - timedelta(minutes=20)
OVERNIGHT = entry("R1", called_at=LATE, at=LATE + timedelta(minutes=40))
PAID_LATE = entry("R1", at=LATE + timedelta(seconds=30))
TUESDAY = MONDAY + DAY


def test_what_a_statement_names_is_matched_whenever_it_was_booked() -> None:
    decided = entry("R1", called_at=AT, at=AT + 9 * DAY)
    for _ in range(2):
        assert not reconcile(ours=[decided], theirs=[entry("R1")]).is_open


def test_a_payment_that_was_booked_after_midnight_is_open_on_neither_day() -> None:
    assert not reconcile_in(ours=[OVERNIGHT], theirs=[PAID_LATE], spans=the_day(MONDAY)).is_open
    found = reconcile_in(ours=[OVERNIGHT], theirs=[], spans=the_day(TUESDAY))
    assert not found.is_open
    assert found.at_the_edges == [OVERNIGHT]


def test_what_two_days_may_have_and_neither_has_is_missing_from_both_together() -> None:
    for day in (MONDAY, TUESDAY):
        assert reconcile_in(ours=[OVERNIGHT], theirs=[], spans=the_day(day)).at_the_edges == [OVERNIGHT]
    assert reconcile_in(ours=[OVERNIGHT], theirs=[], spans=the_day(MONDAY, TUESDAY)).missing_there == [OVERNIGHT]


def test_a_day_that_was_not_given_is_not_taken_for_empty() -> None:
    given_not = entry("R1", at=AT + DAY)
    found = reconcile_in(ours=[given_not], theirs=[], spans=the_day(MONDAY, MONDAY + 2 * DAY))
    assert found == Reconciled()


@given(
    called=st.integers(0, 5 * 1440),
    took=st.integers(0, 1440),
    offset=st.integers(-10, 10),
)
def test_a_movement_is_missing_from_no_day_that_may_not_have_had_it_and_from_all_together(
    called: int, took: int, offset: int
) -> None:
    """`called` and `took` are minutes; `offset` is how far the provider's clock stands from ours."""
    called_at = MONDAY + timedelta(minutes=called)
    ours = entry("R1", called_at=called_at, at=called_at + timedelta(minutes=took))
    theirs = entry("R1", at=called_at + timedelta(minutes=took / 2 + offset))
    days = [MONDAY + number * DAY for number in range(-1, 8)]
    for day in days:
        has_it = day <= theirs.at < day + DAY
        assert not reconcile_in(ours=[ours], theirs=[theirs] if has_it else [], spans=the_day(day)).is_open
    assert reconcile_in(ours=[ours], theirs=[], spans=the_day(*days)).missing_there == [ours]


def test_a_statement_is_all_of_whole_days_once_they_are_over() -> None:
    rows = [entry("R1", at=AT), entry("R2", at=LATE)]
    assert days_of(rows, zone=NAIROBI, now=LONG_AFTER) == Span(since=MONDAY, until=TUESDAY)


def test_of_the_day_that_is_not_over_it_is_all_until_its_last_row() -> None:
    rows = [entry("R1", at=AT), entry("R2", at=LATE)]
    now = LATE + timedelta(minutes=5)
    assert days_of(rows, zone=NAIROBI, now=now) == Span(since=MONDAY, until=LATE)


def test_a_row_that_two_statements_have_is_one_and_that_one_has_twice_is_two() -> None:
    first, second = entry("R1"), entry("R2")
    assert without_copies([[first, second], [second]]) == [first, second]
    assert without_copies([[first], [second, second]]) == [first, second, second]


@given(
    ours=st.lists(st.tuples(st.sampled_from("ABCDEF"), st.integers(1, 3))),
    theirs=st.lists(st.tuples(st.sampled_from("ABCDEF"), st.integers(1, 3)), unique_by=lambda row: row[0]),
)
def test_nothing_is_lost_and_nothing_is_counted_twice(
    ours: list[tuple[str, int]], theirs: list[tuple[str, int]]
) -> None:
    found = reconcile(
        ours=[entry(name, minor=minor) for name, minor in ours],
        theirs=[entry(name, minor=minor) for name, minor in theirs],
    )
    paired = len(found.matched) + len(found.differing)
    assert paired + len(found.missing_there) == len(ours)
    assert paired + len(found.missing_here) == len(theirs)
