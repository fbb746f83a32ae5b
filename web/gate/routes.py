"""`/gate`: the addresses for packet gateways (docs/gate.md).

The answer of `verify` is in the terms of Diameter Credit-Control (RFC 8506), so that a gateway's Gy or Ro side knows
each field: `final_unit_action` is Final-Unit-Action (AVP 449) of a Final-Unit-Indication (430), `redirect_server` is
Redirect-Server (434) with Redirect-Address-Type (433) and Redirect-Server-Address (435), and `permitted` are
Restriction-Filter-Rules (438), each an IPFilterRule of RFC 6733, 4.3.1.
"""

from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, request
from redis.exceptions import RedisError

from store.gate import GateMemory
from topup.address import UnableToReadAddress, phone_address
from topup.errors import RedialError
from topup.phone import UnableToReadNumber, read_caller
from web.gate.following import Followers, is_name
from web.gate.keeper import Keeper

log = structlog.get_logger(__name__)

# Acct-Status-Type of RADIUS accounting (RFC 2866, 5.1), in words.
_BEGINS, _ENDS = ("start", "interim"), "stop"

_TRY_AGAIN_S = "1"


class UnableToReadQuestion(RedialError):
    """{why}"""


def make_blueprint(*, keeper: Keeper, memory: GateMemory, followers: Followers, country: str) -> Blueprint:
    """The routes. The secret, in the path or as a bearer token, is checked before any of them."""
    routes = Blueprint("gate", __name__, url_prefix="/gate")

    @routes.post("/<secret>/sessions")
    @routes.post("/sessions")
    def sessions(secret: str | None = None) -> Response:
        """A phone has got an address, still has it, or has it no longer."""
        asked = _object()
        address, msisdn = _address(asked), _msisdn(asked, country)
        if (event := asked.get("event")) not in (*_BEGINS, _ENDS):
            raise UnableToReadQuestion(why="event: start, interim or stop")
        (memory.end_session if event == _ENDS else memory.begin_session)(address=address, msisdn=msisdn)
        return Response(status=204)

    @routes.post("/<secret>/verify")
    @routes.post("/verify")
    def verify(secret: str | None = None) -> Response:
        """May this phone pass, or is it led to the guide?"""
        asked = _object()
        if ("address" in asked) == ("msisdn" in asked):
            raise UnableToReadQuestion(why="either address or msisdn")
        if "msisdn" in asked:
            return jsonify(keeper.verify(msisdn=_msisdn(asked, country)))
        return jsonify(keeper.verify(address=_address(asked)))

    @routes.get("/<secret>/events")
    @routes.get("/events")
    def events(secret: str | None = None) -> Response:
        """Follow the lines that come back."""
        after = request.headers.get("Last-Event-ID")
        if after is not None and not is_name(after):
            raise UnableToReadQuestion(why="Last-Event-ID: the id of an event of this stream")
        return followers.follow(after)

    _answer_everywhere(routes)
    return routes


def _answer_everywhere(routes: Blueprint) -> None:
    """What is wrong with a question, and what cannot be kept just now, as JSON too; and nothing for caches."""

    @routes.errorhandler(UnableToReadQuestion)
    def say_what_is_wrong(error: UnableToReadQuestion) -> tuple[Response, int]:
        return jsonify(error=str(error)), 400

    @routes.errorhandler(RedisError)
    def ask_again(error: RedisError) -> tuple[Response, int, dict[str, str]]:
        log.warning("gate_without_redis", why=type(error).__name__)
        return jsonify(error="nothing can be kept just now"), 503, {"Retry-After": _TRY_AGAIN_S}

    @routes.after_request
    def keep_from_caches(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response


def _object() -> dict[str, Any]:
    asked = request.get_json(force=True, silent=True)
    if not isinstance(asked, dict):
        raise UnableToReadQuestion(why="a JSON object")
    return asked


def _address(asked: dict[str, Any]) -> str:
    given = asked.get("address")
    try:
        return phone_address(given if isinstance(given, str) else "")
    except UnableToReadAddress as error:
        raise UnableToReadQuestion(why="address: an IPv4 or IPv6 address, or an IPv6 /64") from error


def _msisdn(asked: dict[str, Any], country: str) -> str:
    given = asked.get("msisdn")
    try:
        return read_caller(given if isinstance(given, str) else "", country=country)
    except UnableToReadNumber as error:
        raise UnableToReadQuestion(why="msisdn: a number in E.164") from error
