"""A clock that a test turns."""

from datetime import datetime, timedelta

from tests.unit.orders import NOW


class FakeClock:
    """Stands still until it is turned."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        """Let so much time pass: `seconds=`, `minutes=`, `hours=`."""
        self.now += timedelta(**by)
