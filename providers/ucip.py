"""The operator's charging system: reading a line, and refilling it. UCIP 5.0, which is XML-RPC over HTTP.

Reads may be repeated at will. A Refill by amount is sent once: no node may be assumed to know a repeated one. When its
answer is lost, the balance before and after it is all that there is to go by. A voucher is used but once, whoever sends
it how often: when its answer is lost, it is sent again.

Protocol: Ericsson AIR, UCIP 5.0: GetBalanceAndDate, Refill.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from providers.codes import Also, without_success
from providers.http import Channel, Reply, Request
from providers.payload import Unreadable
from providers.ucip_answers import AnswerReader, http_failure
from providers.ucip_codes import FAULTS
from providers.xml_rpc import Fault, read_answer, write_call
from topup.errors import RedialError
from topup.line import NOT_KNOWN, Line
from topup.money import Money
from topup.outcomes import Answer, Confirmed, NotSent, Refused, Sent, Unknown
from topup.ports import ANOTHER_MAY_LAND, Attempt, Event, UnableToReadEvent
from topup.vouchers import Pin

T = TypeVar("T")

_INTERNATIONAL = 1  # subscriberNumberNAI: the number begins with its country code.


class UnitTooCoarse(RedialError):
    """{amount} cannot be said in units of {minor_per_unit} minor units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UcipNode:
    """How a charging system knows us. One unit of its amounts is `minor_per_unit` minor units of `currency`."""

    username: str
    password: str
    user_agent: str  # NAME/PROTOCOL/VERSION; the node refuses a protocol version that it does not serve.
    host_name: str
    refill_profile: str
    currency: str
    minor_per_unit: int = 1


