"""Safaricom Daraja: tokens, STK push, its query, reversal, as Safaricom's developer portal describes them."""

import base64
import hmac
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.daraja_forms import DarajaRefused, check_password, check_reversal, read_push, whole
from sandbox.errors import BadRequest
from sandbox.faults import Fault
from sandbox.mpesa import RESULTS, Mpesa, Push
from sandbox.outside import Outside
from sandbox.reversals import Reversals
from sandbox.tokens import Tokens
from sandbox.web import answer, json_reply, read_json

TOKEN_LIFE_S = 3599

Operation = Callable[[web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]


class Daraja:
    """The addresses of Daraja."""

    def __init__(self, outside: Outside, *, mpesa: Mpesa, reversals: Reversals) -> None:
        self._config = outside.config
        self._faults = outside.faults
        self._mpesa = mpesa
        self._reversals = reversals
        self._tokens = Tokens(life_s=TOKEN_LIFE_S)

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The routes, below `prefix`."""
        return [
            web.get(f"{prefix}/oauth/v1/generate", self._generate),
            web.post(f"{prefix}/mpesa/stkpush/v1/processrequest", self._with_token(self._stk_push)),
            web.post(f"{prefix}/mpesa/stkpushquery/v1/query", self._with_token(self._stk_query)),
            web.post(f"{prefix}/mpesa/reversal/v1/request", self._with_token(self._reversal)),
        ]

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        async def effect(fault: Fault | None) -> web.Response:
            return _refusal(_forced(fault)) if fault else self._token(request)

        return await answer(request, faults=self._faults, operation="daraja.oauth", msisdn=None, effect=effect)

    def _token(self, request: web.Request) -> web.Response:
        pair = f"{self._config.daraja_consumer_key}:{self._config.daraja_consumer_secret}"
        expected = b"Basic " + base64.b64encode(pair.encode())
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected):
            return _refusal(DarajaRefused(status=400, code="400.008.01", message="Invalid Authentication passed"))
        if request.query.get("grant_type") != "client_credentials":
            return _refusal(DarajaRefused(status=400, code="400.008.02", message="Invalid grant type passed"))
        return json_reply({"access_token": self._tokens.make(), "expires_in": str(TOKEN_LIFE_S)})

    def _with_token(self, operation: Operation) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if not self._tokens.is_good(request.headers.get("Authorization", "")):
                return _refusal(DarajaRefused(status=404, code="404.001.03", message="Invalid Access Token"))
            try:
                return await operation(request, await read_json(request))
            except BadRequest:
                return _refusal(DarajaRefused(status=400, code="400.002.05", message="Invalid Request Payload"))
            except DarajaRefused as error:
                return _refusal(error)

        return handle

    async def _stk_push(self, request: web.Request, form: dict[str, Any]) -> web.StreamResponse:
        push = read_push(form, self._config)

        async def effect(fault: Fault | None) -> web.Response:
            if fault and _is_error(fault):
                return _refusal(_forced(fault))
            await self._mpesa.begin(push, forced=fault.number_code if fault else None)
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

    async def _stk_query(self, request: web.Request, form: dict[str, Any]) -> web.StreamResponse:
        check_password(form, self._config)
        name = str(form.get("CheckoutRequestID", ""))
        push = self._mpesa.push(name)

        async def effect(fault: Fault | None) -> web.Response:
            if fault and _is_error(fault):
                return _refusal(_forced(fault))
            # Looked up again: the request may have ended while a fault held this query up.
            return _query_reply(name, self._mpesa.push(name), fault.number_code if fault else None)

        msisdn = push.msisdn if push else None
        return await answer(request, faults=self._faults, operation="daraja.query", msisdn=msisdn, effect=effect)

    async def _reversal(self, request: web.Request, form: dict[str, Any]) -> web.StreamResponse:
        check_reversal(form, self._config)
        receipt = str(form["TransactionID"])

        async def effect(fault: Fault | None) -> web.Response:
            if fault and _is_error(fault):
                return _refusal(_forced(fault))
            reversal = await self._reversals.begin(
                receipt=receipt,
                amount_minor=whole(form["Amount"]) * 100,
                result_url=str(form["ResultURL"]),
                timeout_url=str(form["QueueTimeOutURL"]),
                forced=_result(fault) if fault else None,
            )
            return json_reply(
                {
                    "OriginatorConversationID": reversal.originator_conversation_id,
                    "ConversationID": reversal.conversation_id,
                    "ResponseCode": "0",
                    "ResponseDescription": "Accept the service request successfully.",
                }
            )

        charge = self._reversals.charge(receipt)
        msisdn = charge.msisdn if charge else None
        return await answer(request, faults=self._faults, operation="daraja.reversal", msisdn=msisdn, effect=effect)


def _query_reply(checkout_request_id: str, push: Push | None, forced: int | None) -> web.Response:
    result = forced if forced is not None else push.result if push else None
    if result is None:
        # Daraja says the same of a request that it never saw and of one that it still works on.
        words = "The transaction is being processed" if push else "The transaction does not exist"
        return _refusal(DarajaRefused(status=500, code="500.001.1001", message=words))
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


def _refusal(error: DarajaRefused) -> web.Response:
    body = {"requestId": str(uuid.uuid4()), "errorCode": error.code, "errorMessage": error.message}
    return json_reply(body, status=error.status)


def _is_error(fault: Fault) -> bool:
    # Daraja's errors have dots, 500.001.1001; its results have none, 1032.
    return "." in str(fault.code)


def _forced(fault: Fault) -> DarajaRefused:
    code = str(fault.code)
    status = fault.http_status or int(code.split(".", 1)[0])
    return DarajaRefused(status=status, code=code, message="The request was refused on purpose.")


def _result(fault: Fault) -> int | str:
    code = str(fault.code)
    return int(code) if code.isdecimal() else code
