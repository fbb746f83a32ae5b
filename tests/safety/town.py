"""A town for one order's life: the real database and the real work, an outside world in this process, and one clock.

In the place of the relay, Redis and RQ stands a scheduler that does one thing after the other, so that every run of
the same story goes the same way.
"""

import itertools
from collections import deque
from datetime import datetime, timedelta, timezone

from store import inbox, outbox
from store.book import SqlBook
from store.desk import Desk, Shop
from store.engine import make_engine
from store.inbox import Callback
from tests.safety.doubles import Airtime, ChargingSystem, Payments, Sms
from tests.safety.moments import Death, Moments
from tests.safety.plans import Plan
from tests.safety.world import FakeClock, World
from topup.advances import FEE
from topup.ids import mint_order_id
from topup.kinds import Kind
from topup.limits import Limits
from topup.line import LineState
from topup.money import Money
from topup.orders import Order, Wanted, place
from topup.schedule import Timing
from topup.vouchers import Pin
from workers import jobs
from workers.house import House

AMOUNT = Money(10000, "KES")
LEASE = timedelta(seconds=60)

_SHOP = Shop(
    limits=Limits(
        smallest=Money(500, "KES"),
        largest=Money(1000000, "KES"),
        step_minor=100,
        presets=(AMOUNT,),
        line_a_day=Money(10000000, "KES"),
        payer_a_day=Money(10000000, "KES"),
    ),
    country="KE",
    currency="KES",
    zone=timezone(timedelta(hours=3)),
    short_code="*384*55#",
    sms_code="38455",
    care_number="0711000999",
    payments=frozenset({"daraja"}),
    credit_provider="ucip",
    order_secret="not a secret",
    again_within=timedelta(0),
)

_MOST_STEPS = 3000

_numbers = itertools.count(1)


class StandsStill(AssertionError):
    """The work went on and on without an end."""


def a_line(number: int) -> str:
    """The number of a line."""
    return f"+2547{number:08}"


class Town:
    """One database, one world, one clock, and the processes between them."""

    def __init__(self, database_url: str) -> None:
        self.clock = FakeClock()
        self.world = World(self.clock)
        self.world.post, self.world.meanwhile = self.post, self.work_off
        self.outside = make_engine(database_url)
        self.engine = make_engine(database_url)
        self.moments = Moments()
        self.moments.watch_commits(self.engine)
        self.queue: deque[tuple[int, str]] = deque()
        self.deaths = 0
        self.stories: dict[str, str] = {}
        self.house = self._build()
        jobs.move_in(self.house)

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()
        self.outside.dispose()

    def place(
        self,
        plan: Plan,
        *,
        credit_provider: str = "ucip",
        line: str | None = None,
        payer: str | None = None,
        amount: Money = AMOUNT,
        kind: Kind = Kind.TOPUP,
    ) -> Order:
        """Somebody orders a top-up of a line (their own, of a number never seen before) and the world is told how.

        An advance costs a tenth.
        """
        number = next(_numbers)
        line = line or a_line(number)
        order = Order(
            id=mint_order_id(secret=_SHOP.order_secret, channel="ussd:town", conversation=str(number)),
            kind=kind,
            channel="ussd:town",
            asked_by=line,
            line=line,
            payer=payer or line,
            amount=amount,
            language="en",
            line_was=LineState.SUSPENDED,
            payment_provider="daraja",
            credit_provider=credit_provider,
            placed_at=self.clock(),
        )
        self.world.plans[order.id] = self.world.plans[f"sms to {line}"] = plan
        if not plan.line_returns:
            self.world.dead_lines.add(line)
        with self.outside.begin() as connection:
            detail = {FEE: amount.minor // 10} if kind is Kind.ADVANCE else {}
            assert place(SqlBook(connection), order=order, now=self.clock(), timing=self.house.timing, detail=detail)
        return order

    def send_voucher(self, plan: Plan) -> Order:
        """Somebody loads a voucher on their own line, of a number never seen before, and the world is told how."""
        number = next(_numbers)
        line = a_line(number)
        desk = Desk(self.outside, shop=_SHOP, lines=self.house.lines, timing=self.house.timing, clock=self.clock)
        order = desk.place(
            Wanted(
                channel="ussd:town",
                conversation=str(number),
                asked_by=line,
                payer=line,
                amount=Money(0, "KES"),
                language="en",
                line_was=LineState.SUSPENDED,
                kind=Kind.VOUCHER,
                pin=Pin(f"{number:012}"),
            )
        )
        self.world.plans[order.id] = self.world.plans[f"sms to {line}"] = plan
        return order

    def post(self, callback: Callback) -> None:
        """A callback comes to the web process, which keeps it."""
        with self.outside.begin() as connection:
            inbox.keep_to_settle(connection, callback, now=self.clock())

    def run(self, *, for_s: float | None = None, patience: timedelta | None = None) -> None:
        """Let everything happen that is to happen, in the order of the clock.

        Only what happens within `for_s` seconds when that is given, and until there is nothing for as long as
        `patience`.
        """
        until = None if for_s is None else self.clock() + timedelta(seconds=for_s)
        for _ in range(_MOST_STEPS):
            due = self.next_due()
            if due is None or (patience is not None and due > self.clock() + patience):
                return
            if until is not None and due > until:
                self.clock.pass_to(until)
                return
            self.clock.pass_to(due)
            self.work_off()
        raise StandsStill

    def work_off(self) -> None:
        """Do everything that is due at this instant, one after the other."""
        for _ in range(_MOST_STEPS):
            if self.queue:
                self.work(*self.queue.popleft())
            elif not self.world.act() and not (self._is_owed_now() and self.relay()):
                return
        raise StandsStill

    def next_due(self) -> datetime | None:
        """When something happens next: in the house, or in the world."""
        due = [at for at in (self._next_owed(), self.world.next_due()) if at is not None]
        return self.clock() if self.queue else min(due, default=None)

    def relay(self) -> bool:
        """Hand over what is due. Like the real one it hands over first and commits then."""
        job, self.moments.job = self.moments.job, "relay"
        try:
            with self.engine.begin() as connection:
                owed = outbox.take_due(connection, now=self.clock(), lease=LEASE, count=50)
                self.queue.extend((owing.id, owing.effect) for owing in owed)
            return bool(owed)
        except Death:
            self.begin_anew()
            return True
        finally:
            self.moments.job = job

    def work(self, owing_id: int, effect: str) -> None:
        """Do one job in a process that may die of it."""
        job, self.moments.job = self.moments.job, effect
        try:
            jobs.run(owing_id)
        except Death:
            self.begin_anew()
        finally:
            self.moments.job = job

    def begin_anew(self) -> None:
        """A process has died: its connections are gone, and another begins with nothing but the database."""
        self.deaths += 1
        self.engine.dispose()
        self.house = self._build()
        jobs.move_in(self.house)

    def _is_owed_now(self) -> bool:
        owed = self._next_owed()
        return owed is not None and owed <= self.clock()

    def _next_owed(self) -> datetime | None:
        with self.outside.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return outbox.next_due(connection)

    def _build(self) -> House:
        system = self.moments.watched(ChargingSystem(self.world))
        return House(
            engine=self.engine,
            shop=_SHOP,
            timing=Timing(),
            clock=self.clock,
            payments={"daraja": self.moments.watched(Payments(self.world))},
            credits={"ucip": system, "airtime": self.moments.watched(Airtime(self.world))},
            vouchers={"ucip": system},
            lines=system,
            sms=self.moments.watched(Sms(self.world)),
            reports={},
        )
