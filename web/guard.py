"""What stands before every request: an id for the logs, and the proof that a callback comes from where it should.

None of the gateways and providers signs what it posts. What they have instead is a secret in the address, which only
they were told, and addresses of their own, which a firewall or this list may insist on.
"""

import hmac
import ipaddress
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from wsgiref.types import WSGIEnvironment

import structlog
from flask import Flask, Response, abort, request
from werkzeug.exceptions import HTTPException

_DIGITS_TO_LETTERS = str.maketrans("0123456789", "ghijklmnop")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a request to a blueprint must show: the secret in its path (a bearer token where the path has none), and one
    of these networks (none: any).
    """

    secret: str
    networks: tuple[Network, ...] = ()

    def admits(self, *, secret: str, address: str | None) -> bool:
        """Whether a request with this secret from this address may come in."""
        if not hmac.compare_digest(secret.encode(), self.secret.encode()):
            return False
        return not self.networks or (
            address is not None and any(ipaddress.ip_address(address) in network for network in self.networks)
        )


def networks_of(listed: str) -> tuple[Network, ...]:
    """The networks of a setting: `196.201.214.0/24, 196.201.213.114`. Raises ValueError."""
    return tuple(ipaddress.ip_network(part.strip()) for part in listed.split(",") if part.strip())


def stand_before(app: Flask, *, passes: Mapping[str, Pass]) -> None:
    """Guard the application. `passes` are the demands on each blueprint; the others are open."""

    @app.before_request
    def admit() -> None:
        _begin_to_log(request.headers.get("X-Request-Id"))
        demanded = passes.get(request.blueprint or "")
        shown = (request.view_args or {}).get("secret") or _bearer()
        if demanded is not None and not demanded.admits(secret=shown, address=request.remote_addr):
            abort(404)
        request.get_data(cache=True)  # Callbacks are kept as they came, which parsing the form would eat.

    @app.errorhandler(HTTPException)
    def say_plainly(error: HTTPException) -> Response:
        return Response(f"{error.description}\n", status=error.code, mimetype="text/plain")


def _bearer() -> str:
    """The token of `Authorization: Bearer`, where the path has no secret."""
    shown = request.authorization
    return (shown.token or "") if shown is not None and shown.type == "bearer" else ""


def at_the_door(demanded: Pass) -> Callable[[WSGIEnvironment, str], bool]:
    """Whether a request that has not reached Flask, and shows this secret, may come in. It is named when it may."""

    def admit(environ: WSGIEnvironment, secret: str) -> bool:
        if not demanded.admits(secret=secret, address=environ.get("REMOTE_ADDR")):
            return False
        _begin_to_log(environ.get("HTTP_X_REQUEST_ID"))
        return True

    return admit


def _begin_to_log(name: str | None) -> None:
    """Let every line until the next request carry this request's name; a new one where it has none."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=(name or _new_name())[:64])


def _new_name() -> str:
    """A name for a request. It begins with a letter, so that no log takes it for a phone number and masks it."""
    return "r" + secrets.token_hex(6).translate(_DIGITS_TO_LETTERS)
