"""A house on a real database, with doubles of the world at its ports that say what the test tells them to."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, select

from sms.gateways.africastalking import AfricasTalking
from sms.gateways.kannel import Kannel
from store import attempts, outbox
from store.attempts import REFILLS
from store.book import SqlBook
from store.tables import order_moves
from tests.unit.books import events_of, move, order_now, place_in
from tests.unit.clocks import FakeClock
from tests.unit.orders import TIMING, kind_to
from tests.unit.shops import LineOf, a_shop
from topup.life import Effect, Event, State
from topup.line import Line, LineState
from topup.money import Money
from topup.orders import Order
from topup.outcomes import Accepted, Answer, Confirmed, NotSent, Reason, Refused, Sent, Unknown
from topup.ports import Attempt, Handed
from topup.ports import Event as Told
from topup.vouchers import Pin
from workers.house import Gate, House
from workers.settling import settle

_receipts = itertools.count(1)
_owners = itertools.count(711_100_001)

REPORTING = (AfricasTalking(), Kannel(suspended_errors=["013"]))

CANCELLED = Refused(Reason.CANCELLED, "1032")
BUSY = Refused(Reason.BUSY, "1001")
NOT_SENT = NotSent("no connection")

ACTIVE = Line(LineState.ACTIVE, Money(5000, "KES"))

_PAID = (Event.CHARGE_SENT, Event.CHARGE_CONFIRMED)
_CREDITING = (*_PAID, Event.CREDIT_SENT)
_RETURNING = (*_CREDITING, Event.CREDIT_REFUSED, Event.REFUND_SENT)

# How orders usually come to where they are.
USUAL_WAY: Mapping[State, tuple[Event, ...]] = {
    State.ASKED: (),
    State.CREATED: (),
    State.CHARGING: (Event.CHARGE_SENT,),
    State.PAID: _PAID,
    State.CREDITING: _CREDITING,
    State.CREDITED: (*_CREDITING, Event.CREDIT_CONFIRMED),
    State.REFUNDING: (*_CREDITING, Event.CREDIT_REFUSED),
    State.RETURNING: _RETURNING,
    State.REVIEW_CHARGE: (Event.CHARGE_SENT, Event.GAVE_UP),
    State.REVIEW_CREDIT: (*_CREDITING, Event.GAVE_UP),
    State.REVIEW_REFUND: (*_RETURNING, Event.GAVE_UP),
    State.DONE: (*_CREDITING, Event.CREDIT_CONFIRMED, Event.LINE_SEEN),
    State.PROMISED: (),
    State.LENDING: (Event.LEND_SENT,),
    State.REVIEW_ADVANCE: (Event.LEND_SENT, Event.GAVE_UP),
    State.UNPAID: (Event.CHARGE_SENT, Event.CHARGE_REFUSED),
    State.REFUNDED: (*_RETURNING, Event.REFUND_CONFIRMED),
    State.UNREDEEMED: (),
    State.REDEEMING: (Event.REDEEM_SENT,),
    State.REVIEW_VOUCHER: (Event.REDEEM_SENT, Event.GAVE_UP),
}

_SENT = {
    Event.CHARGE_SENT: "charge",
    Event.CREDIT_SENT: "credit",
    Event.LEND_SENT: "lend",
    Event.REFUND_SENT: "refund",
    Event.REDEEM_SENT: "redeem",
}
_CONFIRMED = {
    Event.CHARGE_CONFIRMED: "charge",
    Event.CREDIT_CONFIRMED: "credit",
    Event.LEND_CONFIRMED: "lend",
    Event.REFUND_CONFIRMED: "refund",
}


def a_receipt() -> str:
    """A receipt that no other test has."""
    return f"RCPT{next(_receipts):06}"


def confirmed(receipt: str | None = None, *, amount: Money | None = None, derived: bool = False) -> Confirmed:
    """A confirmation, as a callback brings it; `derived` as an enquiry does that tells no receipt."""
    return Confirmed(receipt or a_receipt(), amount, {"receipt_is_derived": derived})


@dataclass
class Provider:
    """A payment and credit provider. What it says to each kind of call is set before; every call is remembered."""

    name: str = "daraja"
    sent: Sent = field(default_factory=lambda: Accepted("ws_CO_1"))
    asked: Answer = field(default_factory=lambda: Unknown("no answer"))
    before: Mapping[str, object] | NotSent = field(default_factory=dict)
    told: Told | Exception | None = None
    told_by: dict[bytes, Told] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)

    def charge(self, attempt: Attempt) -> Sent:
        return self._send("charge", attempt)

    def credit(self, attempt: Attempt) -> Sent:
        return self._send("credit", attempt)

    def refund(self, attempt: Attempt, *, receipt: str) -> Sent:
        return self._send(f"refund of {receipt}", attempt)

    def enquire_charge(self, attempt: Attempt) -> Answer:
        return self._ask("charge", attempt)

    def enquire_credit(self, attempt: Attempt) -> Answer:
        return self._ask("credit", attempt)

    def enquire_refund(self, attempt: Attempt) -> Answer:
        return self._ask("refund", attempt)

    def before_credit(self, attempt: Attempt) -> Mapping[str, object] | NotSent:
        return self.before

    def read_event(self, *, topic: str, reference: str | None, body: bytes, content_type: str) -> Told:
        if body in self.told_by:
            return self.told_by[body]
        if isinstance(self.told, Told):
            return self.told
        assert isinstance(self.told, Exception)
        raise self.told

    def _send(self, what: str, attempt: Attempt) -> Sent:
        self.calls.append((what, attempt.reference))
        return self.sent

    def _ask(self, what: str, attempt: Attempt) -> Answer:
        self.calls.append((f"ask {what}", attempt.reference))
        return self.asked


@dataclass
class Vouchers:
    """A charging system that takes vouchers. What was sent is remembered, with the number that it came with."""

    name: str = "ucip"
    sent: Sent = field(default_factory=lambda: Unknown("no answer"))
    again: Answer = field(default_factory=lambda: Unknown("no answer"))
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def redeem(self, attempt: Attempt, *, pin: Pin) -> Sent:
        self.calls.append(("redeem", attempt.msisdn, pin.digits))
        self.meanwhile()
        return self.sent

    def look_again(self, attempt: Attempt, *, pin: Pin) -> Answer:
        self.calls.append(("again", attempt.msisdn, pin.digits))
        return self.again


@dataclass
class Gateway:
    """An SMS gateway."""

    name: str = "africastalking"
    answer: Handed | Refused | NotSent | Unknown = field(default_factory=lambda: Handed(gateway_id="AT1"))
    sent: list[tuple[str, str]] = field(default_factory=list)
    references: list[str] = field(default_factory=list)

    def send(self, *, to: str, text: str, reference: str) -> Handed | Refused | NotSent | Unknown:
        self.sent.append((to, text))
        self.references.append(reference)
        return self.answer


@dataclass
class Town:
    """A house and the world around it. `owner` is a number of its own, so that towns may share a database."""

    engine: Engine
    owner: str = field(default_factory=lambda: f"+254{next(_owners)}")
    clock: FakeClock = field(default_factory=FakeClock)
    payments: Provider = field(default_factory=Provider)
    credits: Provider = field(default_factory=lambda: Provider("ucip"))
    vouchers: Vouchers = field(default_factory=Vouchers)
    lines: LineOf = field(default_factory=lambda: LineOf(ACTIVE))
    sms: Gateway = field(default_factory=Gateway)
    gate: Gate | None = None

    @property
    def house(self) -> House:
        """The house as a worker has it."""
        return House(
            engine=self.engine,
            shop=a_shop(),
            timing=TIMING,
            clock=self.clock,
            payments={"daraja": self.payments},
            credits={"ucip": self.credits},
            vouchers={"ucip": self.vouchers},
            lines=self.lines,
            sms=self.sms,
            reports={gateway.name: gateway.read_report for gateway in REPORTING},
            gate=self.gate,
        )

    def order_in(self, state: State, **changes: Any) -> Order:
        """A new order that has come to `state` in the usual way, with the attempts that it made on it."""
        people = {"asked_by": self.owner, "line": self.owner, "payer": self.owner, "kind": kind_to(state), **changes}
        return self.after(place_in(self.engine, now=self.clock(), **people), *USUAL_WAY[state])

    def after(self, order: Order, *events: Event) -> Order:
        """The order after these events, with nothing owed but by the last of them.

        What is sent is an attempt, and what is confirmed has a receipt.
        """
        for event in events:
            self.strike_out(order)
            if event in _SENT:
                self.begin(order, _SENT[event])
            with self.engine.begin() as connection:
                order = move(connection, order, event, now=self.clock())
                if event in _CONFIRMED:
                    last = attempts.last(connection, order_id=order.id, purpose=_CONFIRMED[event])
                    assert last is not None
                    receipt = {"outcome": "confirmed", "receipt": a_receipt(), "now": self.clock()}
                    attempts.note(connection, last.attempt.reference, **receipt)  # type: ignore[arg-type]
        return order

    def strike_out(self, order: Order) -> None:
        """Let nothing be owed for the order."""
        with self.engine.begin() as connection:
            for owing in outbox.open_of(connection, order.id):
                outbox.done(connection, owing.id, now=self.clock())

    def begin(self, order: Order, purpose: str) -> str:
        """A further attempt of the order; its reference."""
        with self.engine.begin() as connection:
            provider = "ucip" if purpose in REFILLS else "daraja"
            return attempts.begin(
                connection,
                order=order,
                purpose=purpose,
                provider=provider,
                msisdn=order.line,
                facts={},
                now=self.clock(),
            ).reference

    def settle(self, reference: str, outcome: Any, *, evidence: str = "callback") -> str:
        """Let an outcome of an attempt act; the verdict."""
        with self.engine.begin() as connection:
            return settle(self.house, connection, reference=reference, outcome=outcome, evidence=evidence)

    def attempt(self, reference: str) -> attempts.Kept:
        """An attempt as it is kept."""
        with self.engine.connect() as connection:
            return attempts.get(connection, reference)

    def now(self, order: Order) -> Order:
        """The order as it is now."""
        return order_now(self.engine, order)

    def events(self, order: Order) -> list[Event]:
        """What has happened to the order after it was placed."""
        return events_of(self.engine, order)

    def detail(self, order: Order) -> dict[str, Any]:
        """What was kept with the order's last move."""
        with self.engine.connect() as connection:
            return SqlBook(connection).last_detail(order.id)

    def detail_of(self, order: Order, event: Event) -> dict[str, Any]:
        """What was kept with the order's last move of this event."""
        with self.engine.connect() as connection:
            return SqlBook(connection).last_detail(order.id, event=event)

    def owing(self, subject: str, effect: Effect | str) -> outbox.Owing:
        """The one effect of this kind that is open for the subject."""
        (found,) = [owing for owing in self.owed(subject) if owing.effect == getattr(effect, "value", effect)]
        return found

    def owed(self, subject: str) -> list[outbox.Owing]:
        """Everything that is open for the subject."""
        with self.engine.connect() as connection:
            return list(outbox.open_of(connection, subject))

    def strays_of(self, order: Order) -> list[Order]:
        """The orders that hold money which came to this one and does not belong to it."""
        return self.strays_of_id(order.id)

    def strays_of_id(self, order_id: str) -> list[Order]:
        """The same, by the id of the order that it came to."""
        came_to = order_moves.c.detail["came_to"].astext == order_id
        with self.engine.connect() as connection:
            found = connection.scalars(select(order_moves.c.order_id).where(came_to))
            return [SqlBook(connection).get(stray) for stray in found]

    def note_receipt(self, reference: str, receipt: str) -> None:
        """A person has found this receipt for the attempt in the provider's statement."""
        with self.engine.begin() as connection:
            attempts.note(connection, reference, outcome="unknown", now=self.clock(), receipt=receipt)
