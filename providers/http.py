"""The plumbing under every provider: a bounded pool, deadlines on everything, a breaker, and no guessing.

What matters most about a failed call that moves money is whether the request may have reached the other side.
The rule here is simple enough to be trusted: **whatever fails before the connection stands is NotSent;
whatever fails after it is Unknown.** It does not depend on the names of a library's errors, because
`connect()` is where they are told apart.
"""

import http.client
import io
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse, HTTPResponse

from providers.breaker import Breaker
from providers.payload import Unreadable
from topup.errors import RedialError
from topup.outcomes import Answer, NotSent, Unknown

T = TypeVar("T")

# A gateway that says so has nothing behind it. Other 5xx are how several of these APIs answer a question
# (Daraja's 500.001.1001): a provider that talks is well, whatever it says.
_NOBODY_HOME = frozenset({502, 503, 504})

Observe = Callable[[str, str, str, float], None]
"""Told of every call: provider, operation, outcome (`accepted`, `refused`, `not_sent`, `unknown` ...),
seconds.
"""


def observe_nothing(_provider: str, _operation: str, _outcome: str, _seconds: float) -> None:
    """The default observer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a provider may cost us. Times in seconds."""

    connect_timeout_s: float = 3.05
    answer_timeout_s: float = 20.0  # From the request's last byte to the answer's last byte, however slowly it drips.
    place_timeout_s: float = 1.0  # How long to wait for one of the `connections`.
    connections: int = 8
    answer_bytes: int = 1_000_000
    failures_to_open: int = 5
    open_s: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request. `path` is below the provider's base address.

    One that `moves_money` never travels on a connection that has been used before: a server may close an idle
    connection at the very moment when we write to it, and then nobody knows whether the request was read.
    """

    path: str = ""
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    moves_money: bool = False
    deadline_s: float | None = None  # For connecting and answering together, where the channel's limits are too long.


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer: nothing of it is missing, and it is not larger than `Limits.answer_bytes`."""

    status: int
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


class BadAddress(RedialError):
    """The address of {provider} must be http:// or https:// with a host, and not {url!r}."""


class NeverConnected(Exception):
    """No connection could be made, so not a byte of the request has left."""


