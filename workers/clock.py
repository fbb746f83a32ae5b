"""The clock: one process that relays the outbox, sweeps, and looks at auto top-ups. Several may run; they share it."""

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

log = structlog.get_logger(__name__)

_SWEEP_EVERY_S = 30.0


def run(
    house: House,
    *,
    redis: Redis,
    lease: timedelta,
    looks_a_minute: float,
    unfinished: UnfinishedCalls | None,
    stop: threading.Event,
) -> None:
    """Relay, sweep, look at auto top-ups (at most `looks_a_minute`) and remind of calls that dropped, until `stop`."""
    others = [
        threading.Thread(target=_sweep, args=(house, stop), name="sweep", daemon=True),
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


def _sweep(house: House, stop: threading.Event) -> None:
    while not stop.wait(_SWEEP_EVERY_S * house.timing.scale):
        try:
            sweep(house)
        except SQLAlchemyError as error:
            log.warning("sweep_waits", why=type(error).__name__)
