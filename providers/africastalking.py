"""Africa's Talking: SMS, and airtime onto a line.

"Sent" is their word for having passed a request on: airtime is Accepted then, and Confirmed only by their notification
or by looking it up. Protocol: https://developers.africastalking.com/docs (SMS, Airtime).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from providers.africastalking_codes import (
    AIRTIME_STATUSES,
    HTTP_STATUSES,
    SMS_STATUSES,
    airtime_error,
)
from providers.africastalking_events import airtime_end, read_airtime_end
from providers.codes import Also, without_success
from providers.http import Channel, Reply, Request, as_answer
from providers.payload import Unreadable, as_object, name_in, read_json, words_in
from topup.errors import RedialError
from topup.money import Money
from topup.outcomes import Accepted, Answer, NotSent, Reason, Refused, Sent, Unknown
from topup.ports import Attempt, Event, Handed, UnableToReadEvent

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_NO_ERROR = ("", "None")


class NotAnE164Number(RedialError):
    """Africa's Talking needs the number in E.164, as +254711000001."""


class NotAnAmount(RedialError):
    """Airtime of {amount} cannot be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AfricasTalkingAccount:
    """Our application at Africa's Talking."""

    username: str
    api_key: str
    sender_id: str | None = None  # A short code or an alphanumeric; without one, their default.
    airtime_retries: int | None = None  # maxNumRetry. A refund must wait until the last of them: 4 take four hours.


class AfricasTalkingSms:
    """The SmsGateway."""

    name = "africastalking"

    def __init__(self, *, account: AfricasTalkingAccount, channel: Channel) -> None:
        self._account = account
        self._channel = channel

    def send(self, *, to: str, text: str, reference: str) -> Handed | Refused | NotSent | Unknown:
        """Send `text` to one number in E.164. They keep no reference of ours, so `reference` stays here."""
        from providers.africastalking_sdk import CarriedSms  # noqa: PLC0415  See there.

        service = CarriedSms(username=self._account.username, api_key=self._account.api_key, carry=self._carry)
        outcome: Handed | Refused | NotSent | Unknown = service.send(
            text, [_checked(to)], sender_id=self._account.sender_id
        )
        return outcome

    def _carry(self, request: Request) -> Handed | Refused | NotSent | Unknown:
        return self._channel.ask(request, operation="send_sms", read=_read_sms_taken)


class AfricasTalkingAirtime:
    """The CreditProvider that puts airtime on a line."""

    name = "airtime"

    def __init__(self, *, account: AfricasTalkingAccount, channel: Channel) -> None:
        self._account = account
        self._channel = channel

    def before_credit(self, attempt: Attempt) -> Mapping[str, object]:
        """Nothing: Africa's Talking settles a lost answer by its notification."""
        return {}

    def credit(self, attempt: Attempt) -> Sent:
        """Send airtime. Accepted carries the requestId; our reference goes along as the Idempotency-Key."""
        from providers.africastalking_sdk import CarriedAirtime  # noqa: PLC0415  See there.

        service = CarriedAirtime(username=self._account.username, api_key=self._account.api_key, carry=self._carry)
        sent: Sent = service.send(
            phone_number=_checked(attempt.msisdn),
            amount=_decimal_text(attempt.amount),
            currency_code=attempt.amount.currency,
            idempotency_key=attempt.reference,
            max_num_retry=self._account.airtime_retries,
        )
        return sent

    def enquire_credit(self, attempt: Attempt) -> Answer:
        """What became of airtime, looked up by its requestId. Unknown without one."""
        request_id = attempt.provider_ref
        if request_id is None:
            return Unknown("the reply was lost, so there is no requestId to ask by")
        query = urlencode({"username": self._account.username, "transactionId": request_id})
        request = Request(
            method="GET",
            path=f"/query/transaction/find?{query}",
            headers={"apiKey": self._account.api_key, "Accept": "application/json"},
        )
        return as_answer(
            self._channel.ask(request, operation="find_airtime", read=lambda reply: _read_found(reply, request_id))
        )

    def read_event(self, *, topic: str, reference: str | None, body: bytes, content_type: str) -> Event:
        """Read the notification `airtime`, a form or JSON. Raises UnableToReadEvent."""
        if topic != "airtime":
            raise UnableToReadEvent(why=f"Africa's Talking sends none of the kind {topic!r}")
        try:
            return read_airtime_end(body, content_type=content_type, reference=reference)
        except Unreadable as error:
            raise UnableToReadEvent(why=str(error)) from error

    def _carry(self, request: Request) -> Sent:
        return self._channel.ask(request, operation="send_airtime", read=_read_airtime_taken)


