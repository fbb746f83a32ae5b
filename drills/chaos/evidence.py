"""What a drill leaves behind, as plain values: the world's books, and what Redial has written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Entry = Mapping[str, Any]
Books = Mapping[str, Sequence[Entry]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderKept:
    """An order as the database has it. `came_to` is the order to which a stray payment came; its own id for others.

    `receipts` are those that its charges have, `events` those of its moves, oldest first.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A screen that told somebody that they will be asked for their PIN."""

    msisdn: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that the judge looks at. `ledger_faults` is what `flask ledger check` finds: order id and fault."""

    orders: Sequence[OrderKept]
    transfers: Sequence[TransferKept]
    ledger_faults: Sequence[tuple[str, str]]
    books: Books
    lines: Mapping[str, LineAtFirst]
    promises: Sequence[Promise] = ()
