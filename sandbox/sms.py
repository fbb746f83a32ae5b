"""Africa's Talking SMS: what the project sends to people, and what people send to it. Source: its SMS documentation."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from aiohttp import web

from sandbox.africastalking import PHONE, make_id, refuse_stranger, sms_url, written
from sandbox.clock import NAIROBI, utc_now
from sandbox.errors import BadRequest, Conflict
from sandbox.faults import Fault
from sandbox.network import Callback
from sandbox.networks import network_code
from sandbox.outside import Outside
from sandbox.screen import segments
from sandbox.web import answer, json_reply, text_reply
from sandbox.world import LineState

COST_MINOR = 80
OPERATION = "africastalking.delivery"

# A recipient's statusCode and the word for it. Below 103 the message was accepted.
STATUS = {
    100: "Processed",
    101: "Sent",
    102: "Queued",
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}
_ACCEPTED = (100, 101, 102)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one person. `failure` is why it does not arrive, or None."""

    id: str
    msisdn: str
    sender: str
    text: str
    failure: str | None


class Sms:
    """The address of SMS, and the messages that people send."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._config = outside.config

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The routes, below `prefix`."""
        return [web.post(f"{prefix}/version1/messaging", self._send)]

    def text(self, msisdn: str, *, to: str, text: str) -> str:
        """A person sends a message; returns the gateway's id for it. Raises BadRequest, Conflict."""
        people = self._outside.people
        people.meet(msisdn)
        message_id = secrets.token_hex(16)
        if to == self._config.sms_short_code:
            self._post("incoming", msisdn, _incoming(msisdn, to, text, message_id))
        elif not PHONE.fullmatch(to):
            raise BadRequest(why=f"{to} is neither the short code {self._config.sms_short_code} nor a number in E.164.")
        elif people.line(msisdn).state is not LineState.ACTIVE:
            raise Conflict(why=f"The line {msisdn} is not active: it may text the short code only.")
        else:
            people.take_message(to, sender=msisdn, text=text, at=utc_now())
        return message_id

    def opt_out(self, msisdn: str) -> None:
        """A person opts out at the gateway, which tells the project. Nothing is blocked here."""
        sender = self._config.at_sender_id or self._config.sms_short_code
        self._post("optout", msisdn, {"senderId": sender, "phoneNumber": msisdn})

    def _post(self, topic: str, msisdn: str, form: Mapping[str, Any]) -> None:
        operation, url = f"africastalking.{topic}", sms_url(self._config, topic)
        callback = Callback(operation=operation, msisdn=msisdn, url=url, body=form, form=True)
        self._outside.network.send_later(callback, after_s=0)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if refusal := refuse_stranger(request, self._config, form):
            return refusal
        text, numbers = str(form.get("message", "")), [one.strip() for one in str(form.get("to", "")).split(",")]
        if not text or not numbers[0]:
            return text_reply("The request lacks the field 'message' or 'to'", status=400)
        sender = str(form.get("from", "")) or "AFRICASTKNG"
        if not self._may_send_as(sender):
            return _reply("InvalidSenderId", [])

        async def effect(fault: Fault | None) -> web.Response:
            return await self._send_all(numbers, sender, text, fault)

        faults = self._outside.faults
        return await answer(request, faults=faults, operation="africastalking.sms", msisdn=numbers[0], effect=effect)

    def _may_send_as(self, sender: str) -> bool:
        ours = self._config.at_sender_id
        return not ours or sender in (ours, self._config.sms_short_code, "AFRICASTKNG")

    async def _send_all(self, numbers: list[str], sender: str, text: str, fault: Fault | None) -> web.Response:
        recipients = [await self._send_one(number, sender, text, fault) for number in numbers]
        accepted = sum(one["statusCode"] in _ACCEPTED for one in recipients)
        cost = written(self._config.currency, accepted * COST_MINOR * segments(text))
        return _reply(f"Sent to {accepted}/{len(numbers)} Total Cost: {cost}", recipients)

    async def _send_one(self, number: str, sender: str, text: str, fault: Fault | None) -> dict[str, Any]:
        code = fault.number_code if fault else 101
        if not PHONE.fullmatch(number):
            code = 403
        recipient: dict[str, Any] = {"statusCode": code, "number": number}
        if code not in _ACCEPTED:
            return {**recipient, "status": STATUS.get(code, "Failed"), "cost": "0", "messageId": "None"}
        message = Message(id=make_id("ATXid"), msisdn=number, sender=sender, text=text, failure=self._failure(number))
        self._hand_over(message)
        await self._report(message)
        cost = written(self._config.currency, COST_MINOR * segments(text))
        return {**recipient, "status": "Success", "cost": cost, "messageId": message.id}

    def _failure(self, msisdn: str) -> str | None:
        state = self._outside.people.line(msisdn).state
        if fault := self._outside.faults.take(OPERATION, "result_code", msisdn):
            return str(fault.code)
        if state is LineState.GONE:
            return "UserDoesNotExist"
        if state is LineState.SUSPENDED and self._outside.settings.now.sms_blocked_while_suspended:
            return "UserAccountSuspended"
        return None

    def _hand_over(self, message: Message) -> None:
        now = utc_now()
        with self._outside.store.transaction():
            self._outside.books.enter(
                "sms",
                reference=message.id,
                msisdn=message.msisdn,
                amount_minor=COST_MINOR * segments(message.text),
                currency=self._config.currency,
                at=now,
                sender=message.sender,
                text=message.text,
                delivered=message.failure is None,
                failure_reason=message.failure,
            )
            if message.failure is None:
                people = self._outside.people
                people.take_message(message.msisdn, sender=message.sender, text=message.text, at=now)

    async def _report(self, message: Message) -> None:
        settings, network = self._outside.settings.now, self._outside.network
        if settings.delivery_reports == "none":
            return
        url = sms_url(self._config, "delivery")
        network.maybe_forge(OPERATION, msisdn=message.msisdn, url=url, lie=partial(_lie, message), form=True)
        final = _callback(message, url, "Failed" if message.failure else "Success")
        if self._outside.faults.take(OPERATION, "callback_before_reply", message.msisdn):
            await network.send(final)
            return
        if settings.delivery_reports == "all":
            network.send_later(_callback(message, url, "Sent"), after_s=settings.delivery_report_after_s / 2)
        network.send_later(final, after_s=settings.delivery_report_after_s)


