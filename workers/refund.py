"""refund: give a payer the money back. Committed as sent before it is sent; never sent twice by itself."""

from store import attempts
from store.attempts import RECEIPT_IS_DERIVED, Kept
from store.outbox import Owing
from topup.life import Event, State
from topup.ports import Attempt
from workers.calling import in_time
from workers.house import House, locked
from workers.settling import settle_reply


def refund(house: House, owing: Owing) -> None:
    """Reverse the payment of order `owing.subject`."""
    begun_at = house.clock()
    begun = _begin(house, owing)
    if begun is None:
        return
    provider, attempt, receipt = begun
    sent = in_time(house, lambda: house.payments[provider].refund(attempt, receipt=receipt), begun_at=begun_at)
    settle_reply(house, reference=attempt.reference, outcome=sent)


def _reference(charged: Kept) -> str:
    """Our reference of the call that took the money; a stray's own charge only writes down what came to another's."""
    return str(charged.attempt.facts.get("came_to", charged.attempt.reference))


def _begin(house: House, owing: Owing) -> tuple[str, Attempt, str] | None:
    with house.engine.begin() as connection:
        order = locked(connection, owing)
        if order is None:
            return None
        if order.state is not State.REFUNDING:
            house.done(connection, owing)
            return None
        done = [house.struck(owing)]
        charged = attempts.confirmed_charge(connection, order.id)
        if charged is None or charged.receipt is None or charged.attempt.facts.get(RECEIPT_IS_DERIVED):
            house.move(connection, order, Event.GAVE_UP, {"why": "the payment's receipt is not known"}, along=done)
            return None
        if (other := attempts.refunded_instead(connection, charged)) is not None:
            why = f"the provider would give back the payment of order {other.order_id} instead"
            house.move(connection, order, Event.GAVE_UP, {"why": why})
            return None
        attempt, begun = attempts.begun(
            connection,
            order=order,
            purpose="refund",
            provider=charged.provider,
            msisdn=order.payer,
            facts={"receipt": charged.receipt, "charge_reference": _reference(charged)},
            now=house.clock(),
        )
        house.move(connection, order, Event.REFUND_SENT, {"reference": attempt.reference}, along=[begun, *done])
        return charged.provider, attempt, charged.receipt
