"""Placing an order, and moving it along its life. Nothing else changes an order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from topup.advances import FEE, REPAYS
from topup.errors import RedialError
from topup.kinds import Kind
from topup.ledger import Books, Transfer, transfers_for
from topup.life import BEGINNINGS, Effect, Event, Rule, State, rule_for
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money
from topup.schedule import BUSY_WAITS_S, Timing
from topup.vouchers import Pin

# Which transfers have a part of their own, the move that has set it apart, and its name in that move's detail.
APART = {Books.GIVE: (Event.CREDIT_SENT, REPAYS), Books.LEND: (Event.ADVANCE_PLACED, FEE)}


class OrderNotFound(RedialError):
    """There is no order {order_id}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What has happened to an order: the events of its moves, oldest first, and the detail of the last move of each.

    `attempts` are the purposes of the calls that were begun for it, one for each call.
    """

    events: tuple[Event, ...]
    details: Mapping[Event, Mapping[str, Any]]
    attempts: tuple[str, ...] = ()

    def then(self, event: Event, detail: Mapping[str, Any]) -> "Past":
        """The past with one more move in it."""
        return replace(self, events=(*self.events, event), details={**self.details, event: detail})


class NaiveTime(RedialError):
    """A time without its zone was given: {now}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A top-up that somebody agreed to. Numbers are E.164; `channel` is where it was placed (`ussd:africastalking`).

    `line_was` is what the line's owner saw when it was placed, so that the end is told in the same terms. `amount` is
    nought for a voucher, whose worth only the charging system knows.
    `seq` counts the moves: 0 when placed. `past` is known where the order was read to be moved, and of no other.
    """

    id: str
    kind: Kind
    channel: str
    asked_by: str
    line: str
    payer: str
    amount: Money
    language: str
    line_was: LineState
    payment_provider: str
    credit_provider: str
    placed_at: datetime
    state: State = State.CREATED
    seq: int = 0
    past: Past | None = field(default=None, compare=False, repr=False)

    @property
    def is_for_another(self) -> bool:
        """Whether somebody asked for a line that is not their own."""
        return self.line != self.asked_by

    @property
    def line_was_away(self) -> bool:
        """Whether it is news to the line's owner that the line is active."""
        return self.line_was is not LineState.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A top-up that somebody has just agreed to, in `conversation` (a session or message id) of `channel`.

    The line is that of who asks, unless `line` names another; `line_was` is what they saw of it. `again`: the same
    twice within a moment is meant. `pin` is that of the voucher, for Kind.VOUCHER. `line_seen` is all that was seen of
    the line, where that counts (an advance).
    """

    channel: str
    conversation: str
    asked_by: str
    payer: str
    amount: Money
    language: str
    line_was: LineState
    kind: Kind = Kind.TOPUP
    line: str | None = None
    again: bool = False
    pin: Pin | None = None
    line_seen: Line = NOT_KNOWN


@dataclass(frozen=True, slots=True)
class Owed:
    """An effect that a move owes, and when it is due."""

    effect: Effect
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One step of an order, with everything that is committed together with it."""

    order_id: str
    seq: int
    rule: Rule
    at: datetime
    detail: Mapping[str, Any]
    transfers: Sequence[Transfer]
    owed: Sequence[Owed]


class Book(Protocol):
    """Where orders are kept. Every method works within one transaction, which the caller began and will commit."""

    def add(self, order: Order) -> bool:
        """Keep a new order; False when an order of this id is already kept (nothing is changed then)."""
        ...

    def lock(self, order_id: str) -> Order:
        """The order, which nobody else can move until this transaction ends. Raises OrderNotFound."""
        ...

    def history(self, order_id: str) -> Sequence[Event]:
        """The events of the order's moves, oldest first."""
        ...

    def last_detail(self, order_id: str, *, event: Event | None = None) -> Mapping[str, Any]:
        """The detail of the order's newest move (of this event); empty when there is none."""
        ...

    def record(self, move: Move) -> None:
        """Keep the move, its transfers and what it owes, and let the order stand at its target."""
        ...


def place(book: Book, *, order: Order, now: datetime, timing: Timing, detail: Mapping[str, Any] | None = None) -> bool:
    """Keep a new order with its first move. False when it had been placed before: then nothing is done twice."""
    order = replace(order, state=order.kind.first_state)
    if not book.add(order):
        return False
    order = replace(order, past=Past(events=(), details={}))
    move_on(book, order=order, event=order.kind.begins, now=now, timing=timing, detail=detail)
    return True


def advance(
    book: Book,
    *,
    order_id: str,
    event: Event,
    now: datetime,
    timing: Timing,
    detail: Mapping[str, Any] | None = None,
) -> Order:
    """Record that `event` happened to the order, and return it as it is now.

    `detail` is kept with the move and must be JSON. Raises OrderNotFound, IllegalEvent or RepeatedEvent; then nothing
    was recorded.
    """
    return move_on(book, order=book.lock(order_id), event=event, now=now, timing=timing, detail=detail)


def move_on(
    book: Book,
    *,
    order: Order,
    event: Event,
    now: datetime,
    timing: Timing,
    detail: Mapping[str, Any] | None = None,
) -> Order:
    """The same for an order that this transaction has locked, and that is given as it stands now."""
    if now.tzinfo is None:
        raise NaiveTime(now=now)
    kept, history = detail or {}, history_of(book, order)
    rule = rule_for(source=order.state, event=event, history=history)
    then = (*history, event)
    waits = {effect: timing.first_wait(effect, state=rule.target, history=then) for effect in rule.then}
    seq = 0 if event in BEGINNINGS else order.seq + 1
    book.record(
        Move(
            order_id=order.id,
            seq=seq,
            rule=rule,
            at=now,
            detail=kept,
            transfers=_transfers(book, order=order, rule=rule),
            owed=[Owed(effect, now + wait) for effect, wait in waits.items()],
        )
    )
    past = order.past.then(event, kept) if order.past else None
    return replace(order, state=rule.target, seq=seq, past=past)


def history_of(book: Book, order: Order) -> Sequence[Event]:
    """The events of a locked order's moves, oldest first."""
    return book.history(order.id) if order.past is None else order.past.events


def detail_of(book: Book, order: Order, *, event: Event | None = None) -> Mapping[str, Any]:
    """The detail of a locked order's newest move (of this event); empty when there is none."""
    if order.past is None:
        return book.last_detail(order.id, event=event)
    return order.past.details.get(event or order.past.events[-1], {})


def may_be_asked_again(history: Sequence[Event]) -> bool:
    """Whether a payer whose phone was busy may be asked once more."""
    return history.count(Event.CHARGE_BUSY) < len(BUSY_WAITS_S)


def _transfers(book: Book, *, order: Order, rule: Rule) -> Sequence[Transfer]:
    if rule.books is None:
        return ()
    return transfers_for(
        rule.books,
        amount=order.amount,
        apart=_apart(book, order, rule.books),
        payment_provider=order.payment_provider,
        credit_provider=order.credit_provider,
    )


def _apart(book: Book, order: Order, books: Books) -> Money | None:
    """What an earlier move of the order has set apart from its amount."""
    if books not in APART:
        return None
    event, name = APART[books]
    return Money(detail_of(book, order, event=event).get(name, 0), order.amount.currency)
