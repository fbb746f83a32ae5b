"""Safaricom's Daraja: prompts (STK push), what became of them, and reversals.

Daraja keeps no key of ours: the same request twice is two payments, and when its acknowledgement is lost
there is no name to ask by. So nothing here is ever sent twice, and our reference travels in the address of
the callback.

Protocol: https://developer.safaricom.co.ke/APIs (Authorization, M-PESA Express, M-PESA Express Query,
Reversals).
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from providers.codes import Also, Meaning, without_success
from providers.daraja_codes import PROMPT_RESULTS, request_error
from providers.daraja_events import read_prompt_end, read_reversal_end, read_reversal_timeout
from providers.http import Channel, Reply, Request, as_answer
from providers.payload import Unreadable, name_in, read_json, words_in
from providers.tokens import TokenKeeper, TokenRefused
from topup.errors import RedialError
from topup.money import Money
from topup.outcomes import Accepted, Answer, Confirmed, NotSent, Pending, Reason, Refused, Sent, Unknown
from topup.ports import Attempt, Event, UnableToReadEvent

T = TypeVar("T")

_NAIROBI = ZoneInfo("Africa/Nairobi")
_NO_RECEIPT = "checkout:"


class NotWholeShillings(RedialError):
    """M-PESA moves whole Kenyan shillings, and not {amount}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DarajaAccount:
    """Our account with Safaricom. Callbacks reach us below `callback_url`."""

    short_code: str
    passkey: str
    callback_url: str
    transaction_type: str = "CustomerPayBillOnline"
    till: str | None = None  # The till that is paid, when the type is CustomerBuyGoodsOnline; else the short code.
    description: str = "Airtime"  # At most 13 characters; some phones show it in the prompt.
    initiator: str = ""
    security_credential: str = ""


class Daraja:
    """The PaymentProvider for M-PESA."""

    name = "daraja"

    def __init__(
        self, *, account: DarajaAccount, tokens: TokenKeeper, channel: Channel, now: Callable[[], datetime]
    ) -> None:
        self._account = account
        self._tokens = tokens
        self._channel = channel
        self._now = now

    def charge(self, attempt: Attempt) -> Sent:
        """Show the payer a prompt for `attempt.amount`: whole shillings, else NotWholeShillings is raised.

        Accepted carries the CheckoutRequestID. The end comes by callback to `stk/<reference>`.
        """
        account, number = self._account, attempt.msisdn.lstrip("+")
        body = self._signed() | {
            "TransactionType": account.transaction_type,
            "Amount": whole_shillings(attempt.amount),
            "PartyA": number,
            "PartyB": account.till or account.short_code,
            "PhoneNumber": number,
            "CallBackURL": f"{account.callback_url}/stk/{attempt.reference}",
            "AccountReference": attempt.label,
            "TransactionDesc": account.description,
        }
        return self._post(
            "/mpesa/stkpush/v1/processrequest",
            body,
            operation="stk_push",
            read=_read_prompt_taken,
            moves_money=True,
        )

    def enquire_charge(self, attempt: Attempt) -> Answer:
        """What became of a prompt.

        Daraja's answer names neither the receipt nor the amount: a prompt that was paid is Confirmed under a
        receipt made from the CheckoutRequestID, and `facts` say so. Without a CheckoutRequestID there is
        nothing to ask by.
        """
        checkout = attempt.provider_ref
        if checkout is None:
            return Unknown("the acknowledgement was lost, so Daraja has no name to be asked by")
        body = self._signed() | {"CheckoutRequestID": checkout}
        read: Callable[[Reply], Answer | TokenRefused] = partial(_read_query, checkout=checkout)
        return as_answer(self._post("/mpesa/stkpushquery/v1/query", body, operation="stk_query", read=read))

    def refund(self, attempt: Attempt, *, receipt: str) -> Sent:
        """Ask M-PESA to reverse the payment that has this receipt. The end comes by callback.

        A receipt that was made up by `enquire_charge` cannot be reversed: a person must look the real one up.
        """
        if receipt.startswith(_NO_RECEIPT):
            return Refused(Reason.PROVIDER, "receipt_not_known", {"receipt": receipt})
        account = self._account
        body = {
            "Initiator": account.initiator,
            "SecurityCredential": account.security_credential,
            "CommandID": "TransactionReversal",
            "TransactionID": receipt,
            "Amount": whole_shillings(attempt.amount),
            "ReceiverParty": account.short_code,
            "RecieverIdentifierType": "11",  # Their spelling; 11 is an organisation's short code.
            "ResultURL": f"{account.callback_url}/reversal/{attempt.reference}/result",
            "QueueTimeOutURL": f"{account.callback_url}/reversal/{attempt.reference}/timeout",
            "Remarks": f"Refund {attempt.label}",
            "Occasion": attempt.label,
        }
        return self._post(
            "/mpesa/reversal/v1/request",
            body,
            operation="reversal",
            read=_read_reversal_taken,
            moves_money=True,
        )

    def enquire_refund(self, attempt: Attempt) -> Answer:
        """Unknown: Daraja tells the end of a reversal by callback only."""
        return Unknown(f"Daraja tells the end of the reversal {attempt.provider_ref} by callback only")

    def read_event(self, *, topic: str, reference: str | None, body: bytes, content_type: str) -> Event:
        """Read the callback `stk`, `reversal` or `reversal_timeout`. Raises UnableToReadEvent.

        `content_type` is not looked at: Daraja has sent JSON under several.
        """
        reader = _READERS.get(topic)
        if reader is None:
            raise UnableToReadEvent(why=f"Daraja sends none of the kind {topic!r}")
        try:
            return reader(read_json(body), reference)
        except Unreadable as error:
            raise UnableToReadEvent(why=str(error)) from error

    def _signed(self) -> dict[str, Any]:
        stamp = f"{self._now().astimezone(_NAIROBI):%Y%m%d%H%M%S}"
        password = f"{self._account.short_code}{self._account.passkey}{stamp}"
        return {
            "BusinessShortCode": self._account.short_code,
            "Password": base64.b64encode(password.encode()).decode(),
            "Timestamp": stamp,
        }

    def _post(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        operation: str,
        read: Callable[[Reply], T | TokenRefused],
        moves_money: bool = False,
    ) -> T | NotSent | Unknown | Refused:
        raw = json.dumps(body).encode()

        def make_request(token: str) -> Request:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            return Request(path=path, headers=headers, body=raw, moves_money=moves_money)

        return self._tokens.ask(self._channel, make_request, operation=operation, read=read)


