"""Connections that know whether they ever stood, and answers that must be whole by a moment in time.

urllib3 is asked for what it does best, the pool and the bytes; here is what it leaves open. Its read timeout is for
each read, so an answer that drips in never ends; and it has many errors for what goes wrong before and after the
request has left, and some that are used for both.
"""

import http.client
import io
import ssl
import time
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from topup.errors import RedialError


class BadAddress(RedialError):
    """The address of {provider} must be http:// or https:// with a host, and not {url!r}."""


class NeverConnected(Exception):
    """No connection could be made, so not a byte of the request has left."""


@dataclass(frozen=True, slots=True)
class Base:
    """A provider's base address, taken apart. `path` has no slash at its end."""

    secure: bool
    host: str
    port: int | None
    path: str


def parse_base(url: str, *, provider: str) -> Base:
    """The parts of `url`. Raises BadAddress."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadAddress(provider=provider, url=url)
    return Base(parts.scheme == "https", parts.hostname, parts.port, parts.path.rstrip("/"))


@cache
def tls_context() -> ssl.SSLContext:
    """Trusts the certificate authorities that certifi lists. Loading them takes some 20 ms, so it is done once."""
    return ssl.create_default_context(cafile=certifi.where())


def new_pool(base: Base, *, connections: int, tls: ssl.SSLContext | None) -> HTTPConnectionPool:
    """A pool of at most `connections` idle connections to the host of `base`."""
    if not base.secure:
        plain = HTTPConnectionPool(base.host, base.port, maxsize=connections)
        plain.ConnectionCls = _Connection
        return plain
    secure = HTTPSConnectionPool(base.host, base.port, maxsize=connections, ssl_context=tls)
    secure.ConnectionCls = _SecureConnection
    return secure


class _TimedReader(io.RawIOBase):
    """Reads from a socket until a moment in time: each byte that drips in shortens the wait for the next."""

    def __init__(self, sock: ssl.SSLSocket, *, until: float) -> None:
        self._sock, self._until = sock, until
        self._raw = sock.makefile("rb", buffering=0)
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        left_s = self._until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the answer is late")
        self._sock.settimeout(left_s)
        count = self._raw.readinto(buffer)
        self.ended = self.ended or count == 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer whose head and body together must be in by a moment in time."""

    def __init__(self, sock: ssl.SSLSocket, *args: Any, until: float, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self._reader = _TimedReader(sock, until=until)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        """Read the head. The standard library takes the end of the connection for the end of the head; it is not."""
        super().begin()
        if self._reader.ended:
            raise http.client.RemoteDisconnected("the connection ended within the head of the answer")


class _Guards(HTTPConnection):
    """What both kinds of connection add to urllib3's."""

    def connect(self) -> None:
        """Connect, TLS included. Raises NeverConnected for every way in which that can fail."""
        try:
            super().connect()
        except (HTTPError, OSError, ValueError) as error:  # CertificateError is a ValueError.
            self.close()
            raise NeverConnected(_in_words(error)) from error

    def request(self, *args: Any, **options: Any) -> None:
        if self.sock is not None:  # An earlier answer on this connection may have left it with next to no time.
            self.sock.settimeout(self.timeout)
        super().request(*args, **options)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        # urllib3 has just set `timeout` for the answer, and means it for each read; here it is for all of them.
        until = time.monotonic() + (self.timeout or 0.0)
        self.response_class = partial(_TimedResponse, until=until)  # type: ignore[assignment]
        return super().getresponse()


def _in_words(error: Exception) -> str:
    """What an error says, without the names of objects that urllib3 puts before it."""
    words = str(error.args[-1]) if error.args else ""
    return words.partition("): ")[2] or words or type(error).__name__


class _Connection(_Guards, HTTPConnection):
    """A plain connection."""


class _SecureConnection(_Guards, HTTPSConnection):
    """A connection under TLS."""
