"""What a drill leaves behind, as plain values: the world's books, and what Redial has written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Entry = Mapping[str, Any]
Books = Mapping[str, Sequence[Entry]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderKept:
    """An order as the database has it. `came_to` is the order to which a stray payment came; its own id for others.

    `receipts` are those that its charges have, `events` those of its moves, oldest first. `tail` is the end of
    its voucher's number. The amount of a voucher is zero: what it brings only the world knows. `standing_id` names the
    standing order that placed it. Times are as in the books.
    """

    id: str
    kind: str
    channel: str
    placed_at: str
    asked_by: str
    line: str
    payer: str
    amount_minor: int
    currency: str
    state: str
    came_to: str
    receipts: tuple[str, ...]
    events: tuple[str, ...]
    tail: str | None = None
    standing_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferKept:
    """An entry of the ledger: `amount_minor` went from `source` to `target`."""

    order_id: str
    source: str
    target: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAtFirst:
    """A line before anything was ordered. `closed` says that it is barred or gone, whatever its balance."""

    balance_minor: int
    closed: bool = False


class Fate(Enum):
    """What a scratch card is when its holder comes by it."""

    GOOD = "good"
    USED = "used by another line"
    WRONG = "never printed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A scratch card. The world's books know it by its serial, people by the last digits of its number."""

    pin: str
    serial: str
    amount_minor: int
    fate: Fate = Fate.GOOD

    @property
    def tail(self) -> str:
        """The last three digits of its number."""
        return self.pin[-3:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A screen that told somebody that they have ordered: that a PIN, a voucher or an advance comes next.

    `kind` is "voucher", "advance", or "topup" for whatever is paid for; `tail` is the end of a voucher's number.
    """

    msisdn: str
    amount_minor: int
    kind: str = "topup"
    tail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoTerms:
    """An auto top-up: `payer` is asked for so much for `line` below a balance, and for at most `cap_minor` a week."""

    payer: str
    line: str
    amount_minor: int
    below_minor: int
    cap_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What a payer said they agree to, just after `at`. `seen`: a screen told them that it is agreed."""

    terms: AutoTerms
    at: str
    seen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A payer wants no auto top-up any more: of `line`, or (None, by SMS) of any.

    They said so just after `sent_at`, and a screen told them at `seen_at` that it has stopped.
    """

    payer: str
    line: str | None
    sent_at: str
    seen_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingKept:
    """A standing order as the database has it."""

    id: str
    terms: AutoTerms
    agreed_at: str
    stopped_at: str | None


@dataclass(frozen=True, slots=True)
class Autos:
    """What people said about auto top-ups, and what was spent: the lines' balances after it, as in the books."""

    agreements: list[Agreement] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    spent: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that the judge looks at. `ledger_faults` is what `flask ledger check` finds: order id and fault."""

    orders: Sequence[OrderKept]
    transfers: Sequence[TransferKept]
    ledger_faults: Sequence[tuple[str, str]]
    books: Books
    lines: Mapping[str, LineAtFirst]
    promises: Sequence[Promise] = ()
    cards: Sequence[Card] = ()
    standing: Sequence[StandingKept] = ()
    autos: Autos = field(default_factory=Autos)
