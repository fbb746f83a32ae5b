"""What stands at the ports in place of the providers: each asks the world what happens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tests.safety.plans import Asked, Deed, End, Reply
from tests.safety.world import Request, SmsSeen, World, order_of
from topup.line import Line
from topup.money import Money
from topup.outcomes import Accepted, Answer, Confirmed, NotSent, Pending, Reason, Refused, Sent, Unknown
from topup.ports import Attempt, Event, Handed, UnableToReadEvent
from topup.vouchers import Pin

_LOST = Unknown("the reply was lost")

# Every voucher is worth so much.
_WORTH = Money(10000, "KES")

_REFUSES = {"107": Reason.VOUCHER_USED, "108": Reason.VOUCHER_OF_ANOTHER, "119": Reason.NO_VOUCHER}


def _read(body: bytes) -> Event:
    """A callback of this world, as `World.tell` writes it."""
    try:
        fields = json.loads(body)
        end, receipt = End[fields["end"]], fields["receipt"]
        answer = _answer(end, receipt, Money(fields["amount_minor"], "KES"))
    except (ValueError, KeyError, TypeError) as error:
        raise UnableToReadEvent(why=str(error)) from error
    told = f"{receipt}:{fields['amount_minor']}" if isinstance(answer, Confirmed) else ""
    return Event(
        key=f"{fields['name']}:{end.name}:{told}",
        reference=fields["reference"],
        provider_ref=fields["name"],
        answer=answer,
        msisdn=fields["msisdn"],
    )


def _answer(end: End | None, receipt: str, amount: Money | None) -> Answer:
    match end:
        case None:
            return Pending("the payer has not answered")
        case End.HAPPENS:
            return Confirmed(receipt, amount, {"receipt_is_derived": False})
        case End.BUSY:
            return Refused(Reason.BUSY, "1001")
        case _:
            return Refused(Reason.CANCELLED, "1032")


@dataclass(frozen=True, slots=True)
class _Double:
    """What all of them share."""

    world: World
    name: str

    def read_event(self, *, topic: str, reference: str | None, body: bytes, content_type: str) -> Event:
        """Read a callback. Raises UnableToReadEvent."""
        return _read(body)

    def _call(self, kind: str, attempt: Attempt) -> Sent:
        deed = self.world.next_deed(kind, order_of(attempt.reference))
        if deed.reply is Reply.NOT_SENT:
            return NotSent("no connection")
        if deed.reply is Reply.REFUSED:
            return Refused(Reason.PROVIDER, "503")
        request = self.world.take_on(kind, attempt, deed)
        return Accepted(request.name) if deed.reply is Reply.ACCEPTED else _LOST

    def _found(self, attempt: Attempt) -> Request | Unknown:
        asked = self.world.plans[order_of(attempt.reference)].asked
        if asked is Asked.SILENT:
            return Unknown("no answer")
        request = self.world.requests.get(attempt.reference)
        if request is None or (asked is Asked.BY_NAME and attempt.provider_ref != request.name):
            return Unknown("no such request")
        return request


@dataclass(frozen=True, slots=True)
class Payments(_Double):
    """The PaymentProvider."""

    name: str = "daraja"

    def charge(self, attempt: Attempt) -> Sent:
        """Ask the payer."""
        return self._call("charge", attempt)

    def enquire_charge(self, attempt: Attempt) -> Answer:
        """The truth, in the terms in which this order's enquiries are answered."""
        found = self._found(attempt)
        if isinstance(found, Unknown):
            return found
        if self.world.plans[order_of(attempt.reference)].asked is Asked.BY_NAME and found.ended is End.HAPPENS:
            return Confirmed(f"checkout:{found.name}", None, {"receipt_is_derived": True})
        paid = [done.amount_minor for done in self.world.charges if done.receipt == found.receipt]
        return _answer(found.ended, found.receipt, Money(paid[0], "KES") if paid else None)

    def refund(self, attempt: Attempt, *, receipt: str) -> Sent:
        """Reverse a payment. Nothing keeps this world from reversing the same one twice."""
        assert attempt.facts["receipt"] == receipt
        return self._call("refund", attempt)

    def enquire_refund(self, attempt: Attempt) -> Answer:
        """The truth."""
        found = self._found(attempt)
        return found if isinstance(found, Unknown) else _answer(found.ended, found.receipt, attempt.amount)


