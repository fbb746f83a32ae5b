"""What is remembered of somebody who calls or writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from topup.advances import History
from topup.auto import Running
from topup.life import State
from topup.line import LineState
from topup.money import Money
from topup.orders import Wanted


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
class Result:
    """The end of an order that whoever asked for it has surely not been told of. `at` is when it was placed.

    The amount is nought for a voucher. `repaid`: some of the money, or all of it, repaid an advance of the line.
    """

    order_id: str
    amount: Money
    state: State
    at: datetime
    is_for_another: bool
    is_advance: bool = False
    repaid: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """A person, by their number: the language that they chose (if they did) and their last top-ups, newest first.

    `under_way` is the newest of these that runs just now, `missed` an end that no SMS could tell, `standing` the auto
    top-ups that this number pays for. Where advances are offered, `history` is what counts for one, and `lent` are the
    last advances, newest first.
    """

    language: str | None = None
    recent: Sequence[Recent] = ()
    under_way: Recent | None = None
    missed: Result | None = None
    standing: Sequence[Running] = ()
    history: History | None = None
    lent: Sequence[Recent] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A top-up that only wanted its yes when the call dropped: `conversation` of `channel`, by `msisdn`.

    `language` is that of the call, `line_was` what the caller saw of the line.
    """

    channel: str
    conversation: str
    msisdn: str
    line: str
    payer: str
    amount: Money
    language: str
    line_was: LineState

    def wanted(self) -> Wanted:
        """The order that the call would have placed."""
        return Wanted(
            channel=self.channel,
            conversation=self.conversation,
            asked_by=self.msisdn,
            payer=self.payer,
            amount=self.amount,
            language=self.language,
            line_was=self.line_was,
            line=None if self.line == self.msisdn else self.line,
        )


# A top-up that stands here ends within moments, so whoever asks for another may want to wait.
ON_ITS_WAY = frozenset({State.CREATED, State.CHARGING, State.PAID, State.CREDITING})
