"""What Airtel Money accepts, how it says no, and how it tells an end, as Airtel's developer portal describes them."""

import itertools
import random
from collections.abc import Mapping
from typing import Any

from sandbox.clock import utc_now
from sandbox.errors import BadRequest, SandboxError
from sandbox.money import UnableToReadAmount, to_minor
from sandbox.networks import AIRTEL, DIALLING_CODES
from sandbox.people import read_msisdn
from sandbox.wallet_payments import Payment, Scheme, new_payment

Form = Mapping[str, Any]

PAID, IN_PROCESS, NOT_FOUND = "DP00800001001", "DP00800001006", "DP00800001025"
EXPIRED = "DP00800001029"
WORDS = {
    "DP00800001000": "The transaction is still processing and is in ambiguous state.",
    PAID: "Transaction is successful.",
    "DP00800001002": "Incorrect pin has been entered.",
    "DP00800001003": "The user has exceeded the allowed limit of the wallet.",
    "DP00800001005": "User did not enter the pin.",
    IN_PROCESS: "Transaction in pending state.",
    "DP00800001007": "User wallet does not have enough money.",
    "DP00800001008": "The transaction was refused.",
    "DP00800001010": "The number is not registered with Airtel Money.",
    NOT_FOUND: "The transaction was not found.",
    EXPIRED: "Transaction has been expired.",
}

# One after the other: a real wallet gives no two payments the same receipt.
_NUMBERS = itertools.count(random.SystemRandom().randrange(10**6))


class AirtelRefused(SandboxError):
    """{code}: {message}"""

    def __init__(self, *, status: int, code: str, message: str) -> None:
        super().__init__(code=code, message=message)
        self.status, self.code, self.message = status, code, message


def read_payment(form: Form, headers: Mapping[str, str], *, callback_url: str) -> Payment:
    """The payment that a USSD push asks for. Raises AirtelRefused."""
    subscriber, transaction = _part(form, "subscriber"), _part(form, "transaction")
    country, currency = headers.get("X-Country", ""), headers.get("X-Currency", "")
    _demand("ESB000034", "Invalid country", country in DIALLING_CODES and subscriber.get("country") == country)
    _demand("ESB000035", "Invalid currency", bool(currency) and subscriber.get("currency", currency) == currency)
    name, amount = transaction.get("id"), transaction.get("amount")
    _demand("ESB000008", "Invalid id", isinstance(name, str) and 4 <= len(name) <= 64)
    _demand("ESB000008", "Invalid amount", isinstance(amount, int | float) and not isinstance(amount, bool))
    _demand("ESB000008", "Invalid reference", 4 <= len(str(form.get("reference", ""))) <= 64)
    try:
        msisdn = read_msisdn(DIALLING_CODES[country] + str(subscriber.get("msisdn", "")))
        amount_minor = to_minor(str(amount), currency)
    except (BadRequest, UnableToReadAmount) as error:
        raise AirtelRefused(status=400, code="ESB000033", message=str(error)) from error
    return new_payment(
        name=str(name),
        msisdn=msisdn,
        amount_minor=amount_minor,
        currency=currency,
        reference=str(name),
        account=str(form["reference"]),
        callback_url=callback_url,
    )


def callback_body(payment: Payment) -> dict[str, Any]:
    """What Airtel posts when a payment has ended. Which bytes its hash is made of is not settled, so it is left out."""
    transaction = {
        "id": payment.name,
        "message": WORDS.get(str(payment.end), "Failed."),
        "status_code": "TS" if payment.end == PAID else "TF",
        "airtel_money_id": payment.receipt or "",
    }
    return {"transaction": transaction}


def enquiry_body(payment: Payment, *, forced: str | None) -> dict[str, Any]:
    """The answer to an enquiry. `forced` is a status to tell instead of the true one."""
    code = payment.end or IN_PROCESS
    status = {PAID: "TS", IN_PROCESS: "TIP", "DP00800001000": "TA", EXPIRED: "TE"}.get(code, "TF")
    transaction = {"id": payment.name, "message": WORDS.get(code, "Failed."), "status": forced or status}
    if payment.receipt:
        transaction["airtel_money_id"] = payment.receipt
    return {"data": {"transaction": transaction}, "status": status_body(response_code=code, success=True)}


def status_body(
    *, code: str = "200", message: str = "SUCCESS", result_code: str = "ESB000010", response_code: str, success: bool
) -> dict[str, Any]:
    """The `status` of an answer."""
    return {
        "code": code,
        "message": message,
        "result_code": result_code,
        "response_code": response_code,
        "success": success,
    }


def _part(form: Form, name: str) -> Form:
    part = form.get(name)
    if not isinstance(part, dict):
        raise AirtelRefused(status=400, code="ESB000008", message=f"Invalid {name}")
    return part


def _demand(code: str, message: str, fits: bool) -> None:
    if not fits:
        raise AirtelRefused(status=400, code=code, message=message)


def _make_receipt() -> str:
    return f"MP{utc_now():%y%m%d}.{utc_now():%H%M}.A{next(_NUMBERS) % 10**6:06}"


SCHEME = Scheme(
    provider="airtel_money",
    brand="Airtel Money",
    operation="airtel.callback",
    networks=AIRTEL,
    paid=PAID,
    not_enough="DP00800001007",
    no_wallet="DP00800001010",
    expired=EXPIRED,
    by_answer={"pin": PAID, "wrong_pin": "DP00800001002", "cancel": "DP00800001008", "expired": EXPIRED},
    make_receipt=_make_receipt,
    body=callback_body,
)
