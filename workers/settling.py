"""What an answer of the outside world means for an order, whichever way it came: reply, callback or enquiry.

Everything goes through `settle`, so that a callback before its reply, an enquiry beside a callback, and all of them twice,
end alike: the first that is sure moves the order, the others change nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from store import attempts
from store.attempts import Kept
from store.book import SqlBook
from topup.life import Effect, Event, IllegalEvent, RepeatedEvent
from topup.orders import Order, may_be_asked_again
from topup.outcomes import Accepted, Confirmed, NotSent, Pending, Reason, Refused, Unknown
from workers.house import House

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Purpose:
    """The events that the ends of a call stand for."""

    confirmed: Event
    refused: Event
    not_sent: Event
    effect: Effect


PURPOSES: Mapping[str, Purpose] = {
    "charge": Purpose(Event.CHARGE_CONFIRMED, Event.CHARGE_REFUSED, Event.CHARGE_NOT_SENT, Effect.CHARGE),
    "credit": Purpose(Event.CREDIT_CONFIRMED, Event.CREDIT_REFUSED, Event.CREDIT_NOT_SENT, Effect.CREDIT),
    "refund": Purpose(Event.REFUND_CONFIRMED, Event.REFUND_REFUSED, Event.REFUND_NOT_SENT, Effect.REFUND),
}

# The fact by which a provider says that a receipt is only a name for one that it did not tell.
RECEIPT_IS_DERIVED = "receipt_is_derived"

Outcome = Accepted | Confirmed | Refused | NotSent | Pending | Unknown


def settle(house: House, connection: Connection, *, reference: str, outcome: Outcome, evidence: str) -> str:
    """Let the outcome of an attempt act on its order, within the connection's transaction.

    `evidence` says how it became known (`reply`, `callback`, `enquiry`). Returns a verdict for the record.
    """
    kept = attempts.get(connection, reference)
    if kept is None:
        return "no such attempt"
    order = SqlBook(connection).lock(kept.order_id)
    match outcome:
        case Accepted():
            attempts.note(
                connection, reference, outcome="accepted", now=house.clock(), provider_ref=outcome.provider_ref
            )
            return "accepted"
        case Confirmed():
            return _confirmed(house, connection, order, kept, outcome, evidence)
        case Refused() | NotSent() if not _is_newest(connection, kept):
            return "of an older attempt"
        case Refused():
            return _refused(house, connection, order, kept, outcome, evidence)
        case NotSent():
            return _not_sent(house, connection, order, kept, outcome)
        case Pending() | Unknown():
            attempts.note(connection, reference, outcome="unknown", now=house.clock(), facts={evidence: outcome.why})
            return f"unknown: {outcome.why}"


def _confirmed(
    house: House, connection: Connection, order: Order, kept: Kept, outcome: Confirmed, evidence: str
) -> str:
    detail = {"receipt": outcome.receipt, "evidence": evidence, "reference": kept.attempt.reference}
    if kept.purpose == "charge":
        if outcome.amount is not None and outcome.amount != order.amount:
            return differs(house, connection, order, kept, f"another amount: {outcome.amount}", outcome.receipt)
        if attempts.receipt_is_taken(
            connection, provider=kept.provider, receipt=outcome.receipt, reference=kept.attempt.reference
        ):
            return differs(house, connection, order, kept, "a receipt of another order", outcome.receipt)
    try:
        house.move(connection, order, PURPOSES[kept.purpose].confirmed, detail)
    except RepeatedEvent:
        return _confirmed_again(house, connection, kept, outcome)
    except IllegalEvent as error:
        return _stray(house, connection, kept, str(error), outcome.receipt)
    _note_receipt(house, connection, kept, outcome)
    return "confirmed"


def _confirmed_again(house: House, connection: Connection, kept: Kept, outcome: Confirmed) -> str:
    """The same end once more; or the receipt of one that was known by enquiry only; or a second payment."""
    is_derived = bool(outcome.facts.get(RECEIPT_IS_DERIVED))
    if kept.receipt == outcome.receipt or is_derived:
        return "repeated"
    if kept.receipt is None or kept.attempt.facts.get(RECEIPT_IS_DERIVED):
        _note_receipt(house, connection, kept, outcome)
        return "repeated, with its receipt"
    return _stray(house, connection, kept, "confirmed twice with different receipts", outcome.receipt)


def _note_receipt(house: House, connection: Connection, kept: Kept, outcome: Confirmed) -> None:
    attempts.note(
        connection,
        kept.attempt.reference,
        outcome="confirmed",
        now=house.clock(),
        receipt=outcome.receipt,
        facts={RECEIPT_IS_DERIVED: False, **outcome.facts},
    )


def _refused(house: House, connection: Connection, order: Order, kept: Kept, outcome: Refused, evidence: str) -> str:
    purpose, history = PURPOSES[kept.purpose], SqlBook(connection).history(order.id)
    is_busy = kept.purpose == "charge" and outcome.reason is Reason.BUSY and may_be_asked_again(history)
    detail = {
        "reason": outcome.reason.value,
        "code": outcome.code,
        "evidence": evidence,
        "reference": kept.attempt.reference,
    }
    try:
        house.move(connection, order, Event.CHARGE_BUSY if is_busy else purpose.refused, detail)
    except (RepeatedEvent, IllegalEvent) as error:
        if purpose.confirmed in history:
            return _stray(house, connection, kept, f"refused after it was confirmed: {outcome.code}", None)
        return f"repeated: {error}"
    attempts.note(connection, kept.attempt.reference, outcome="refused", now=house.clock(), facts=outcome.facts)
    return f"refused: {outcome.reason.value}"


def _not_sent(house: House, connection: Connection, order: Order, kept: Kept, outcome: NotSent) -> str:
    """It may be tried again, until it has been tried often enough."""
    purpose = PURPOSES[kept.purpose]
    try:
        moved = house.move(connection, order, purpose.not_sent, {"why": outcome.why})
    except (RepeatedEvent, IllegalEvent) as error:
        return _stray(house, connection, kept, f"moved on although it was not sent: {error}", None)
    attempts.note(connection, kept.attempt.reference, outcome="not sent", now=house.clock(), facts={"why": outcome.why})
    tried = SqlBook(connection).history(order.id).count(purpose.not_sent)
    if house.timing.next_wait(purpose.effect, state=moved.state, tried=tried) is None:
        house.move(connection, moved, Event.GAVE_UP, {"why": outcome.why, "reason": Reason.PROVIDER.value})
        return "given up"
    return "not sent"


def differs(house: House, connection: Connection, order: Order, kept: Kept, why: str, receipt: str | None) -> str:
    """The provider tells something else than what was agreed: a person must look."""
    try:
        house.move(connection, order, Event.CHARGE_DIFFERS, {"why": why, "receipt": receipt})
    except (RepeatedEvent, IllegalEvent):
        return _stray(house, connection, kept, why, receipt)
    return f"differs: {why}"


def _stray(house: House, connection: Connection, kept: Kept, why: str, receipt: str | None) -> str:
    """Something that no order has a place for. It is kept, said aloud, and left to a person."""
    log.error("stray_event", order=kept.order_id, purpose=kept.purpose, why=why, receipt=receipt)
    attempts.note(
        connection,
        kept.attempt.reference,
        outcome="stray",
        now=house.clock(),
        facts={"stray": why, "stray_receipt": receipt},
    )
    return f"stray: {why}"


def _is_newest(connection: Connection, kept: Kept) -> bool:
    newest = attempts.last(connection, order_id=kept.order_id, purpose=kept.purpose)
    return newest is not None and newest.number == kept.number
