"""The addresses that USSD gateways post to: `/ussd/<gateway>/<secret>`, and what each gateway has below its own."""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from flask import Blueprint, Response, request
from prometheus_client import Counter, Histogram

from store.unfinished import UnfinishedCalls
from topup.clock import Clock
from topup.phone import UnableToReadNumber, read_caller
from ussd.engine import Engine, Hop, Reply
from ussd.gateway import Asked, Ended, Gateway, Posted, UnableToReadHop
from ussd.languages import Languages
from words.text import SOURCE, Text, rendered, say

log = structlog.get_logger(__name__)

hops = Counter("redial_hops", "USSD hops answered.", ["gateway", "screen", "open"])
hop_seconds = Histogram(
    "redial_hop_seconds",
    "How long a USSD hop took, seconds.",
    ["gateway"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
sessions_ended = Counter(
    "redial_sessions_ended", "USSD sessions that a gateway reported as ended.", ["gateway", "status"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switchboard:
    """What every gateway is connected to. `repeats_within` is for those that do not number hops (ussd.told)."""

    engine: Engine
    languages: Languages
    clock: Clock
    country: str
    short_codes: Sequence[str]
    repeats_within: timedelta
    unfinished: UnfinishedCalls | None = None


def make_blueprint(*, gateways: Sequence[Gateway], switchboard: Switchboard) -> Blueprint:
    """The routes of these gateways; another one is not found. The secret in the path is checked before any of them."""
    routes = Blueprint("ussd", __name__, url_prefix="/ussd")
    for gateway in gateways:
        for number, (address, methods) in enumerate(gateway.ADDRESSES.items()):
            routes.add_url_rule(
                f"/{gateway.NAME}/<secret>{address}",
                endpoint=f"{gateway.NAME}_{number}",
                view_func=partial(_view, switchboard, gateway, address),
                methods=methods,
            )
    return routes


def _view(board: Switchboard, gateway: Gateway, address: str, **path: str) -> Response:
    posted = _posted(board, gateway, address, path)
    return Response(answer(board, gateway, posted), content_type=gateway.CONTENT_TYPE)


def answer(board: Switchboard, gateway: Gateway, posted: Posted) -> str:
    """What to say to one keypress, or to the news that a session has ended. The door asks this too."""
    began = time.perf_counter()
    try:
        asked = gateway.read(posted)
    except UnableToReadHop as error:
        log.warning("hop_unreadable", gateway=gateway.NAME, why=str(error))
        reply = _end(_UNREADABLE, "unreadable")
    else:
        if isinstance(asked, Ended):
            sessions_ended.labels(gateway.NAME, asked.how).inc()
            _remind_sooner(board, asked)
            log.info("session_ended", gateway=gateway.NAME, status=asked.how)
            return gateway.write_ended(posted)
        reply = _reply(board, gateway, asked)
    took = time.perf_counter() - began
    hops.labels(gateway.NAME, reply.screen, str(reply.open).lower()).inc()
    hop_seconds.labels(gateway.NAME).observe(took)
    log.info("hop", gateway=gateway.NAME, screen=reply.screen, open=reply.open, seconds=round(took, 4))
    return gateway.write(reply, posted)


def _remind_sooner(board: Switchboard, ended: Ended) -> None:
    if board.unfinished is not None:
        with suppress(UnableToReadNumber):
            board.unfinished.hasten(read_caller(ended.phone, country=board.country), conversation=ended.session)


def _posted(board: Switchboard, gateway: Gateway, address: str, path: Mapping[str, str]) -> Posted:
    return Posted(
        address=address,
        path={name: value for name, value in path.items() if name != "secret"},
        fields=json_object(request.get_data()) if gateway.READS_JSON else request.form,
        at=board.clock(),
        repeats_within=board.repeats_within,
    )


def json_object(body: bytes) -> Mapping[str, Any]:
    """The fields of a JSON object, whatever type the request claims; none where there is no such object."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):  # A few thousand brackets are enough for the latter.
        return {}
    return found if isinstance(found, dict) else {}


_UNREADABLE = say("We could not read that. Nothing was paid. Please dial again.")


def _reply(board: Switchboard, gateway: Gateway, asked: Asked) -> Reply:
    """The answer to somebody who waits for a screen. What cannot be served, and what fails, ends in a sentence."""
    try:
        msisdn = read_caller(asked.phone, country=board.country)
    except UnableToReadNumber as error:
        log.warning("hop_unreadable", gateway=gateway.NAME, why=str(error))
        return _end(_UNREADABLE, "unreadable")
    who = {"channel": f"ussd:{gateway.NAME}", "conversation": asked.session, "msisdn": msisdn}
    behind = "" if asked.code is None else _dialled_behind(asked.code, board.short_codes)
    if behind is None:
        # No more of the code than its beginning: a voucher may stand behind it.
        log.warning("hop_not_ours", gateway=gateway.NAME, code=(asked.code or "")[:12])
        not_ours = say("This code is not served here. Please dial {code}.", code=board.short_codes[0])
        return _end(not_ours, "not_ours", board.languages.of(**who))
    with structlog.contextvars.bound_contextvars(session=asked.session, msisdn=msisdn):
        try:
            return board.engine.hop(Hop(**who, told=asked.told.behind(behind), width=asked.width))
        except Exception:
            # A traceback would reach the phone as the gateway's own "application error". What an earlier hop
            # placed stands and will be told by SMS, so the sentence promises nothing about it.
            log.exception("hop_failed", gateway=gateway.NAME)
            sorry = say(
                "Sorry, something went wrong on our side. Please dial {code} again in a minute.",
                code=board.short_codes[0],
            )
            return _end(sorry, "failed", board.languages.of(**who))


def _dialled_behind(code: str, short_codes: Sequence[str]) -> str | None:
    """What stands in a service code behind one of ours: `100` in `*384*55*100#`. None when it is not served here."""
    stems = [f"{ours.rstrip('#')}*" for ours in short_codes if code.startswith(f"{ours.rstrip('#')}*")]
    if code in short_codes or not stems:
        return "" if code in short_codes else None
    return code.removeprefix(max(stems, key=len)).rstrip("#")


def _end(text: Text, screen: str, language: str = SOURCE) -> Reply:
    return Reply(rendered(text, language), open=False, screen=screen)
