"""look: see with our own eyes that the line is back. Nobody is told so before."""

from store import outbox
from store.outbox import Owing
from topup.life import Effect, Event, State
from topup.line import LineState
from workers.house import House, locked


def look(house: House, owing: Owing) -> None:
    """Read the line of order `owing.subject`, until it is active or has been looked at often enough."""
    with house.engine.begin() as connection:
        order = locked(connection, owing)
        if order is None:
            return None
        if order.state is not State.CREDITED:
            return house.done(connection, owing)
    line = house.lines.read_line(order.line)
    with house.engine.begin() as connection:
        order = locked(connection, owing)
        if order is None or order.state is not State.CREDITED:
            return None
        if line.state is LineState.ACTIVE:
            balance = line.balance
            seen = {"balance_minor": balance.minor, "currency": balance.currency} if balance else {}
            house.done(connection, owing)
            house.move(connection, order, Event.LINE_SEEN, seen)
            return None
        wait = house.timing.next_wait(Effect.LOOK, state=order.state, tried=owing.tried + 1)
        if wait is None:
            house.done(connection, owing)
            house.move(connection, order, Event.GAVE_UP, {"line": line.state.value})
        else:
            outbox.later(connection, owing.id, due_at=house.clock() + wait, note=f"the line is {line.state.value}")
    return None
