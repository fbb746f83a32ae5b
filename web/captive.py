"""The Captive Portal API (RFC 8908): how a modern phone finds the guide by itself. docs/gate.md says how it is told.

It says what the packet gateway does: who is led to the guide is captive, and who passes is not. A phone that nobody
knows is what the gateway takes it for (GATE_UNKNOWN).
"""

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Request, Response, request

from web.gate.keeper import Keeper

# RFC 8908, 8.1.
_MEDIA_TYPE = "application/captive+json"


def make_blueprint(*, keeper: Keeper, number_of: Callable[[Request], str | None], guide_url: str) -> Blueprint:
    """`GET /captive-portal/api`. `number_of` knows a phone by what its gateway says, never by a cookie."""
    routes = Blueprint("captive", __name__)

    @routes.get("/captive-portal/api")
    def api() -> Response:
        """Whether this phone is captive, and where its owner gets out. How long or how much is left, nobody knows."""
        answer: dict[str, Any] = {
            "captive": not keeper.passes(msisdn=number_of(request)),
            "user-portal-url": guide_url,
            "can-extend-session": True,
        }
        response = Response(json.dumps(answer), content_type=_MEDIA_TYPE)
        response.headers["Cache-Control"] = "private, no-store"  # It is about one phone.
        return response

    return routes
