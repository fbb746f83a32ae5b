"""MTN MoMo: token, request to pay and refund of its Collection and Disbursement, as MTN's developer portal has them."""

import base64
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.errors import BadRequest
from sandbox.faults import Fault
from sandbox.momo_forms import (
    MAGIC,
    PLAY_MONEY,
    SUCCESSFUL,
    MomoRefused,
    payment_body,
    read_amount,
    read_callback_url,
    read_reference_id,
    read_request,
    refund_body,
)
from sandbox.networks import network_code
from sandbox.outside import Outside
from sandbox.tokens import Tokens
from sandbox.wallet_payments import Payment, WalletPayments
from sandbox.web import answer, json_reply, read_json

Operation = Callable[[web.Request], Awaitable[web.StreamResponse]]

_REFUND = "mtn_momo_refund"


class Momo:
    """The addresses of MoMo."""

    def __init__(self, outside: Outside, *, payments: WalletPayments) -> None:
        self._outside = outside
        self._faults = outside.faults
        self._payments = payments
        config = outside.config
        self._users = {"collection": config.momo_collection, "disbursement": config.momo_disbursement}
        self._tokens = {product: Tokens(life_s=3600) for product in self._users}

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The routes, below `prefix`."""
        collect, disburse = f"{prefix}/collection", f"{prefix}/disbursement"
        return [
            web.post(f"{prefix}/{{product:collection|disbursement}}/token/", self._token),
            web.post(f"{collect}/v1_0/requesttopay", self._with_token("collection", self._request_to_pay)),
            web.get(f"{collect}/v1_0/requesttopay/{{name}}", self._with_token("collection", self._status)),
            web.post(f"{disburse}/v1_0/refund", self._with_token("disbursement", self._refund)),
            web.get(f"{disburse}/v1_0/refund/{{name}}", self._with_token("disbursement", self._refund_status)),
        ]

    async def _token(self, request: web.Request) -> web.StreamResponse:
        product = request.match_info["product"]

        async def effect(fault: Fault | None) -> web.Response:
            return _refusal(_forced(fault)) if fault else self._new_token(request, product)

        return await answer(request, faults=self._faults, operation="momo.token", msisdn=None, effect=effect)

    def _new_token(self, request: web.Request, product: str) -> web.Response:
        user, key, _ = self._users[product]
        if "Content-Length" not in request.headers:
            return json_reply({"statusCode": 411, "message": "Length Required"}, status=411)
        if not self._is_subscribed(request, product):
            return _not_subscribed()
        expected = b"Basic " + base64.b64encode(f"{user}:{key}".encode())
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected):
            return json_reply({"error": "login_failed"}, status=401)
        tokens = self._tokens[product]
        return json_reply({"access_token": tokens.make(), "token_type": "access_token", "expires_in": tokens.life_s})

    def _is_subscribed(self, request: web.Request, product: str) -> bool:
        given = request.headers.get("Ocp-Apim-Subscription-Key", "")
        return hmac.compare_digest(given.encode(), self._users[product][2].encode())

    def _with_token(self, product: str, operation: Operation) -> Operation:
        async def handle(request: web.Request) -> web.StreamResponse:
            if not self._is_subscribed(request, product):
                return _not_subscribed()
            if not self._tokens[product].is_good(request.headers.get("Authorization", "")):
                return json_reply({"statusCode": 401, "message": "Unauthorized"}, status=401)
            try:
                self._check_environment(request)
                return await operation(request)
            except BadRequest as error:
                return _refusal(MomoRefused(status=400, code="BAD_REQUEST", message=str(error)))
            except MomoRefused as error:
                return _refusal(error)

        return handle

    def _check_environment(self, request: web.Request) -> None:
        if request.headers.get("X-Target-Environment") != self._outside.config.momo_target_environment:
            words = "Access to target environment is forbidden."
            raise MomoRefused(status=500, code="NOT_ALLOWED_TARGET_ENVIRONMENT", message=words)

    async def _request_to_pay(self, request: web.Request) -> web.StreamResponse:
        payment = read_request(
            await read_json(request),
            reference_id=read_reference_id(request.headers.get("X-Reference-Id", "")),
            callback_url=read_callback_url(request.headers.get("X-Callback-Url", "")),
        )

        async def effect(fault: Fault | None) -> web.Response:
            if fault and fault.http_status:
                return _refusal(_forced(fault))
            if self._payments.payment(payment.name) is not None:
                return _refusal(_duplicate())
            forced = str(fault.code) if fault else _magic(payment)
            await self._payments.begin(payment, network=network_code(payment.msisdn), forced=forced)
            return web.Response(status=202)

        return await answer(
            request, faults=self._faults, operation="momo.requesttopay", msisdn=payment.msisdn, effect=effect
        )

    async def _status(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"].lower()

        async def effect(fault: Fault | None) -> web.Response:
            # Looked up now: the payment may have ended while a fault held this question up.
            payment = self._payments.payment(name)
            if fault and fault.http_status:
                return _refusal(_forced(fault))
            if payment is None:
                return _refusal(_not_found())
            body = payment_body(payment, in_full=True)
            return json_reply(body | ({"status": str(fault.code)} if fault else {}))

        known = self._payments.payment(name)
        msisdn = known.msisdn if known else None
        return await answer(request, faults=self._faults, operation="momo.enquiry", msisdn=msisdn, effect=effect)

    async def _refund(self, request: web.Request) -> web.StreamResponse:
        form = await read_json(request)
        name = read_reference_id(request.headers.get("X-Reference-Id", ""))
        amount_minor, currency = read_amount(form)
        payment = self._payments.payment(str(form.get("referenceIdToRefund", "")).lower())

        async def effect(fault: Fault | None) -> web.Response:
            if fault and fault.http_status:
                return _refusal(_forced(fault))
            if self._outside.store.get(_REFUND, name) is not None:
                return _refusal(_duplicate())
            if payment is None:
                return _refusal(_not_found())
            if currency != payment.currency:
                raise MomoRefused(status=500, code="INVALID_CURRENCY", message="Currency not supported.")
            refund = {
                "payment": payment.name,
                "external_id": str(form.get("externalId", "")),
                "amount_minor": amount_minor,
                "end": None,
                "receipt": None,
            }
            self._outside.store.put(_REFUND, name, refund)
            self._give_back_later(name, forced=str(fault.code) if fault else None)
            return web.Response(status=202)

        msisdn = payment.msisdn if payment else None
        return await answer(request, faults=self._faults, operation="momo.refund", msisdn=msisdn, effect=effect)

    def _give_back_later(self, name: str, *, forced: str | None) -> None:
        async def end() -> None:
            with self._outside.store.transaction():
                refund = self._outside.store.get(_REFUND, name)
                if refund is not None and refund["end"] is None:
                    self._outside.store.put(_REFUND, name, refund | self._ended(refund, forced))

        self._outside.later.after(self._outside.settings.now.reversal_after_s, end)

    def _ended(self, refund: dict[str, Any], forced: str | None) -> dict[str, Any]:
        """How a refund ends: a paid payment goes back once and whole."""
        payment = self._payments.payment(refund["payment"])
        if forced or payment is None:
            return {"end": forced or "NOT_ALLOWED"}
        is_whole = refund["amount_minor"] == payment.amount_minor
        if payment.end != SUCCESSFUL or payment.given_back is not None or not is_whole:
            return {"end": "NOT_ALLOWED"}
        returned = self._payments.give_back(payment, reference=refund["external_id"])
        return {"end": SUCCESSFUL, "receipt": returned.given_back}

    async def _refund_status(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"].lower()
        asked = self._outside.store.get(_REFUND, name)
        payment = self._payments.payment(asked["payment"]) if asked else None

        async def effect(fault: Fault | None) -> web.Response:
            refund = self._outside.store.get(_REFUND, name)
            if fault and fault.http_status:
                return _refusal(_forced(fault))
            if refund is None or payment is None:
                return _refusal(_not_found())
            body = refund_body(payment, refund)
            return json_reply(body | ({"status": str(fault.code)} if fault else {}))

        msisdn = payment.msisdn if payment else None
        return await answer(request, faults=self._faults, operation="momo.enquiry", msisdn=msisdn, effect=effect)


def _magic(payment: Payment) -> str | None:
    return MAGIC.get(payment.msisdn, SUCCESSFUL) if payment.currency == PLAY_MONEY else None


def _refusal(error: MomoRefused) -> web.Response:
    return json_reply({"code": error.code, "message": error.message}, status=error.status)


def _not_subscribed() -> web.Response:
    words = "Access denied due to invalid subscription key."
    return json_reply({"statusCode": 401, "message": words}, status=401)


def _duplicate() -> MomoRefused:
    words = "Duplicated reference id. Creation of resource failed."
    return MomoRefused(status=409, code="RESOURCE_ALREADY_EXIST", message=words)


def _not_found() -> MomoRefused:
    return MomoRefused(status=404, code="RESOURCE_NOT_FOUND", message="Requested resource was not found.")


def _forced(fault: Fault) -> MomoRefused:
    words = "The request was refused on purpose."
    return MomoRefused(status=fault.http_status or 500, code=str(fault.code), message=words)