def _incoming(msisdn: str, to: str, text: str, message_id: str) -> dict[str, str]:
    return {
        "from": msisdn,
        "to": to,
        "text": text,
        "date": utc_now().astimezone(NAIROBI).strftime("%Y-%m-%d %H:%M:%S"),
        "id": message_id,
        "linkId": secrets.token_hex(8),
        "networkCode": network_code(msisdn),
    }


def _callback(message: Message, url: str, status: str) -> Callback:
    form = _report_form(message, status)
    opposite = {"Success": "Failed", "Failed": "Success"}.get(status)
    return Callback(
        operation=OPERATION,
        msisdn=message.msisdn,
        url=url,
        body=form,
        form=True,
        altered={"wrong_number": lambda fault: {**form, "phoneNumber": fault.number}},
        opposite=(lambda: _report_form(replace(message, failure=None), opposite)) if opposite else None,
    )


def _report_form(message: Message, status: str) -> dict[str, str]:
    form = {
        "id": message.id,
        "status": status,
        "phoneNumber": message.msisdn,
        "networkCode": network_code(message.msisdn),
        "retryCount": "0",
    }
    if status == "Failed":
        form["failureReason"] = message.failure or "DeliveryFailure"
    return form


def _lie(message: Message, real_ids: bool) -> dict[str, str]:
    form = _report_form(message, "Success")
    return form if real_ids else {**form, "id": make_id("ATXid")}


def _reply(words: str, recipients: list[dict[str, Any]]) -> web.Response:
    return json_reply({"SMSMessageData": {"Message": words, "Recipients": recipients}}, status=201)
