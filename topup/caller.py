"""What is remembered of somebody who calls or writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from topup.life import State
from topup.money import Money


@dataclass(frozen=True, slots=True)
class Recent:
    """A top-up as the person may ask after it. `at` carries the zone that it is shown in.

    The amount is nought for a voucher whose worth is not known.
    """

    reference: str
    amount: Money
    state: State
    at: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """A person, by their number: the language that they chose (if they did) and their last top-ups, newest first."""

    language: str | None = None
    recent: Sequence[Recent] = ()
