"""redeem: load a voucher on a line. Committed as sent before it is sent.

When its answer is lost the same voucher is sent once more for the same line: a voucher is used but once, so what the
charging system says the second time tells what became of the first. That a second look is made is committed before it,
too, because from then on an answer to the first that comes late may be about either.

A voucher raises the balance, and a lost refill is settled by comparing balances: so vouchers, too, go to a line one
after the other, and never beside a credit.
"""

from datetime import timedelta

from sqlalchemy import Connection

from store import attempts, outbox, vouchers
from store.attempts import Kept
from store.book import SqlBook
from store.outbox import Owing
from store.seal import UnableToOpen, seal_of
from topup.life import Event, State
from topup.orders import Order
from topup.outcomes import Answer, Confirmed, NotSent, Reason, Sent, Unknown
from topup.ports import Attempt
from topup.vouchers import Pin
from workers.calling import in_time
from workers.house import House, locked
from workers.settling import settle

_ANOTHER_IS_ON_ITS_WAY_S = 1.0

# What is kept with an attempt once its voucher is sent a second time, or has been sent by an earlier one.
_SENT_AGAIN = "sent_again"


def redeem(house: House, owing: Owing) -> None:
    """Load the voucher of order `owing.subject` on its line."""
    begun_at = house.clock()
    begun = _begin(house, owing)
    if begun is None:
        return
    provider, attempt, pin = begun
    is_again, system = bool(attempt.facts.get(_SENT_AGAIN)), house.vouchers[provider]
    call = system.look_again if is_again else system.redeem
    sent = in_time(house, lambda: call(attempt, pin=pin), begun_at=begun_at)
    with house.engine.begin() as connection:
        SqlBook(connection).lock(owing.subject)
        was_before = isinstance(sent, NotSent) if is_again else _was_sent_again(connection, attempt.reference)
        if was_before:
            sent = _of_either(sent)
        settle(house, connection, reference=attempt.reference, outcome=sent, evidence="reply")


def look_again(house: House, kept: Kept) -> Answer:
    """Find out what became of a voucher whose answer was lost, by sending it once more."""
    with house.engine.begin() as connection:
        if SqlBook(connection).lock(kept.order_id).state is not State.REDEEMING:
            return Unknown("the order has moved on")
        try:
            pin = vouchers.pin_of(connection, kept.order_id, seal=seal_of(house.shop.order_secret))
        except UnableToOpen as error:
            return Unknown(str(error))
        outcome = kept.outcome or "unknown"
        attempts.note(connection, kept.attempt.reference, outcome=outcome, now=house.clock(), facts={_SENT_AGAIN: True})
    return house.vouchers[kept.provider].look_again(kept.attempt, pin=pin)


def _begin(house: House, owing: Owing) -> tuple[str, Attempt, Pin] | None:
    with house.engine.begin() as connection:
        book, order = SqlBook(connection), locked(connection, owing)
        if order is None:
            return None
        if order.state is not State.UNREDEEMED:
            house.done(connection, owing)
            return None
        # From here on nobody else begins to raise the balance of this line.
        refills, _ = book.lock_refills(order)
        if refills.another_is_on_its_way:
            again = house.clock() + timedelta(seconds=_ANOTHER_IS_ON_ITS_WAY_S)
            outbox.put_off(connection, owing.id, due_at=again, note="another credit is on its way to the line")
            return None
        house.done(connection, owing)
        try:
            pin = vouchers.pin_of(connection, order.id, seal=seal_of(house.shop.order_secret))
        except UnableToOpen as error:
            house.move(connection, order, Event.GAVE_UP, {"why": str(error), "reason": Reason.PROVIDER.value})
            return None
        attempt = _write_down(house, connection, order)
        house.move(connection, order, Event.REDEEM_SENT, {"reference": attempt.reference})
        return order.credit_provider, attempt, pin


def _write_down(house: House, connection: Connection, order: Order) -> Attempt:
    """The attempt, which knows whether an earlier one may have landed after all."""
    earlier = attempts.last(connection, order_id=order.id, purpose="redeem")
    may_have_landed = earlier is not None and (earlier.outcome != "not sent" or _was_sent_before(earlier))
    return attempts.begin(
        connection,
        order=order,
        purpose="redeem",
        provider=order.credit_provider,
        msisdn=order.line,
        facts={_SENT_AGAIN: True} if may_have_landed else {},
        now=house.clock(),
    )


def _was_sent_again(connection: Connection, reference: str) -> bool:
    return _was_sent_before(attempts.get(connection, reference))


def _was_sent_before(kept: Kept) -> bool:
    return bool(kept.attempt.facts.get(_SENT_AGAIN))


def _of_either(sent: Sent | Answer) -> Sent | Answer:
    """What one of two times came to, the other not counted: only that the voucher was used is sure of both."""
    return sent if isinstance(sent, Confirmed) else Unknown(f"the voucher was sent another time, too: {sent}")
