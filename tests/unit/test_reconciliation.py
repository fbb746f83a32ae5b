"""Reconciliation: the two sides are matched one to one, and whatever is left is named."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from topup.money import Money
from topup.reconciliation import Entry, reconcile

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def entry(*names: str, minor: int = 5000, kind: str = "charge") -> Entry:
    return Entry(kind=kind, names=names, amount=Money(minor, "KES"), at=AT, about=" ".join(names))


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
    found = reconcile(ours=[entry("checkout:ws_CO_1", "ABC")], theirs=[entry("R1", "ABC")])
    assert not found.is_open


def test_a_second_payment_for_the_same_account_stays_open() -> None:
    found = reconcile(ours=[entry("R1", "ABC")], theirs=[entry("R1", "ABC"), entry("R2", "ABC")])
    assert found.missing_here == [entry("R2", "ABC")]


def test_a_reversal_does_not_match_the_charge_that_it_reverses() -> None:
    found = reconcile(ours=[entry("R1", kind="reversal")], theirs=[entry("R1")])
    assert found.missing_here
    assert found.missing_there


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
