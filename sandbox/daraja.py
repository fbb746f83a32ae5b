"""Safaricom Daraja: tokens, STK push, its query, reversal. Its forms are those of Safaricom's developer portal."""

import base64
import hmac
import re
import secrets
import time
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.clock import iso, utc_now
from sandbox.config import Config
from sandbox.errors import BadRequest, SandboxError
from sandbox.faults import Fault, Faults
from sandbox.mpesa import RESULTS, Mpesa, Push, make_checkout_id, make_merchant_id
from sandbox.reversals import Reversals
from sandbox.web import answer, json_reply, read_json

TOKEN_LIFE_S = 3599
_MSISDN = re.compile(r"254[17]\d{8}")
_TYPES = ("CustomerPayBillOnline", "CustomerBuyGoodsOnline")
_MAX_AMOUNT = 250_000


class Refused(SandboxError):
    """{code}: {message}"""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code=code, message=message)
        self.status, self.code, self.message = status, code, message


def _bad(what: str) -> Refused:
    return Refused(400, "400.002.02", f"Bad Request - Invalid {what}")


class Daraja:
    """The addresses below /daraja."""

    def __init__(self, *, config: Config, mpesa: Mpesa, reversals: Reversals, faults: Faults) -> None:
        self._config = config
        self._mpesa = mpesa
        self._reversals = reversals
        self._faults = faults
        self._tokens: dict[str, float] = {}

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The routes, below `prefix`."""
        return [
            web.get(f"{prefix}/oauth/v1/generate", self._generate),
            web.post(f"{prefix}/mpesa/stkpush/v1/processrequest", self._stk_push),
            web.post(f"{prefix}/mpesa/stkpushquery/v1/query", self._stk_query),
            web.post(f"{prefix}/mpesa/reversal/v1/request", self._reversal),
        ]

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        async def effect(fault: Fault | None) -> web.Response:
            if fault:
                return _error(_forced_error(fault))
            return self._token(request)

        return await answer(request, faults=self._faults, operation="daraja.oauth", msisdn=None, effect=effect)

    def _token(self, request: web.Request) -> web.Response:
        pair = f"{self._config.daraja_consumer_key}:{self._config.daraja_consumer_secret}"
        expected = "Basic " + base64.b64encode(pair.encode()).decode()
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), expected.encode()):
            return _error(Refused(400, "400.008.01", "Invalid Authentication passed"))
        if request.query.get("grant_type") != "client_credentials":
            return _error(Refused(400, "400.008.02", "Invalid grant type passed"))
        now = time.monotonic()
        self._tokens = {token: end for token, end in self._tokens.items() if end > now}
        token = secrets.token_urlsafe(21)
        self._tokens[token] = now + TOKEN_LIFE_S
        return json_reply({"access_token": token, "expires_in": str(TOKEN_LIFE_S)})

    async def _stk_push(self, request: web.Request) -> web.StreamResponse:
        try:
            push = self._read_push(await self._read(request))
        except Refused as error:
            return _error(error)

        async def effect(fault: Fault | None) -> web.Response:
            if fault and _is_error_code(fault):
                return _error(_forced_error(fault))
            await self._mpesa.begin(push, forced=int(fault.code or 0) if fault else None)
            return json_reply(
                {
                    "MerchantRequestID": push.merchant_request_id,
                    "CheckoutRequestID": push.checkout_request_id,
                    "ResponseCode": "0",
                    "ResponseDescription": "Success. Request accepted for processing",
                    "CustomerMessage": "Success. Request accepted for processing",
                }
            )

        return await answer(request, faults=self._faults, operation="daraja.stk", msisdn=push.msisdn, effect=effect)

    def _read_push(self, body: Mapping[str, Any]) -> Push:
        self._check_password(body)
        if body.get("TransactionType") not in _TYPES:
            raise _bad("TransactionType")
        amount = _whole(body.get("Amount"))
        if not 1 <= amount <= _MAX_AMOUNT:
            raise _bad("Amount")
        for name in ("PartyA", "PhoneNumber"):
            if not _MSISDN.fullmatch(str(body.get(name, ""))):
                raise _bad(name)
        if not str(body.get("PartyB", "")).isdecimal():
            raise _bad("PartyB")
        url = _url(body, "CallBackURL")
        account, remark = str(body.get("AccountReference", "")), str(body.get("TransactionDesc", ""))
        if not 1 <= len(account) <= 12:
            raise _bad("AccountReference")
        if not 1 <= len(remark) <= 13:
            raise _bad("TransactionDesc")
        return Push(
            merchant_request_id=make_merchant_id(),
            checkout_request_id=make_checkout_id(),
            msisdn=f"+{body['PhoneNumber']}",
            amount_minor=amount * 100,
            callback_url=url,
            reference=urlsplit(url).path.rstrip("/").rpartition("/")[2],
            account=account,
            at=iso(utc_now()),
        )

    async def _stk_query(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await self._read(request)
            self._check_password(body)
        except Refused as error:
            return _error(error)
        checkout_request_id = str(body.get("CheckoutRequestID", ""))
        push = self._mpesa.push(checkout_request_id)

        async def effect(fault: Fault | None) -> web.Response:
            if fault and _is_error_code(fault):
                return _error(_forced_error(fault))
            if fault:
                return _query_reply(checkout_request_id, push, int(fault.code or 0))
            # A repeat of the look: the request may have ended while a fault held this one up.
            now = self._mpesa.push(checkout_request_id)
            if now is None:
                return _error(Refused(500, "500.001.1001", "The transaction does not exist"))
            if now.result is None:
                return _error(Refused(500, "500.001.1001", "The transaction is being processed"))
            return _query_reply(checkout_request_id, now, now.result)

        return await answer(
            request,
            faults=self._faults,
            operation="daraja.query",
            msisdn=push.msisdn if push else None,
            effect=effect,
        )

    async def _reversal(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await self._read(request)
            self._check_reversal(body)
        except Refused as error:
            return _error(error)
        charge = self._reversals.charge(str(body["TransactionID"]))

        async def effect(fault: Fault | None) -> web.Response:
            if fault and _is_error_code(fault):
                return _error(_forced_error(fault))
            forced = None if fault is None else fault.code
            reversal = await self._reversals.begin(
                receipt=str(body["TransactionID"]),
                amount_minor=_whole(body["Amount"]) * 100,
                result_url=str(body["ResultURL"]),
                timeout_url=str(body["QueueTimeOutURL"]),
                forced=forced,
            )
            return json_reply(
                {
                    "OriginatorConversationID": reversal.originator_conversation_id,
                    "ConversationID": reversal.conversation_id,
                    "ResponseCode": "0",
                    "ResponseDescription": "Accept the service request successfully.",
                }
            )

        msisdn = charge.msisdn if charge else None
        return await answer(request, faults=self._faults, operation="daraja.reversal", msisdn=msisdn, effect=effect)

    def _check_reversal(self, body: Mapping[str, Any]) -> None:
        if body.get("CommandID") != "TransactionReversal":
            raise _bad("CommandID")
        if not body.get("TransactionID"):
            raise _bad("TransactionID")
        if _whole(body.get("Amount")) < 1:
            raise _bad("Amount")
        if str(body.get("ReceiverParty")) != self._config.daraja_short_code:
            raise _bad("ReceiverParty")
        if str(body.get("RecieverIdentifierType")) not in ("4", "11"):
            raise _bad("RecieverIdentifierType")
        if not body.get("Remarks"):
            raise _bad("Remarks")
        _url(body, "ResultURL")
        _url(body, "QueueTimeOutURL")
        credential = self._config.daraja_security_credential
        given = str(body.get("SecurityCredential") or "")
        if body.get("Initiator") != self._config.daraja_initiator or not given or given != (credential or given):
            raise Refused(500, "500.001.1001", "The initiator information is invalid.")

    async def _read(self, request: web.Request) -> dict[str, Any]:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or self._tokens.get(token, 0) < time.monotonic():
            raise Refused(404, "404.001.03", "Invalid Access Token")
        try:
            return await read_json(request)
        except BadRequest as error:
            raise Refused(400, "400.002.05", "Invalid Request Payload") from error

    def _check_password(self, body: Mapping[str, Any]) -> None:
        short_code, stamp = str(body.get("BusinessShortCode", "")), str(body.get("Timestamp", ""))
        if short_code != self._config.daraja_short_code:
            raise _bad("BusinessShortCode")
        if not _is_timestamp(stamp):
            raise _bad("Timestamp")
        expected = base64.b64encode(f"{short_code}{self._config.daraja_passkey}{stamp}".encode()).decode()
        if not hmac.compare_digest(str(body.get("Password", "")).encode(), expected.encode()):
            raise Refused(500, "500.001.1001", "Wrong credentials")


def _query_reply(checkout_request_id: str, push: Push | None, result: int) -> web.Response:
    return json_reply(
        {
            "ResponseCode": "0",
            "ResponseDescription": "The service request has been accepted successfully",
            "MerchantRequestID": push.merchant_request_id if push else "",
            "CheckoutRequestID": checkout_request_id,
            "ResultCode": str(result),
            "ResultDesc": RESULTS.get(result, "Failed."),
        }
    )


def _error(error: Refused) -> web.Response:
    body = {"requestId": str(uuid.uuid4()), "errorCode": error.code, "errorMessage": error.message}
    return json_reply(body, status=error.status)


def _is_error_code(fault: Fault) -> bool:
    # Daraja's errors have dots, 500.001.1001; its results have none, 1032.
    return "." in str(fault.code)


def _forced_error(fault: Fault) -> Refused:
    head = str(fault.code).split(".", 1)[0]
    status = int(head) if head.isdecimal() and 400 <= int(head) <= 599 else 500
    return Refused(fault.http_status or status, str(fault.code), "The request was refused on purpose.")


def _whole(value: Any) -> int:
    # Clients send the amount as a number or as a string; 10.0 is refused as Daraja refuses it.
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 12 else 0


def _url(body: Mapping[str, Any], name: str) -> str:
    url = str(body.get(name, ""))
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _bad(name) from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise _bad(name)
    return url


def _is_timestamp(stamp: str) -> bool:
    try:
        datetime.strptime(stamp, "%Y%m%d%H%M%S")  # noqa: DTZ007 - only its form is looked at
    except ValueError:
        return False
    return len(stamp) == 14