@dataclass(frozen=True, slots=True)
class ChargingSystem(_Double):
    """The CreditProvider that answers at once, and is asked by comparing the balance; and the LineReader."""

    name: str = "ucip"

    def read_line(self, msisdn: str) -> Line:
        """The line, as it is."""
        return self.world.line(msisdn)

    def before_credit(self, attempt: Attempt) -> Mapping[str, object] | NotSent:
        """The balance, when it can be read."""
        order_id = order_of(attempt.reference)
        self.world.calls["before_credit", order_id] += 1
        if self.world.calls["before_credit", order_id] <= self.world.plans[order_id].unreadable:
            return NotSent("the charging system is down")
        return {"balance_minor": self.world.balances[attempt.msisdn], "currency": "KES"}

    def credit(self, attempt: Attempt) -> Sent:
        """Refill the line."""
        order_id = order_of(attempt.reference)
        deed = self.world.next_deed("credit", order_id)
        if deed.reply is Reply.NOT_SENT:
            return NotSent("no connection")
        if deed.reply is Reply.REFUSED:
            return Refused(Reason.BARRED, "103")
        if deed.reply is Reply.CONFIRMED:
            self.world.credited(attempt)
            return Confirmed(f"T-{attempt.reference}", attempt.amount)
        if deed.end is End.HAPPENS and deed.after_s == 0:
            self.world.credited(attempt)
        elif deed.end is End.HAPPENS:
            self.world.take_on("credit", attempt, deed)
        return _LOST

    def enquire_credit(self, attempt: Attempt) -> Answer:
        """Only the balance before and now tells anything."""
        if self.world.plans[order_of(attempt.reference)].asked is Asked.SILENT:
            return Unknown("no answer")
        moved = self.world.balances[attempt.msisdn] - int(str(attempt.facts["balance_minor"]))
        if moved == attempt.amount.minor:
            return Confirmed(f"T-{attempt.reference}", attempt.amount)
        return Unknown(f"the balance moved by {moved}")

    def redeem(self, attempt: Attempt, *, pin: Pin) -> Sent:
        """A voucher for the first time."""
        deed = self.world.next_deed("redeem", order_of(attempt.reference))
        if deed.reply is Reply.NOT_SENT:
            return NotSent("no connection")
        if deed.reply is Reply.REFUSED:
            return Refused(Reason.BARRED, "104")
        code = self._use(attempt, pin, deed)
        match code:
            case "0":
                return Confirmed(f"T-{attempt.reference}", _WORTH)
            case "lost":
                return _LOST
            case _:
                return Refused(_REFUSES[code], code)

    def look_again(self, attempt: Attempt, *, pin: Pin) -> Answer:
        """The same voucher once more."""
        deed = self.world.next_deed("look", order_of(attempt.reference))
        if deed.reply in (Reply.NOT_SENT, Reply.REFUSED):
            return Unknown("nothing that tells of the first time")
        code = self._use(attempt, pin, deed)
        match code:
            case "0" | "107":
                return Confirmed(f"T-{attempt.reference}-{code}", _WORTH if code == "0" else None)
            case "lost":
                return _LOST
            case _:
                return Refused(_REFUSES[code], code)

    def _use(self, attempt: Attempt, pin: Pin, deed: Deed) -> str:
        code = "lost" if deed.end is End.NOTHING else self.world.use(attempt, pin, _WORTH)
        return "lost" if deed.reply is Reply.UNKNOWN else code


@dataclass(frozen=True, slots=True)
class Airtime(_Double):
    """The CreditProvider that passes requests on and tells their end by callback."""

    name: str = "airtime"

    def before_credit(self, attempt: Attempt) -> Mapping[str, object] | NotSent:
        """Nothing has to be known."""
        return {}

    def credit(self, attempt: Attempt) -> Sent:
        """Send airtime."""
        return self._call("airtime", attempt)

    def enquire_credit(self, attempt: Attempt) -> Answer:
        """The truth, by the request's name."""
        found = self._found(attempt)
        return found if isinstance(found, Unknown) else _answer(found.ended, found.name, attempt.amount)


@dataclass(frozen=True, slots=True)
class Sms:
    """The SmsGateway. What arrives is kept with what is true at that moment."""

    world: World
    name: str = "africastalking"

    def send(self, *, to: str, text: str, reference: str) -> Handed | Refused | NotSent | Unknown:
        """Send a message."""
        world, whose = self.world, f"sms to {to}"
        plan = world.plans[whose]
        number = world.calls["sms", whose]
        world.calls["sms", whose] += 1
        reply = plan.sms[number].reply if number < len(plan.sms) else Reply.ACCEPTED
        if reply is Reply.NOT_SENT:
            return NotSent("no connection")
        if reply is Reply.REFUSED:
            return Refused(Reason.PROVIDER, "406")
        if reply is Reply.ACCEPTED or plan.sms[number].end is End.HAPPENS:
            world.sms.append(
                SmsSeen(
                    to=to,
                    text=text,
                    reference=reference,
                    charges=len(world.charges),
                    credits=len(world.credits),
                    reversals=len(world.reversals),
                    line=world.line(to).state,
                )
            )
        return Handed(gateway_id=f"sms-{len(world.sms)}-{reference}") if reply is Reply.ACCEPTED else _LOST
