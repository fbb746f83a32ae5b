"""Answers whatever a confined phone asks of port 80, of any host, with the address of the recharge guide.

This is the REDIRECT of a Final-Unit-Action (RFC 8506, 8.35) as a browser understands it. A phone's own question whether
it is behind such a page (http://connectivitycheck.../generate_204, /hotspot-detect.html and the like) gets the same
answer, and that is how the phone comes to offer the page by itself.
"""

from collections.abc import Callable
from html import escape
from typing import BinaryIO

from gateway.listener import Conversation
from gateway.message import Request, answer, read_request

# The guide is asked for with GET whatever was asked here: a form that somebody sends to another site is not for it. 303
# says so of a POST; for GET and HEAD the older 302 is what every client knows.
_ASKED_ALREADY_BY_GET = ("GET", "HEAD")


def redirecting(*, where: Callable[[str], str | None]) -> Conversation:
    """The conversation of the redirector. `where` gives the guide's address for a phone by the phone's address."""

    def converse(stream: BinaryIO, address: str) -> None:
        stream.write(redirect(read_request(stream), to=where(address)))

    return converse


def redirect(request: Request, *, to: str | None) -> bytes:
    """The answer that leads to the guide. With no `to` the phone is confined no longer: it may ask again."""
    if to is None:
        return answer(503, headers=(("Retry-After", "1"), ("Cache-Control", "no-store")))
    status = 302 if request.method in _ASKED_ALREADY_BY_GET or request.version == "HTTP/1.0" else 303
    # For the few that do not follow by themselves.
    page = f'<!doctype html><title>Redirected</title><a href="{escape(to)}">{escape(to)}</a>\n'.encode()
    headers = (("Location", to), ("Cache-Control", "no-store"), ("Content-Type", "text/html; charset=utf-8"))
    if request.method == "HEAD":
        return answer(status, headers=headers).replace(b"Content-Length: 0\r\n", b"")
    return answer(status, headers=headers, body=page)
