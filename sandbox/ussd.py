"""USSD calls as a gateway passes them on: dial, keys, the end. The form of each gateway is in sandbox/gateways.py."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.clock import utc_now
from sandbox.errors import BadRequest, Conflict
from sandbox.gateways import GATEWAYS, Dialogue, Ending, Gateway, GatewayName, Request, Status
from sandbox.network import Callback, Heard
from sandbox.outside import Outside
from sandbox.screen import measure

logger = logging.getLogger(__name__)

UNKNOWN_CODE = "Connection problem or invalid MMI code."
NO_ANSWER = "The service is not available. Please try again later."
TOO_LONG = "The session has ended because it took too long."
_MAX_KEYS = 182


@dataclass(slots=True, kw_only=True)
class Call:
    """A call that is under way."""

    dialogue: Dialogue
    name: GatewayName
    began: datetime = field(default_factory=utc_now)
    last_response: str = ""
    waiting: bool = False
    timer: asyncio.Task[None] | None = None

    @property
    def msisdn(self) -> str:
        """Whose call it is."""
        return self.dialogue.msisdn

    @property
    def gateway(self) -> Gateway:
        """Through what it goes."""
        return GATEWAYS[self.name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What stands on the phone's screen. `failed` names why the network spoke instead of the application."""

    screen: str
    open: bool
    cut: bool = False
    encoding: str = "GSM-7"
    length: int = 0
    session_id: str | None = None
    failed: str | None = None

    def body(self) -> dict[str, Any]:
        """As the control API answers."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


class Ussd:
    """Every phone's call, and what its screen shows."""

    def __init__(self, outside: Outside) -> None:
        self._config = outside.config
        self._network = outside.network
        self._later = outside.later
        self._faults = outside.faults
        self._settings = outside.settings
        self._people = outside.people
        self._hub = outside.hub
        self._calls: dict[str, Call] = {}
        self._screens: dict[str, Shown] = {}

    def in_session(self, msisdn: str) -> bool:
        """Whether the phone is in a call and so cannot take a payment prompt."""
        return msisdn in self._calls

    def screen(self, msisdn: str) -> Shown:
        """What stands on the phone's screen now."""
        return self._screens.get(msisdn, Shown(screen="", open=False))

    async def dial(self, msisdn: str, code: str, *, through: GatewayName | None = None) -> Shown:
        """Dial a code, through a gateway or that of the settings; a call that is under way ends."""
        self._people.meet(msisdn)
        self.hang_up(msisdn)
        found = self._find(code.replace(" ", ""))
        if found is None:
            return self._show(msisdn, UNKNOWN_CODE, failed="unknown code")
        service_code, behind = found
        call = Call(
            dialogue=Dialogue(msisdn=msisdn, service_code=service_code, behind=behind),
            name=through or self._settings.now.ussd_gateway,
        )
        self._calls[msisdn] = call
        life_s = self._settings.now.ussd_session_s
        call.timer = self._later.after(life_s, lambda: self._outlive(call))
        return await self._hop(call)

    async def key(self, msisdn: str, keys: str) -> Shown:
        """Type keys and send them. Raises Conflict when there is no call or it waits for the network."""
        call = self._calls.get(msisdn)
        if call is None:
            raise Conflict(why=f"The phone {msisdn} is in no USSD session: dial first.")
        if call.waiting:
            raise Conflict(why=f"The phone {msisdn} waits for the network's answer to what was sent before.")
        if len(keys) > _MAX_KEYS:
            raise BadRequest(why=f"A phone sends at most {_MAX_KEYS} characters at once.")
        call.dialogue.keys.append(keys)
        return await self._hop(call)

    def hang_up(self, msisdn: str) -> Shown:
        """Ring off. A phone that is in no call stays as it is, its screen empty."""
        call = self._calls.get(msisdn)
        if call is not None:
            self._end(call, status="Incomplete", told=self._settings.now.ussd_ended_on_hangup)
        return self._show(msisdn, "")

    def forget_all(self) -> None:
        """No calls, no screens."""
        self._calls.clear()
        self._screens.clear()

    def _find(self, dialled: str) -> tuple[str, str] | None:
        for code in sorted(self._config.short_codes, key=len, reverse=True):
            if dialled == code:
                return code, ""
            if dialled.startswith(f"{code[:-1]}*") and dialled.endswith("#"):
                return code, dialled[len(code) : -1]
        return None

    async def _hop(self, call: Call) -> Shown:
        call.waiting = True
        heard = await self._ask(call)
        call.waiting = False
        if self._calls.get(call.msisdn) is not call:
            # The person rang off or dialled again meanwhile: this answer reaches nobody.
            return self.screen(call.msisdn)
        screen = call.gateway.read(heard.text) if heard.status == 200 else None
        if screen is None:
            return self._fail(call, heard)
        call.last_response = heard.text
        if not screen.open:
            self._end(call, status="Success", told=True, by_us=True)
        return self._show(call.msisdn, screen.text, call=call)

    async def _ask(self, call: Call) -> Heard:
        if fault := self._faults.take("ussd.hop", "delay", call.msisdn):
            await asyncio.sleep(fault.wait_s)
        if self._faults.take("ussd.hop", "no_callback", call.msisdn):
            return Heard(0, "", "unreachable")
        twice = self._faults.take("ussd.hop", "callback_twice", call.msisdn)
        answers = await asyncio.gather(*(self._post_hop(call) for _ in range(2 if twice else 1)))
        return answers[0]

    async def _post_hop(self, call: Call) -> Heard:
        request = call.gateway.hop(call.dialogue)
        timeout_s = self._settings.now.ussd_answer_s
        url = self._url(call, request)
        return await self._network.post("ussd.hop", url, request.body, form=request.form, timeout_s=timeout_s)

    def _fail(self, call: Call, heard: Heard) -> Shown:
        why = heard.why if heard.why != "answered" else f"status {heard.status}"
        if heard.status == 200:
            why = call.gateway.not_read
        self._end(call, status="Failed", told=True, error=why)
        return self._show(call.msisdn, NO_ANSWER, failed=why, session_id=call.dialogue.session_id)

    async def _outlive(self, call: Call) -> None:
        if self._calls.get(call.msisdn) is call:
            call.timer = None
            self._end(call, status="Incomplete", told=True, error="timeout")
            self._show(call.msisdn, TOO_LONG, failed="session too long", session_id=call.dialogue.session_id)

    def _show(
        self,
        msisdn: str,
        text: str,
        *,
        call: Call | None = None,
        failed: str | None = None,
        session_id: str | None = None,
    ) -> Shown:
        settings = self._settings.now
        measured = measure(text, gsm7_septets=settings.ussd_gsm7_septets, ucs2_characters=settings.ussd_ucs2_characters)
        shown = Shown(
            screen=measured.text,
            open=msisdn in self._calls,
            cut=measured.cut,
            encoding=measured.encoding,
            length=measured.length,
            session_id=call.dialogue.session_id if call else session_id,
            failed=failed,
        )
        self._screens[msisdn] = shown
        self._hub.tell(msisdn, "screen")
        return shown

    def _end(self, call: Call, *, status: Status, told: bool, error: str = "", by_us: bool = False) -> None:
        del self._calls[call.msisdn]
        if call.timer is not None:
            call.timer.cancel()
        ending = Ending(status=status, began=call.began, last_response=call.last_response, error=error, by_us=by_us)
        request = call.gateway.ended(call.dialogue, ending) if told else None
        if request is None:
            return
        ended = Callback(
            operation="ussd.ended",
            msisdn=call.msisdn,
            url=self._url(call, request),
            body=request.body,
            form=request.form,
            method=request.method,
        )
        self._network.send_later(ended, after_s=0)

    def _url(self, call: Call, request: Request) -> str:
        return f"{self._config.redial_url}/ussd/{call.name}/{self._config.gateway_secret}{request.below}"
