"""Auto top-up: a standing order, agreed to once by whoever pays, that asks for the PIN by itself each time it is due.

It is due when the line's balance is below what was agreed, or on a day of the week, and never asks for more than was
agreed in one week. Nothing is ever taken without the payer's PIN: what is agreed to is being asked.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum

from topup.errors import RedialError
from topup.life import State
from topup.limits import Limits
from topup.line import Line, LineState
from topup.money import Money

# The channel of the orders that a standing order places.
CHANNEL = "auto"

# More than these would ask one person for the PIN all day long.
MOST_RUNNING = 3

# So often in a row it may end unpaid: then nobody wants it any more.
UNPAID_ALLOWED = 3

# Whoever did not pay is left alone for so long, however low the line stands.
REST = timedelta(hours=24)


class CapTooSmall(RedialError):
    """At most {cap} a week would never let {amount} be asked for."""


class TooManyAutoTopUps(RedialError):
    """This payer has {count} standing orders already."""


class Weekday(Enum):
    """A day of the week, counted as ISO 8601 does."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


# When a standing order is due: below this balance, or on this day.
When = Money | Weekday


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed to: so much for a line (E.164), when, and at most `cap` from Monday to Sunday."""

    line: str
    amount: Money
    when: When
    cap: Money

    def check(self, limits: Limits) -> None:
        """Raise an error of topup.limits when such an amount is not sold, and CapTooSmall when none could be paid."""
        limits.check(self.amount)
        if self.cap < self.amount:
            raise CapTooSmall(amount=self.amount, cap=self.cap)


@dataclass(frozen=True, slots=True)
class Running:
    """A standing order that runs, as its payer sees it."""

    id: str
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A standing order as it is kept. `language` is the one in which it was agreed to."""

    id: str
    payer: str
    terms: Terms
    language: str
    agreed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When standing orders are looked at: between the hours `begins` and `ends` of the installation's zone.

    Those of a weekday are due at `begins`, those of a balance again after `every`. Each has a moment of its own within
    the hour (or within `every`, when that is shorter), so that they do not all come at once.
    """

    begins: int = 8
    ends: int = 21
    every: timedelta = timedelta(hours=1)

    def next_look(self, standing_id: str, when: When, *, after: datetime, zone: tzinfo) -> datetime:
        """The first moment after `after` at which it is to be looked at."""
        if isinstance(when, Weekday):
            days = (self._opening(after, zone, in_days=day) + self._own(standing_id) for day in range(9))
            return next(at for at in days if at > after and at.isoweekday() == when.value)
        at = self._tick(standing_id, after, zone) + self.every
        return at if self.is_open(at) else self._next_opening(after, zone) + self._own(standing_id)

    def is_due(self, when: When, *, now: datetime, zone: tzinfo) -> bool:
        """Whether somebody may be asked now: what comes too late, or at night, is not asked for."""
        here = now.astimezone(zone)
        return self.is_open(here) and (isinstance(when, Money) or here.isoweekday() == when.value)

    def slot(self, standing_id: str, when: When, *, now: datetime, zone: tzinfo) -> str:
        """The name of the time for which at most one top-up is placed: a day, or a stretch of `every`."""
        if isinstance(when, Weekday):
            return now.astimezone(zone).date().isoformat()
        return self._tick(standing_id, now, zone).isoformat()

    def is_open(self, at: datetime) -> bool:
        """Whether people may be asked at this hour of the zone that `at` carries."""
        return self.begins <= at.hour < self.ends

    def _own(self, standing_id: str) -> timedelta:
        """How long after the hour the moment of this one is."""
        spread = min(self.every, timedelta(hours=1))
        return int.from_bytes(hashlib.sha256(standing_id.encode()).digest()[:4]) * spread / 2**32

    def _tick(self, standing_id: str, now: datetime, zone: tzinfo) -> datetime:
        """Its last moment until `now`, however the hours stand."""
        seconds, own = self.every.total_seconds(), self._own(standing_id).total_seconds()
        return datetime.fromtimestamp((now.timestamp() - own) // seconds * seconds + own, zone)

    def _opening(self, at: datetime, zone: tzinfo, *, in_days: int = 0) -> datetime:
        day = at.astimezone(zone) + timedelta(days=in_days)
        return day.replace(hour=self.begins, minute=0, second=0, microsecond=0)

    def _next_opening(self, after: datetime, zone: tzinfo) -> datetime:
        today = self._opening(after, zone)
        return today if today > after else self._opening(after, zone, in_days=1)


def is_below(line: Line, floor: Money) -> bool:
    """Whether the line is surely below this balance. One that cannot be read is not."""
    return line.balance < floor if line.balance is not None else line.state is LineState.SUSPENDED


def week_of(now: datetime, *, zone: tzinfo) -> datetime:
    """When the week of `now` began: Monday, midnight in `zone`."""
    here = now.astimezone(zone)
    monday = here - timedelta(days=here.isoweekday() - 1)
    return monday.replace(hour=0, minute=0, second=0, microsecond=0)


def nobody_wants_it(ends: Sequence[State]) -> bool:
    """Whether it has ended unpaid so often in a row that it is to stop. `ends` are of its orders, newest first."""
    last = ends[:UNPAID_ALLOWED]
    return len(last) == UNPAID_ALLOWED and all(state is State.UNPAID for state in last)
