"""Africa's Talking airtime: accepted, asked about, delivered a moment later. Source: its airtime documentation."""

import asyncio
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from aiohttp import web

from sandbox.africastalking import airtime_url, refuse_stranger
from sandbox.clock import iso, utc_now
from sandbox.config import Config
from sandbox.faults import Fault, Faults
from sandbox.money import UnableToReadAmount, digits, major, to_minor
from sandbox.network import Callback, Network
from sandbox.refills import Refills
from sandbox.settings import SettingsNow
from sandbox.store import Store
from sandbox.web import answer, json_reply, text_reply
from sandbox.world import CurrencyDiffers, LineIsClosed, TooMuchCredit

DISCOUNT_PERCENT = 4
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_MONEY = re.compile(r"([A-Z]{3}) (\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Airtime for one person. `status` is Sent until it is delivered (Success) or surely will not be (Failed)."""

    request_id: str
    msisdn: str
    amount_minor: int
    currency: str
    at: str
    idempotency_key: str | None
    status: str = "Sent"
    description: str = ""


class Airtime:
    """The addresses of airtime: sending, and finding what became of it."""

    def __init__(
        self,
        *,
        config: Config,
        store: Store,
        refills: Refills,
        network: Network,
        faults: Faults,
        settings: SettingsNow,
    ) -> None:
        self._config = config
        self._store = store
        self._refills = refills
        self._network = network
        self._faults = faults
        self._settings = settings
        self._under_way: dict[str, asyncio.Lock] = {}

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The routes, below `prefix`."""
        return [
            web.post(f"{prefix}/version1/airtime/send", self._send),
            web.get(f"{prefix}/query/transaction/find", self._find),
        ]

    async def _send(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if refusal := refuse_stranger(request, self._config, form):
            return refusal
        key = request.headers.get("Idempotency-Key")
        if key is not None and not 8 <= len(key) <= 100:
            return text_reply("Idempotency-Key must be between 8 and 100 characters", status=400)
        recipients = _recipients(str(form.get("recipients", "")))
        if recipients is None:
            return text_reply("Invalid recipients", status=400)
        first = str(recipients[0].get("phoneNumber", ""))

        async def effect(fault: Fault | None) -> web.Response:
            return json_reply(await self._send_once(key, recipients, fault), status=201)

        return await answer(
            request, faults=self._faults, operation="africastalking.airtime", msisdn=first, effect=effect
        )

    async def _send_once(
        self, key: str | None, recipients: list[dict[str, Any]], fault: Fault | None
    ) -> dict[str, Any]:
        if key is None:
            return await self._accept_all(None, recipients, fault)
        # Two requests with one key at the same time: the second waits for the first one's reply.
        async with self._under_way.setdefault(key, asyncio.Lock()):
            reply = self._store.get("airtime reply", key)
            if reply is None:
                reply = await self._accept_all(key, recipients, fault)
                self._store.put("airtime reply", key, reply)
        self._under_way.pop(key, None)
        return reply

    async def _accept_all(
        self, key: str | None, recipients: list[dict[str, Any]], fault: Fault | None
    ) -> dict[str, Any]:
        responses, sent, total, currency = [], 0, 0, self._config.currency
        for recipient in recipients:
            order = self._read(recipient, key)
            if order is None or fault:
                why = str(fault.code) if fault else "Value Out Of Bounds"
                responses.append(_not_sent(recipient, why))
                continue
            await self._accept(order)
            responses.append(_sent(order))
            sent, total, currency = sent + 1, total + order.amount_minor, order.currency
        return {
            "errorMessage": "None" if sent else responses[-1]["errorMessage"],
            "numSent": sent,
            "totalAmount": _money(currency, total) if sent else "0",
            "totalDiscount": _money(currency, _discount(total)) if sent else "0",
            "responses": responses,
        }

    def _read(self, recipient: Mapping[str, Any], key: str | None) -> Order | None:
        number, money = str(recipient.get("phoneNumber", "")), _MONEY.fullmatch(str(recipient.get("amount", "")))
        if not _PHONE.fullmatch(number) or money is None:
            return None
        try:
            amount_minor = to_minor(money[2], money[1])
        except UnableToReadAmount:
            return None
        if amount_minor < 1:
            return None
        return Order(
            request_id=f"ATQid_{secrets.token_hex(16)}",
            msisdn=number,
            amount_minor=amount_minor,
            currency=money[1],
            at=iso(utc_now()),
            idempotency_key=key,
        )

    async def _accept(self, order: Order) -> None:
        self._save(order)
        if fault := self._faults.take("africastalking.airtime_status", "forged", order.msisdn):
            self._forge(order, real_ids=fault.real_ids)
        forced = self._faults.take("africastalking.airtime_status", "result_code", order.msisdn)
        why = str(forced.code) if forced else await self._validate(order)
        if self._faults.take("africastalking.airtime_status", "callback_before_reply", order.msisdn):
            await self._deliver(order, why)
        else:
            self._network.later.after(self._settings.now.airtime_after_s, lambda: self._deliver(order, why))

    async def _validate(self, order: Order) -> str | None:
        """Ask the project whether it meant this order; None when it did, else why it will not be delivered."""
        if not self._settings.now.airtime_validation:
            return None
        amount = major(order.amount_minor, order.currency, digits(order.currency))
        body = {
            "transactionId": order.request_id,
            "phoneNumber": order.msisdn,
            "sourceIpAddress": "127.0.0.1",
            "currencyCode": order.currency,
            "amount": amount,
        }
        heard = await self._network.post(airtime_url(self._config, "validation"), body, form=self._form())
        try:
            validated = heard.status == 200 and json.loads(heard.text).get("status") == "Validated"
        except (ValueError, AttributeError):
            validated = False
        return None if validated else "Validation failed"

    async def _deliver(self, order: Order, why_not: str | None) -> None:
        ended = replace(order, status="Failed", description=why_not) if why_not else self._credit(order)
        self._save(ended)
        await self._network.send(self._callback(ended))

    def _credit(self, order: Order) -> Order:
        try:
            with self._store.transaction():
                self._refills.by_amount(
                    book="airtime",
                    reference=order.request_id,
                    msisdn=order.msisdn,
                    amount_minor=order.amount_minor,
                    currency=order.currency,
                    idempotency_key=order.idempotency_key,
                )
                delivered = replace(order, status="Success", description="Airtime Delivered Successfully")
                self._save(delivered)
        except (LineIsClosed, CurrencyDiffers, TooMuchCredit) as error:
            return replace(order, status="Failed", description=str(error))
        return delivered

    async def _find(self, request: web.Request) -> web.StreamResponse:
        if refusal := refuse_stranger(request, self._config, request.query):
            return refusal
        body = self._store.get("airtime", request.query.get("transactionId", ""))
        order = Order(**body) if body else None

        async def effect(fault: Fault | None) -> web.Response:
            if fault:
                return json_reply({"status": "Failed", "errorMessage": str(fault.code)})
            return json_reply(_found(order) if order else _NOT_FOUND)

        msisdn = order.msisdn if order else None
        return await answer(request, faults=self._faults, operation="africastalking.find", msisdn=msisdn, effect=effect)

    def _save(self, order: Order) -> None:
        self._store.put("airtime", order.request_id, asdict(order))

    def _form(self) -> bool:
        return self._settings.now.airtime_callback_format == "form"

    def _callback(self, order: Order) -> Callback:
        other = "Failed" if order.status == "Success" else "Success"
        return Callback(
            operation="africastalking.airtime_status",
            msisdn=order.msisdn,
            url=airtime_url(self._config, "status"),
            body=status_body(order),
            form=self._form(),
            altered={
                "wrong_amount": lambda fault: status_body(replace(order, amount_minor=fault.amount_minor or 0)),
                "wrong_number": lambda fault: status_body(replace(order, msisdn=fault.number or "+254700000000")),
            },
            opposite=lambda: status_body(replace(order, status=other, description="")),
        )

    def _forge(self, order: Order, *, real_ids: bool) -> None:
        lie = replace(order, status="Success")
        if not real_ids:
            lie = replace(lie, request_id=f"ATQid_{secrets.token_hex(16)}")

        async def post() -> None:
            await self._network.post(airtime_url(self._config, "status"), status_body(lie), form=self._form())

        self._network.later.after(0.05, post)


def status_body(order: Order) -> dict[str, str]:
    """What Africa's Talking posts when airtime has ended."""
    return {
        "requestId": order.request_id,
        "status": order.status,
        "phoneNumber": order.msisdn,
        "description": order.description,
        "value": _money(order.currency, order.amount_minor),
        "discount": _money(order.currency, _discount(order.amount_minor)),
    }


_NOT_FOUND = {"status": "Failed", "errorMessage": "No transaction was found for the transactionId"}


def _found(order: Order) -> dict[str, Any]:
    return {
        "status": "Success",
        "data": {
            "transactionId": order.request_id,
            "category": "Airtime",
            "status": "Pending" if order.status == "Sent" else order.status,
            "description": order.description,
            "sourceType": "Wallet",
            "source": "AirtimeWallet",
            "destinationType": "PhoneNumber",
            "destination": order.msisdn,
            "value": _money(order.currency, order.amount_minor),
            "creationTime": order.at,
            "requestMetadata": {},
        },
    }


def _recipients(text: str) -> list[dict[str, Any]] | None:
    try:
        recipients = json.loads(text)
    except ValueError:
        return None
    fits = isinstance(recipients, list) and recipients and all(isinstance(one, dict) for one in recipients)
    return recipients if fits else None


def _sent(order: Order) -> dict[str, str]:
    return {
        "phoneNumber": order.msisdn,
        "errorMessage": "None",
        "amount": _money(order.currency, order.amount_minor),
        "status": "Sent",
        "requestId": order.request_id,
        "discount": _money(order.currency, _discount(order.amount_minor)),
    }


def _not_sent(recipient: Mapping[str, Any], why: str) -> dict[str, str]:
    return {
        "phoneNumber": str(recipient.get("phoneNumber", "")),
        "errorMessage": why,
        "amount": str(recipient.get("amount", "")),
        "status": "Failed",
        "requestId": "None",
        "discount": "0",
    }


def _discount(amount_minor: int) -> int:
    return amount_minor * DISCOUNT_PERCENT // 100


def _money(currency: str, amount_minor: int) -> str:
    return f"{currency} {major(amount_minor, currency, 4)}"
