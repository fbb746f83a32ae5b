"""What an answer of the outside world means for an order, whichever way it came: reply, callback or enquiry.

Everything goes through `Case.settle`, so that a callback before its reply, an enquiry beside a callback, and all of
them twice, end alike: the first that is sure moves the order, the others change nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import Connection

from store import attempts
from store.attempts import RECEIPT_IS_DERIVED, REFILLS, Kept
from store.book import SqlBook
from store.changes import Change
from store.engine import alone
from store.strays import note_stray
from topup.life import Effect, Event, IllegalEvent, RepeatedEvent, State
from topup.money import Money
from topup.orders import Order, history_of, may_be_asked_again
from topup.outcomes import Accepted, Confirmed, NotSent, Pending, Reason, Refused, Unknown
from topup.ports import TAKEN_BEFORE
from workers import strays
from workers.house import House

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Purpose:
    """The events that the ends of a call stand for, and the effect that makes the call again."""

    confirmed: Event
    refused: Event
    not_sent: Event
    effect: Effect


PURPOSES: Mapping[str, Purpose] = {
    "charge": Purpose(Event.CHARGE_CONFIRMED, Event.CHARGE_REFUSED, Event.CHARGE_NOT_SENT, Effect.CHARGE),
    "credit": Purpose(Event.CREDIT_CONFIRMED, Event.CREDIT_REFUSED, Event.CREDIT_NOT_SENT, Effect.CREDIT),
    "lend": Purpose(Event.LEND_CONFIRMED, Event.LEND_REFUSED, Event.LEND_NOT_SENT, Effect.LEND),
    "refund": Purpose(Event.REFUND_CONFIRMED, Event.REFUND_REFUSED, Event.REFUND_NOT_SENT, Effect.REFUND),
    "redeem": Purpose(Event.REDEEM_CONFIRMED, Event.REDEEM_REFUSED, Event.REDEEM_NOT_SENT, Effect.REDEEM),
}

# What says of a call that its provider contradicts itself, tells of another amount than was asked for, or tells of it
# when nobody waits for it any more.
_DIFFERS: Mapping[str, Event] = {
    "charge": Event.CHARGE_DIFFERS,
    "credit": Event.CREDIT_DIFFERS,
    "lend": Event.LEND_DIFFERS,
}

# What the provider has plainly said is not forgotten over an enquiry that found out nothing.
_PLAIN = frozenset({"confirmed", "refused", "not sent"})

# Orders in these states are to raise a balance. What was sent before has come to nothing, so far as anybody knew: if it
# has landed after all, a person must look before the next is sent.
_TO_BE_SENT_AGAIN = frozenset({State.PAID, State.PROMISED})

Outcome = Accepted | Confirmed | Refused | NotSent | Pending | Unknown


@dataclass(frozen=True, slots=True)
class Case:
    """An attempt of which something has become known, in one transaction that holds its order's lock.

    `evidence` says how it became known: `reply`, `callback` or `enquiry`. Methods return a verdict for the record.
    """

    house: House
    connection: Connection
    order: Order
    kept: Kept
    evidence: str

    @classmethod
    def of(cls, house: House, connection: Connection, *, reference: str, evidence: str) -> "Case":
        """The case of the attempt with this reference, which must be kept. Locks its order."""
        order, kept = SqlBook(connection).lock_with_attempt(reference)
        return cls(house, connection, order, kept, evidence)

    def settle(self, outcome: Outcome) -> str:
        """Let an outcome act on the order."""
        match outcome:
            case Accepted():
                # A callback may have been faster than this reply: what it said stands.
                self._note(self.kept.outcome or "accepted", provider_ref=outcome.provider_ref)
                if outcome.facts.get(TAKEN_BEFORE) and self.kept.purpose == "charge":
                    # We have called once. After a restore what was paid before must not pay for this order as well.
                    return self.differs("the provider had been asked for this charge before", receipt=None)
                return "accepted"
            case Confirmed():
                return self._confirmed(outcome)
            case Refused() | NotSent() if not self._is_newest():
                return "of an older attempt"
            case Refused():
                return self._refused(outcome)
            case NotSent():
                return self._not_sent(outcome)
            case Pending() | Unknown():
                self._note(self._plainly_known or "unknown", facts={self.evidence: outcome.why})
                return f"unknown: {outcome.why}"

    def learn_name(self, provider_ref: str) -> None:
        """Keep the provider's name for this attempt, which its reply did not tell us."""
        self._note(self.kept.outcome or "accepted", provider_ref=provider_ref)

    @property
    def _plainly_known(self) -> str | None:
        return self.kept.outcome if self.kept.outcome in _PLAIN else None

    @property
    def was_refused(self) -> bool:
        """Whether the provider has plainly said that this came to nothing."""
        return self.kept.outcome == "refused"

    def denied(self, told: Confirmed, *, code: str) -> str:
        """It is said to be done, and the provider plainly denies it when asked: a person must look.

        An order that has ended stays as it is; what is said to have been paid for it is then held apart.
        """
        why = f"the callback says it was done, the provider says {code}"
        if self.kept.purpose == "charge" and self.order.state is State.UNPAID:
            return self.hold_apart(told, why)
        return self.differs(why, receipt=told.receipt)

    def hold_apart(self, told: Confirmed, why: str) -> str:
        """Money that is said to have come against an earlier word: a person finds out whether it did."""
        if self._has_anothers_receipt(told):
            return self._stray("a receipt that another payment has", told.receipt)
        self._hold(told.amount or self.order.amount, told.receipt, why)
        return f"held apart: {why}"

    def differs(self, why: str, *, receipt: str | None) -> str:
        """The provider tells something else than what was agreed, or than it told before: a person must look."""
        try:
            self._move(_DIFFERS.get(self.kept.purpose, Event.GAVE_UP), {"why": why, "receipt": receipt})
        except (RepeatedEvent, IllegalEvent):
            return self._stray(why, receipt)
        return f"differs: {why}"

    def _confirmed(self, outcome: Confirmed) -> str:
        if self.kept.purpose == "charge" and self._has_anothers_receipt(outcome):
            return self.differs("a receipt that another payment has", receipt=outcome.receipt)
        if self.kept.purpose in _DIFFERS:
            if outcome.amount not in (None, self.kept.attempt.amount):
                return self._other_amount(outcome, outcome.amount)
            if outcome.amount is None and self._is_disputed():
                return self._stray("confirmed without its amount, after another amount was told", None)
        if self.kept.purpose in REFILLS and self.order.state in _TO_BE_SENT_AGAIN:
            return self.differs("an earlier one is said to have been done after all", receipt=outcome.receipt)
        if self.kept.purpose == "refund" and self.was_refused:
            return self._stray("confirmed after it was refused", outcome.receipt)  # In review: a person finds out.
        try:
            detail = {"receipt": outcome.receipt, **self._worth(outcome)}
            self._move(self._purpose.confirmed, detail, along=[self._noted_receipt(outcome)])
        except (RepeatedEvent, IllegalEvent) as error:
            return self._confirmed_again(outcome, str(error))
        return "confirmed"

    def _is_disputed(self) -> bool:
        """Whether a person looks at this because another amount was told, or the provider contradicted itself.

        An enquiry that was under way when that came may still confirm a payment, and does not say how much was paid.
        One that repeats the refusal says nothing new.
        """
        history = self._history
        return self.order.state.in_review and _DIFFERS.get(self.kept.purpose) in history

    def _worth(self, outcome: Confirmed) -> dict[str, object]:
        """What a voucher brought, which nobody knew when it was sent."""
        if self.kept.purpose != "redeem" or outcome.amount is None:
            return {}
        return {"value_minor": outcome.amount.minor, "currency": outcome.amount.currency}

    def _has_anothers_receipt(self, outcome: Confirmed) -> bool:
        return attempts.receipt_is_taken(
            self.connection,
            provider=self.kept.provider,
            receipt=outcome.receipt,
            reference=self.kept.attempt.reference,
        )

    def _other_amount(self, outcome: Confirmed, amount: Money) -> str:
        """What is said to have come is held apart; what was asked for is looked at by a person."""
        if self.kept.purpose == "charge" and self.kept.receipt != outcome.receipt:
            self._hold(amount, outcome.receipt, "another amount than was ordered")
        why = f"{amount.minor} {amount.currency} instead of {self.kept.attempt.amount.minor}"
        return self.differs(why, receipt=outcome.receipt)

    def _confirmed_again(self, outcome: Confirmed, why: str) -> str:
        """The same end once more; or the receipt of one that was known by enquiry only; or a second payment.

        A payment that is known by its receipt may also have been known through a person, who has decided the order.
        """
        if self.kept.purpose == "redeem" and Event.REDEEM_CONFIRMED in self._history:
            return "repeated"  # The first time and the second look may both tell of the one use of a voucher.
        is_known = self.kept.receipt is not None
        if is_known and (self.kept.receipt == outcome.receipt or outcome.facts.get(RECEIPT_IS_DERIVED)):
            return "repeated"
        if self.kept.attempt.facts.get(RECEIPT_IS_DERIVED):
            self._note_receipt(outcome)
            return "repeated, with its receipt"
        if self.kept.purpose == "charge":
            self._hold(
                outcome.amount or self.order.amount,
                outcome.receipt,
                "a second payment for one order",
                is_derived=bool(outcome.facts.get(RECEIPT_IS_DERIVED)),
            )
        return self._stray(f"confirmed by another receipt: {why}", outcome.receipt)

    def _hold(self, amount: Money, receipt: str, why: str, *, is_derived: bool = False) -> None:
        strays.hold(
            self.house,
            self.connection,
            order=self.order,
            kept=self.kept,
            amount=amount,
            receipt=receipt,
            why=why,
            is_derived=is_derived,
        )

    def _refused(self, outcome: Refused) -> str:
        if self._is_disputed():
            self._note(self.kept.outcome or "unknown", facts={"refused_in_review": outcome.code})
            return f"left to the person who looks: {outcome.code}"
        history = self._history
        is_busy = self.kept.purpose == "charge" and outcome.reason is Reason.BUSY and may_be_asked_again(history)
        try:
            self._move(
                Event.CHARGE_BUSY if is_busy else self._purpose.refused,
                {"reason": outcome.reason.value, "code": outcome.code},
            )
        except (RepeatedEvent, IllegalEvent) as error:
            if self._purpose.confirmed in history:
                return self._stray(f"refused after it was confirmed: {outcome.code}", None)
            return f"repeated: {error}"
        self._note("refused", facts=outcome.facts)
        return f"refused: {outcome.reason.value}"

    def _not_sent(self, outcome: NotSent) -> str:
        """It may be tried again, until it has been tried often enough."""
        try:
            moved = self._move(self._purpose.not_sent, {"why": outcome.why})
        except (RepeatedEvent, IllegalEvent) as error:
            if self._purpose.confirmed in self._history:
                return self._stray(f"moved on although it was not sent: {error}", None)
            self._note(self._plainly_known or "not sent", facts={"why": outcome.why})
            return "not sent, and the order has moved on"
        self._note("not sent", facts={"why": outcome.why})
        tried = history_of(SqlBook(self.connection), moved).count(self._purpose.not_sent)
        if self.house.timing.next_wait(self._purpose.effect, state=moved.state, tried=tried) is not None:
            return "not sent"
        replace(self, order=moved)._move(Event.GAVE_UP, {"why": outcome.why, "reason": Reason.PROVIDER.value})
        return "given up"

    def _stray(self, why: str, receipt: str | None) -> str:
        """Something that no order has a place for. It is kept, said aloud, and left to a person."""
        log.error("stray_event", order=self.order.id, purpose=self.kept.purpose, why=why, receipt=receipt)
        note_stray(self.connection, self.kept.attempt.reference, what=why, receipt=receipt, now=self.house.clock())
        return f"stray: {why}"

    @property
    def _purpose(self) -> Purpose:
        return PURPOSES[self.kept.purpose]

    @property
    def _history(self) -> Sequence[Event]:
        return history_of(SqlBook(self.connection), self.order)

    def _move(self, event: Event, detail: Mapping[str, object], *, along: Sequence[Change] = ()) -> Order:
        known_by = {"evidence": self.evidence, "reference": self.kept.attempt.reference}
        return self.house.move(self.connection, self.order, event, {**detail, **known_by}, along=along)

    def _note(
        self, outcome: str, *, provider_ref: str | None = None, facts: Mapping[str, object] | None = None
    ) -> None:
        attempts.note(
            self.connection,
            self.kept.attempt.reference,
            outcome=outcome,
            now=self.house.clock(),
            provider_ref=provider_ref,
            facts=facts,
        )

    def _note_receipt(self, outcome: Confirmed) -> None:
        attempts.note(
            self.connection,
            self.kept.attempt.reference,
            outcome="confirmed",
            now=self.house.clock(),
            receipt=outcome.receipt,
            facts=_facts_of(outcome),
        )

    def _noted_receipt(self, outcome: Confirmed) -> Change:
        """The same, to go along with the move."""
        return attempts.noted(
            self.kept.attempt.reference,
            outcome="confirmed",
            now=self.house.clock(),
            receipt=outcome.receipt,
            facts=_facts_of(outcome),
        )

    def _is_newest(self) -> bool:
        newest = attempts.last(self.connection, order_id=self.order.id, purpose=self.kept.purpose)
        return newest is not None and newest.number == self.kept.number


def _facts_of(outcome: Confirmed) -> dict[str, object]:
    return {RECEIPT_IS_DERIVED: False, **outcome.facts}


def settle(house: House, connection: Connection, *, reference: str, outcome: Outcome, evidence: str) -> str:
    """Let the outcome of an attempt act on its order, within the connection's transaction."""
    return Case.of(house, connection, reference=reference, evidence=evidence).settle(outcome)


def settle_reply(house: House, *, reference: str, outcome: Outcome) -> None:
    """Let the reply to a call act on its order, in a transaction of its own.

    That the provider has taken it on says nothing of the order, so the order is left alone.
    """
    if isinstance(outcome, Accepted) and not outcome.facts:
        with alone(house.engine) as connection:
            attempts.taken_on(connection, reference, provider_ref=outcome.provider_ref, now=house.clock())
        return
    with house.engine.begin() as connection:
        settle(house, connection, reference=reference, outcome=outcome, evidence="reply")
