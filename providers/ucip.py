"""The operator's charging system: reading a line, and refilling it. UCIP 5.0, which is XML-RPC over HTTP.

Reads may be repeated at will. A Refill is sent once: no node may be assumed to know a repeated one. When its
answer is lost, the balance before and after it is all that there is to go by.

Protocol: Ericsson AIR, UCIP 5.0: GetBalanceAndDate, Refill.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from providers.http import Channel, Reply, Request
from providers.payload import Unreadable, decimal_of
from providers.ucip_codes import FAULTS, FIRST_FAILURE, HTTP_REFUSALS, LINE_RESPONSES, REFILL_RESPONSES, Also, Meaning
from providers.xml_rpc import Fault, read_answer, write_call
from topup.errors import RedialError
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import MINOR_DIGITS, Money
from topup.outcomes import Answer, Confirmed, NotSent, Reason, Refused, Sent, Unknown
from topup.ports import Attempt, Event, UnableToReadEvent

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
    """The CreditProvider and LineReader for a charging system.

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
        credentials = base64.b64encode(f"{node.username}:{node.password}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {credentials}",
            "Content-Type": "text/xml",
            "User-Agent": node.user_agent,
        }

    def read_line(self, msisdn: str) -> Line:
        """The line's state and balance, or NOT_KNOWN when `read_deadline_s` have passed without a readable answer.

        The deadline holds for everything together: a place in the pool, the name's resolution, the connection
        to any of its addresses, and the answer to its last byte. The part that cannot be interrupted is left
        behind in a thread that ends by the channel's own limits.
        """
        line = _within(self._read_deadline_s, lambda: self._read_line(self._reads, msisdn, self._read_deadline_s))
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
        """Refill the line by `attempt.amount`. Confirmed under our originTransactionID, which `attempt` alone
        decides.
        """
        return self._refill(
            attempt,
            {
                "transactionAmount": str(self._units(attempt.amount)),
                "transactionCurrency": attempt.amount.currency,
                "refillProfileID": self._node.refill_profile,
            },
        )

    def enquire_credit(self, attempt: Attempt) -> Answer:
        """What became of a refill whose answer was lost, by the balance before and now.

        Higher by exactly the amount is Confirmed. The same balance is Unknown, not Refused: the refill may
        still lie in a queue, or someone may have spent just as much meanwhile. Any other difference is
        Unknown too. The sweep asks again; in the end a person compares with the operator's records, where
        externalData1 is our reference.
        """
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

    def _refill(self, attempt: Attempt, what: Mapping[str, Any]) -> Sent:
        struct = self._always(attempt.msisdn, transaction_id(attempt.reference)) | {
            **what,
            "externalData1": attempt.reference,
            "requestRefillAccountAfterFlag": True,
        }
        return self._call(self._refills, "Refill", struct, operation="refill", read=self._read_refill, moves_money=True)

    def _read_line(self, channel: Channel, msisdn: str, deadline_s: float | None = None) -> Line | NotSent | Unknown:
        struct = self._always(msisdn, str(secrets.randbelow(10**19)))
        line = self._call(
            channel, "GetBalanceAndDate", struct, operation="read_line", read=self._line, deadline_s=deadline_s
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
                return _http_failure(reply)
            answer = read_answer(reply.body)
            if isinstance(answer, Fault):
                return _failure(FAULTS.get(answer.code, Also.UNCERTAIN), f"fault_{answer.code}")
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

    def _line(self, answer: Mapping[str, Any]) -> Line | Unknown:
        code = _response_code(answer)
        if code >= FIRST_FAILURE:
            state = LINE_RESPONSES.get(code)
            return Line(state) if state is not None else Unknown(f"responseCode {code}")
        balance = self._balance(answer)
        return Line(_state(answer, balance), balance)

    def _read_refill(self, answer: Mapping[str, Any]) -> Sent:
        code = _response_code(answer)
        if code >= FIRST_FAILURE:
            return _failure(REFILL_RESPONSES.get(code, Also.UNCERTAIN), str(code))
        return Confirmed(
            str(answer.get("originTransactionID")),
            self._refilled(answer),
            {"response_code": code, **self._after(answer)},
        )

    def _refilled(self, answer: Mapping[str, Any]) -> Money | None:
        """How much was refilled, as the node says it; None when it does not."""
        if "transactionAmount" not in answer:
            return None
        return self._money(answer["transactionAmount"], answer.get("transactionCurrency"))

    def _after(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        after = answer.get("accountAfterRefill")
        balance = self._balance(after) if isinstance(after, dict) else None
        return {"balance_minor": balance.minor} if balance is not None else {}

    def _balance(self, answer: Mapping[str, Any]) -> Money | None:
        if "accountValue1" not in answer:
            return None
        return self._money(answer["accountValue1"], answer.get("currency1"))

    def _money(self, value: object, currency: object) -> Money:
        code = self._node.currency if currency is None else currency
        if not isinstance(code, str) or code not in MINOR_DIGITS:
            raise Unreadable(why="a currency that is not known")
        minor = decimal_of(value, "an amount") * self._node.minor_per_unit
        if minor != minor.to_integral_value():
            raise Unreadable(why="an amount in parts of a minor unit")
        return Money(int(minor), code)

    def _units(self, amount: Money) -> int:
        units, left = divmod(amount.minor, self._node.minor_per_unit)
        if left or units <= 0:
            raise UnitTooCoarse(amount=amount, minor_per_unit=self._node.minor_per_unit)
        return units


def transaction_id(reference: str) -> str:
    """The originTransactionID of the refill with our `reference`: at most 20 digits, always the same."""
    return str(int.from_bytes(hashlib.sha256(reference.encode()).digest()[:8], "big"))


def _within(deadline_s: float, work: Callable[[], T]) -> T | None:
    """What `work` gives within `deadline_s` seconds, else None. It is not interrupted, only no longer waited
    for.
    """
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="line-read")
    try:
        return executor.submit(copy_context().run, work).result(timeout=deadline_s)
    except TimeoutError:
        return None
    finally:
        executor.shutdown(wait=False)


def _state(answer: Mapping[str, Any], balance: Money | None) -> LineState:
    flags = answer.get("accountFlagsAfter") or answer.get("accountFlags") or {}
    if not isinstance(flags, dict):
        raise Unreadable(why="accountFlags is not a struct")
    if answer.get("temporaryBlockedFlag") is True or flags.get("activationStatusFlag") is False:
        return LineState.BARRED
    owes = balance is not None and balance.minor < 0
    if owes or any(flags.get(name) is True for name in _SUSPENDING_FLAGS):
        return LineState.SUSPENDED
    return LineState.ACTIVE


# The account is barred for its negative balance, or one of its periods is over; a refill ends either.
_SUSPENDING_FLAGS = ("negativeBarringStatusFlag", "supervisionPeriodExpiryFlag", "serviceFeePeriodExpiryFlag")


def _response_code(answer: Mapping[str, Any]) -> int:
    code = answer.get("responseCode")
    if not isinstance(code, int) or isinstance(code, bool) or code < 0:
        raise Unreadable(why="no responseCode")
    return code


def _check_same(answer: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    if answer.get("originTransactionID", asked["originTransactionID"]) != asked["originTransactionID"]:
        raise Unreadable(why="an answer to another transaction")


def _http_failure(reply: Reply) -> Refused | NotSent | Unknown:
    if reply.status in HTTP_REFUSALS:
        return Refused(Reason.PROVIDER, HTTP_REFUSALS[reply.status])
    return Unknown(f"HTTP {reply.status}")


def _failure(meaning: Meaning, code: str) -> Refused | NotSent | Unknown:
    if isinstance(meaning, Reason):
        return Refused(meaning, code)
    if meaning is Also.NOT_TAKEN:
        return NotSent(f"the charging system took nothing: {code}")
    return Unknown(f"the charging system answered {code}")


def _balance_before(attempt: Attempt) -> Money | None:
    minor, currency = attempt.facts.get("balance_minor"), attempt.facts.get("currency")
    if not isinstance(minor, int) or not isinstance(currency, str):
        return None
    return Money(minor, currency)
