"""What is remembered of somebody who calls or writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from topup.advances import History
from topup.life import State
from topup.money import Money


@dataclass(frozen=True, slots=True)
class Recent:
    """A top-up as the person may ask after it. `at` carries the zone that it is shown in."""

    reference: str
    amount: Money
    state: State
    at: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """A person, by their number: the language that they chose (if they did) and their last top-ups, newest first.

    Where advances are offered, `history` is what counts for one, and `lent` are the last advances, newest first.
    """

    language: str | None = None
    recent: Sequence[Recent] = ()
    history: History | None = None
    lent: Sequence[Recent] = ()
