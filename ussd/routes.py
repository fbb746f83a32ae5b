"""The addresses that USSD gateways post to."""

import time
from collections.abc import Sequence

import structlog
from flask import Blueprint, Response, request
from prometheus_client import Counter, Histogram

from topup.phone import UnableToReadNumber, read_caller
from ussd.engine import Engine, Hop, Reply
from ussd.gateways import africastalking
from words.text import SOURCE, Text, rendered, say

log = structlog.get_logger(__name__)

hops = Counter("redial_hops", "USSD hops answered.", ["gateway", "screen", "open"])
hop_seconds = Histogram(
    "redial_hop_seconds",
    "How long a USSD hop took, seconds.",
    ["gateway"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
sessions_ended = Counter("redial_sessions_ended", "USSD sessions that a gateway reported as ended.", ["status"])


def make_blueprint(*, engine: Engine, country: str, short_codes: Sequence[str]) -> Blueprint:
    """The routes. The secret in the path is checked before any of them."""
    routes = Blueprint("ussd", __name__, url_prefix="/ussd/africastalking/<secret>")

    @routes.post("")
    def hop(secret: str) -> Response:
        """One keypress."""
        began = time.perf_counter()
        reply = _answer(engine, country=country, short_codes=short_codes)
        took = time.perf_counter() - began
        hops.labels(africastalking.NAME, reply.screen, str(reply.open).lower()).inc()
        hop_seconds.labels(africastalking.NAME).observe(took)
        log.info("hop", screen=reply.screen, open=reply.open, seconds=round(took, 4))
        return Response(africastalking.write(reply), content_type=africastalking.CONTENT_TYPE)

    @routes.post("/ended")
    def ended(secret: str) -> Response:
        """The gateway tells that a session is over. Nothing hangs on it: most drops are never told."""
        status = request.form.get("status", "")
        known = status if status in ("Success", "Incomplete", "Failed") else "other"
        sessions_ended.labels(known).inc()
        log.info("session_ended", status=known, hops=request.form.get("hopsCount", "")[:8])
        return Response("", status=200)

    return routes


def _answer(engine: Engine, *, country: str, short_codes: Sequence[str]) -> Reply:
    """The answer to the request at hand. What cannot be read, and what fails, ends in a sentence."""
    try:
        session, phone, code, text = africastalking.read(request.form)
        msisdn = read_caller(phone, country=country)
    except (africastalking.UnableToReadHop, UnableToReadNumber) as error:
        log.warning("hop_unreadable", why=str(error))
        return _end(say("We could not read that. Nothing was paid. Please dial again."), "unreadable")
    behind = _dialled_behind(code, short_codes)
    if behind is None:
        log.warning("hop_not_ours", code=code[:12])  # No more of it: a voucher may stand there.
        return _end(say("This code is not served here. Please dial {code}.", code=short_codes[0]), "not_ours")
    with structlog.contextvars.bound_contextvars(session=session, msisdn=msisdn):
        try:
            return engine.hop(
                Hop(
                    channel=f"ussd:{africastalking.NAME}",
                    conversation=session,
                    msisdn=msisdn,
                    text=_all_typed(text, behind),
                    width=africastalking.WIDTH,
                )
            )
        except Exception:
            # A traceback would reach the phone as the gateway's own "application error". What an earlier hop
            # placed stands and will be told by SMS, so the sentence promises nothing about it.
            log.exception("hop_failed")
            return _end(
                say(
                    "Sorry, something went wrong on our side. Please dial {code} again in a minute.",
                    code=short_codes[0],
                ),
                "failed",
            )


def _dialled_behind(code: str, short_codes: Sequence[str]) -> str | None:
    """What stands in a service code behind one of ours: `100` in `*384*55*100#`. None when it is not served here."""
    stems = [f"{ours.rstrip('#')}*" for ours in short_codes if code.startswith(f"{ours.rstrip('#')}*")]
    if code in short_codes or not stems:
        return "" if code in short_codes else None
    return code.removeprefix(max(stems, key=len)).rstrip("#")


def _all_typed(text: str, behind: str) -> str:
    """Everything typed in the call. A direct dial stands in the text, in the service code, or in both."""
    if not behind or text == behind or text.startswith(f"{behind}*"):
        return text
    return f"{behind}*{text}" if text else behind


def _end(text: Text, screen: str) -> Reply:
    return Reply(rendered(text, SOURCE), open=False, screen=screen)
