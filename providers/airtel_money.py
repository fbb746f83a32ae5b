"""Airtel Money: payments that the payer approves by PIN (USSD push), what became of them, and refunds.

A payment carries an id that we give it, so it can be asked about whatever became of the reply. A refund carries none:
its reply is the only word on it.

Protocol: https://developers.airtel.africa (Authorization; Collection: USSD push, refund, enquiry, callback).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from providers.airtel_money_codes import STATUSES, refusal_reason, request_meaning
from providers.codes import Also, Meaning, without_success
from providers.http import Channel, Reply, Request, as_answer
from providers.payload import Unreadable, as_object, name_in, read_json, words_in
from providers.tokens import TokenKeeper, TokenRefused
from topup.errors import RedialError
from topup.money import Money
from topup.outcomes import Accepted, Answer, Confirmed, NotSent, Pending, Refused, Sent, Unknown
from topup.phone import subscriber_number
from topup.ports import Attempt, Event, UnableToReadEvent

PAYMENT = "payment"


class NotWholeUnits(RedialError):
    """Airtel Money is asked for whole units above zero, and not for {amount}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AirtelAccount:
    """Our account with Airtel. The address that callbacks go to is told to Airtel once, not with each request."""

    client_id: str
    client_secret: str


class AirtelMoney:
    """The PaymentProvider for Airtel Money."""

    name = "airtel_money"

    def __init__(self, *, account: AirtelAccount, channel: Channel, now: Callable[[], datetime]) -> None:
        self._channel = channel
        self._tokens = TokenKeeper(request=_token_request(account), channel=channel, now=now)

    def charge(self, attempt: Attempt) -> Sent:
        """Ask the payer to approve `attempt.amount`: whole units, else NotWholeUnits is raised.

        Accepted carries the transaction's id, which is our reference. HTTP 200 says only that the payer is asked.
        """
        country, number = subscriber_number(attempt.msisdn)
        currency = attempt.amount.currency
        body = {
            "reference": attempt.label,
            "subscriber": {"country": country, "currency": currency, "msisdn": number},
            "transaction": {
                "amount": _whole_units(attempt.amount),
                "country": country,
                "currency": currency,
                "id": attempt.reference,
            },
        }
        request = partial(_posted, attempt, "/merchant/v1/payments/", body)
        read = partial(_read_payment, name=attempt.reference)
        return self._tokens.ask(self._channel, request, operation="payment", read=read)

    def enquire_charge(self, attempt: Attempt) -> Answer:
        """What became of a payment. The answer names no amount. A payment that Airtel does not know is Unknown."""

        def make_request(token: str) -> Request:
            path = f"/standard/v1/payments/{attempt.reference}"
            return Request(method="GET", path=path, headers=_headers(attempt, token))

        read = partial(_read_enquiry, reference=attempt.reference)
        return as_answer(self._tokens.ask(self._channel, make_request, operation="enquiry", read=read))

    def refund(self, attempt: Attempt, *, receipt: str) -> Sent:
        """Give back the payment with this receipt (its airtel_money_id), whole. The reply tells the end."""
        body = {"transaction": {"airtel_money_id": receipt}}
        request = partial(_posted, attempt, "/standard/v1/payments/refund", body)
        return self._tokens.ask(self._channel, request, operation="refund", read=_read_refund)

    def enquire_refund(self, attempt: Attempt) -> Answer:
        """Unknown: Airtel can be asked by the id of a payment only, and a refund has none that we know beforehand."""
        return Unknown(f"Airtel cannot be asked after the refund {attempt.reference}")

    def read_event(self, *, topic: str, reference: str | None, body: bytes, content_type: str) -> Event:
        """Read the callback `payment`. Raises UnableToReadEvent.

        It names neither the amount nor the payer, its address is the same for all payments, and which bytes its hash is
        made of is not settled. So it tells no end, only that there may be one: its answer is Unknown, and the enquiry
        that follows it decides.
        """
        if topic != PAYMENT:
            raise UnableToReadEvent(why=f"Airtel sends none of the kind {topic!r}")
        try:
            told = as_object(read_json(body).get("transaction"), "transaction")
            name, status = name_in(told, "id"), name_in(told, "status_code")
        except Unreadable as error:
            raise UnableToReadEvent(why=str(error)) from error
        return Event(
            key=f"payment:{name}:{status}",
            reference=name,
            provider_ref=name,
            answer=Unknown(f"Airtel's callback says {status} {words_in(told, 'message')}".rstrip()),
        )