class Ucip:
    """The CreditProvider, VoucherProvider and LineReader for a charging system.

    Reads for people who wait at a menu and the workers' calls go by two channels: a flood of the one takes no
    connection, and opens no breaker, of the other.
    """

    name = "ucip"

    def __init__(
        self,
        *,
        node: UcipNode,
        reads: Channel,
        refills: Channel,
        now: Callable[[], datetime],
        read_deadline_s: float = 1.5,
    ) -> None:
        self._node = node
        self._reads = reads
        self._refills = refills
        self._now = now
        self._read_deadline_s = read_deadline_s
        self._answers = AnswerReader(currency=node.currency, minor_per_unit=node.minor_per_unit)
        credentials = base64.b64encode(f"{node.username}:{node.password}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {credentials}",
            "Content-Type": "text/xml",
            "User-Agent": node.user_agent,
        }

    def read_line(self, msisdn: str) -> Line:
        """The line's state and balance, or NOT_KNOWN when `read_deadline_s` have passed without a readable answer.

        The deadline holds for everything together: a place among the connections, the name's resolution, the connection
        to any of its addresses, and the answer to its last byte.
        """
        line = self._read_line(self._reads, msisdn, self._read_deadline_s)
        return line if isinstance(line, Line) else NOT_KNOWN

    def before_credit(self, attempt: Attempt) -> Mapping[str, object] | NotSent:
        """The balance, against which a lost answer can be settled. NotSent when it cannot be read now."""
        line = self._read_line(self._refills, attempt.msisdn)
        if not isinstance(line, Line):
            return NotSent(line.why)
        if line.balance is None:
            return {"line": line.state.value}
        return {
            "line": line.state.value,
            "balance_minor": line.balance.minor,
            "currency": line.balance.currency,
        }

    def credit(self, attempt: Attempt) -> Sent:
        """Refill the line by `attempt.amount`. The receipt is our originTransactionID."""
        transaction = transaction_id(attempt.reference)
        what = {
            "transactionAmount": str(self._units(attempt.amount)),
            "transactionCurrency": attempt.amount.currency,
            "refillProfileID": self._node.refill_profile,
        }
        read = partial(self._answers.refill, transaction=transaction)
        return self._refill(attempt, what, transaction=transaction, operation="refill", read=read)

    def redeem(self, attempt: Attempt, *, pin: Pin) -> Sent:
        """Use the voucher for the line. The receipt is our originTransactionID."""
        transaction = transaction_id(attempt.reference)
        read = partial(self._answers.voucher, transaction=transaction)
        return self._refill(attempt, _by_voucher(pin), transaction=transaction, operation="redeem", read=read)

    def look_again(self, attempt: Attempt, *, pin: Pin) -> Answer:
        """Send the voucher once more, as a transaction of its own.

        0: it is used now, so the first time did not arrive. 107: this line has had it, so the first time did. What
        else the node says of the voucher itself is a refusal; anything more leaves it unknown.
        """
        transaction, first = _any_transaction(), transaction_id(attempt.reference)
        read = partial(self._answers.voucher_again, transaction=transaction, first=first)
        found = self._refill(attempt, _by_voucher(pin), transaction=transaction, operation="redeem_again", read=read)
        # A refusal or failure that stood in no answer to this Refill was read from HTTP or from a fault.
        if isinstance(found, NotSent) or (isinstance(found, Refused) and not found.code.isdecimal()):
            return Unknown(found.why if isinstance(found, NotSent) else f"answered {found.code}")
        return found

    def enquire_credit(self, attempt: Attempt) -> Answer:
        """What became of a refill whose answer was lost, by the balance before and now.

        Higher by exactly the amount is Confirmed. The same balance is Unknown, not Refused: the refill may
        still lie in a queue, or someone may have spent just as much meanwhile. Any other difference is
        Unknown too. The sweep asks again; in the end a person compares with the operator's records, where
        externalData1 is our reference.
        """
        if attempt.facts.get(ANOTHER_MAY_LAND):
            return Unknown("another refill of this line may land too, so its balance proves nothing")
        line = self._read_line(self._refills, attempt.msisdn)
        if not isinstance(line, Line):
            return Unknown(line.why)
        before = _balance_before(attempt)
        if before is None or line.balance is None or line.balance.currency != before.currency:
            return Unknown("the balance was not known before or is not known now")
        if line.balance - before == attempt.amount:
            return Confirmed(
                transaction_id(attempt.reference),
                attempt.amount,
                {"settled_by": "balance", "balance_minor": line.balance.minor},
            )
        moved_minor = line.balance.minor - before.minor
        return Unknown(f"the balance moved by {moved_minor}, and the refill is {attempt.amount.minor}")

    def read_event(self, *, topic: str, reference: str | None, body: bytes, content_type: str) -> Event:
        """Raises UnableToReadEvent: a charging system answers at once, and calls nobody back."""
        raise UnableToReadEvent(why="a charging system sends none")

    def _refill(
        self,
        attempt: Attempt,
        what: Mapping[str, Any],
        *,
        transaction: str,
        operation: str,
        read: Callable[[Mapping[str, Any]], T],
    ) -> T | NotSent | Unknown | Refused:
        struct = self._always(attempt.msisdn, transaction) | {
            **what,
            "externalData1": attempt.reference,
            "requestRefillAccountAfterFlag": True,
        }
        return self._call(self._refills, "Refill", struct, operation=operation, read=read, moves_money=True)

    def _read_line(self, channel: Channel, msisdn: str, deadline_s: float | None = None) -> Line | NotSent | Unknown:
        struct = self._always(msisdn, _any_transaction())
        line = self._call(
            channel, "GetBalanceAndDate", struct, operation="read_line", read=self._answers.line, deadline_s=deadline_s
        )
        return Unknown(f"the charging system refused: {line.code}") if isinstance(line, Refused) else line

    def _call(
        self,
        channel: Channel,
        method: str,
        struct: Mapping[str, Any],
        *,
        operation: str,
        read: Callable[[Mapping[str, Any]], T],
        moves_money: bool = False,
        deadline_s: float | None = None,
    ) -> T | NotSent | Unknown | Refused:
        request = Request(
            headers=self._headers,
            body=write_call(method, struct),
            moves_money=moves_money,
            deadline_s=deadline_s,
        )

        def read_reply(reply: Reply) -> T | NotSent | Unknown | Refused:
            if reply.status != 200:
                return http_failure(reply)
            answer = read_answer(reply.body)
            if isinstance(answer, Fault):
                return without_success(FAULTS.get(answer.code, Also.UNCERTAIN), code=f"fault_{answer.code}")
            _check_same(answer, struct)
            return read(answer)

        return channel.ask(request, operation=operation, read=read_reply)

    def _always(self, msisdn: str, transaction: str) -> dict[str, Any]:
        return {
            "originNodeType": "EXT",
            "originHostName": self._node.host_name,
            "originTransactionID": transaction,
            "originTimeStamp": self._now(),
            "subscriberNumberNAI": _INTERNATIONAL,
            "subscriberNumber": msisdn.lstrip("+"),
        }

    def _units(self, amount: Money) -> int:
        units, left = divmod(amount.minor, self._node.minor_per_unit)
        if left or units <= 0:
            raise UnitTooCoarse(amount=amount, minor_per_unit=self._node.minor_per_unit)
        return units


def transaction_id(reference: str) -> str:
    """The originTransactionID of the refill with our `reference`: at most 20 digits, always the same."""
    return str(int.from_bytes(hashlib.sha256(reference.encode()).digest()[:8], "big"))


def _any_transaction() -> str:
    """An originTransactionID that nobody has had."""
    return str(secrets.randbelow(10**19))


def _by_voucher(pin: Pin) -> dict[str, Any]:
    return {"voucherActivationCode": pin.digits, "requestRefillAccountBeforeFlag": True}


def _check_same(answer: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    transaction = asked["originTransactionID"]
    if str(answer.get("originTransactionID", transaction)) != transaction:
        raise Unreadable(why="an answer to another transaction")


def _balance_before(attempt: Attempt) -> Money | None:
    minor, currency = attempt.facts.get("balance_minor"), attempt.facts.get("currency")
    if not isinstance(minor, int) or not isinstance(currency, str):
        return None
    return Money(minor, currency)
