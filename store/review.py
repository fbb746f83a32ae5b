"""Orders that need a person: listing them with what is known, and deciding them on the record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from store.book import SqlBook
from store.tables import attempts, inbox, order_moves, orders
from topup.errors import RedialError
from topup.life import REVIEWS, Event, State
from topup.orders import Order, advance
from topup.schedule import Timing


class NotInReview(RedialError):
    """Order {order_id} is {state}, and only an order in review can be decided."""


class ReceiptNeeded(RedialError):
    """That money came is only known by the provider's receipt: give it with --receipt."""


class ReceiptIsTaken(RedialError):
    """The receipt {receipt} already belongs to order {order_id}: close or decide that one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InReview:
    """An order in review: its last move's detail, every attempt, and what callbacks for it came to."""

    order: Order
    since: datetime
    detail: Mapping[str, Any]
    attempts: Sequence[Mapping[str, Any]]
    callbacks: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided of an order, why, and who they are.

    `event` is OPERATOR_CREDIT, OPERATOR_REFUND, OPERATOR_CLOSE, OPERATOR_VOID (of a voucher) or OPERATOR_DROP (of an
    advance). `receipt` is the provider's, from its statement.
    """

    order_id: str
    event: Event
    because: str
    by: str
    receipt: str | None = None


def listed(connection: Connection) -> list[InReview]:
    """Every order in review, the longest waiting first."""
    waiting = select(orders.c.id, orders.c.state_at).where(orders.c.state.in_([state.value for state in REVIEWS]))
    return [_in_review(connection, *row) for row in connection.execute(waiting.order_by(orders.c.state_at))]


def decide(connection: Connection, decision: Decision, *, now: datetime, timing: Timing) -> Order:
    """Move an order out of review, and keep the decision with the move.

    Raises NotInReview, ReceiptNeeded, ReceiptIsTaken, and IllegalEvent where LIFE does not have such a decision.
    """
    order = SqlBook(connection).lock(decision.order_id)
    if not order.state.in_review:
        raise NotInReview(order_id=order.id, state=order.state.value)
    _settle_receipt(connection, order, decision)
    detail = {"by": decision.by, "because": decision.because, "receipt": decision.receipt}
    return advance(SqlBook(connection), order_id=order.id, event=decision.event, now=now, timing=timing, detail=detail)


def _settle_receipt(connection: Connection, order: Order, decision: Decision) -> None:
    """Without a receipt nothing can be reversed or reconciled, so money that came must have one."""
    charges = (attempts.c.order_id == order.id) & (attempts.c.purpose == "charge")
    if order.state is State.REVIEW_CHARGE and decision.event is Event.OPERATOR_CLOSE:
        connection.execute(update(attempts).where(charges).values(receipt=None))
    elif decision.receipt is not None:
        _check_free(connection, order, decision.receipt)
        newest = select(attempts.c.reference).where(charges).order_by(attempts.c.number.desc()).limit(1)
        values = {"receipt": decision.receipt, "facts": attempts.c.facts.op("||")({"receipt_is_derived": False})}
        connection.execute(update(attempts).where(attempts.c.reference == newest.scalar_subquery()).values(values))
    elif order.state is State.REVIEW_CHARGE and not _has_receipt(connection, order):
        raise ReceiptNeeded()


def _check_free(connection: Connection, order: Order, receipt: str) -> None:
    found = select(attempts.c.order_id).where(
        attempts.c.receipt == receipt, attempts.c.purpose == "charge", attempts.c.order_id != order.id
    )
    if (taken_by := connection.scalar(found.limit(1))) is not None:
        raise ReceiptIsTaken(receipt=receipt, order_id=taken_by)


def _has_receipt(connection: Connection, order: Order) -> bool:
    found = select(attempts.c.reference).where(attempts.c.order_id == order.id, attempts.c.purpose == "charge")
    return connection.scalar(found.where(attempts.c.receipt.is_not(None)).limit(1)) is not None


def _in_review(connection: Connection, order_id: str, since: datetime) -> InReview:
    book = SqlBook(connection)
    tried = select(attempts).where(attempts.c.order_id == order_id).order_by(attempts.c.sent_at)
    told = select(inbox.c.received_at, inbox.c.provider, inbox.c.topic, inbox.c.verdict)
    told = told.where(inbox.c.order_id == order_id).order_by(inbox.c.id)
    return InReview(
        order=book.get(order_id),
        since=since,
        detail=book.last_detail(order_id),
        attempts=[dict(row) for row in connection.execute(tried).mappings()],
        callbacks=[dict(row) for row in connection.execute(told).mappings()],
    )


def moves_of(connection: Connection, reference: str) -> list[Mapping[str, Any]]:
    """The whole record of an order's moves, oldest first: the answer to "where is my money?".

    `reference` is the order's id, or the beginning of it that people are told.
    """
    ours = order_moves.c.order_id.startswith(reference.lower(), autoescape=True)
    found = select(order_moves).where(ours).order_by(order_moves.c.order_id, order_moves.c.seq)
    return [dict(row) for row in connection.execute(found).mappings()]
