"""Connections that know whether they ever stood, and answers that must be whole by a moment in time.

libcurl is asked for what it does best: names, connections, TLS, HTTP, and one deadline for all of that together. Here
is what it leaves open. Its errors are the same before and after the request has left, and a request that nobody
answered on a connection that was kept is sent again by it, silently.
"""

import re
import select
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import pycurl

from topup.errors import RedialError

# What libcurl would add by itself, and nobody has asked for: it would wait for a "100 Continue", and give every body a
# form's type. Nothing is expanded here, so nothing compressed is asked for.
_NOTHING_MORE = ("Expect:", "Accept-Encoding: identity")
_NO_TYPE = "Content-Type:"

_NONE = -1
_FINAL = range(200, 600)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class BadAddress(RedialError):
    """The address of {provider} must be http:// or https:// with a host, and not {url!r}."""


class NeverConnected(Exception):
    """No connection could be made, so not a byte of the request has left."""


class NotWhole(Exception):
    """There was a connection, and no whole answer by the deadline."""


class TooLarge(NotWhole):
    """The answer is larger than we are willing to hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One request, and what it may take.

    `url` is all of the address. `connect_s` is for connecting, TLS included, and `within_s` for everything to the
    answer's last byte, both in seconds and above zero. A request that is `alone` has a connection to itself that no
    request used before, and none will after it.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    alone: bool
    connect_s: float
    within_s: float
    most_bytes: int


def parse_base(url: str, *, provider: str) -> str:
    """The address `url` without a name and password before its host, and without a slash at its end.

    Raises BadAddress.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadAddress(provider=provider, url=url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


class Connection:
    """A way to one host, for one request at a time. What stands after a request is used for the next."""

    def __init__(self, *, authorities: str) -> None:
        """`authorities` is the path of a file with the certificates of those who may vouch for the host, in PEM."""
        self._authorities = authorities
        self._curl = pycurl.Curl()
        self._kept = _NONE  # The socket that stands after the last request. Nobody but `perform` closes it.

    def exchange(self, sending: Sending) -> tuple[int, bytes]:
        """The status and the body of the answer. Raises NeverConnected, NotWhole or TooLarge. Sends nothing twice.

        A redirect is an answer like any other, and no proxy is taken from the environment.
        """
        answer = _Answer(most_bytes=sending.most_bytes)
        try:
            self._prepare(sending, answer)
            self._curl.perform()
        except pycurl.error as error:
            raise answer.error(str(error.args[-1])) from error
        else:
            return answer.whole(self._curl.getinfo(pycurl.RESPONSE_CODE))
        finally:
            self._kept = self._curl.getinfo(pycurl.ACTIVESOCKET)
            self._curl.reset()  # Of the options, secrets among them; the connection stays.

    def _prepare(self, sending: Sending, answer: "_Answer") -> None:
        put = self._curl.setopt
        put(pycurl.URL, sending.url)
        put(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        put(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        put(pycurl.PATH_AS_IS, 1)
        put(pycurl.PROXY, "")
        put(pycurl.CAINFO, self._authorities)
        put(pycurl.NOSIGNAL, 1)  # Many threads ask, and a process has one alarm.
        put(pycurl.CONNECTTIMEOUT_MS, _milliseconds(sending.connect_s))
        put(pycurl.TIMEOUT_MS, _milliseconds(sending.within_s))
        put(pycurl.FRESH_CONNECT, sending.alone or not self._stands())
        put(pycurl.FORBID_REUSE, sending.alone)
        if sending.body is not None or sending.method != "GET":
            put(pycurl.POSTFIELDS, sending.body or b"")
        put(pycurl.CUSTOMREQUEST, sending.method)
        put(pycurl.HTTPHEADER, _header_lines(sending.headers))
        put(pycurl.PREREQFUNCTION, answer.may_send)
        put(pycurl.HEADERFUNCTION, answer.add_header)
        put(pycurl.WRITEFUNCTION, answer.add)

    def _stands(self) -> bool:
        """Whether the kept connection is one to send on. An idle one that has something to read has ended."""
        if self._kept == _NONE:
            return False
        look = select.poll()
        look.register(self._kept, select.POLLIN)
        return not look.poll(0)


class _Answer:
    """What became of one request: whether it may have left, and what has come of its answer."""

    def __init__(self, *, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._may_have_left = False
        self._is_too_large = False
        self._head_is_whole = False
        self._body = bytearray()

    def may_send(self, *_between: object) -> int:
        """Asked by libcurl when a connection stands, before a byte of the request leaves: yes, once."""
        if self._may_have_left:
            return pycurl.PREREQFUNC_ABORT
        self._may_have_left = True
        return pycurl.PREREQFUNC_OK

    def add_header(self, line: bytes) -> None:
        """One line of the head; the last of them is empty."""
        self._head_is_whole = self._head_is_whole or not line.strip()

    def add(self, piece: bytes) -> int | None:
        """The next bytes of the body."""
        if len(self._body) + len(piece) > self._most_bytes:
            self._is_too_large = True
            return 0  # Fewer bytes than came: libcurl closes the connection, and the rest is nobody's answer.
        self._body += piece
        return None

    def whole(self, status: int) -> tuple[int, bytes]:
        """The status and all of the body. Raises NotWhole for what libcurl lets pass, and is no answer."""
        if not self._head_is_whole:
            raise NotWhole("the connection ended within the head of the answer")
        if status not in _FINAL:
            raise NotWhole("a status that HTTP does not have")
        return status, bytes(self._body)

    def error(self, words: str) -> Exception:
        """What libcurl's error, in its `words`, means."""
        if not self._may_have_left:
            return NeverConnected(words)
        return TooLarge(words) if self._is_too_large else NotWhole(words)


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))  # libcurl takes nought for no limit.


def _header_lines(headers: Mapping[str, str]) -> list[str]:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if any(_CONTROL.search(line) for line in lines):
        raise ValueError("a header of more than one line")
    typed = any(name.lower() == "content-type" for name in headers)
    return [*_NOTHING_MORE, *(() if typed else (_NO_TYPE,)), *lines]
