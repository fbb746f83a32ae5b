"""The control API of phones: dial, keys, SMS, prompts, and a stream of what changes."""

import json
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from sandbox.gateways import GatewayName
from sandbox.hub import Watcher
from sandbox.outside import Outside
from sandbox.people import read_msisdn
from sandbox.settings import PromptAnswer
from sandbox.shown import line_body, wallet_body
from sandbox.sms import Sms
from sandbox.ussd import Ussd
from sandbox.web import json_reply, read_model

PING_S = 15.0


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Dial(_Body):
    """`{"code": "*384*55#", "gateway": "hubtel"}`; without them, the first short code, and the settings' gateway."""

    code: str | None = Field(default=None, min_length=1, max_length=200)
    gateway: GatewayName | None = None


class Key(_Body):
    """`{"text": "1"}`"""

    text: str


class Text(_Body):
    """`{"to": "38455", "text": "TOPUP 100"}`"""

    to: str | None = Field(default=None, min_length=1, max_length=20)
    text: str = Field(max_length=1600)


class Answer(_Body):
    """`{"answer": "pin"}`"""

    answer: Literal["pin", "wrong_pin", "cancel", "ignore"]


class Person(_Body):
    """`{"prompt_answer": "by_hand"}`; null follows the settings."""

    prompt_answer: PromptAnswer | None


class Phones:
    """The addresses below /phones."""

    def __init__(self, outside: Outside, *, ussd: Ussd, sms: Sms) -> None:
        self._config = outside.config
        self._people = outside.people
        self._prompts = outside.prompts
        self._hub = outside.hub
        self._ussd = ussd
        self._sms = sms

    def routes(self) -> list[web.RouteDef]:
        """The routes."""
        phone = "/phones/{msisdn}"
        return [
            web.get("/phones", self._list),
            web.get(phone, self._get),
            web.put(phone, self._put),
            web.post(f"{phone}/dial", self._dial),
            web.post(f"{phone}/key", self._key),
            web.post(f"{phone}/hangup", self._hangup),
            web.post(f"{phone}/sms", self._text),
            web.post(f"{phone}/optout", self._optout),
            web.get(f"{phone}/inbox", self._inbox),
            web.get(f"{phone}/prompts", self._list_prompts),
            web.post(f"{phone}/prompts/{{id}}", self._answer),
            web.get(f"{phone}/events", self._events),
        ]

    async def _list(self, _request: web.Request) -> web.Response:
        return json_reply(self._people.known())

    async def _get(self, request: web.Request) -> web.Response:
        return json_reply(self._phone(_msisdn(request)))

    async def _put(self, request: web.Request) -> web.Response:
        msisdn = _msisdn(request)
        self._people.set_prompt_answer(msisdn, (await read_model(request, Person)).prompt_answer)
        return json_reply(self._phone(msisdn))

    async def _dial(self, request: web.Request) -> web.Response:
        body = await read_model(request, Dial)
        code = body.code or self._config.short_codes[0]
        return json_reply((await self._ussd.dial(_msisdn(request), code, through=body.gateway)).body())

    async def _key(self, request: web.Request) -> web.Response:
        keys = (await read_model(request, Key)).text
        return json_reply((await self._ussd.key(_msisdn(request), keys)).body())

    async def _hangup(self, request: web.Request) -> web.Response:
        return json_reply(self._ussd.hang_up(_msisdn(request)).body())

    async def _text(self, request: web.Request) -> web.Response:
        body = await read_model(request, Text)
        to = body.to or self._config.sms_short_code
        return json_reply({"id": self._sms.text(_msisdn(request), to=to, text=body.text)})

    async def _optout(self, request: web.Request) -> web.Response:
        self._sms.opt_out(_msisdn(request))
        return json_reply({})

    async def _inbox(self, request: web.Request) -> web.Response:
        return json_reply(self._people.inbox(_msisdn(request)))

    async def _list_prompts(self, request: web.Request) -> web.Response:
        return json_reply(self._open_prompts(_msisdn(request)))

    async def _answer(self, request: web.Request) -> web.Response:
        answer = (await read_model(request, Answer)).answer
        self._prompts.answer(_msisdn(request), request.match_info["id"], answer)
        return json_reply({})

    def _open_prompts(self, msisdn: str) -> list[dict[str, Any]]:
        return [prompt.body() for prompt in self._prompts.open_for(msisdn)]

    def _phone(self, msisdn: str) -> dict[str, Any]:
        return {
            "msisdn": msisdn,
            "prompt_answer": self._people.prompt_answer(msisdn),
            "line": self._look(msisdn, "line"),
            "wallet": self._look(msisdn, "wallet"),
            "screen": self._look(msisdn, "screen"),
            "prompts": self._look(msisdn, "prompts"),
        }

    def _look(self, msisdn: str, topic: str) -> Any:
        match topic:
            case "line":
                return line_body(self._people.line(msisdn))
            case "wallet":
                return wallet_body(self._people.wallet(msisdn))
            case "inbox":
                return self._people.inbox(msisdn)
            case "prompts":
                return self._open_prompts(msisdn)
        return self._ussd.screen(msisdn).body()

    async def _events(self, request: web.Request) -> web.StreamResponse:
        msisdn = _msisdn(request)
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
        stream = web.StreamResponse(headers=headers)
        await stream.prepare(request)
        watcher = self._hub.watch(msisdn)
        try:
            await self._stream(stream, msisdn, watcher)
        except ConnectionError:
            pass  # The page was closed: there is nobody left to tell.
        finally:
            self._hub.leave(msisdn, watcher)
        return stream

    async def _stream(self, stream: web.StreamResponse, msisdn: str, watcher: Watcher) -> None:
        while not watcher.closed:
            topics = await watcher.changes(timeout_s=PING_S)
            lines = [f"event: {topic}\ndata: {json.dumps(self._look(msisdn, topic))}\n\n" for topic in topics]
            await stream.write("".join(lines or [": still here\n\n"]).encode())


def _msisdn(request: web.Request) -> str:
    return read_msisdn(request.match_info["msisdn"])
