"""lapse: not wait any longer for somebody who was asked to pay."""

from store.outbox import Owing
from topup.life import Event, State
from topup.outcomes import Reason
from workers.house import House, locked


def lapse(house: House, owing: Owing) -> None:
    """Let order `owing.subject` end unpaid, if it still waits for a yes."""
    with house.engine.begin() as connection:
        order = locked(connection, owing)
        if order is None:
            return
        house.done(connection, owing)
        if order.state is State.ASKED:
            house.move(connection, order, Event.GAVE_UP, {"why": "no answer", "reason": Reason.SAID_NOTHING.value})
