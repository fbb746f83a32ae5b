"""The addresses that SMS gateways post to."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Response, request
from sqlalchemy import Engine

from sms.answers import Answers
from sms.gateways import africastalking
from sms.writer import Letter
from store import inbox, subscribers
from store.desk import Desk
from store.inbox import Callback
from topup.clock import Clock
from topup.phone import UnableToReadNumber, read_caller
from topup.vouchers import starred

log = structlog.get_logger(__name__)


def make_blueprint(*, engine: Engine, desk: Desk, answers: Answers, clock: Clock) -> Blueprint:
    """The routes. The secret in the path is checked before any of them (web.secrets)."""
    routes = Blueprint("sms", __name__, url_prefix="/sms/africastalking/<secret>")

    @routes.post("/incoming")
    def incoming(secret: str) -> Response:
        """Somebody wrote to our short code."""
        try:
            message = africastalking.read_incoming(request.form)
        except africastalking.UnableToReadMessage as error:
            log.warning("sms_unreadable", why=str(error))
            return Response(str(error), status=400, mimetype="text/plain")
        letter = Letter(
            channel=f"sms:{africastalking.NAME}",
            id=message.id,
            sender=message.sender,
            text=message.text,
            raw=replace(_callback("incoming"), body=_kept_of(request.form)),
        )
        log.info("sms_in", sender=message.sender, verdict=answers.take(letter))
        return Response("", status=200)

    @routes.post("/delivery")
    def delivery(secret: str) -> Response:
        """What became of a message of ours."""
        with engine.begin() as connection:
            inbox.keep_to_settle(connection, _callback("delivery"), now=clock())
        return Response("", status=200)

    @routes.post("/optout")
    def optout(secret: str) -> Response:
        """Somebody told the gateway to stop."""
        try:
            msisdn = read_caller(africastalking.read_opt_out(request.form), country=desk.country)
        except (africastalking.UnableToReadMessage, UnableToReadNumber) as error:
            return Response(str(error), status=400, mimetype="text/plain")
        with engine.begin() as connection:
            subscribers.stop(connection, msisdn, now=clock())
        return Response("", status=200)

    return routes


def _kept_of(form: Mapping[str, str]) -> bytes:
    """What is kept of an incoming message: all of it, but no number that may be a voucher's."""
    return urlencode({**form, "text": starred(form.get("text", ""))}).encode()


def _callback(topic: str) -> Callback:
    return Callback(
        provider=africastalking.NAME,
        topic=topic,
        reference=None,
        content_type=request.content_type or "",
        body=request.get_data(cache=True),
        remote_address=request.remote_addr or "",
    )
