"""Reading what Africa's Talking posts about airtime. None of it is signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.africastalking_codes import AIRTIME_AT_WORK, AIRTIME_ENDS
from providers.payload import Unreadable, decimal_of, money_of, name_in, priced, read_form, read_json, words_in
from topup.money import Money
from topup.outcomes import Answer, Confirmed, Pending, Reason, Refused, Unknown
from topup.ports import Event, UnableToReadEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AirtimeQuestion:
    """Africa's Talking asks, before it sends, whether this airtime is really wanted."""

    transaction_id: str
    msisdn: str
    amount: Money


def read_validation(body: bytes, *, content_type: str) -> AirtimeQuestion:
    """Their validation callback, JSON or a form. Answer `{"status": "Validated"}` or `"Failed"`.

    Raises UnableToReadEvent.
    """
    try:
        fields = _fields(body, content_type)
        return AirtimeQuestion(
            transaction_id=name_in(fields, "transactionId"),
            msisdn=_msisdn(fields),
            amount=money_of(decimal_of(fields.get("amount"), "amount"), currency=name_in(fields, "currencyCode")),
        )
    except Unreadable as error:
        raise UnableToReadEvent(why=str(error)) from error


def read_airtime_end(body: bytes, *, content_type: str, reference: str | None) -> Event:
    """The notification of how airtime ended. Raises Unreadable."""
    fields = _fields(body, content_type)
    request_id, status = name_in(fields, "requestId"), name_in(fields, "status")
    answer = airtime_end(fields, request_id=request_id)
    moved = answer.amount.minor if isinstance(answer, Confirmed) and answer.amount is not None else ""
    return Event(
        key=f"airtime:{reference}:{request_id}:{status}:{moved}",
        reference=reference,
        provider_ref=request_id,
        answer=answer,
        msisdn=_msisdn(fields) if "phoneNumber" in fields else None,
    )


def airtime_end(fields: Mapping[str, Any], *, request_id: str) -> Answer:
    """What a `status`, with its `value` and `description`, says became of airtime. Raises Unreadable."""
    status, says = name_in(fields, "status"), words_in(fields, "description")
    if status in AIRTIME_AT_WORK:
        return Pending(status)
    arrived = AIRTIME_ENDS.get(status)
    if arrived is None:
        return Unknown(f"{status} {says}")
    if not arrived:
        return Refused(Reason.PROVIDER, f"airtime_{status}", {"says": says})
    return Confirmed(request_id, priced(fields["value"]) if "value" in fields else None, {"says": says})


def _fields(body: bytes, content_type: str) -> dict[str, Any]:
    """A form or JSON, by what was declared; they have sent either."""
    is_json = "json" in content_type.lower() or body.lstrip().startswith(b"{")
    return read_json(body) if is_json else read_form(body)


def _msisdn(fields: Mapping[str, Any]) -> str:
    digits = name_in(fields, "phoneNumber").lstrip("+").strip()
    if not digits.isdecimal() or not 7 <= len(digits) <= 15:
        raise Unreadable(why="phoneNumber is not a number")
    return f"+{digits}"