class Channel:
    """The way to one provider. Safe to share between threads."""

    def __init__(
        self,
        *,
        provider: str,
        url: str,
        limits: Limits | None = None,
        observe: Observe = observe_nothing,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.provider = provider
        self._limits = limits or Limits()
        self._observe = observe
        self._base = _Base.parse(url, provider=provider)
        self._tls = tls
        self._breaker = Breaker(failures=self._limits.failures_to_open, open_s=self._limits.open_s)
        self._places = threading.BoundedSemaphore(self._limits.connections)
        self._pool = self._new_pool(connections=self._limits.connections)

    def ask(self, request: Request, *, operation: str, read: Callable[[Reply], T]) -> T | NotSent | Unknown:
        """Send `request`, and what `read` makes of the answer. Never sends anything twice.

        `read` may raise Unreadable: an answer that makes no sense leaves us as ignorant as none, so it is
        Unknown.
        """
        began, outcome = time.monotonic(), "interrupted"
        try:
            answer = self._read(self._send(request), read)
            outcome = outcome_name(answer)
            return answer
        finally:
            self._observe(self.provider, operation, outcome, time.monotonic() - began)

    def close(self) -> None:
        """Close what idles in the pool."""
        self._pool.close()

    @staticmethod
    def _read(reply: Reply | NotSent | Unknown, read: Callable[[Reply], T]) -> T | NotSent | Unknown:
        if not isinstance(reply, Reply):
            return reply
        try:
            return read(reply)
        except Unreadable as error:
            return Unknown(f"HTTP {reply.status}: {error}")

    def _send(self, request: Request) -> Reply | NotSent | Unknown:
        wait_s = min(self._limits.place_timeout_s, request.deadline_s or self._limits.place_timeout_s)
        if not self._places.acquire(timeout=wait_s):
            return NotSent(f"all {self._limits.connections} connections to {self.provider} are busy")
        try:
            return self._send_if_well(request)
        finally:
            self._places.release()

    def _send_if_well(self, request: Request) -> Reply | NotSent | Unknown:
        if not self._breaker.admit():
            return NotSent(f"{self.provider} has been failing and is left alone for a while")
        well = False
        try:
            outcome = self._exchange(request)
            well = isinstance(outcome, Reply) and outcome.status not in _NOBODY_HOME
        finally:
            self._breaker.record(well=well)
        return outcome

    def _exchange(self, request: Request) -> Reply | NotSent | Unknown:
        try:
            return self._exchange_once(request)
        except NeverConnected as error:
            return NotSent(f"no connection to {self.provider}: {error}")
        except (HTTPError, OSError, http.client.HTTPException) as error:
            return Unknown(f"no whole answer from {self.provider}: {type(error).__name__}")
        except _TooLarge:
            return Unknown(f"{self.provider} answered more than {self._limits.answer_bytes} bytes")

    def _exchange_once(self, request: Request) -> Reply:
        if not request.moves_money:
            return self._exchange_on(self._pool, request)
        with closing(self._new_pool(connections=1)) as fresh:
            return self._exchange_on(fresh, request)

    def _exchange_on(self, pool: HTTPConnectionPool, request: Request) -> Reply:
        response = pool.urlopen(
            request.method,
            self._base.path + request.path,
            body=request.body,
            headers=dict(request.headers),
            timeout=Timeout(
                connect=self._limits.connect_timeout_s,
                read=self._limits.answer_timeout_s,
                total=request.deadline_s,
            ),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        return Reply(status=response.status, body=self._whole(response))

    def _whole(self, response: BaseHTTPResponse) -> bytes:
        body = response.read(self._limits.answer_bytes + 1)
        if len(body) > self._limits.answer_bytes:
            response.close()  # The rest must not be taken for the next answer on this connection.
            raise _TooLarge
        response.release_conn()
        return body

    def _new_pool(self, *, connections: int) -> HTTPConnectionPool:
        base = self._base
        if not base.secure:
            plain = HTTPConnectionPool(base.host, base.port, maxsize=connections)
            plain.ConnectionCls = _Connection
            return plain
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=certifi.where())
        secure = HTTPSConnectionPool(base.host, base.port, maxsize=connections, ssl_context=self._tls)
        secure.ConnectionCls = _SecureConnection
        return secure


class _TooLarge(Exception):
    """The answer is larger than we are willing to hold."""


@dataclass(frozen=True, slots=True)
class _Base:
    """A provider's base address, taken apart."""

    secure: bool
    host: str
    port: int | None
    path: str

    @classmethod
    def parse(cls, url: str, *, provider: str) -> "_Base":
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadAddress(provider=provider, url=url)
        return cls(parts.scheme == "https", parts.hostname, parts.port, parts.path.rstrip("/"))


class _TimedReader(io.RawIOBase):
    """Reads from a socket until a moment in time: each byte that drips in shortens the wait for the next."""

    def __init__(self, sock: "ssl.SSLSocket", *, until: float) -> None:
        self._sock, self._until = sock, until
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        left_s = self._until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the answer is late")
        self._sock.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer whose head and body together must be in by a moment in time."""

    def __init__(self, sock: "ssl.SSLSocket", *args: object, until: float, **options: object) -> None:
        super().__init__(sock, *args, **options)  # type: ignore[arg-type]
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock, until=until))


class _Guards(HTTPConnection):
    """What both kinds of connection add to urllib3's: the two sides of the moment of connecting, and the
    deadline.
    """

    def connect(self) -> None:
        try:
            super().connect()
        except (
            HTTPError,
            OSError,
            ValueError,
        ) as error:  # ValueError: a certificate for another host, of old.
            self.close()
            raise NeverConnected(str(error) or type(error).__name__) from error

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        # urllib3 has just set `timeout` to what is left for the answer, and means it for each read; here it
        # is for all.
        until = time.monotonic() + (self.timeout or 0.0)
        self.response_class = partial(_TimedResponse, until=until)  # type: ignore[assignment]
        return super().getresponse()


class _Connection(_Guards, HTTPConnection):
    """A plain connection."""


class _SecureConnection(_Guards, HTTPSConnection):
    """A connection under TLS. Its handshake is part of `connect`: a bad certificate is NotSent."""


def outcome_name(outcome: object) -> str:
    """What an outcome is called in metrics and logs: NotSent is `not_sent`."""
    name = type(outcome).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def as_answer(outcome: Answer | NotSent) -> Answer:
    """What an enquiry learned: when it could not even be sent, nobody knows more than before."""
    return Unknown(outcome.why) if isinstance(outcome, NotSent) else outcome
