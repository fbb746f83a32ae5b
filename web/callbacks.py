"""Callbacks of payment and airtime providers: kept as they came, answered at once, settled by a job.

A provider that waits for us may give up and never tell again, so nothing is looked at here: not even whether the body
can be read.
"""

import re
from collections.abc import Mapping
from typing import Protocol

import structlog
from flask import Blueprint, Response, abort, jsonify, request
from sqlalchemy import Engine

from store import attempts, inbox
from store.engine import alone
from store.inbox import Callback
from topup.clock import Clock
from topup.money import Money
from topup.ports import UnableToReadEvent

log = structlog.get_logger(__name__)

_REFERENCE = re.compile(r"[a-z0-9-]{1,64}")

_TAKEN = {"ResultCode": 0, "ResultDesc": "Accepted"}


class AirtimeQuestion(Protocol):
    """What Africa's Talking asks before it delivers airtime."""

    @property
    def msisdn(self) -> str:
        """The line that the airtime is for, in E.164."""
        ...

    @property
    def amount(self) -> Money:
        """How much."""
        ...


class ReadQuestion(Protocol):
    """Reads the question. Raises UnableToReadEvent."""

    def __call__(self, body: bytes, *, content_type: str) -> AirtimeQuestion: ...


def make_blueprint(*, engine: Engine, clock: Clock, read_question: ReadQuestion) -> Blueprint:
    """The routes. The secret in the path is checked before any of them."""
    routes = Blueprint("callbacks", __name__, url_prefix="/callbacks")

    def keep(provider: str, topic: str, reference: str | None) -> None:
        if reference is not None and not _REFERENCE.fullmatch(reference):
            abort(404)  # No attempt of ours was ever called so.
        callback = Callback(
            provider=provider,
            topic=topic,
            reference=reference,
            content_type=request.content_type or "",
            body=request.get_data(),
            remote_address=request.remote_addr or "",
        )
        with alone(engine) as connection:
            kept = inbox.keep_to_settle(connection, callback, now=clock())
        log.info("callback_kept", provider=provider, topic=topic, inbox=kept, reference=reference)

    @routes.post("/daraja/<secret>/stk/<reference>")
    def stk(secret: str, reference: str) -> Response:
        """The end of a payment prompt."""
        keep("daraja", "stk", reference)
        return jsonify(_TAKEN)

    @routes.post("/daraja/<secret>/reversal/<reference>/<any(result, timeout):end>")
    def reversal(secret: str, reference: str, end: str) -> Response:
        """The end of a reversal, or that Safaricom's queue gave it up."""
        keep("daraja", "reversal" if end == "result" else "reversal_timeout", reference)
        return jsonify(_TAKEN)

    @routes.route("/mtn_momo/<secret>/<any(charge, refund):topic>/<reference>", methods=["POST", "PUT"])
    def momo(secret: str, topic: str, reference: str) -> Response:
        """The end of a request to pay or of a refund. MTN's manual says PUT, and its sandbox posts."""
        keep("mtn_momo", topic, reference)
        return Response("", status=200)

    @routes.post("/airtel_money/<secret>/payment")
    def airtel_payment(secret: str) -> Response:
        """Something has become of a payment. Airtel knows one address for all of them."""
        keep("airtel_money", "payment", None)
        return Response("", status=200)

    @routes.post("/africastalking/<secret>/airtime/status")
    def airtime_status(secret: str) -> Response:
        """What became of airtime."""
        keep("airtime", "airtime", None)
        return Response("", status=200)

    @routes.post("/africastalking/<secret>/airtime/validation")
    def airtime_validation(secret: str) -> Response:
        """They ask before they send: is this airtime ours? It may come while our own request is still open."""
        try:
            question = read_question(request.get_data(), content_type=request.content_type or "")
        except UnableToReadEvent as error:
            log.warning("validation_unreadable", why=str(error))
            return _validated(is_ours=False)
        with alone(engine) as connection:
            is_ours = attempts.is_awaited(
                connection, provider="airtime", msisdn=question.msisdn, amount=question.amount
            )
        log.info("airtime_validated", is_ours=is_ours, msisdn=question.msisdn)
        return _validated(is_ours=is_ours)

    return routes


def _validated(*, is_ours: bool) -> Response:
    answer: Mapping[str, str] = {"status": "Validated" if is_ours else "Failed"}
    return jsonify(answer)
