"""Reconciliation: what a provider says was moved, against what our ledger says. Pure; nothing is changed by it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from topup.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One movement of money, on either side.

    `names` are what it may be known by, the surest first (a receipt, our reference): two entries that share one are the
    same movement. `kind` is `charge`, `reversal` or `refill`; `about` says whose it is, for people.
    """

    kind: str
    names: tuple[str, ...]
    amount: Money
    at: datetime
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The same movement on both sides."""

    ours: Entry
    theirs: Entry


@dataclass(slots=True)
class Reconciled:
    """The outcome. Nothing is open when the last three are empty."""

    matched: list[Pair] = field(default_factory=list)
    missing_here: list[Entry] = field(default_factory=list)
    missing_there: list[Entry] = field(default_factory=list)
    differing: list[Pair] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether a person has something to find out."""
        return bool(self.missing_here or self.missing_there or self.differing)


def reconcile(*, ours: Iterable[Entry], theirs: Sequence[Entry]) -> Reconciled:
    """Match the two sides, one to one: by kind and any shared name; a match must agree on the amount.

    The provider's side names each movement once; one that it names twice stays open as missing here.
    """
    found, by_name = Reconciled(), _by_name(theirs)
    taken: set[int] = set()
    for entry in ours:
        index = next((by_name[key] for key in _keys(entry) if by_name.get(key) not in (None, *taken)), None)
        if index is None:
            found.missing_there.append(entry)
            continue
        taken.add(index)
        pair = Pair(ours=entry, theirs=theirs[index])
        (found.matched if entry.amount == theirs[index].amount else found.differing).append(pair)
    found.missing_here.extend(entry for index, entry in enumerate(theirs) if index not in taken)
    return found


def _by_name(entries: Sequence[Entry]) -> dict[tuple[str, str], int]:
    names: dict[tuple[str, str], int] = {}
    for index, entry in enumerate(entries):
        for key in _keys(entry):
            names.setdefault(key, index)
    return names


def _keys(entry: Entry) -> list[tuple[str, str]]:
    return [(entry.kind, name) for name in entry.names if name]
