"""The short way in: a hop that is as hops should be is answered before Flask sees it.

What Flask does around a view costs as much as a key itself, and keys are nearly all that is ever asked here. So the
door reads what is posted to a gateway's own address in the form that the gateway writes. Whatever is unusual in the
least (another method or type of body, a wrong secret, a body that is no form) goes on to the routes of Flask, which are
complete without it and say what is wrong.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any
from urllib.parse import unquote_plus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from ussd.gateway import Gateway, Posted
from ussd.routes import Switchboard, answer, json_object

# Whether a request that shows this secret may come in; names the request for the logs when it may.
Admit = Callable[[WSGIEnvironment, str], bool]

FORM = "application/x-www-form-urlencoded"

# No gateway's hop has a tenth of it.
_LARGEST_BODY = 16 * 1024


class Unusual(Exception):
    """The request is for Flask."""


class Door:
    """A WSGI application before another one."""

    def __init__(
        self, behind: WSGIApplication, *, gateways: Sequence[Gateway], switchboard: Switchboard, admit: Admit
    ) -> None:
        self._behind = behind
        self._gateways = {f"/ussd/{gateway.NAME}": gateway for gateway in gateways if "" in gateway.ADDRESSES}
        self._switchboard = switchboard
        self._admit = admit

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a hop; let everything else through."""
        before, _, secret = environ["PATH_INFO"].rpartition("/")
        gateway = self._gateways.get(before)
        if gateway is None or environ["REQUEST_METHOD"] != "POST":
            return self._behind(environ, start_response)
        try:
            fields = _fields(environ, gateway)
        except (Unusual, UnicodeDecodeError):
            return self._behind(environ, start_response)
        if not self._admit(environ, secret):
            return self._behind(environ, start_response)
        board = self._switchboard
        posted = Posted(address="", path={}, fields=fields, at=board.clock(), repeats_within=board.repeats_within)
        body = answer(board, gateway, posted).encode()
        start_response("200 OK", [("Content-Type", gateway.CONTENT_TYPE), ("Content-Length", str(len(body)))])
        return [body]


def _fields(environ: WSGIEnvironment, gateway: Gateway) -> Mapping[str, Any]:
    """What was posted. Flask finds the body unread. Raises Unusual or UnicodeDecodeError."""
    size = environ.get("CONTENT_LENGTH", "")
    if not (size.isascii() and size.isdecimal()) or int(size) > _LARGEST_BODY:
        raise Unusual
    if not gateway.READS_JSON and environ.get("CONTENT_TYPE") != FORM:
        raise Unusual
    body = environ["wsgi.input"].read(int(size))
    environ["wsgi.input"] = BytesIO(body)
    if len(body) < int(size):  # Half a form could be half of what was typed.
        raise Unusual
    return json_object(body) if gateway.READS_JSON else form(body)


def form(body: bytes) -> dict[str, str]:
    """The fields of a form; of one that comes twice the first. Raises UnicodeDecodeError."""
    fields: dict[str, str] = {}
    for field in body.decode("ascii").split("&"):
        name, _, value = field.partition("=")
        fields.setdefault(unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict"))
    return fields
