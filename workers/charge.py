"""charge: ask the payer for the money. Committed as sent before it is sent; never sent twice by itself."""

from store import attempts
from store.book import SqlBook
from store.outbox import Owing
from topup.life import Event, State
from topup.outcomes import Reason
from topup.ports import Attempt
from workers.calling import in_time
from workers.house import House, locked
from workers.settling import settle_reply


def charge(house: House, owing: Owing) -> None:
    """Push the payment prompt of order `owing.subject` to its payer."""
    begun_at = house.clock()
    begun = _begin(house, owing)
    if begun is None:
        return
    provider, attempt = begun
    sent = in_time(house, lambda: house.payments[provider].charge(attempt), begun_at=begun_at)
    settle_reply(house, reference=attempt.reference, outcome=sent)


def _begin(house: House, owing: Owing) -> tuple[str, Attempt] | None:
    with house.engine.begin() as connection:
        order = locked(connection, owing)
        if order is None:
            return None
        if order.state is not State.CREATED:
            house.done(connection, owing)
            return None
        done = [house.struck(owing)]
        if house.timing.is_too_late_to_charge(agreed_at=SqlBook(connection).agreed_at(order), now=house.clock()):
            why = {"why": "too late", "reason": Reason.PROVIDER.value}
            house.move(connection, order, Event.GAVE_UP, why, along=done)
            return None
        attempt, begun = attempts.begun(
            connection,
            order=order,
            purpose="charge",
            provider=order.payment_provider,
            msisdn=order.payer,
            facts={},
            now=house.clock(),
        )
        house.move(connection, order, Event.CHARGE_SENT, {"reference": attempt.reference}, along=[begun, *done])
        return order.payment_provider, attempt
