"""The person who decides what is left to one: by the provider's statement (the world's books), and by nothing else."""

import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from drills.chaos.deeds import Deeds, deeds_of, order_id_in
from drills.chaos.evidence import Books, Entry
from store import attempts, review
from store.book import SqlBook
from store.review import Decision, HasMovedOn, InReview
from topup.clock import utc_now
from topup.kinds import Kind
from topup.life import Event, State
from topup.orders import Order
from topup.schedule import Timing


class NothingToActOn(AssertionError):
    """An order is in review, and its record does not say why."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Decides every order in review, with the statements of the providers on the desk."""

    engine: Engine
    timing: Timing

    def decide_all(self, books: Books) -> int:
        """Decide what is in review now, payments that belong to no order first. Returns how many there were."""
        with self.engine.connect() as connection:
            waiting = review.listed(connection)
        for found in sorted(waiting, key=lambda found: found.order.kind is not Kind.STRAY):
            _check_there_is_a_reason(found)
            # What has moved on meanwhile is in the next list as it stands then.
            with suppress(HasMovedOn), self.engine.begin() as connection:
                event, receipt = _Statement(books, connection).says_of(found.order)
                decision = Decision(
                    order_id=found.order.id,
                    event=event,
                    seen=found.seen,
                    because="as the statement says",
                    by="Amina",
                    receipt=receipt,
                )
                review.decide(connection, decision, now=utc_now(), timing=self.timing)
        return len(waiting)


@dataclass(frozen=True, slots=True)
class _Statement:
    books: Books
    connection: Connection

    def says_of(self, order: Order) -> tuple[Event, str | None]:
        """The decision that fits, and the receipt that it rests on."""
        payment = self._payment_of(order)
        receipt = payment["receipt"] if payment else None
        match order.state:
            case State.REVIEW_CHARGE if payment is None:
                return Event.OPERATOR_CLOSE, None
            case State.REVIEW_CHARGE:
                return (Event.OPERATOR_REFUND if order.kind is Kind.STRAY else Event.OPERATOR_CREDIT), receipt
            case State.REVIEW_CREDIT:
                return (Event.OPERATOR_CLOSE if self._deeds_of(order).credits else Event.OPERATOR_CREDIT), None
            case State.REVIEW_ADVANCE:
                unless = Event.OPERATOR_CREDIT if self._is_to_be_tried_again(order) else Event.OPERATOR_DROP
                return (Event.OPERATOR_CLOSE if self._deeds_of(order).credits else unless), None
            case State.REVIEW_VOUCHER:
                unless = Event.OPERATOR_CREDIT if self._is_to_be_tried_again(order) else Event.OPERATOR_VOID
                return (Event.OPERATOR_CLOSE if self._deeds_of(order).loads else unless), None
            case _ if payment is None or self._went_back(payment):
                return Event.OPERATOR_CLOSE, None
            case _:
                return Event.OPERATOR_REFUND, receipt

    def _payment_of(self, order: Order) -> Entry | None:
        """The payment on the statement that is this order's and nobody else's."""
        kept = attempts.last(self.connection, order_id=order.id, purpose="charge")
        if kept is None:
            return None
        if order.kind is Kind.STRAY:
            return next((paid for paid in self.books["charges"] if self._is_the_stray(paid, order, kept.receipt)), None)
        fitting = [paid for paid in self.books["charges"] if self._is_of(paid, order)]
        return next((paid for paid in fitting if paid["receipt"] == kept.receipt), fitting[0] if fitting else None)

    def _is_the_stray(self, paid: Entry, order: Order, receipt: str | None) -> bool:
        """Each payment on the statement is one order's: what alone could have paid the other order is not a second."""
        if paid["receipt"] != receipt or paid["amount_minor"] != order.amount.minor:
            return False
        other = attempts.confirmed_charge(self.connection, order_id_in(paid["reference"]))
        return other is None or other.receipt in {each["receipt"] for each in self.books["charges"]}

    def _is_of(self, paid: Entry, order: Order) -> bool:
        return (
            order_id_in(paid["reference"]) == order.id
            and paid["amount_minor"] == order.amount.minor
            and not attempts.receipt_is_taken(
                self.connection, provider=order.payment_provider, receipt=paid["receipt"], reference=paid["reference"]
            )
        )

    def _went_back(self, paid: Entry) -> bool:
        return any(back["receipt"] == paid["receipt"] for back in self.books["reversals"])

    def _deeds_of(self, order: Order) -> Deeds:
        found: Mapping[str, Deeds] = deeds_of(self.books, ())
        return found[order.id]

    def _is_to_be_tried_again(self, order: Order) -> bool:
        """What surely did not happen a person may let be, or try again, here by the order's id: each about as often.

        It is tried once: a line that is gone will be gone tomorrow.
        """
        is_tried = Event.OPERATOR_CREDIT in SqlBook(self.connection).history(order.id)
        return not is_tried and zlib.crc32(order.id.encode()) % 2 == 0


def _check_there_is_a_reason(found: InReview) -> None:
    if not {"why", "asked", "code", "reason"} & set(found.detail):
        raise NothingToActOn(f"{found.order.id} is {found.order.state.value}: {dict(found.detail)}")
