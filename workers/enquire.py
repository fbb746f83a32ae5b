"""enquire: ask a provider what became of a call whose end is not known. Neither a timeout nor waiting is an end.

The waits between two questions grow and are kept in the outbox. When the last has been asked the order goes to a person
with everything that was asked and answered, never to "failed".
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from store import attempts, outbox
from store.attempts import Kept
from store.book import SqlBook
from store.outbox import Owing
from topup.life import Effect, Event, State
from topup.outcomes import Answer
from workers.house import House, locked
from workers.redeem import look_again
from workers.settling import settle

_PURPOSE_OF: Mapping[State, str] = {
    State.CHARGING: "charge",
    State.CREDITING: "credit",
    State.LENDING: "lend",
    State.RETURNING: "refund",
    State.REDEEMING: "redeem",
}


def enquire(house: House, owing: Owing) -> None:
    """Ask after the last attempt of order `owing.subject`."""
    with house.engine.begin() as connection:
        order = SqlBook(connection).get(owing.subject)
        purpose = _PURPOSE_OF.get(order.state)
        kept = purpose and attempts.last(connection, order_id=order.id, purpose=purpose)
        if not kept:
            house.done(connection, owing, "answered")
            return
    answer = _ask(house, kept)
    with house.engine.begin() as connection:
        verdict = settle(house, connection, reference=kept.attempt.reference, outcome=answer, evidence="enquiry")
        _again_or_give_up(house, connection=connection, owing=owing, verdict=verdict)


def _ask(house: House, kept: Kept) -> Answer:
    match kept.purpose:
        case "charge":
            return house.payments[kept.provider].enquire_charge(kept.attempt)
        case "credit" | "lend":
            return house.credits[kept.provider].enquire_credit(kept.attempt)
        case "redeem":
            return look_again(house, kept)
        case _:
            return house.payments[kept.provider].enquire_refund(kept.attempt)


def _again_or_give_up(house: House, *, connection: Connection, owing: Owing, verdict: str) -> None:
    order = locked(connection, owing)
    if order is None or order.state not in _PURPOSE_OF:
        return
    wait = house.timing.next_wait(Effect.ENQUIRE, state=order.state, tried=owing.tried + 1)
    if wait is None:
        house.move(connection, order, Event.GAVE_UP, {"asked": owing.tried + 1, "answered": verdict})
    else:
        outbox.later(connection, owing.id, due_at=house.clock() + wait, note=verdict)
