"""Somebody who has agreed to a standing order, in a town where time passes and lines are low."""

import itertools
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from store import auto
from store.auto import AutoTopUps
from store.book import SqlBook
from store.tables import messages as message_rows
from store.tables import standing_orders
from tests.unit.books import move
from tests.unit.houses import Town
from tests.unit.orders import kes
from tests.unit.shops import a_shop
from topup.auto import Terms
from topup.life import Effect, Event
from topup.line import Line, LineState
from topup.orders import Order
from workers import auto as work
from workers.tell import tell

_conversations = itertools.count(1)

LOW = Line(LineState.ACTIVE, kes(4))
HIGH = Line(LineState.ACTIVE, kes(20))


class Standing:
    """A town in which one person has agreed to something."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.town.lines.line = LOW

    @property
    def payer(self) -> str:
        return self.town.owner

    @property
    def desk(self) -> AutoTopUps:
        shop = a_shop()
        return AutoTopUps(
            self.town.engine,
            limits=shop.limits,
            rhythm=shop.auto,
            zone=shop.zone,
            secret=shop.order_secret,
            clock=self.town.clock,
        )

    def agree(self, *, conversation: str | None = None, **changes: Any) -> None:
        ordinary = Terms(self.payer, kes(50), kes(20), kes(200))
        self.desk.agree(
            self.payer,
            replace(ordinary, **changes),
            channel="ussd:africastalking",
            conversation=conversation or f"call{next(_conversations)}",
            language="en",
        )

    def due(self) -> None:
        """Let time pass until the next look."""
        with self.town.engine.connect() as connection:
            at = connection.scalar(
                select(standing_orders.c.next_look_at).where(
                    standing_orders.c.payer == self.payer, standing_orders.c.stopped_at.is_(None)
                )
            )
        assert at is not None
        self.town.clock.now = max(self.town.clock.now, at)

    def look(self) -> str | None:
        """Let time pass until the next look, and look."""
        self.due()
        return work.look_at_next(self.town.house)

    @property
    def orders(self) -> list[Order]:
        """What was placed, oldest first."""
        with self.town.engine.connect() as connection:
            found = SqlBook(connection).recent(self.payer, count=100)
        return [order for order in reversed(found) if order.channel == "auto"]

    @property
    def written(self) -> list[str]:
        """What was written to the payer, oldest first."""
        with self.town.engine.connect() as connection:
            found = select(message_rows.c.text).where(message_rows.c.msisdn == self.payer)
            return list(connection.scalars(found.order_by(message_rows.c.written_at)))

    @property
    def runs(self) -> int:
        with self.town.engine.connect() as connection:
            return len(auto.running_of(connection, self.payer))

    def end(self, order: Order, *events: Event) -> None:
        """Let the order end, with its teller's work done."""
        with self.town.engine.begin() as connection:
            move(connection, order, *events, now=self.town.clock())

    def declined(self, order: Order) -> None:
        self.end(order, Event.CHARGE_SENT, Event.CHARGE_REFUSED)
        tell(self.town.house, self.town.owing(order.id, Effect.TELL_DECLINED))

    def paid(self, order: Order) -> None:
        credited = (Event.CHARGE_CONFIRMED, Event.CREDIT_SENT, Event.CREDIT_CONFIRMED)
        self.end(order, Event.CHARGE_SENT, *credited, Event.LINE_SEEN)