_READERS = {"stk": read_prompt_end, "reversal": read_reversal_end, "reversal_timeout": read_reversal_timeout}


def whole_shillings(amount: Money) -> int:
    """The amount in shillings. Raises NotWholeShillings."""
    if amount.currency != "KES" or not amount.is_whole or amount.minor <= 0:
        raise NotWholeShillings(amount=amount)
    return amount.whole


def _read_prompt_taken(reply: Reply) -> Accepted | Refused | NotSent | Unknown | TokenRefused:
    fields = read_json(reply.body)
    if not reply.is_success or "errorCode" in fields:
        return _read_error(reply, fields)
    if str(fields.get("ResponseCode")) != "0":
        return Unknown(f"ResponseCode {fields.get('ResponseCode')!r}")
    return Accepted(name_in(fields, "CheckoutRequestID"), {"merchant_request_id": name_in(fields, "MerchantRequestID")})


def _read_reversal_taken(reply: Reply) -> Accepted | Refused | NotSent | Unknown | TokenRefused:
    fields = read_json(reply.body)
    if not reply.is_success or "errorCode" in fields:
        return _read_error(reply, fields)
    if str(fields.get("ResponseCode")) != "0":
        return Unknown(f"ResponseCode {fields.get('ResponseCode')!r}")
    return Accepted(
        name_in(fields, "ConversationID"),
        {"originator_conversation_id": name_in(fields, "OriginatorConversationID")},
    )


def _read_error(reply: Reply, fields: Mapping[str, Any]) -> Refused | NotSent | Unknown | TokenRefused:
    code, message = name_in(fields, "errorCode"), words_in(fields, "errorMessage")
    meaning = request_error(status=reply.status, code=code, message=message)
    return TokenRefused() if meaning is Also.TOKEN else without_success(meaning, code=code, says=message)


def _read_query(reply: Reply, *, checkout: str) -> Answer | TokenRefused:
    fields = read_json(reply.body)
    if not reply.is_success or "errorCode" in fields:
        # Even 500.001.1001 "the transaction is being processed" is said of transactions that have ended, or
        # never were.
        error = _read_error(reply, fields)
        return error if isinstance(error, TokenRefused) else Unknown(f"no answer: {fields.get('errorCode')}")
    if name_in(fields, "CheckoutRequestID") != checkout:
        return Unknown("the answer is about another prompt")
    code, says = name_in(fields, "ResultCode"), words_in(fields, "ResultDesc")
    return _prompt_answer(PROMPT_RESULTS.get(code, Also.UNCERTAIN), code=code, says=says, checkout=checkout)


def _prompt_answer(meaning: Meaning, *, code: str, says: str, checkout: str) -> Answer:
    if meaning is Also.HAPPENED:
        return Confirmed(f"{_NO_RECEIPT}{checkout}", None, {"receipt_is_derived": True})
    if meaning is Also.AT_WORK:
        return Pending(says)
    return as_answer(without_success(meaning, code=code, says=says))
