"""What every address of the sandbox has in common: reading bodies, writing JSON, refusing, and failing on purpose."""

import asyncio
import json
import logging
import secrets
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from sandbox.errors import BadRequest, Conflict, NotFound, SandboxError
from sandbox.faults import Fault, Faults

logger = logging.getLogger(__name__)

Model = TypeVar("Model", bound=BaseModel)
Take = Callable[[str], Fault | None]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_STATUS: dict[type[SandboxError], int] = {BadRequest: 400, NotFound: 404, Conflict: 409}


def json_reply(body: Any, *, status: int = 200) -> web.Response:
    """A JSON reply whose type is bare `application/json`: the africastalking SDK reads no other as JSON."""
    text = json.dumps(body, ensure_ascii=False).encode()
    return web.Response(body=text, status=status, headers={"Content-Type": "application/json"})


def text_reply(body: str, *, status: int) -> web.Response:
    """A reply in plain words."""
    return web.Response(text=body, status=status)


async def read_json(request: web.Request) -> dict[str, Any]:
    """The request's JSON object, whatever its declared type. Raises BadRequest."""
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise BadRequest(why="The body is not JSON.") from error
    if not isinstance(body, dict):
        raise BadRequest(why="The body is not a JSON object.")
    return body


async def read_model(request: web.Request, model: type[Model]) -> Model:
    """The request's JSON as `model`. Raises BadRequest."""
    return parse(model, await read_json(request))


def parse(model: type[Model], body: dict[str, Any]) -> Model:
    """The body as `model`. Raises BadRequest with a sentence on the first thing that is wrong."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        words = first["msg"].removeprefix("Value error, ")
        raise BadRequest(why=f"{place}: {words}." if place else f"{words}.") from error


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A refusal becomes `{"error": sentence}`; what nobody foresaw is logged and becomes a 500."""
    try:
        return await handler(request)
    except SandboxError as error:
        return json_reply({"error": str(error)}, status=_STATUS.get(type(error), 400))
    except web.HTTPException as error:
        return json_reply({"error": f"{request.method} {request.path}: {error.reason}."}, status=error.status)
    except Exception:
        logger.exception("%s %s failed", request.method, request.path)
        return json_reply({"error": "The sandbox failed; its log says why."}, status=500)


@web.middleware
async def any_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer preflights: the phone page is served from another port."""
    if request.method == "OPTIONS":
        return web.Response(
            status=204,
            headers={
                "Access-Control-Allow-Methods": "GET, PUT, POST, OPTIONS",
                "Access-Control-Allow-Headers": "Content-Type",
                "Access-Control-Max-Age": "600",
            },
        )
    return await handler(request)


async def allow_any_origin(_request: web.Request, response: web.StreamResponse) -> None:
    """A page of any origin may read the reply."""
    response.headers["Access-Control-Allow-Origin"] = "*"


async def answer(
    request: web.Request,
    *,
    faults: Faults,
    operation: str,
    msisdn: str | None,
    effect: Callable[[Fault | None], Awaitable[web.Response]],
) -> web.StreamResponse:
    """Answer a provider's operation, with the faults that befall it.

    `effect` does what was asked for and makes the reply; it is given the result code to answer with, if any.
    """

    def take(kind: str) -> Fault | None:
        return faults.take(operation, kind, msisdn)

    refused = await _before_effect(request, take)
    if refused is not None:
        return refused
    return await _after_effect(request, take, await effect(take("result_code")))


async def _before_effect(request: web.Request, take: Take) -> web.Response | None:
    if fault := take("delay"):
        await asyncio.sleep(fault.wait_s)
    if fault := take("http_500"):
        return text_reply("Refused on purpose", status=fault.http_status or 500)
    if take("reset_before_effect"):
        return _cut_off(request)
    if fault := take("timeout_before_effect"):
        return await _hold_and_cut_off(request, fault.wait_s)
    return None


async def _after_effect(request: web.Request, take: Take, response: web.Response) -> web.Response:
    if take("reset_after_effect"):
        return _cut_off(request)
    if fault := take("timeout_after_effect"):
        return await _hold_and_cut_off(request, fault.wait_s)
    if fault := take("garbage"):
        return web.Response(body=garbage(fault), content_type="text/html", status=response.status)
    return response


def garbage(fault: Fault) -> bytes:
    """What no reader can make sense of, as long as the fault says."""
    if fault.bytes is None:
        return b"<html><body>Gateway " + secrets.token_hex(4).encode() + b" says {\x00\xff"
    return b"{" * fault.bytes


async def _hold_and_cut_off(request: web.Request, seconds: float) -> web.Response:
    await asyncio.sleep(seconds)
    return _cut_off(request)


def _cut_off(request: web.Request) -> web.Response:
    """Reset the connection without an answer: with no lingering, closing it sends RST."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
