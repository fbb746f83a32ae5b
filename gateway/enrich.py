"""The proxy on the way to the guide: it says there whose phone it is, and lets no phone say it for itself.

This is header enrichment as packet gateways do it for the operator's own pages. What makes it safe to believe is that
nothing which the phone wrote can be taken for it:

- the header is taken out however it is spelled (X-Msisdn, x_msisdn: servers that turn - into _ see one name in both),
  however often, and in trailers; so are all those in which one gateway or another carries a number or names its hops;
- so is Connection, with whatever it names: "Connection: X-MSISDN" would make the next hop drop ours;
- a request goes on with a length counted here and the connection ends after it, so there is no second one to hide;
- nothing but the guide is reached through here, whatever the path, the Host or an absolute address say.
"""

import logging
import re
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from gateway.listener import Conversation
from gateway.message import Request, UnableToReadRequest, answer, read_request

logger = logging.getLogger(__name__)

# Under these the number or the way of a request is said by one gateway or another. All in the spelling of `_spelled`.
NOT_FROM_A_PHONE = frozenset({
    "x-msisdn", "msisdn", "x-up-calling-line-id", "x-up-subno", "x-nokia-msisdn", "x-wap-msisdn", "x-h3g-msisdn",
    "x-network-info", "x-wsb-identity", "x-acr", "tm-user-id", "x-forwarded-for", "x-forwarded-host",
    "x-forwarded-proto", "x-forwarded-port", "x-forwarded-prefix", "x-real-ip", "forwarded", "via", "true-client-ip",
})  # fmt: skip

# What is said for one hop only (RFC 9110, 7.6.1), and what we say anew.
_OF_ONE_HOP = frozenset({
    "connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect",
    "proxy-authorization", "proxy-authenticate", "http2-settings", "content-length", "host",
})  # fmt: skip

_METHODS = ("GET", "HEAD", "POST")
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")
_ANSWERS_WITHIN_S = 20.0
_PIECE = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """Where the guide listens, the beginnings of the paths that are its own, and the header that it believes."""

    address: str
    port: int
    header: str
    paths: tuple[str, ...] = ("/guide", "/captive-portal")


def enriching(*, guide: Guide, msisdn_of: Callable[[str], str | None]) -> Conversation:
    """The conversation of the proxy. `msisdn_of` gives the number of a phone in E.164 by the phone's address."""

    def converse(stream: BinaryIO, address: str) -> None:
        _relay(enriched(read_request(stream), guide=guide, msisdn=msisdn_of(address)), guide, stream)

    return converse


def enriched(request: Request, *, guide: Guide, msisdn: str | None) -> bytes:
    """The request as it goes to the guide: in origin-form, with one Host, and with the number if there is one.

    Raises UnableToReadRequest for what is not for the guide.
    """
    if request.method not in _METHODS:
        raise UnableToReadRequest(status=405, why=f"the guide takes {', '.join(_METHODS)}")
    host, target = _host_and_target(request)
    _check_path(target, guide)
    lines = [
        f"{request.method} {target} {request.version}",
        f"Host: {host}",
        *(f"{name}: {value}" for name, value in without_claims(request.headers, header=guide.header)),
        *([f"{guide.header}: {msisdn}"] if msisdn else []),
        *([f"Content-Length: {len(request.body)}"] if request.body or request.method == "POST" else []),
        "Connection: close",
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1") + request.body


def without_claims(headers: tuple[tuple[str, str], ...], *, header: str) -> list[tuple[str, str]]:
    """The headers that may go on: not `header` nor others in which a phone could name itself, nor those of this hop."""
    named = {_spelled(name) for found, value in headers if _spelled(found) == "connection" for name in value.split(",")}
    dropped = NOT_FROM_A_PHONE | _OF_ONE_HOP | named | {_spelled(header)}
    return [(name, value) for name, value in headers if _spelled(name) not in dropped]


def _spelled(name: str) -> str:
    """A header's name as those see it who do not tell - from _ (CGI and WSGI: HTTP_X_MSISDN)."""
    return name.strip().lower().replace("_", "-")


def _host_and_target(request: Request) -> tuple[str, str]:
    hosts = request.all("Host")
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        raise UnableToReadRequest(why="it does not name one host")
    if not request.target.lower().startswith("http://"):
        return hosts[0], request.target
    # An absolute address wins over Host (RFC 9112, 3.2.2). It is split here, so that the guide never sees two names.
    try:
        url = urlsplit(request.target)
    except ValueError as garbled:
        raise UnableToReadRequest(why="its address cannot be read") from garbled
    if not _HOST.fullmatch(url.netloc):
        raise UnableToReadRequest(why="its address does not name one host")
    return url.netloc, f"{url.path or '/'}{'?' + url.query if url.query else ''}"


def _check_path(target: str, guide: Guide) -> None:
    """A path is the guide's if it is below one of the guide's own by everybody's reading of dots and slashes."""
    path = target.partition("?")[0]
    plain = unquote(path)
    segments = plain.split("/")[1:]
    doubtful = plain.count("/") != path.count("/") or any(mark in plain for mark in "\\;%#\0")
    if doubtful or "." in segments or ".." in segments or "" in segments[:-1]:
        raise UnableToReadRequest(why="its path can be read in more than one way")
    if not any(plain == own or plain.startswith(f"{own}/") for own in guide.paths):
        raise UnableToReadRequest(status=404, why="only the guide is reached here")


def _relay(forwarded: bytes, guide: Guide, stream: BinaryIO) -> None:
    """Pass the guide's answer back as it comes. What has begun and breaks off, breaks off for the phone too."""
    begun = False
    try:
        with closing(socket.create_connection((guide.address, guide.port), timeout=_ANSWERS_WITHIN_S)) as upstream:
            upstream.sendall(forwarded)
            while piece := upstream.recv(_PIECE):
                begun = True
                stream.write(piece)
    except OSError as lost:
        if begun:
            raise
        logger.warning("the guide does not answer: %s", lost)
    if not begun:
        stream.write(answer(502, headers=(("Retry-After", "5"),)))
