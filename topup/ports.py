"""What the business asks of the world. Providers implement the first half, the store the second.

None of these methods raises for what the world does wrong: timeouts, refusals and nonsense come back as outcomes
(topup.outcomes, topup.line), so that no caller can forget one. They raise only for mistakes of ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from topup.errors import RedialError
from topup.line import Line
from topup.money import Money
from topup.outcomes import Answer, NotSent, Refused, Sent, Unknown
from topup.vouchers import Pin


class UnableToReadEvent(RedialError):
    """This callback cannot be read: {why}."""


# The fact that another credit to the same line may land at any time, or never, since its order waits for a person. What
# the balance does then proves nothing of this one.
ANOTHER_MAY_LAND = "another_may_land"

# The fact by which a provider says of a call which was made once that it had been made before.
TAKEN_BEFORE = "taken_before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call that may move money, as it stood in the database before it was made.

    `reference` is ours, unique for every attempt, at most 40 characters of `[a-z0-9-]`, and cannot be guessed.
    `label` is what the payer may be shown: at most 12 characters of `[A-Z0-9]`.
    `provider_ref` is the provider's own name for it, once known. `facts` is what was read just before the call
    (such as the line's balance), and what the provider answered to it.
    """

    reference: str
    label: str
    msisdn: str
    amount: Money
    provider_ref: str | None = None
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a provider's callback says, read but not yet believed.

    `key` names the event so that it is recorded once: a callback repeated word for word has the same key.
    `reference` is ours when the callback carries it; else `provider_ref` finds the attempt.
    """

    key: str
    reference: str | None
    provider_ref: str | None
    answer: Answer
    msisdn: str | None = None


class PaymentProvider(Protocol):
    """Takes money from a payer, and gives it back."""

    name: str

    def charge(self, attempt: Attempt) -> Sent:
        """Ask the payer for `attempt.amount`. Called once for an attempt, never repeated."""
        ...

    def enquire_charge(self, attempt: Attempt) -> Answer:
        """What became of a charge. Unknown when the provider does not say, or cannot be believed."""
        ...

    def refund(self, attempt: Attempt, *, receipt: str) -> Sent:
        """Give back the charge that has this receipt. Called once for an attempt."""
        ...

    def enquire_refund(self, attempt: Attempt) -> Answer:
        """What became of a refund."""
        ...

    def read_event(self, *, topic: str, reference: str | None, body: bytes, content_type: str) -> Event:
        """Read a callback on `topic` ("stk", "reversal", ...). Raises UnableToReadEvent."""
        ...


class CreditProvider(Protocol):
    """Puts credit on a line."""

    name: str

    def before_credit(self, attempt: Attempt) -> Mapping[str, object] | NotSent:
        """What must be known before the call to settle a lost answer afterwards; kept in `attempt.facts`.

        NotSent when it cannot be learned now: then the credit must wait.
        """
        ...

    def credit(self, attempt: Attempt) -> Sent:
        """Put `attempt.amount` on the line. Called once for an attempt, never repeated."""
        ...

    def enquire_credit(self, attempt: Attempt) -> Answer:
        """What became of a credit. One with the fact ANOTHER_MAY_LAND is not settled by the line's balance."""
        ...

    def read_event(self, *, topic: str, reference: str | None, body: bytes, content_type: str) -> Event:
        """Read a callback on `topic` ("airtime"). Raises UnableToReadEvent."""
        ...


class VoucherProvider(Protocol):
    """Uses a voucher for a line. A voucher can be used but once, so sending one twice does no harm; what the answers
    mean is another matter. `Confirmed.amount` is what the voucher was worth, where that is told."""

    name: str

    def redeem(self, attempt: Attempt, *, pin: Pin) -> Sent:
        """Use the voucher for the line `attempt.msisdn`. Called when it surely was not sent by us before."""
        ...

    def look_again(self, attempt: Attempt, *, pin: Pin) -> Answer:
        """Send the same voucher for the same line again, when nobody knows what became of the first time.

        Confirmed when it is used now, or was used for this line: the first time landed. Refused only by what is true
        of the voucher and was true then: that the line may not be refilled any more says nothing of the first time.
        """
        ...


class LineReader(Protocol):
    """Reads a line's state and balance. Line.NOT_KNOWN when it cannot be read within the deadline."""

    def read_line(self, msisdn: str) -> Line: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """The SMS gateway took the message. `gateway_id` is its name for it, which delivery reports carry."""

    gateway_id: str


class SmsGateway(Protocol):
    """Hands messages to an SMS gateway."""

    name: str

    def send(self, *, to: str, text: str, reference: str) -> Handed | Refused | NotSent | Unknown:
        """Send one message. `reference` is ours, for gateways that keep one."""
        ...