def _checked(msisdn: str) -> str:
    if not _E164.fullmatch(msisdn):
        raise NotAnE164Number
    return msisdn


def _decimal_text(amount: Money) -> str:
    """The amount as they write it: `100`, or `10.50`. Raises NotAnAmount for nothing and for less."""
    if amount.minor <= 0:
        raise NotAnAmount(amount=amount)
    behind = amount.minor % amount.unit_minor
    digits = len(str(amount.unit_minor)) - 1
    return f"{amount.whole}.{behind:0{digits}d}" if behind else str(amount.whole)


def _http_failure(reply: Reply) -> Refused | NotSent | Unknown:
    words = words_in({"body": reply.body.decode(errors="replace")}, "body")
    return without_success(HTTP_STATUSES.get(reply.status, Also.UNCERTAIN), code=f"http_{reply.status}", says=words)


def _read_sms_taken(reply: Reply) -> Handed | Refused | NotSent | Unknown:
    if not reply.is_success:
        return _http_failure(reply)
    data = as_object(read_json(reply.body).get("SMSMessageData"), "SMSMessageData")
    recipients = data.get("Recipients")
    if recipients == []:
        # They say why in one word for the whole request, such as InvalidSenderId; nobody was sent anything.
        return Refused(Reason.PROVIDER, "no_recipient", {"says": words_in(data, "Message")})
    recipient = _only(recipients, "Recipients")
    code = recipient.get("statusCode")
    meaning = SMS_STATUSES.get(code, Also.UNCERTAIN) if isinstance(code, int) else Also.UNCERTAIN
    if meaning is Also.TAKEN:
        return Handed(gateway_id=name_in(recipient, "messageId"))
    return without_success(meaning, code=f"sms_{name_in(recipient, 'statusCode')}", says=words_in(recipient, "status"))


def _read_airtime_taken(reply: Reply) -> Sent:
    if not reply.is_success:
        return _http_failure(reply)
    fields = read_json(reply.body)
    if not fields.get("responses"):
        words = words_in(fields, "errorMessage")
        return without_success(airtime_error(words, otherwise=Also.UNCERTAIN), code="airtime_refused", says=words)
    return _read_airtime_recipient(_only(fields["responses"], "responses"))


def _read_airtime_recipient(recipient: Mapping[str, Any]) -> Sent:
    status, says = name_in(recipient, "status"), words_in(recipient, "errorMessage")
    meaning = AIRTIME_STATUSES.get(status, Also.UNCERTAIN)
    if isinstance(meaning, Reason):
        meaning = airtime_error(says, otherwise=meaning)
    if meaning is not Also.TAKEN:
        return without_success(meaning, code=f"airtime_{status}", says=says)
    request_id = name_in(recipient, "requestId")
    if request_id in _NO_ERROR or says not in _NO_ERROR:
        return Unknown(f"{status}, and yet: {says or 'no requestId'}")
    return Accepted(request_id, {"amount": words_in(recipient, "amount")})


def _read_found(reply: Reply, request_id: str) -> Answer:
    if not reply.is_success:
        return Unknown(f"HTTP {reply.status}")
    fields = read_json(reply.body)
    if fields.get("status") != "Success":
        return Unknown(f"not found: {words_in(fields, 'errorMessage')}")
    data = as_object(fields.get("data"), "data")
    if name_in(data, "transactionId") != request_id:
        return Unknown("the answer is about another transaction")
    return airtime_end(data, request_id=request_id)


def _only(listed: object, name: str) -> dict[str, Any]:
    if not isinstance(listed, list) or len(listed) != 1:
        raise Unreadable(why=f"{name} is not a list of one")
    return as_object(listed[0], name)
