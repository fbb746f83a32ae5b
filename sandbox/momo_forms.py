"""What MTN MoMo accepts, how it says no, and how it tells an end, as MTN's developer portal describes them."""

import itertools
import random
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sandbox.errors import SandboxError
from sandbox.money import UnableToReadAmount, major, to_minor
from sandbox.networks import MTN
from sandbox.people import read_msisdn
from sandbox.wallet_payments import Payment, Scheme, new_payment

Form = Mapping[str, Any]

SUCCESSFUL, PENDING, FAILED = "SUCCESSFUL", "PENDING", "FAILED"
PLAY_MONEY = "EUR"

# MTN's own test numbers: in euros nobody is asked, and the number decides.
MAGIC = {
    "+46733123450": "INTERNAL_PROCESSING_ERROR",
    "+46733123451": "APPROVAL_REJECTED",
    "+46733123452": "EXPIRED",
    "+56733123453": SUCCESSFUL,
}

# One after the other: a real wallet gives no two payments the same receipt.
_NUMBERS = itertools.count(random.SystemRandom().randrange(10**9, 9 * 10**9))


class MomoRefused(SandboxError):
    """{code}: {message}"""

    def __init__(self, *, status: int, code: str, message: str) -> None:
        super().__init__(code=code, message=message)
        self.status, self.code, self.message = status, code, message


def read_request(form: Form, *, reference_id: str, callback_url: str) -> Payment:
    """The payment that a request to pay asks for. Raises MomoRefused."""
    payer = form.get("payer")
    party = payer if isinstance(payer, dict) else {}
    if party.get("partyIdType") != "MSISDN" or not str(party.get("partyId", "")).isdecimal():
        raise MomoRefused(status=400, code="BAD_REQUEST", message="payer is not an MSISDN.")
    amount_minor, currency = read_amount(form)
    return new_payment(
        name=reference_id,
        msisdn=read_msisdn(str(party["partyId"])),
        amount_minor=amount_minor,
        currency=currency,
        reference=str(form.get("externalId", "")),
        account=str(form.get("payerMessage", "")),
        callback_url=callback_url,
    )


def read_amount(form: Form) -> tuple[int, str]:
    """The amount in minor units, and its currency. Raises MomoRefused."""
    currency, amount = str(form.get("currency", "")), form.get("amount")
    if len(currency) != 3 or not currency.isupper():
        raise MomoRefused(status=500, code="INVALID_CURRENCY", message="Currency not supported.")
    try:
        amount_minor = to_minor(amount if isinstance(amount, str) else "", currency)
    except UnableToReadAmount as error:
        raise MomoRefused(status=400, code="BAD_REQUEST", message="amount is not a number.") from error
    if amount_minor < 1:
        raise MomoRefused(status=400, code="BAD_REQUEST", message="amount is not above zero.")
    return amount_minor, currency


def read_reference_id(value: str) -> str:
    """An X-Reference-Id: a UUID of version 4. Raises MomoRefused."""
    try:
        is_one = uuid.UUID(value).version == 4 and str(uuid.UUID(value)) == value.lower()
    except ValueError:
        is_one = False
    if not is_one:
        raise MomoRefused(status=400, code="BAD_REQUEST", message="Reference id is not in UUID format.")
    return value.lower()


def read_callback_url(value: str) -> str:
    """An X-Callback-Url, or nothing. Raises MomoRefused."""
    parts = urlsplit(value)
    if value and not (parts.scheme in ("http", "https") and parts.netloc):
        raise MomoRefused(status=500, code="INVALID_CALLBACK_URL_HOST", message="Callback URL host is not known.")
    return value


def payment_body(payment: Payment, *, in_full: bool = False) -> dict[str, Any]:
    """What is told of a payment: by callback, or `in_full` when it is asked for (then the reason has words)."""
    body = _money_body(payment)
    body["payer"] = {"partyIdType": "MSISDN", "partyId": payment.msisdn[1:]}
    return body | _end_body(payment.end, payment.receipt, in_full=in_full)


def refund_body(payment: Payment, refund: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a refund of the payment when it is asked for."""
    body = {**_money_body(payment), "externalId": refund["external_id"]}
    body["amount"] = major(refund["amount_minor"], payment.currency)
    body["payee"] = {"partyIdType": "MSISDN", "partyId": payment.msisdn[1:]}
    return body | _end_body(refund["end"], refund["receipt"], in_full=True)


def _money_body(payment: Payment) -> dict[str, Any]:
    return {
        "externalId": payment.reference,
        "amount": major(payment.amount_minor, payment.currency),
        "currency": payment.currency,
        "payerMessage": payment.account,
        "payeeNote": "",
    }


def _end_body(end: str | None, receipt: str | None, *, in_full: bool) -> dict[str, Any]:
    if end is None or end == PENDING:
        return {"status": PENDING}
    if end == SUCCESSFUL:
        return {"status": SUCCESSFUL, "financialTransactionId": receipt}
    return {"status": FAILED, "reason": {"code": end, "message": "It ended so."} if in_full else end}


def _make_receipt() -> str:
    return str(next(_NUMBERS))


SCHEME = Scheme(
    provider="mtn_momo",
    brand="MTN MoMo",
    operation="momo.callback",
    networks=MTN,
    paid=SUCCESSFUL,
    not_enough="NOT_ENOUGH_FUNDS",
    no_wallet="PAYER_NOT_FOUND",
    expired="EXPIRED",
    by_answer={
        "pin": SUCCESSFUL,
        "wrong_pin": "APPROVAL_REJECTED",
        "cancel": "APPROVAL_REJECTED",
        "expired": "EXPIRED",
    },
    make_receipt=_make_receipt,
    body=payment_body,
    altered={
        "wrong_amount": lambda payment, fault: replace(payment, amount_minor=fault.amount_minor),
        "wrong_number": lambda payment, fault: replace(payment, msisdn=fault.number),
    },
    play_money=PLAY_MONEY,
)
