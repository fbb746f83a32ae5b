"""What can happen next in a town: to a job, to the world, to the house, by a person. Each is one small value.

A step that has nothing to happen to does nothing, so that any part of a story is a story too.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy import text

from store import outbox, review
from store.inbox import Callback
from tests.safety.moments import Death, Moment
from tests.safety.person import decide
from tests.safety.plans import Asked, End, Plan
from tests.safety.town import Town, a_line
from tests.safety.world import order_of
from topup.kinds import Kind
from topup.money import Money
from topup.orders import Order
from workers.sweep import sweep

_OPEN_ROW = text("SELECT id, effect, due_at FROM outbox WHERE done_at IS NULL ORDER BY id")

# So many are enough to be in each other's way.
_MOST_ORDERS = 3

T = TypeVar("T")


class Bug(Exception):
    """What nobody expected in the midst of a job, which then fails; its process lives on."""


@dataclass
class Scene:
    """A town, who has ordered in it, and what the providers have posted."""

    town: Town
    people: Sequence[str]
    orders: list[Order] = field(default_factory=list)
    posted: list[Callback] = field(default_factory=list)
    forgeries: int = 0

    @classmethod
    def of(cls, town: Town, *, first_line: int) -> "Scene":
        """A scene with two people, each with a line, in a town with nobody else."""
        scene = cls(town, [a_line(first_line), a_line(first_line + 1)])
        town.world.post = scene.post
        return scene

    def post(self, callback: Callback) -> None:
        """A provider posts a callback."""
        self.posted.append(callback)
        self.town.post(callback)

    def take(self, which: int, *, again: bool = False) -> tuple[int, str] | None:
        """One of the jobs that are queued, or else due next; `again`: it stays in the queue, to be done twice."""
        queue = self.town.queue
        if not queue and not self.town.relay() and (due := self.town.next_due()) is not None:
            self.let_pass((due - self.town.clock()).total_seconds())
            self.town.relay()
        job = _pick(queue, which)
        if job is not None and not again:
            queue.remove(job)
        return job

    def do(self, job: tuple[int, str]) -> None:
        """Do a job, as far as it goes."""
        with suppress(Bug):
            self.town.work(*job)

    def let_pass(self, seconds: float) -> None:
        """Time passes, in which the world goes on and the house does nothing but keep what is posted."""
        clock, world = self.town.clock, self.town.world
        until = clock() + timedelta(seconds=seconds)
        while (due := world.next_due()) is not None and due <= until:
            clock.pass_to(due)
            world.act()
        clock.pass_to(until)


class Step(Protocol):
    """Something that happens."""

    def happen(self, scene: Scene) -> None:
        """Let it happen."""
        ...


class Fate(Protocol):
    """What becomes of a worker in the midst of a job."""

    @property
    def at(self) -> int:
        """The number of the moment, counted from the beginning of the job."""
        ...

    def befall(self, scene: Scene) -> None:
        """Let it become of the worker that is at this moment."""
        ...


@dataclass(frozen=True, slots=True)
class Dies:
    """The process is killed."""

    at: int

    def befall(self, scene: Scene) -> None:
        """Nothing more is done."""
        raise Death


@dataclass(frozen=True, slots=True)
class Breaks:
    """The job fails of a bug."""

    at: int

    def befall(self, scene: Scene) -> None:
        """The job ends here, as far as it has come."""
        raise Bug


@dataclass(frozen=True, slots=True)
class IsHeldUp:
    """The worker stands still while time passes and others do these jobs, perhaps its own too; it may `die` of it."""

    at: int
    passes_s: int
    meanwhile: tuple[int, ...]
    dies: bool

    def befall(self, scene: Scene) -> None:
        """The world goes on without it."""
        scene.let_pass(self.passes_s)
        for which in self.meanwhile:
            if (job := scene.take(which)) is not None:
                scene.do(job)
        if self.dies:
            raise Death


@dataclass(frozen=True, slots=True)
class Placed:
    """Somebody orders a top-up of a line, and perhaps another one pays; or an advance, for which nobody does."""

    plan: Plan
    line: int = 0
    payer: int = 0
    amount_minor: int = 10000
    credit_provider: str = "ucip"
    kind: Kind = Kind.TOPUP

    def happen(self, scene: Scene) -> None:
        """The order is placed, unless there are enough."""
        if len(scene.orders) < _MOST_ORDERS:
            order = scene.town.place(
                self.plan,
                credit_provider=self.credit_provider,
                line=scene.people[self.line],
                payer=None if self.kind is Kind.ADVANCE else scene.people[self.payer],
                amount=Money(self.amount_minor, "KES"),
                kind=self.kind,
            )
            scene.orders.append(order)


@dataclass(frozen=True, slots=True)
class Works:
    """A worker does one of the jobs in the queue, whichever; `again`: another will do the same one later."""

    which: int = 0
    again: bool = False
    fate: Fate | None = None

    def happen(self, scene: Scene) -> None:
        """The job is done, or as far as its fate lets it."""
        job = scene.take(self.which, again=self.again)
        if job is None:
            return
        if self.fate is not None:
            befall = partial(_befall, self.fate, scene)
            scene.town.moments.begin(at=self.fate.at, act=befall, is_between=isinstance(self.fate, IsHeldUp))
        scene.do(job)
        scene.town.moments.begin()


@dataclass(frozen=True, slots=True)
class CarryOn:
    """So many things go as they should."""

    times: int = 1

    def happen(self, scene: Scene) -> None:
        """Do what is queued, then what the world has to do now, then what is due next."""
        town = scene.town
        for _ in range(self.times):
            if town.queue:
                town.work(*town.queue.popleft())
            elif not town.world.act() and not town.relay() and (due := town.next_due()) is not None:
                town.clock.pass_to(due)


@dataclass(frozen=True, slots=True)
class TimePasses:
    """The house does nothing for a while."""

    seconds: int

    def happen(self, scene: Scene) -> None:
        """The world goes on."""
        scene.let_pass(self.seconds)


@dataclass(frozen=True, slots=True)
class Relayed:
    """The relay hands over what is due, and may die of it."""

    dies_at: int | None = None

    def happen(self, scene: Scene) -> None:
        """It hands over to the queue first, and commits then."""
        moments = scene.town.moments
        if self.dies_at is not None:
            moments.begin(at=self.dies_at, act=partial(_befall, Dies(0), scene))
        scene.town.relay()
        moments.begin()


@dataclass(frozen=True, slots=True)
class RedisIsLost:
    """Redis forgets everything, and the relay sees it, as workers.relay does."""

    def happen(self, scene: Scene) -> None:
        """The queue is empty, and no lease stands any more."""
        scene.town.queue.clear()
        with scene.town.outside.begin() as connection:
            outbox.release_all(connection)


@dataclass(frozen=True, slots=True)
class Swept:
    """The sweep looks for orders that stand still."""

    def happen(self, scene: Scene) -> None:
        """There is never one."""
        assert sweep(scene.town.house) == 0, "an order stood still"


@dataclass(frozen=True, slots=True)
class CallbackComesAgain:
    """A provider posts once more what it has posted, however long ago."""

    which: int = 0

    def happen(self, scene: Scene) -> None:
        """It is kept once more."""
        if (callback := _pick(scene.posted, self.which)) is not None:
            scene.town.post(callback)


@dataclass(frozen=True, slots=True)
class Forged:
    """A stranger who has come to know the address of an order's first charge or refund tells an end of it.

    What the provider calls the request he does not know (docs/decisions/believing-callbacks.md).
    """

    which: int
    purpose: str
    end: End
    is_amount_right: bool

    def happen(self, scene: Scene) -> None:
        """It is kept like any other."""
        if (order := _pick(scene.orders, self.which)) is None:
            return
        scene.forgeries += 1
        reference = f"{order.id}-{self.purpose}-1"
        body = {
            "reference": reference,
            "name": f"forged-{scene.forgeries}",
            "end": self.end.name,
            "receipt": f"FORGED{scene.forgeries}",
            "amount_minor": order.amount.minor if self.is_amount_right else order.amount.minor + 500,
            "msisdn": order.payer,
        }
        scene.town.post(
            Callback(
                provider="daraja",
                topic="stk" if self.purpose == "charge" else "reversal",
                reference=reference,
                content_type="application/json",
                body=json.dumps(body).encode(),
                remote_address="198.51.100.1",
            )
        )


@dataclass(frozen=True, slots=True)
class ProviderFallsSilent:
    """Enquiries about an order are no longer answered; or they are answered (again)."""

    which: int
    speaks_again: bool

    def happen(self, scene: Scene) -> None:
        """The world's plan for the order changes."""
        if (order := _pick(scene.orders, self.which)) is not None:
            asked = Asked.BY_NAME if self.speaks_again else Asked.SILENT
            scene.town.world.plans[order.id] = replace(scene.town.world.plans[order.id], asked=asked)


