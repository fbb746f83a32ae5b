"""look: see with our own eyes that the line is back. Nobody is told so before."""

from store import outbox
from store.engine import alone
from store.outbox import Owing
from topup.life import Effect, Event, State
from topup.line import Line, LineState
from topup.money import Money
from workers import tell_gateway
from workers.house import House, locked, order_seen

# A line that still owes after it was credited got less than it needs: there is nothing to wait for.
_LOOKS_AT_A_DEBT = 2


def look(house: House, owing: Owing) -> None:
    """Read the line of order `owing.subject`, until it is active or has been looked at often enough."""
    seen = order_seen(owing)
    if seen.state is not State.CREDITED:
        with alone(house.engine) as connection:
            return house.done(connection, owing)
    line = house.lines.read_line(seen.line)
    with house.engine.begin() as connection:
        order = locked(connection, owing)
        if order is None or order.state is not State.CREDITED:
            return None
        if line.state is LineState.ACTIVE:
            seen_now = _facts("balance_minor", line.balance)
            house.move(connection, order, Event.LINE_SEEN, seen_now, along=[house.struck(owing)])
            tell_gateway.owe(house, connection, order)
            return None
        wait = house.timing.next_wait(Effect.LOOK, state=order.state, tried=owing.tried + 1)
        if wait is None or (line.owes and owing.tried >= _LOOKS_AT_A_DEBT):
            last_seen = {"line": line.state.value, **_owed(line)}
            house.move(connection, order, Event.GAVE_UP, last_seen, along=[house.struck(owing)])
        else:
            outbox.later(connection, owing.id, due_at=house.clock() + wait, note=f"the line is {line.state.value}")
    return None


def _owed(line: Line) -> dict[str, object]:
    return _facts("owed_minor", line.owes)


def _facts(name: str, money: Money | None) -> dict[str, object]:
    return {name: money.minor, "currency": money.currency} if money else {}
