"""Reading what a charging system answers: a line, a refill, a failure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.codes import Also, without_success
from providers.http import Reply
from providers.payload import Unreadable, as_object, decimal_of
from providers.ucip_codes import FIRST_FAILURE, HTTP_REFUSALS, LINE_RESPONSES, REFILL_RESPONSES
from topup.line import Line, LineState
from topup.money import MINOR_DIGITS, Money
from topup.outcomes import Confirmed, NotSent, Reason, Refused, Sent, Unknown

# The account is barred for its negative balance, or one of its periods is over; a refill ends either.
_SUSPENDING_FLAGS = ("negativeBarringStatusFlag", "supervisionPeriodExpiryFlag", "serviceFeePeriodExpiryFlag")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReader:
    """Reads answers whose amounts are in units of `minor_per_unit` minor units, of `currency` unless they say."""

    currency: str
    minor_per_unit: int

    def line(self, answer: Mapping[str, Any]) -> Line | Unknown:
        """The line in the answer to GetBalanceAndDate or GetAccountDetails. Raises Unreadable."""
        code = _response_code(answer)
        if code >= FIRST_FAILURE:
            state = LINE_RESPONSES.get(code)
            return Line(state) if state is not None else Unknown(f"responseCode {code}")
        balance = self._balance(answer)
        return Line(_state(answer, balance), balance)

    def refill(self, answer: Mapping[str, Any], *, transaction: str) -> Sent:
        """What became of the Refill that was sent as `transaction`. Raises Unreadable when no code says it."""
        code = _response_code(answer)
        if code >= FIRST_FAILURE:
            return without_success(REFILL_RESPONSES.get(code, Also.UNCERTAIN), code=str(code))
        return Confirmed(transaction, self._refilled(answer), {"response_code": code, **self._after(answer)})

    def _refilled(self, answer: Mapping[str, Any]) -> Money | None:
        """How much was refilled, as the node says it; None when it does not. It happened in either case."""
        try:
            return self._money(answer.get("transactionAmount"), answer.get("transactionCurrency"))
        except Unreadable:
            return None

    def _after(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        try:
            balance = self._balance(as_object(answer.get("accountAfterRefill"), "accountAfterRefill"))
        except Unreadable:
            return {}
        return {"balance_after_minor": balance.minor} if balance is not None else {}

    def _balance(self, answer: Mapping[str, Any]) -> Money | None:
        if "accountValue1" not in answer:
            return None
        return self._money(answer["accountValue1"], answer.get("currency1"))

    def _money(self, value: object, currency: object) -> Money:
        code = self.currency if currency is None else currency
        if not isinstance(code, str) or code not in MINOR_DIGITS:
            raise Unreadable(why="a currency that is not known")
        minor = decimal_of(value, "an amount") * self.minor_per_unit
        if minor != minor.to_integral_value():
            raise Unreadable(why="an amount in parts of a minor unit")
        return Money(int(minor), code)


def http_failure(reply: Reply) -> Refused | NotSent | Unknown:
    """What an HTTP status other than 200 means."""
    if reply.status in HTTP_REFUSALS:
        return Refused(Reason.PROVIDER, HTTP_REFUSALS[reply.status])
    return Unknown(f"HTTP {reply.status}")


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


def _response_code(answer: Mapping[str, Any]) -> int:
    code = answer.get("responseCode")
    if not isinstance(code, int) or isinstance(code, bool) or code < 0:
        raise Unreadable(why="no responseCode")
    return code
