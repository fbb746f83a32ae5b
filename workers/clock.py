"""The clock: one process that relays the outbox and sweeps. Several may run; they share the work."""

import threading
from datetime import timedelta

import structlog
from redis import Redis
from sqlalchemy.exc import SQLAlchemyError

from workers.house import House
from workers.relay import Relay
from workers.sweep import sweep

log = structlog.get_logger(__name__)

_SWEEP_EVERY_S = 30.0


def run(house: House, *, redis: Redis, lease: timedelta, stop: threading.Event) -> None:
    """Relay and sweep until `stop` is set."""
    sweeper = threading.Thread(target=_sweep, args=(house, stop), name="sweep", daemon=True)
    sweeper.start()
    Relay(house, redis=redis, lease=lease).run(stop)
    sweeper.join(timeout=5)


def _sweep(house: House, stop: threading.Event) -> None:
    while not stop.wait(_SWEEP_EVERY_S * house.timing.scale):
        try:
            sweep(house)
        except SQLAlchemyError as error:
            log.warning("sweep_waits", why=type(error).__name__)
