"""The clock: one process that relays the outbox, sweeps, tells who waits, and looks at auto top-ups.

Several may run; they share it.
"""

import threading
from datetime import timedelta

import structlog
from redis import Redis
from sqlalchemy.exc import SQLAlchemyError

from store.unfinished import UnfinishedCalls
from workers import auto, remind
from workers.house import House
from workers.relay import Relay
from workers.sweep import sweep
from workers.waiting import tell_waiting

log = structlog.get_logger(__name__)

_ROUND_EVERY_S = 30.0
_ROUNDS = (sweep, tell_waiting)


def run(
    house: House,
    *,
    redis: Redis,
    lease: timedelta,
    looks_a_minute: float,
    unfinished: UnfinishedCalls | None,
    stop: threading.Event,
) -> None:
    """Relay, make rounds, look at auto top-ups (at most `looks_a_minute`) and remind of dropped calls, until `stop`."""
    others = [
        threading.Thread(target=_make_rounds, args=(house, stop), name="rounds", daemon=True),
        threading.Thread(
            target=auto.run, args=(house,), kwargs={"a_minute": looks_a_minute, "stop": stop}, name="auto", daemon=True
        ),
    ]
    if unfinished is not None:
        others.append(
            threading.Thread(
                target=remind.run, args=(house, unfinished), kwargs={"stop": stop}, name="remind", daemon=True
            )
        )
    for other in others:
        other.start()
    Relay(house, redis=redis, lease=lease).run(stop)
    for other in others:
        other.join(timeout=5)


def _make_rounds(house: House, stop: threading.Event) -> None:
    while not stop.wait(_ROUND_EVERY_S * house.timing.scale):
        for each in _ROUNDS:
            try:
                each(house)
            except SQLAlchemyError as error:
                log.warning("round_waits", round=each.__name__, why=type(error).__name__)
