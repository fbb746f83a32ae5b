"""Orders that need a person: listing them with what is known, and deciding them on the record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from store import attempts as attempts_of
from store.attempts import Kept
from store.book import SqlBook
from store.tables import attempts, inbox, order_moves, orders
from topup.errors import RedialError
from topup.kinds import Kind
from topup.life import REVIEWS, Event, State
from topup.orders import Order, advance, history_of
from topup.schedule import Timing
from topup.wallets import WALLETS


class NotInReview(RedialError):
    """Order {order_id} is {state}, and only an order in review can be decided."""


class HasMovedOn(RedialError):
    """Order {order_id} is {now} by now, and {seen} is what you saw: look again with `orders review`, then decide."""


class NotAClosedStray(RedialError):
    """Order {order_id} is no money held apart that a person closed: nothing else comes back into review."""


class ReceiptNeeded(RedialError):
    """That money came is only known by the provider's receipt: give it with --receipt."""


class ReceiptOfNothing(RedialError):
    """A receipt is of money that came in, and this decision says nothing of that: decide it without --receipt."""


class ReceiptIsKnown(RedialError):
    """The payment has the receipt {receipt} already, and it stays: decide it without --receipt."""


class ReceiptIsTaken(RedialError):
    """The receipt {receipt} already belongs to order {order_id}: close or decide that one first."""


