"""A small outside world in this process, with its own books: what is not in them did not happen.

It does what the plan of each order says. Ends and callbacks wait in its agenda for the fake clock.
"""

import heapq
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from store.inbox import Callback
from tests.safety.plans import Deed, End, Plan, Told
from topup.line import Line, LineState
from topup.money import Money
from topup.ports import Attempt
from topup.vouchers import Pin

LATE = timedelta(hours=36)  # When every enquiry has been given up.

OWED_MINOR = 5000

# Of receipts, and of what is in the agenda: no two are alike, in whichever world.
_numbers = itertools.count(1)

_BEGINNING = datetime(2026, 11, 3, 11, 5, tzinfo=UTC)
_TOPIC = {"charge": ("daraja", "stk"), "refund": ("daraja", "reversal"), "airtime": ("airtime", "airtime")}


class FakeClock:
    """The time, which passes only when it is told to."""

    def __init__(self) -> None:
        self._now = _BEGINNING

    def __call__(self) -> datetime:
        return self._now

    def pass_to(self, at: datetime) -> None:
        """Let it be `at`, unless it is later already."""
        self._now = max(self._now, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Money that truly moved at `at`, because of the call that had `reference`. `receipt` is that of the payment."""

    reference: str
    receipt: str
    amount_minor: int
    at: datetime

    @property
    def order_id(self) -> str:
        """The order whose call it was."""
        return order_of(self.reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSeen:
    """A message that arrived, and what was true at that moment: how much had moved, and whether the line worked."""

    to: str
    text: str
    reference: str
    charges: int
    credits: int
    reversals: int
    line: LineState


@dataclass(slots=True)
class Request:
    """A request that the world works on."""

    kind: str
    attempt: Attempt
    deed: Deed
    receipt: str
    ended: End | None = None

    @property
    def name(self) -> str:
        """The provider's name for it."""
        return f"{self.kind}-{self.attempt.reference}"


class World:
    """The books, the lines, and what is still to come."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.plans: defaultdict[str, Plan] = defaultdict(Plan)
        self.charges: list[Moved] = []
        self.credits: list[Moved] = []
        self.reversals: list[Moved] = []
        self.sms: list[SmsSeen] = []
        self.requests: dict[str, Request] = {}
        self.calls: Counter[tuple[str, str]] = Counter()
        self.balances: defaultdict[str, int] = defaultdict(lambda: -OWED_MINOR)
        self.dead_lines: set[str] = set()
        self.used: dict[str, str] = {}
        self.post: Callable[[Callback], None] = lambda _: None
        self.meanwhile: Callable[[], None] = lambda: None
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []

    def next_deed(self, kind: str, order_id: str) -> Deed:
        """How the next call of this kind for this order goes."""
        number = self.calls[kind, order_id]
        self.calls[kind, order_id] += 1
        return self.plans[order_id].deed(kind, number)

    def take_on(self, kind: str, attempt: Attempt, deed: Deed) -> Request:
        """Work on a request: let it end, and tell its end, when its deed says so."""
        request = Request(kind, attempt, deed, receipt=f"R{next(_numbers):07}")
        if kind == "airtime":
            request.receipt = request.name
        if deed.end is End.NOTHING:
            return request
        self.requests[attempt.reference] = request
        if deed.told is Told.EARLY:
            self.end(request)
            self.tell(request)
            self.meanwhile()
        else:
            self._put_down(request, self.clock() + timedelta(seconds=deed.after_s))
        return request

    def end(self, request: Request) -> None:
        """What was asked for happens, or is refused."""
        request.ended = request.deed.end
        if request.ended is not End.HAPPENS:
            return
        attempt, amount = request.attempt, request.attempt.amount.minor
        if request.kind == "charge":
            paid = amount + 100 if request.deed.told is Told.WRONG_AMOUNT else amount
            self._charged(attempt.reference, request.receipt, paid)
        elif request.kind == "refund":
            self._reversed(attempt)
        else:
            self.credited(attempt)

    def credited(self, attempt: Attempt) -> None:
        """The line gets its credit, and is back when nothing is owed any more."""
        self.balances[attempt.msisdn] += attempt.amount.minor
        self.credits.append(
            Moved(reference=attempt.reference, receipt="", amount_minor=attempt.amount.minor, at=self.clock())
        )

    def use(self, attempt: Attempt, pin: Pin, worth: Money) -> str:
        """A voucher comes to the charging system. Its code: 0, 107 (this line has had it), or 119 (there is none)."""
        if not self.plans[order_of(attempt.reference)].has_voucher:
            return "119"
        if pin.digits in self.used:
            return "107" if self.used[pin.digits] == attempt.msisdn else "108"
        self.used[pin.digits] = attempt.msisdn
        self.balances[attempt.msisdn] += worth.minor
        self.credits.append(Moved(reference=attempt.reference, receipt="", amount_minor=worth.minor, at=self.clock()))
        return "0"

    def line(self, msisdn: str) -> Line:
        """The line in truth."""
        balance = Money(self.balances[msisdn], "KES")
        is_back = balance.minor >= 0 and msisdn not in self.dead_lines
        return Line(LineState.ACTIVE if is_back else LineState.SUSPENDED, balance)

    def next_due(self) -> datetime | None:
        """When the world does something next by itself."""
        return self._agenda[0][0] if self._agenda else None

    def act(self) -> bool:
        """Do the next thing whose time has come. False when there is none."""
        if not self._agenda or self._agenda[0][0] > self.clock():
            return False
        heapq.heappop(self._agenda)[2]()
        return True

    def at(self, when: datetime, act: Callable[[], None]) -> None:
        """Let `act` be done then."""
        heapq.heappush(self._agenda, (when, next(_numbers), act))

    def tell(self, request: Request, *, end: End | None = None, amount_minor: int = 0, receipt: str = "") -> None:
        """Post the callback of a request: the truth, unless something else is given."""
        provider, topic = _TOPIC[request.kind]
        attempt = request.attempt
        truth = next((done.amount_minor for done in self.charges if done.receipt == request.receipt), 0)
        body = {
            "reference": attempt.reference if request.kind != "airtime" else None,
            "name": request.name,
            "end": (end or request.ended or request.deed.end).name,
            "receipt": receipt or request.receipt,
            "amount_minor": amount_minor or truth or attempt.amount.minor,
            "msisdn": attempt.msisdn,
        }
        self.post(
            Callback(
                provider=provider,
                topic=topic,
                reference=attempt.reference if request.kind != "airtime" else None,
                content_type="application/json",
                body=json.dumps(body).encode(),
                remote_address="192.0.2.1",
            )
        )

    def pay_once_more(self, request: Request) -> str:
        """The payer pays the same again, under another receipt."""
        receipt = f"R{next(_numbers):07}"
        self._charged(request.attempt.reference, receipt, request.attempt.amount.minor)
        return receipt

    def _put_down(self, request: Request, at: datetime) -> None:
        """Write into the agenda how a request ends and how that is told."""
        if request.deed.told is Told.FORGED_AMOUNT:
            forged = request.attempt.amount.minor * 10
            self.at(at, lambda: self.tell(request, end=End.HAPPENS, amount_minor=forged, receipt=f"F{request.receipt}"))
        if request.deed.told is Told.DENIED_FIRST:
            self.at(at, lambda: self.tell(request, end=End.REFUSED))
        self.at(at + timedelta(seconds=1), lambda: self.end(request))
        self._put_down_telling(request, at + timedelta(seconds=1))

    def _put_down_telling(self, request: Request, at: datetime) -> None:
        told = request.deed.told
        if told not in (Told.NEVER, Told.LATE):
            self.at(at, lambda: self.tell(request))
        if told is Told.LATE:
            self.at(at + LATE, lambda: self.tell(request))
        if told is Told.TWICE:
            self.at(at, lambda: self.tell(request))
        if told is Told.DENIED_AFTER:
            self.at(at + timedelta(seconds=2), lambda: self.tell(request, end=End.REFUSED))
        if told is Told.SECOND_PAYMENT:
            self.at(at, lambda: self.tell(request, receipt=self.pay_once_more(request)))
        if told is Told.SECOND_PAYMENT_LATE:
            self.at(at + LATE, lambda: self.tell(request, receipt=self.pay_once_more(request)))

    def _charged(self, reference: str, receipt: str, amount_minor: int) -> None:
        self.charges.append(Moved(reference=reference, receipt=receipt, amount_minor=amount_minor, at=self.clock()))

    def _reversed(self, attempt: Attempt) -> None:
        receipt = str(attempt.facts["receipt"])
        self.reversals.append(
            Moved(reference=attempt.reference, receipt=receipt, amount_minor=attempt.amount.minor, at=self.clock())
        )


def order_of(reference: str) -> str:
    """The order that a reference of ours belongs to."""
    return reference.split("-", 1)[0]
