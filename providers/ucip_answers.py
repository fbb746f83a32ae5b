"""Reading what a charging system answers: a line, a refill, a failure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.codes import Also, without_success
from providers.http import Reply
from providers.payload import Unreadable, as_object, decimal_of
from providers.ucip_codes import FIRST_FAILURE, HTTP_REFUSALS, LINE_RESPONSES, REFILL_RESPONSES, VOUCHER_RESPONSES
from topup.line import Line, LineState
from topup.money import MINOR_DIGITS, Money
from topup.outcomes import Answer, Confirmed, NotSent, Pending, Reason, Refused, Sent, Unknown

# The account is barred for its negative balance, or one of its periods is over; a refill ends either.
_SUSPENDING_FLAGS = ("negativeBarringStatusFlag", "supervisionPeriodExpiryFlag", "serviceFeePeriodExpiryFlag")


# What a code that stands in no table means for a voucher, at the first time and later.
_UNCERTAIN = (Also.UNCERTAIN, Also.UNCERTAIN)


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
        """What became of the Refill that was sent as `transaction`. Raises Unreadable when no code says it.

        How much reached the account is not told: a `transactionAmount` would be the nominal value, which we said.
        """
        code = _response_code(answer)
        if code >= FIRST_FAILURE:
            return without_success(REFILL_RESPONSES.get(code, Also.UNCERTAIN), code=str(code))
        return Confirmed(transaction, None, {"response_code": code, **self._after(answer)})

    def voucher(self, answer: Mapping[str, Any], *, transaction: str) -> Sent:
        """What became of a voucher that was sent for the first time. Raises Unreadable when no code says it."""
        code = _response_code(answer)
        if code >= FIRST_FAILURE:
            first, _ = VOUCHER_RESPONSES.get(code, _UNCERTAIN)
            return without_success(first, code=str(code))
        return self._loaded(answer, code, transaction)

    def voucher_again(self, answer: Mapping[str, Any], *, transaction: str, first: str) -> Answer:
        """What became of a voucher that was sent before, in the transaction `first`, and now again."""
        code = _response_code(answer)
        if code < FIRST_FAILURE:
            return self._loaded(answer, code, transaction)
        _, meaning = VOUCHER_RESPONSES.get(code, _UNCERTAIN)
        if meaning is Also.HAPPENED:
            return Confirmed(first, None, {"response_code": code})
        if meaning is Also.AT_WORK:
            return Pending(f"answered {code}")
        found = without_success(meaning, code=str(code))
        return found if isinstance(found, Refused) else Unknown(found.why)

    def _loaded(self, answer: Mapping[str, Any], code: int, transaction: str) -> Confirmed:
        serial = answer.get("voucherSerialNumber")
        facts = {"response_code": code, **({"voucher_serial": serial} if isinstance(serial, str) else {})}
        return Confirmed(transaction, self._worth(answer), {**facts, **self._after(answer)})

    def _worth(self, answer: Mapping[str, Any]) -> Money | None:
        """What a voucher brought the line: by what the account held before and after it, else as the node says it."""
        before, after = (self._held(answer, name) for name in ("accountBeforeRefill", "accountAfterRefill"))
        if before is not None and after is not None and before.currency == after.currency and before < after:
            return after - before
        return self._refilled(answer)

    def _held(self, answer: Mapping[str, Any], name: str) -> Money | None:
        try:
            return self._balance(as_object(answer.get(name), name))
        except Unreadable:
            return None

    def _refilled(self, answer: Mapping[str, Any]) -> Money | None:
        """How much was refilled, as the node says it; None when it does not. It happened in either case."""
        try:
            refilled = self._money(answer.get("transactionAmount"), answer.get("transactionCurrency"))
        except Unreadable:
            return None
        return refilled if refilled.minor > 0 else None

    def _after(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        balance = self._held(answer, "accountAfterRefill")
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
