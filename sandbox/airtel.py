"""Airtel Money: tokens, USSD push, its enquiry and refund, as Airtel's developer portal describes them."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.airtel_forms import (
    IN_PROCESS,
    NOT_FOUND,
    PAID,
    WORDS,
    AirtelRefused,
    enquiry_body,
    read_payment,
    status_body,
)
from sandbox.errors import BadRequest
from sandbox.faults import Fault
from sandbox.networks import network_code
from sandbox.outside import Outside
from sandbox.tokens import Tokens
from sandbox.wallet_payments import WalletPayments
from sandbox.web import answer, json_reply, read_json

Operation = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Airtel:
    """The addresses of Airtel Money. Its callbacks go to one address, which Airtel was told beforehand."""

    def __init__(self, outside: Outside, *, payments: WalletPayments) -> None:
        self._config = outside.config
        self._faults = outside.faults
        self._payments = payments
        self._tokens = Tokens(life_s=180)
        self._callback_url = f"{self._config.redial_url}/callbacks/airtel_money/{self._config.callback_secret}/payment"

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The routes, below `prefix`."""
        return [
            web.post(f"{prefix}/auth/oauth2/token", self._token),
            web.post(f"{prefix}/merchant/v1/payments/", self._with_token(self._payment)),
            web.post(f"{prefix}/standard/v1/payments/refund", self._with_token(self._refund)),
            web.get(f"{prefix}/standard/v1/payments/{{name}}", self._with_token(self._enquiry)),
        ]

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = await read_json(request)

        async def effect(fault: Fault | None) -> web.Response:
            return _refusal(_forced(fault)) if fault else self._new_token(form)

        return await answer(request, faults=self._faults, operation="airtel.token", msisdn=None, effect=effect)

    def _new_token(self, form: dict[str, Any]) -> web.Response:
        given = f"{form.get('client_id')}:{form.get('client_secret')}".encode()
        expected = f"{self._config.airtel_client_id}:{self._config.airtel_client_secret}".encode()
        if form.get("grant_type") != "client_credentials" or not hmac.compare_digest(given, expected):
            body = {"error": "invalid_client", "error_description": "Invalid client authentication"}
            return json_reply(body, status=401)
        life = str(self._tokens.life_s)
        return json_reply({"access_token": self._tokens.make(), "expires_in": life, "token_type": "bearer"})

    def _with_token(self, operation: Operation) -> Operation:
        async def handle(request: web.Request) -> web.StreamResponse:
            if not self._tokens.is_good(request.headers.get("Authorization", "")):
                body = {"error": "invalid_token", "error_description": "The access token is invalid or has expired"}
                return json_reply(body, status=401)
            try:
                return await operation(request)
            except BadRequest as error:
                return _refusal(AirtelRefused(status=400, code="ESB000008", message=str(error)))
            except AirtelRefused as error:
                return _refusal(error)

        return handle

    async def _payment(self, request: web.Request) -> web.StreamResponse:
        payment = read_payment(await read_json(request), request.headers, callback_url=self._callback_url)

        async def effect(fault: Fault | None) -> web.Response:
            if fault and not str(fault.code).startswith("DP"):
                return _refusal(_forced(fault))
            if self._payments.payment(payment.name) is not None:
                return _refusal(AirtelRefused(status=400, code="ESB000041", message="The id exists already."))
            forced = str(fault.code) if fault else None
            await self._payments.begin(payment, network=network_code(payment.msisdn), forced=forced)
            data = {"transaction": {"id": payment.name, "status": "SUCCESS"}}
            return json_reply({"data": data, "status": status_body(response_code=IN_PROCESS, success=True)})

        return await answer(
            request, faults=self._faults, operation="airtel.payment", msisdn=payment.msisdn, effect=effect
        )

    async def _enquiry(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]

        async def effect(fault: Fault | None) -> web.Response:
            # Looked up now: the payment may have ended while a fault held this question up.
            payment = self._payments.payment(name)
            if payment is None:
                return _refusal(AirtelRefused(status=404, code=NOT_FOUND, message=WORDS[NOT_FOUND]))
            return json_reply(enquiry_body(payment, forced=str(fault.code) if fault else None))

        known = self._payments.payment(name)
        msisdn = known.msisdn if known else None
        return await answer(request, faults=self._faults, operation="airtel.enquiry", msisdn=msisdn, effect=effect)

    async def _refund(self, request: web.Request) -> web.StreamResponse:
        transaction = (await read_json(request)).get("transaction")
        receipt = str(transaction.get("airtel_money_id")) if isinstance(transaction, dict) else ""
        known = self._payments.by_receipt(receipt)

        async def effect(fault: Fault | None) -> web.Response:
            if fault:
                return _refusal(_forced(fault))
            payment = self._payments.by_receipt(receipt)
            if payment is None or payment.end != PAID:
                return _refusal(AirtelRefused(status=400, code="ESB000045", message="No such transaction."))
            if payment.given_back is not None:
                return _refusal(AirtelRefused(status=400, code="ESB000011", message="It was refunded before."))
            returned = self._payments.give_back(payment, reference="")
            data = {"transaction": {"airtel_money_id": returned.given_back, "status": "SUCCESS"}}
            return json_reply({"data": data, "status": status_body(response_code="", success=True)})

        msisdn = known.msisdn if known else None
        return await answer(request, faults=self._faults, operation="airtel.refund", msisdn=msisdn, effect=effect)


def _refusal(error: AirtelRefused) -> web.Response:
    is_response_code = error.code.startswith("DP")
    status = status_body(
        code=str(error.status),
        message=error.message,
        result_code="ESB000011" if is_response_code else error.code,
        response_code=error.code if is_response_code else "",
        success=False,
    )
    return json_reply({"status": status}, status=error.status)


def _forced(fault: Fault) -> AirtelRefused:
    return AirtelRefused(
        status=fault.http_status or 400, code=str(fault.code), message="The request was refused on purpose."
    )
