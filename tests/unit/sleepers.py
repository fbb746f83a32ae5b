"""Workers that stand still between the commit that they will call and the call."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from store.outbox import Owing
from tests.unit.houses import Town
from topup.life import Effect
from topup.orders import Order
from workers.house import House

Work = Callable[[House, Owing], None]


def held_up(town: Town, work: Work, order: Order, effect: Effect, *, meanwhile: Callable[[], object]) -> None:
    """Do the work in a worker that stands still, once it has committed what it will send, while this happens."""

    class Sleeper:
        """Its clock shows what comes after the sleep to whoever looks at it after the commit."""

        slept = False

        def __call__(self) -> datetime:
            if not self.slept and town.now(order).state is not order.state:
                self.slept = True
                meanwhile()
            return town.clock.now

    work(replace(town.house, clock=Sleeper()), town.owing(order.id, effect))
