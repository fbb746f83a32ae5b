"""The addresses that SMS gateways call: `/sms/<gateway>/<secret>/incoming`, `/delivery`, `/optout`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from flask import Blueprint, Response, request
from sqlalchemy import Connection, Engine

from sms.answers import Answers
from sms.gateways.port import Gateway, Posted, TellsOptOuts, UnableToReadMessage
from sms.writer import Letter
from store import inbox, reports, subscribers
from store.auto import stop_all_of
from store.desk import Desk
from store.engine import alone
from store.inbox import Callback
from topup.clock import Clock
from topup.phone import UnableToReadNumber, read_caller

log = structlog.get_logger(__name__)


def make_blueprint(
    *, engine: Engine, desk: Desk, answers: Answers, clock: Clock, gateways: Iterable[Gateway]
) -> Blueprint:
    """The routes of every gateway. The secret in the path is checked before any of them (web.guard)."""
    routes = Blueprint("sms", __name__, url_prefix="/sms")
    for gateway in gateways:
        _Door(engine=engine, desk=desk, answers=answers, clock=clock, gateway=gateway).open(routes)
    return routes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    """Where one gateway comes in."""

    engine: Engine
    desk: Desk
    answers: Answers
    clock: Clock
    gateway: Gateway

    def open(self, routes: Blueprint) -> None:
        """Add this gateway's addresses to the routes."""
        name = self.gateway.name
        at = f"/{name}/<secret>"
        routes.add_url_rule(f"{at}/incoming", f"{name}_incoming", self.incoming, methods=self.gateway.incoming_by)
        routes.add_url_rule(f"{at}/delivery", f"{name}_delivery", self.delivery, methods=self.gateway.reports_by)
        if isinstance(self.gateway, TellsOptOuts):
            optout = partial(self.optout, self.gateway)
            routes.add_url_rule(f"{at}/optout", f"{name}_optout", optout, methods=["POST"])

    def incoming(self, secret: str) -> Response:
        """Somebody wrote to our short code. The answer goes out by itself, so nothing is said here (Kannel would)."""
        posted = _posted()
        try:
            message = self.gateway.read_incoming(posted)
        except UnableToReadMessage as error:
            return self._unreadable(error)
        letter = Letter(
            channel=f"sms:{self.gateway.name}",
            id=message.id,
            sender=message.sender,
            text=message.text,
            raw=self._callback("incoming", self.gateway.without_vouchers(posted)),
        )
        log.info("sms_in", gateway=self.gateway.name, sender=message.sender, verdict=self.answers.take(letter))
        return _plain("")

    def delivery(self, secret: str) -> Response:
        """What became of a message of ours."""
        callback, now = self._callback("delivery", _posted()), self.clock()
        with alone(self.engine) as connection:
            if not self._tells_an_end(connection, callback, now=now):
                inbox.keep_to_settle(connection, callback, now=now)
        return _plain("")

    def _tells_an_end(self, connection: Connection, callback: Callback, *, now: datetime) -> bool:
        """Whether a report was kept, and settled, since it tells of a message that waits for it that it arrived."""
        try:
            report = self.gateway.read_report(callback.body)
        except UnableToReadMessage:
            return False  # It is kept all the same, with what is wrong with it.
        is_usual = report.is_delivered is True and report.ours is None
        return is_usual and reports.keep_delivered(connection, callback, gateway_id=report.gateway_id, now=now)

    def optout(self, gateway: TellsOptOuts, secret: str) -> Response:
        """Somebody told the gateway to stop."""
        try:
            msisdn = read_caller(gateway.read_opt_out(_posted()), country=self.desk.country)
        except (UnableToReadMessage, UnableToReadNumber) as error:
            return self._unreadable(error)
        with self.engine.begin() as connection:
            subscribers.stop(connection, msisdn, now=self.clock())
            stop_all_of(connection, msisdn, now=self.clock(), why="opted out at the gateway")
        return _plain("")

    def _callback(self, topic: str, posted: Posted) -> Callback:
        return Callback(
            provider=self.gateway.name,
            topic=topic,
            reference=None,
            content_type=posted.content_type,
            body=posted.record,
            remote_address=request.remote_addr or "",
        )

    def _unreadable(self, error: UnableToReadMessage | UnableToReadNumber) -> Response:
        log.warning("sms_unreadable", gateway=self.gateway.name, why=str(error))
        return _plain(str(error), status=400)


def _posted() -> Posted:
    return Posted(
        query=request.query_string,
        body=request.get_data(cache=True),
        content_type=request.content_type or "",
        form=request.form,
    )


def _plain(words: str, *, status: int = 200) -> Response:
    return Response(words, status=status, mimetype="text/plain")
