"""Reconciliation: what a provider says was moved, against what our ledger says. Pure; nothing is changed by it.

What a statement names is matched by its name, on whatever day we booked it: a payment may be found out by an enquiry
after midnight, or by a person days later. Only what is *not* named is a question of days. Such a movement of ours is
missing there when all of the time in which it may have happened, from our call until our booking, lies in the days of
the statements. Where some of that time lies outside, the statement of those days may have it: it is neither matched
nor missing, but at the edges, and is decided when the statements of all its days are read together.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo

from topup.money import Money

# How far a provider's clock, or the minute that its statement is cut to, may stand from our clock.
CLOCKS_DIFFER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One movement of money, on either side.

    `names` are what it alone may be known by (a receipt, the reference of a call): two entries that share one are the
    same movement. `references` are what several payments may have been made for: by these two entries are the same
    only when one of them has no name, and theirs happened within our time. `at` is when they moved it, or when we
    booked it; `called_at` is when we asked for it, of ours only. `kind` is `charge`, `reversal` or `refill`; `about`
    says whose it is, for people.
    """

    kind: str
    names: tuple[str, ...]
    amount: Money
    at: datetime
    about: str
    references: tuple[str, ...] = ()
    called_at: datetime | None = None

    @property
    def earliest(self) -> datetime:
        """When it may have happened at the earliest, by the other side's clock."""
        return min(self.called_at or self.at, self.at) - CLOCKS_DIFFER

    @property
    def latest(self) -> datetime:
        """When it has surely happened, by the other side's clock."""
        return self.at + CLOCKS_DIFFER


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time that statements tell everything of: from `since` (with) until `until` (without)."""

    since: datetime
    until: datetime

    def has_all_of(self, entry: Entry) -> bool:
        """Whether the movement cannot have happened outside."""
        return self.since <= entry.earliest and entry.latest < self.until

    def has_some_of(self, entry: Entry) -> bool:
        """Whether the movement may have happened inside."""
        return self.since <= entry.latest and entry.earliest < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The same movement on both sides."""

    ours: Entry
    theirs: Entry


@dataclass(slots=True)
class Reconciled:
    """The outcome. Nothing is open when the three in the middle are empty; the last is for other statements to say."""

    matched: list[Pair] = field(default_factory=list)
    missing_here: list[Entry] = field(default_factory=list)
    missing_there: list[Entry] = field(default_factory=list)
    differing: list[Pair] = field(default_factory=list)
    at_the_edges: list[Entry] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether a person has something to find out."""
        return bool(self.missing_here or self.missing_there or self.differing)


def days_of(statement: Sequence[Entry], *, zone: tzinfo, now: datetime) -> Span:
    """The time that a statement is all of: whole days in `zone`, from the first that it names to the last.

    It must name something. Of a day that is not over, it is all until the last that it names.
    """
    first, last = (pick(entry.at for entry in statement) for pick in (min, max))
    since = datetime.combine(first.astimezone(zone).date(), time(0), zone)
    until = datetime.combine(last.astimezone(zone).date() + timedelta(days=1), time(0), zone)
    return Span(since=since, until=until if until <= now else last)


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time, with spans that touch or overlap made one: what happened across both can be nowhere else."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: span.since):
        if found and span.since <= found[-1].until:
            found[-1] = Span(since=found[-1].since, until=max(found[-1].until, span.until))
        else:
            found.append(span)
    return found


def without_copies(statements: Iterable[Sequence[Entry]]) -> list[Entry]:
    """All that the statements name. What an earlier one has as well is left out; what one has twice stays twice."""
    found: list[Entry] = []
    for statement in statements:
        before = frozenset(found)
        found.extend(entry for entry in statement if entry not in before)
    return found


def reconcile(*, ours: Sequence[Entry], theirs: Sequence[Entry], spans: Sequence[Span]) -> Reconciled:
    """Match the two sides, one to one: by kind, and a name or a reference; a match must agree on the amount.

    The provider's side names each movement once; one that it names twice stays open as missing here. `spans` are the
    times that `theirs` are all of, joined: our movements that they do not name are judged by these.
    """
    found, matches = Reconciled(), _matches(ours, theirs)
    for index, entry in enumerate(ours):
        if index in matches:
            pair = Pair(ours=entry, theirs=theirs[matches[index]])
            (found.matched if entry.amount == pair.theirs.amount else found.differing).append(pair)
        elif any(span.has_all_of(entry) for span in spans):
            found.missing_there.append(entry)
        elif any(span.has_some_of(entry) for span in spans):
            found.at_the_edges.append(entry)
    taken = set(matches.values())
    found.missing_here.extend(entry for index, entry in enumerate(theirs) if index not in taken)
    return found


def _matches(ours: Sequence[Entry], theirs: Sequence[Entry]) -> dict[int, int]:
    """Which of ours (its index) is which of theirs. Names go first, so that no reference takes what a name has."""
    matches: dict[int, int] = {}
    _match(ours, theirs, _names, lambda _ours, _theirs: True, matches)
    _match(ours, theirs, _references, _may_be_one, matches)
    return matches


def _match(
    ours: Sequence[Entry],
    theirs: Sequence[Entry],
    keys: Callable[[Entry], list[tuple[str, str]]],
    may_be_one: Callable[[Entry, Entry], bool],
    matches: dict[int, int],
) -> None:
    """Add to `matches` what shares a key, the first of each that is still free."""
    taken = set(matches.values())
    by_key: dict[tuple[str, str], list[int]] = {}
    for index, entry in enumerate(theirs):
        for key in keys(entry):
            by_key.setdefault(key, []).append(index)
    for index, entry in enumerate(ours):
        if index in matches:
            continue
        same = (other for key in keys(entry) for other in by_key.get(key, ()))
        free = (other for other in same if other not in taken and may_be_one(entry, theirs[other]))
        if (other := next(free, None)) is not None:
            matches[index] = other
            taken.add(other)


def _may_be_one(ours: Entry, theirs: Entry) -> bool:
    """Whether entries that share a reference may be one movement: two with names of their own are two."""
    return not (any(ours.names) and any(theirs.names)) and ours.earliest <= theirs.at <= ours.latest


def _names(entry: Entry) -> list[tuple[str, str]]:
    return [(entry.kind, name) for name in entry.names if name]


def _references(entry: Entry) -> list[tuple[str, str]]:
    return [(entry.kind, reference) for reference in entry.references if reference]