def _token_request(account: AirtelAccount) -> Request:
    body = {
        "client_id": account.client_id,
        "client_secret": account.client_secret,
        "grant_type": "client_credentials",
    }
    headers = {"Content-Type": "application/json", "Accept": "*/*"}
    return Request(path="/auth/oauth2/token", headers=headers, body=json.dumps(body).encode())


def _headers(attempt: Attempt, token: str) -> dict[str, str]:
    country, _ = subscriber_number(attempt.msisdn)
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "*/*",
        "X-Country": country,
        "X-Currency": attempt.amount.currency,
    }


def _posted(attempt: Attempt, path: str, body: Mapping[str, Any], token: str) -> Request:
    headers = {**_headers(attempt, token), "Content-Type": "application/json"}
    return Request(path=path, headers=headers, body=json.dumps(body).encode(), moves_money=True)


def _whole_units(amount: Money) -> int:
    """The amount in whole units: Airtel takes a JSON number, and one with a point would be a float on its way."""
    if not amount.is_whole or amount.minor <= 0:
        raise NotWholeUnits(amount=amount)
    return amount.whole


def _status(fields: Mapping[str, Any]) -> tuple[str, str, str]:
    """The response code and the result code of an answer, empty where it has none, and its words."""
    status = as_object(fields.get("status"), "status")
    codes = [name_in(status, name) if status.get(name) else "" for name in ("response_code", "result_code")]
    return codes[0], codes[1], words_in(status, "message")


def _transaction(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer says of a transaction; nothing when it has no data, as refusals have."""
    data = fields.get("data")
    found = data.get("transaction") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _meaning(reply: Reply) -> tuple[Meaning, str, str, dict[str, Any]]:
    """What an answer means, the code that says so, its words, and its transaction. Raises Unreadable."""
    if reply.status == 401:  # The API gateway's own errors have another shape.
        return Also.TOKEN, "HTTP 401", "", {}
    fields = read_json(reply.body)
    if "status" not in fields or not isinstance(fields["status"], dict):
        meaning = request_meaning(status=reply.status, response_code="", result_code="")
        return meaning, f"HTTP {reply.status}", words_in(fields, "error_description"), {}
    response_code, result_code, says = _status(fields)
    meaning = request_meaning(status=reply.status, response_code=response_code, result_code=result_code)
    return meaning, response_code or result_code or f"HTTP {reply.status}", says, _transaction(fields)


def _read_payment(reply: Reply, *, name: str) -> Accepted | Refused | NotSent | Unknown | TokenRefused:
    meaning, code, says, _ = _meaning(reply)
    if meaning is Also.TOKEN:
        return TokenRefused()
    if meaning in (Also.TAKEN, Also.HAPPENED):
        # Even a success says no more than that it was taken on: it has no airtel_money_id, which the enquiry tells.
        return Accepted(name, {"code": code})
    return without_success(meaning, code=code, says=says)


def _read_enquiry(reply: Reply, *, reference: str) -> Answer | TokenRefused:
    meaning, code, says, told = _meaning(reply)
    if meaning is Also.TOKEN:
        return TokenRefused()
    if not reply.is_success or "status" not in told:
        return Unknown(f"no answer: {code} {says}".rstrip())
    if name_in(told, "id") != reference:
        return Unknown("the answer is about another payment")
    status = name_in(told, "status")
    ended = STATUSES.get(status, Also.UNCERTAIN)
    says = words_in(told, "message") or says
    if ended is Also.HAPPENED:
        return Confirmed(name_in(told, "airtel_money_id"), None)
    if ended is Also.AT_WORK:
        return Pending(says)
    if ended is Also.UNCERTAIN:
        return Unknown(f"answered {status} {says}".rstrip())
    return Refused(refusal_reason(status=status, response_code=code), code, {"says": says} if says else {})


def _read_refund(reply: Reply) -> Confirmed | Accepted | Refused | NotSent | Unknown | TokenRefused:
    meaning, code, says, told = _meaning(reply)
    if meaning is Also.TOKEN:
        return TokenRefused()
    if meaning is Also.HAPPENED and told.get("status") == "SUCCESS":
        return Confirmed(name_in(told, "airtel_money_id"), None)
    if meaning in (Also.HAPPENED, Also.TAKEN):
        return Unknown(f"answered {code} {told.get('status')} {says}".rstrip())
    return without_success(meaning, code=code, says=says)
