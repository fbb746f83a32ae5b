"""Africa's Talking SMS: what the project sends to people, what people send to it. Source: its SMS documentation."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.africastalking import refuse_stranger, sms_url
from sandbox.books import Books
from sandbox.clock import NAIROBI, utc_now
from sandbox.config import Config
from sandbox.faults import Fault, Faults
from sandbox.money import major
from sandbox.network import Callback, Network
from sandbox.networks import network_code
from sandbox.people import People
from sandbox.screen import segments
from sandbox.settings import SettingsNow
from sandbox.web import answer, json_reply, text_reply
from sandbox.world import LineState

COST_MINOR = 80
_PHONE = re.compile(r"\+[1-9]\d{6,14}")

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
class Sending:
    """One message on its way to one person. `failure` is why it will not arrive, or None."""

    message_id: str
    msisdn: str
    sender: str
    text: str
    failure: str | None


class Sms:
    """The address /africastalking/version1/messaging, and the messages that people send."""

    def __init__(
        self,
        *,
        config: Config,
        people: People,
        books: Books,
        network: Network,
        faults: Faults,
        settings: SettingsNow,
    ) -> None:
        self._config = config
        self._people = people
        self._books = books
        self._network = network
        self._faults = faults
        self._settings = settings

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The routes, below `prefix`."""
        return [web.post(f"{prefix}/version1/messaging", self._send)]

    def text(self, msisdn: str, *, to: str, text: str) -> str:
        """A person sends a message to a short code; returns the gateway's id for it."""
        self._people.meet(msisdn)
        message_id = secrets.token_hex(16)
        form = {
            "from": msisdn,
            "to": to,
            "text": text,
            "date": utc_now().astimezone(NAIROBI).strftime("%Y-%m-%d %H:%M:%S"),
            "id": message_id,
            "linkId": f"SampleLinkId{secrets.token_hex(4)}",
            "networkCode": network_code(msisdn),
        }
        self._post("incoming", msisdn, form)
        return message_id

    def opt_out(self, msisdn: str) -> None:
        """A person opts out of bulk messages at the gateway, which tells the project. Nothing is blocked here."""
        sender = self._config.at_sender_id or self._config.sms_short_code
        self._post("optout", msisdn, {"senderId": sender, "phoneNumber": msisdn})

    def _post(self, topic: str, msisdn: str, form: Mapping[str, Any]) -> None:
        callback = Callback(
            operation=f"africastalking.{topic}",
            msisdn=msisdn,
            url=sms_url(self._config, topic),
            body=form,
            form=True,
        )
        self._network.send_later(callback, after_s=0)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if refusal := refuse_stranger(request, self._config, form):
            return refusal
        text, numbers = str(form.get("message", "")), str(form.get("to", "")).split(",")
        if not text or not numbers[0]:
            return text_reply("Request is missing required form field 'message' or 'to'", status=400)
        sender = str(form.get("from", "")) or "AFRICASTKNG"
        known = (self._config.at_sender_id, self._config.sms_short_code)
        if "from" in form and self._config.at_sender_id and sender not in known:
            return _reply("InvalidSenderId", [])

        async def effect(fault: Fault | None) -> web.Response:
            recipients = [self._accept(number.strip(), sender, text, fault) for number in numbers]
            accepted = [one for one in recipients if one["statusCode"] in _ACCEPTED]
            cost = len(accepted) * COST_MINOR * segments(text)
            words = f"Sent to {len(accepted)}/{len(numbers)} Total Cost: {_money(self._config.currency, cost)}"
            return _reply(words, recipients)

        first = numbers[0].strip()
        return await answer(request, faults=self._faults, operation="africastalking.sms", msisdn=first, effect=effect)

    def _accept(self, number: str, sender: str, text: str, fault: Fault | None) -> dict[str, Any]:
        code = int(fault.code or 500) if fault else 101
        if not _PHONE.fullmatch(number):
            code = 403
        recipient: dict[str, Any] = {"statusCode": code, "number": number, "status": STATUS.get(code, "Failed")}
        if code not in _ACCEPTED:
            return {**recipient, "cost": "0", "messageId": "None"}
        sending = Sending(
            message_id=f"ATXid_{secrets.token_hex(16)}",
            msisdn=number,
            sender=sender,
            text=text,
            failure=self._failure(number),
        )
        cost = COST_MINOR * segments(text)
        self._hand_over(sending, cost)
        return {
            **recipient,
            "status": "Success",
            "cost": _money(self._config.currency, cost),
            "messageId": sending.message_id,
            "messageParts": segments(text),
        }

    def _failure(self, msisdn: str) -> str | None:
        state = self._people.line(msisdn).state
        if fault := self._faults.take("africastalking.delivery", "result_code", msisdn):
            return str(fault.code)
        if state is LineState.GONE:
            return "UserDoesNotExist"
        if state is LineState.SUSPENDED and self._settings.now.sms_blocked_while_suspended:
            return "UserAccountSuspended"
        return None

    def _hand_over(self, sending: Sending, cost_minor: int) -> None:
        now = utc_now()
        self._books.enter(
            "sms",
            reference=sending.message_id,
            msisdn=sending.msisdn,
            amount_minor=cost_minor,
            currency=self._config.currency,
            at=now,
            sender=sending.sender,
            text=sending.text,
            delivered=sending.failure is None,
            failure_reason=sending.failure,
        )
        if sending.failure is None:
            self._people.take_message(sending.msisdn, sender=sending.sender, text=sending.text, at=now)
        self._report(sending)

    def _report(self, sending: Sending) -> None:
        settings = self._settings.now
        if settings.delivery_reports == "all":
            interim = self._callback(sending, "Sent")
            self._network.send_later(interim, after_s=settings.delivery_report_after_s / 2)
        if settings.delivery_reports != "none":
            final = self._callback(sending, "Failed" if sending.failure else "Success")
            self._network.send_later(final, after_s=settings.delivery_report_after_s)

    def _callback(self, sending: Sending, status: str) -> Callback:
        form = {
            "id": sending.message_id,
            "status": status,
            "phoneNumber": sending.msisdn,
            "networkCode": network_code(sending.msisdn),
            "retryCount": "0",
        }
        if status == "Failed" and sending.failure:
            form["failureReason"] = sending.failure
        opposite = {"Success": "Failed", "Failed": "Success"}.get(status)
        return Callback(
            operation="africastalking.delivery",
            msisdn=sending.msisdn,
            url=sms_url(self._config, "delivery"),
            body=form,
            form=True,
            altered={"wrong_number": lambda fault: {**form, "phoneNumber": fault.number or "+254700000000"}},
            opposite=(lambda: {**form, "status": opposite}) if opposite else None,
        )


def _reply(words: str, recipients: list[dict[str, Any]]) -> web.Response:
    return json_reply({"SMSMessageData": {"Message": words, "Recipients": recipients}}, status=201)


def _money(currency: str, amount_minor: int) -> str:
    return f"{currency} {major(amount_minor, currency, 4)}"