@dataclass(frozen=True, slots=True)
class PersonDecides:
    """Somebody decides an order in review, once the provider's statement is final about it."""

    which: int = 0

    def happen(self, scene: Scene) -> None:
        """It is decided by the books."""
        town = scene.town
        open_of = {order_of(reference) for reference, request in town.world.requests.items() if request.ended is None}
        with town.outside.connect() as connection:
            waiting = [found for found in review.listed(connection) if found.order.id not in open_of]
        if (found := _pick(waiting, self.which)) is not None:
            decide(town, found)


@dataclass(frozen=True, slots=True)
class JobKeepsFailing:
    """One job fails of the same bug so many times in a row, each time when it is due."""

    which: int
    times: int

    def happen(self, scene: Scene) -> None:
        """Others do nothing meanwhile."""
        town = scene.town
        with town.outside.connect() as connection:
            row = _pick(connection.execute(_OPEN_ROW).all(), self.which)
        if row is None:
            return
        for _ in range(self.times):
            with town.outside.connect() as connection:
                owing = outbox.get(connection, row.id)
            if owing is None:
                return
            scene.let_pass(max(0.0, (owing.due_at - town.clock()).total_seconds()))
            town.moments.begin(at=_WITHIN_ITS_WORK, act=partial(_befall, Breaks(0), scene))
            scene.do((row.id, row.effect))
            town.moments.begin()


# The moments before it are those in which a job reads its row.
_WITHIN_ITS_WORK = 2


def _befall(fate: Fate, scene: Scene, _: Moment) -> None:
    fate.befall(scene)


def _pick(things: Sequence[T], which: int) -> T | None:
    return things[which % len(things)] if things else None
