"""The person who decides orders in review: by the world's books, as by a provider's statement, and by nothing else."""

from sqlalchemy import Connection

from store import attempts, review
from store.review import Decision, InReview
from tests.safety.town import Town
from tests.safety.world import Moved
from topup.kinds import Kind
from topup.life import Event, State
from topup.orders import Order


class NothingToActOn(AssertionError):
    """An order is in review, and its record does not say why."""


def decide_all(town: Town) -> int:
    """Decide every order that is in review now. Returns how many there were."""
    with town.outside.connect() as connection:
        waiting = review.listed(connection)
    for found in waiting:
        decide(town, found)
    return len(waiting)


def decide(town: Town, found: InReview) -> None:
    """Decide one order. Raises NothingToActOn when its record does not say why it is in review."""
    _check_there_is_a_reason(found)
    with town.outside.begin() as connection:
        decision = _decision(connection, town, found)
        review.decide(connection, decision, now=town.clock(), timing=town.house.timing)


def _check_there_is_a_reason(found: InReview) -> None:
    if not {"why", "asked", "code", "reason"} & set(found.detail):
        raise NothingToActOn(f"{found.order.state} {dict(found.detail)}")


def _decision(connection: Connection, town: Town, found: InReview) -> Decision:
    order = found.order
    wish = Event.OPERATOR_CREDIT if town.world.plans[order.id].wants_credit else Event.OPERATOR_REFUND
    if order.kind is Kind.VOUCHER:
        return _of_voucher(town, found, wish)
    event, receipt = _by_the_books(connection, town, order, wish)
    return Decision(
        order_id=order.id, event=event, seen=found.seen, because="the statement", by="Amina", receipt=receipt
    )


def _of_voucher(town: Town, found: InReview, wish: Event) -> Decision:
    """The charging system's records tell whether the voucher was used; if not, it may be sent again or given up."""
    was_used = any(given.order_id == found.order.id for given in town.world.credits)
    again = Event.OPERATOR_CREDIT if wish is Event.OPERATOR_CREDIT else Event.OPERATOR_VOID
    event = Event.OPERATOR_CLOSE if was_used else again
    return Decision(order_id=found.order.id, event=event, seen=found.seen, because="the records", by="Amina")


def _by_the_books(connection: Connection, town: Town, order: Order, wish: Event) -> tuple[Event, str | None]:
    if order.state is State.REVIEW_ADVANCE:
        if any(given.order_id == order.id for given in town.world.credits):
            return Event.OPERATOR_CLOSE, None
        return (wish if wish is Event.OPERATOR_CREDIT else Event.OPERATOR_DROP), None
    paid = _payment_of(connection, town, order)
    receipt = paid.receipt if paid else None
    is_stray = order.kind is Kind.STRAY
    match order.state:
        case State.REVIEW_CHARGE if paid is None:
            return Event.OPERATOR_CLOSE, None
        case State.REVIEW_CREDIT if any(given.order_id == order.id for given in town.world.credits):
            return Event.OPERATOR_CLOSE, None
        case State.REVIEW_CREDIT:
            return (Event.OPERATOR_REFUND if is_stray else wish), None
        case State.REVIEW_REFUND if paid is None or _went_back(town, paid):
            return Event.OPERATOR_CLOSE, None
        case _:
            return (Event.OPERATOR_REFUND if is_stray else wish), receipt


def _payment_of(connection: Connection, town: Town, order: Order) -> Moved | None:
    """The payment on the provider's statement that is this order's and no other's."""
    kept = attempts.last(connection, order_id=order.id, purpose="charge")
    assert kept is not None
    if order.kind is Kind.STRAY:
        return next((paid for paid in town.world.charges if paid.receipt == kept.receipt), None)
    fitting = [
        paid
        for paid in town.world.charges
        if paid.order_id == order.id
        and paid.amount_minor == order.amount.minor
        and not attempts.receipt_is_taken(
            connection, provider=order.payment_provider, receipt=paid.receipt, reference=paid.reference
        )
    ]
    return next((paid for paid in fitting if paid.receipt == kept.receipt), fitting[0] if fitting else None)


def _went_back(town: Town, paid: Moved) -> bool:
    return any(back.receipt == paid.receipt for back in town.world.reversals)
