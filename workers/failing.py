"""A job that failed, for a reason that no worker knows: a bug of ours, a database in trouble.

It waits ever longer, by a count of its own that ends when it comes to something. An order whose next step fails again
and again is given up as LIFE has it, so that its owner or a person hears of it; whatever else fails is kept, tried at
the longest wait, and said aloud each time.
"""

import structlog
from sqlalchemy import Connection

from store import outbox
from store.book import SqlBook
from store.outbox import Owing
from topup.life import Effect, Event, State, duty_of, may_happen
from topup.outcomes import Reason
from topup.schedule import MOST_FAILURES
from workers.house import House

log = structlog.get_logger(__name__)

# The others have a message or a callback as their subject.
_OF_ORDERS = frozenset(effect.value for effect in Effect)


def note(house: House, owing: Owing, error: Exception) -> None:
    """Count that the job of `owing` failed with `error`: let it be tried later, or give its order up."""
    with house.engine.begin() as connection:
        state = SqlBook(connection).lock(owing.subject).state if owing.effect in _OF_ORDERS else None
        row = outbox.lock(connection, owing.id)
        if row is None:
            return None  # What was owed is done, and what failed came after it.
        failed, why = row.failed + 1, f"failed: {type(error).__name__}"
        if failed >= MOST_FAILURES:
            log.error("job_keeps_failing", effect=row.effect, subject=row.subject, failed=failed, why=why)
            if state is not None and _is_its_next_step(row, state):
                return _give_up(house, connection, row, why=why, failed=failed)
        due_at = house.clock() + house.timing.wait_after_failure(failed=failed)
        outbox.after_failure(connection, row.id, due_at=due_at, note=why)
    return None


def _is_its_next_step(owing: Owing, state: State) -> bool:
    """Whether the order waits for this effect, and can be given up: a message that fails must not end an order."""
    duty = duty_of(state)
    return duty is not None and duty.value == owing.effect and may_happen(source=state, event=Event.GAVE_UP)


def _give_up(house: House, connection: Connection, owing: Owing, *, why: str, failed: int) -> None:
    house.done(connection, owing, "given up")
    detail = {"why": why, "failed": failed, "reason": Reason.PROVIDER.value}
    house.move(connection, SqlBook(connection).get(owing.subject), Event.GAVE_UP, detail)
