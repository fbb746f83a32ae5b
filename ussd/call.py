"""One call: what the menu knows of the caller, and what it may ask of the house."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from topup.advances import History, Lending
from topup.auto import Running, Terms, When
from topup.caller import Caller, Recent, Result
from topup.kinds import Kind
from topup.limits import Limits
from topup.line import NOT_KNOWN, Line
from topup.money import Money
from topup.orders import Order, Wanted
from topup.vouchers import Pin
from topup.wallets import NoWalletHere, Wallet


@dataclass(frozen=True, slots=True)
class Dropped:
    """Where a call that dropped had got to."""

    screen: str
    trail: tuple[str, ...]
    amount: Money
    payer: str | None
    other_line: str | None = None
    other_line_is: Line | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An auto top-up that is being put together; with `standing_id`, one that runs."""

    line: str
    amount: Money | None = None
    when: When | None = None
    cap: Money | None = None
    standing_id: str | None = None


class Auto(Protocol):
    """Auto top-ups, as `store.auto` serves them."""

    def agree(self, payer: str, terms: Terms, *, channel: str, conversation: str, language: str) -> None:
        """Keep what was agreed to in a conversation, once. Raises errors of a person's."""
        ...

    def stop(self, payer: str, standing_id: str) -> None:
        """Let this one of the payer's not ask any more."""
        ...


class Desk(Protocol):
    """What the menu may ask of the house. `store.desk` serves every channel alike."""

    limits: Limits
    country: str
    currency: str
    care_number: str
    short_code: str
    lending: Lending | None

    @property
    def auto(self) -> Auto:
        """Where auto top-ups are agreed to and stopped."""
        ...

    def caller(self, msisdn: str) -> Caller:
        """What is remembered of a caller. The only question that a dial may ask the database."""
        ...

    def read_line(self, msisdn: str) -> Line:
        """The line as the charging system tells it now, or NOT_KNOWN after a short deadline."""
        ...

    def wallet_of(self, payer: str) -> Wallet:
        """The wallet by which `payer` (E.164) is asked, without asking anybody. Raises topup.wallets.NoWalletHere."""
        ...

    def place(self, wanted: Wanted) -> Order:
        """Place the order of this conversation; the one that it placed before, if it did.

        Raises an error of topup.limits or topup.vouchers, or NoWalletHere. SameAgain can be overridden by
        `wanted.again`.
        """
        ...

    def keep_seen(self, result: Result) -> None:
        """Remember that the caller has seen this end of a top-up."""
        ...

    def placed_in(self, *, channel: str, conversation: str, asked_by: str) -> Order | None:
        """The order that `asked_by` has placed in this conversation."""
        ...

    def close_line(self, msisdn: str, *, closed: bool) -> None:
        """Let nobody else top this line up, or let them again."""
        ...

    def debt_of(self, msisdn: str) -> Money:
        """What a line that is not the caller's owes of advances; the caller's own debt is in its history."""
        ...

    def write(self, msisdn: str, text: str, *, purpose: str, not_within: timedelta) -> None:
        """Send an SMS that was asked for, unless one of this purpose went there `not_within` long."""
        ...

    def choose_language(self, msisdn: str, language: str) -> None:
        """Remember a language for this number."""
        ...


@dataclass(slots=True, kw_only=True)
class Call:
    """A call in progress. The first block is told by the gateway at every hop; the rest is remembered.

    `other_line` is the number to top up where it is not the caller's own, `other_line_is` what it was when chosen.
    `under_way` is what was on its way at the dial, `missed` an end of a top-up that stands on the home screen once.
    `standing` are the caller's auto top-ups, `draft` is the one at hand. `pin` is that of the voucher just typed.
    `wrong` counts the wrong keys in a row; `why` is what was wrong with the last one, and stands on the screen.
    """

    desk: Desk
    channel: str
    conversation: str
    msisdn: str

    language: str
    screen: str = ""
    trail: list[str] = field(default_factory=list)
    page: int = 0
    wrong: int = 0
    why: str = ""
    line: Line = NOT_KNOWN
    amount: Money | None = None
    payer: str | None = None
    other_line: str | None = None
    other_line_is: Line | None = None
    pin: Pin | None = None
    recent: Sequence[Recent] = ()
    history: History | None = None
    lent: Sequence[Recent] = ()
    dropped: Dropped | None = None
    under_way: Money | None = None
    missed: Result | None = None
    standing: Sequence[Running] = ()
    draft: Draft | None = None

    # Providers that do not answer just now, as the house knew at this hop: a hint, which is not remembered.
    down: frozenset[str] = frozenset()

    # Whether the keys are being played from the gateway's record instead of pressed by somebody who sees the screen.
    playing: bool = False

    @property
    def line_to_top_up(self) -> str:
        """Whose line is topped up: the caller's, unless another was given."""
        return self.other_line or self.msisdn

    @property
    def news(self) -> Result | None:
        """The missed end that home tells; not where what the line is must be said first."""
        return None if self.line.is_beyond_help else self.missed

    @property
    def its_line(self) -> Line:
        """What that line is as a top-up finds it, which repays an advance first."""
        return self.line.after(self.debt) if self.other_line is None else self.other_line_is or NOT_KNOWN

    @property
    def debt(self) -> Money:
        """What the caller's own line owes of advances, which its next top-ups repay."""
        return self.history.owed if self.history else Money(0, self.desk.currency)

    def wanted(self, amount: Money, *, kind: Kind = Kind.TOPUP, again: bool = False, pin: Pin | None = None) -> Wanted:
        """The order of this call, as it has been agreed to."""
        return Wanted(
            channel=self.channel,
            conversation=self.conversation,
            asked_by=self.msisdn,
            payer=self.payer_or_self,
            amount=amount,
            language=self.language,
            line_was=self.its_line.state,
            kind=kind,
            line=self.other_line,
            again=again,
            pin=pin,
            line_seen=self.line,
        )

    @property
    def payer_or_self(self) -> str:
        """Who pays: the caller, unless another number was given."""
        return self.payer or self.msisdn

    @property
    def wallet(self) -> str:
        """What the payer calls the wallet that is asked. Raises NoWalletHere."""
        return self.desk.wallet_of(self.payer_or_self).name

    @property
    def wallet_is_down(self) -> bool:
        """Whether the payer's wallet does not answer just now. Raises NoWalletHere."""
        return self.desk.wallet_of(self.payer_or_self).provider in self.down

    @property
    def own_wallet_down(self) -> str | None:
        """What the caller calls their own wallet where it does not answer just now; None where it does, or is none."""
        if not self.has_wallet:
            return None
        wallet = self.desk.wallet_of(self.msisdn)
        return wallet.name if wallet.provider in self.down else None

    @property
    def has_wallet(self) -> bool:
        """Whether the caller's own number has a wallet that can be asked."""
        try:
            self.desk.wallet_of(self.msisdn)
        except NoWalletHere:
            return False
        return True
