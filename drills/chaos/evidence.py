"""What a drill leaves behind, as plain values: the world's books, and what Redial has written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

Entry = Mapping[str, Any]
Books = Mapping[str, Sequence[Entry]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderKept:
    """An order as the database has it. `came_to` is the order to which a stray payment came; its own id for others.

    `receipts` are those that its charges have, `events` those of its moves, oldest first. `tail` is the end of
    its voucher's number. The amount of a voucher is zero: what it brings only the world knows.
    """

    id: str
    kind: str
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
class Evidence:
    """Everything that the judge looks at. `ledger_faults` is what `flask ledger check` finds: order id and fault."""

    orders: Sequence[OrderKept]
    transfers: Sequence[TransferKept]
    ledger_faults: Sequence[tuple[str, str]]
    books: Books
    lines: Mapping[str, LineAtFirst]
    promises: Sequence[Promise] = ()
    cards: Sequence[Card] = ()