class WouldRefundAnother(RedialError):
    """{wallet} would send back what order {order_id} was paid with, not this: send it back by hand, then close this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InReview:
    """An order in review: its last move's detail, every attempt, and what callbacks for it came to."""

    order: Order
    since: datetime
    detail: Mapping[str, Any]
    attempts: Sequence[Mapping[str, Any]]
    callbacks: Sequence[Mapping[str, Any]]

    @property
    def seen(self) -> str:
        """What a decision names, so that it is of this and of nothing that comes later: `REVIEW_CHARGE/4`."""
        return _standing(self.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided of an order, why, and who they are.

    `event` is OPERATOR_CREDIT, OPERATOR_REFUND, OPERATOR_CLOSE, OPERATOR_VOID (of a voucher) or OPERATOR_DROP (of an
    advance). `seen` names what they looked at, as InReview.seen does. `receipt` is the provider's, from its statement.
    """

    order_id: str
    event: Event
    seen: str
    because: str
    by: str
    receipt: str | None = None


def listed(connection: Connection) -> list[InReview]:
    """Every order in review, the longest waiting first."""
    waiting = select(orders.c.id, orders.c.state_at).where(orders.c.state.in_([state.value for state in REVIEWS]))
    return [_in_review(connection, *row) for row in connection.execute(waiting.order_by(orders.c.state_at))]


def decide(connection: Connection, decision: Decision, *, now: datetime, timing: Timing) -> Order:
    """Move an order out of review, and keep the decision with the move.

    The same word means another thing in another review, so one that was made of what no longer is counts for nothing.
    Raises NotInReview, HasMovedOn, ReceiptNeeded, ReceiptOfNothing, ReceiptIsKnown, ReceiptIsTaken,
    WouldRefundAnother, and IllegalEvent where LIFE does not have such a decision.
    """
    order = SqlBook(connection).lock(decision.order_id)
    if not order.state.in_review:
        raise NotInReview(order_id=order.id, state=order.state.value)
    if decision.seen != _standing(order):
        raise HasMovedOn(order_id=order.id, now=_standing(order), seen=decision.seen)
    receipt = _as_the_wallet_writes(decision.receipt, order)
    _settle_receipt(connection, order, decision.event, receipt)
    if decision.event is Event.OPERATOR_REFUND:
        _check_it_goes_back_itself(connection, order)
    detail = {"by": decision.by, "because": decision.because, "seen": decision.seen, "receipt": receipt}
    return advance(SqlBook(connection), order_id=order.id, event=decision.event, now=now, timing=timing, detail=detail)


def reopen(connection: Connection, order_id: str, *, because: str, by: str, now: datetime, timing: Timing) -> Order:
    """Take money that is held apart back into review, of which a person had found that it never came.

    Nothing is booked: what came is decided like any other, by the receipt that the statement has. Raises OrderNotFound
    and NotAClosedStray.
    """
    book = SqlBook(connection)
    order = book.lock(order_id)
    was_closed = order.state is State.UNPAID and history_of(book, order)[-1] is Event.OPERATOR_CLOSE
    if order.kind is not Kind.STRAY or not was_closed:
        raise NotAClosedStray(order_id=order.id)
    detail = {"by": by, "because": because}
    return advance(book, order_id=order.id, event=Event.OPERATOR_REOPEN, now=now, timing=timing, detail=detail)


def _standing(order: Order) -> str:
    return f"{order.state.value}/{order.seq}"


# In these a person may have found the payment on the statement. In others they hold a receipt of something else.
_MONEY_MAY_HAVE_COME = frozenset({State.REVIEW_CHARGE, State.REVIEW_REFUND})


def _as_the_wallet_writes(receipt: str | None, order: Order) -> str | None:
    """A receipt as the provider will tell it, whatever a person typed; None when they typed nothing."""
    typed = (receipt or "").strip()
    wallet = WALLETS.get(order.payment_provider)
    return (typed.upper() if wallet and wallet.receipts_are_upper_case else typed) or None


def _settle_receipt(connection: Connection, order: Order, event: Event, receipt: str | None) -> None:
    """Without a receipt nothing can be reversed or reconciled, so money that came must have one. It has but one."""
    is_said_to_have_come = order.state in _MONEY_MAY_HAVE_COME and event is not Event.OPERATOR_CLOSE
    if receipt is not None and not is_said_to_have_come:
        raise ReceiptOfNothing()
    known = attempts_of.confirmed_charge(connection, order.id)
    if order.state is State.REVIEW_CHARGE and event is Event.OPERATOR_CLOSE:
        charges = (attempts.c.order_id == order.id) & (attempts.c.purpose == "charge")
        connection.execute(update(attempts).where(charges).values(receipt=None))
    elif receipt is not None:
        _note_receipt(connection, order, known, receipt)
    elif order.state is State.REVIEW_CHARGE and (known is None or not known.has_true_receipt):
        raise ReceiptNeeded()


def _note_receipt(connection: Connection, order: Order, known: Kept | None, receipt: str) -> None:
    """Keep the receipt that a person gives with the charge that was paid, or with the newest."""
    if known is not None and known.has_true_receipt:
        if known.receipt != receipt:
            raise ReceiptIsKnown(receipt=known.receipt)
        return
    if known is not None and str(known.receipt).upper() == receipt.upper():
        raise ReceiptNeeded()  # It is copied from our own list, where it stands for one that is not known.
    _check_free(connection, order, receipt)
    if (paid := known or attempts_of.last(connection, order_id=order.id, purpose="charge")) is not None:
        facts = attempts.c.facts.op("||")({attempts_of.RECEIPT_IS_DERIVED: False})
        of_it = attempts.c.reference == paid.attempt.reference
        connection.execute(update(attempts).where(of_it).values(receipt=receipt, facts=facts))


def _check_it_goes_back_itself(connection: Connection, order: Order) -> None:
    charged = attempts_of.confirmed_charge(connection, order.id)
    other = charged and attempts_of.refunded_instead(connection, charged)
    if other is not None:
        raise WouldRefundAnother(wallet=WALLETS[other.provider].name, order_id=other.order_id)


def _check_free(connection: Connection, order: Order, receipt: str) -> None:
    found = select(attempts.c.order_id).where(
        attempts.c.receipt == receipt, attempts.c.purpose == "charge", attempts.c.order_id != order.id
    )
    if (taken_by := connection.scalar(found.limit(1))) is not None:
        raise ReceiptIsTaken(receipt=receipt, order_id=taken_by)


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
