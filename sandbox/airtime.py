"""The addresses of Africa's Talking airtime: sending it, and finding what became of it."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.africastalking import PHONE, make_id, refuse_stranger, written
from sandbox.airtime_orders import SENT, AirtimeOrders, Order, discount_minor
from sandbox.clock import iso, utc_now
from sandbox.faults import Fault
from sandbox.money import UnableToReadAmount, to_minor
from sandbox.outside import Outside
from sandbox.web import answer, json_reply, text_reply

_MONEY = re.compile(r"([A-Z]{3}) (\S+)")
_NOT_FOUND = {"status": "Failed", "errorMessage": "No transaction was found for the transactionId"}

Recipient = Mapping[str, Any]


class Airtime:
    """The web face of airtime."""

    def __init__(self, outside: Outside, *, orders: AirtimeOrders) -> None:
        self._outside = outside
        self._orders = orders
        self._under_way: dict[str, asyncio.Lock] = {}

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The routes, below `prefix`."""
        return [
            web.post(f"{prefix}/version1/airtime/send", self._send),
            web.get(f"{prefix}/query/transaction/find", self._find),
        ]

    async def _send(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if refusal := refuse_stranger(request, self._outside.config, form):
            return refusal
        key = request.headers.get("Idempotency-Key")
        if key is not None and not 8 <= len(key) <= 100:
            return text_reply("The Idempotency-Key must have 8 to 100 characters", status=400)
        recipients = _recipients(str(form.get("recipients", "")))
        if not recipients:
            return text_reply("The recipients are not a list of phoneNumber and amount", status=400)

        async def effect(fault: Fault | None) -> web.Response:
            return json_reply(await self._send_once(key, recipients, fault), status=201)

        faults, first = self._outside.faults, str(recipients[0].get("phoneNumber", ""))
        return await answer(request, faults=faults, operation="africastalking.airtime", msisdn=first, effect=effect)

    async def _send_once(self, key: str | None, recipients: list[Recipient], fault: Fault | None) -> dict[str, Any]:
        if key is None:
            return await self._send_all(None, recipients, fault)
        # Two requests with one key at the same time: the second waits for the first one's reply.
        async with self._under_way.setdefault(key, asyncio.Lock()):
            reply = self._outside.store.get("airtime reply", key)
            if reply is None:
                reply = await self._send_all(key, recipients, fault)
                self._outside.store.put("airtime reply", key, reply)
        self._under_way.pop(key, None)
        return reply

    async def _send_all(self, key: str | None, recipients: list[Recipient], fault: Fault | None) -> dict[str, Any]:
        orders = [None if fault else _read(recipient, key) for recipient in recipients]
        for order in orders:
            if order is not None:
                await self._orders.accept(order)
        why = str(fault.code) if fault else "Value Out Of Bounds"
        responses = [
            _sent(order) if order else _not_sent(recipient, why)
            for order, recipient in zip(orders, recipients, strict=True)
        ]
        return {**_totals([order for order in orders if order], why), "responses": responses}

    async def _find(self, request: web.Request) -> web.StreamResponse:
        if refusal := refuse_stranger(request, self._outside.config, request.query):
            return refusal
        order = self._orders.find(request.query.get("transactionId", ""))

        async def effect(fault: Fault | None) -> web.Response:
            if fault:
                return json_reply({"status": "Failed", "errorMessage": str(fault.code)})
            if order is None:
                return json_reply(_NOT_FOUND)
            flat = self._outside.settings.now.airtime_find_reply == "flat"
            return json_reply({"status": _shown_status(order)} if flat else _found(order))

        faults, msisdn = self._outside.faults, order.msisdn if order else None
        return await answer(request, faults=faults, operation="africastalking.find", msisdn=msisdn, effect=effect)


def _recipients(text: str) -> list[Recipient] | None:
    try:
        recipients = json.loads(text)
    except ValueError:
        return None
    return recipients if isinstance(recipients, list) and all(isinstance(one, dict) for one in recipients) else None


def _read(recipient: Recipient, key: str | None) -> Order | None:
    number, money = str(recipient.get("phoneNumber", "")), _MONEY.fullmatch(str(recipient.get("amount", "")))
    try:
        amount_minor = to_minor(money[2], money[1]) if money else 0
    except UnableToReadAmount:
        amount_minor = 0
    if not PHONE.fullmatch(number) or money is None or amount_minor < 1:
        return None
    return Order(
        id=make_id("ATQid"),
        msisdn=number,
        amount_minor=amount_minor,
        currency=money[1],
        at=iso(utc_now()),
        idempotency_key=key,
    )


def _totals(orders: list[Order], why_none: str) -> dict[str, Any]:
    if not orders:
        return {"errorMessage": why_none, "numSent": 0, "totalAmount": "0", "totalDiscount": "0"}
    currency, total = orders[0].currency, sum(order.amount_minor for order in orders)
    discount = sum(discount_minor(order.amount_minor) for order in orders)
    return {
        "errorMessage": "None",
        "numSent": len(orders),
        "totalAmount": written(currency, total),
        "totalDiscount": written(currency, discount),
    }


def _sent(order: Order) -> dict[str, str]:
    return {
        "phoneNumber": order.msisdn,
        "errorMessage": "None",
        "amount": order.value,
        "status": SENT,
        "requestId": order.id,
        "discount": order.discount,
    }


def _not_sent(recipient: Recipient, why: str) -> dict[str, str]:
    return {
        "phoneNumber": str(recipient.get("phoneNumber", "")),
        "errorMessage": why,
        "amount": str(recipient.get("amount", "")),
        "status": "Failed",
        "requestId": "None",
        "discount": "0",
    }


def _shown_status(order: Order) -> str:
    return "Pending" if order.status == SENT else order.status


def _found(order: Order) -> dict[str, Any]:
    return {
        "status": "Success",
        "data": {
            "transactionId": order.id,
            "category": "Airtime",
            "status": _shown_status(order),
            "description": order.description,
            "sourceType": "Wallet",
            "source": "AirtimeWallet",
            "destinationType": "PhoneNumber",
            "destination": order.msisdn,
            "value": order.value,
            "creationTime": order.at,
            "requestMetadata": {},
        },
    }
