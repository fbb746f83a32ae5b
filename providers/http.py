"""The plumbing under every provider: a bounded pool, deadlines on everything, a breaker, and no guessing.

What matters most about a failed call that moves money is whether the request may have reached the other side.
The rule here is simple enough to be trusted: **whatever fails before the connection stands is NotSent;
whatever fails after it is Unknown.** It does not depend on the names of a library's errors, because
`connect()` is where they are told apart.
"""

import http.client
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeVar

from urllib3 import HTTPConnectionPool, Timeout
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from providers.breaker import Breaker
from providers.connection import NeverConnected, new_pool, parse_base, tls_context
from providers.payload import Unreadable
from topup.outcomes import Answer, NotSent, Unknown

T = TypeVar("T")

# A gateway that says so has nothing behind it. Other 5xx are how several of these APIs answer a question
# (Daraja's 500.001.1001): a provider that talks sense is well, whatever it says.
_NOBODY_HOME = frozenset({502, 503, 504})

Observe = Callable[[str, str, str, float], None]
"""Told of every call: provider, operation, outcome (`accepted`, `refused`, `not_sent`, `unknown` ...), seconds."""


Notice = Callable[[str, bool], None]
"""Told of a provider, and whether it is down: each time that it has to be left alone, and when it is well again."""


def observe_nothing(_provider: str, _operation: str, _outcome: str, _seconds: float) -> None:
    """The default observer."""


def notice_nothing(_provider: str, _is_down: bool) -> None:
    """The default for whoever does not care."""


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


class Channel:
    """The way to one provider. Safe to share between threads."""

    def __init__(
        self,
        *,
        provider: str,
        url: str,
        limits: Limits | None = None,
        observe: Observe = observe_nothing,
        notice: Notice = notice_nothing,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.provider = provider
        self._limits = limits or Limits()
        self._observe = observe
        self._notice = notice
        self._base = parse_base(url, provider=provider)
        self._tls = tls or tls_context() if self._base.secure else None
        self._breaker = Breaker(failures=self._limits.failures_to_open, open_s=self._limits.open_s)
        self._places = threading.BoundedSemaphore(self._limits.connections)
        self._pool = new_pool(self._base, connections=self._limits.connections, tls=self._tls)

    def ask(self, request: Request, *, operation: str, read: Callable[[Reply], T]) -> T | NotSent | Unknown:
        """Send `request`, and what `read` makes of the answer. Never sends anything twice.

        `read` may raise Unreadable: an answer that makes no sense leaves us as ignorant as none, so it is
        Unknown.
        """
        began, outcome = time.monotonic(), "interrupted"
        try:
            answer = self._ask(request, read)
            outcome = outcome_name(answer)
            return answer
        finally:
            self._observe(self.provider, operation, outcome, time.monotonic() - began)

    def _ask(self, request: Request, read: Callable[[Reply], T]) -> T | NotSent | Unknown:
        wait_s = min(self._limits.place_timeout_s, request.deadline_s or self._limits.place_timeout_s)
        if not self._places.acquire(timeout=wait_s):
            return NotSent(f"all {self._limits.connections} connections to {self.provider} are busy")
        try:
            return self._ask_if_well(request, read)
        finally:
            self._places.release()

    def _ask_if_well(self, request: Request, read: Callable[[Reply], T]) -> T | NotSent | Unknown:
        if not self._breaker.admit():
            return NotSent(f"{self.provider} has been failing and is left alone for a while")
        well = False
        try:
            reply = self._exchange(request)
            if not isinstance(reply, Reply):
                return reply
            well, answer = _understood(reply, read)
            return answer
        finally:
            self._learn(well=well)

    def _learn(self, *, well: bool) -> None:
        was_open = self._breaker.is_open
        self._breaker.record(well=well)
        if was_open or self._breaker.is_open:
            self._notice(self.provider, self._breaker.is_open)

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
        with closing(new_pool(self._base, connections=1, tls=self._tls)) as fresh:
            return self._exchange_on(fresh, request)

    def _exchange_on(self, pool: HTTPConnectionPool, request: Request) -> Reply:
        response = pool.urlopen(
            request.method,
            self._base.path + request.path or "/",
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
        body, most = bytearray(), self._limits.answer_bytes
        while piece := response.read(most + 1 - len(body)):  # Until it says that it is whole, or raises that it is not.
            body += piece
            if len(body) > most:
                response.close()  # The rest must not be taken for the next answer on this connection.
                raise _TooLarge
        response.release_conn()
        return bytes(body)


class _TooLarge(Exception):
    """The answer is larger than we are willing to hold."""


def _understood(reply: Reply, read: Callable[[Reply], T]) -> tuple[bool, T | Unknown]:
    """Whether the provider seems well, and what its answer means."""
    try:
        return reply.status not in _NOBODY_HOME, read(reply)
    except Unreadable as error:
        return False, Unknown(f"HTTP {reply.status}: {error}")


def outcome_name(outcome: object) -> str:
    """What an outcome is called in metrics and logs: NotSent is `not_sent`."""
    name = type(outcome).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def as_answer(outcome: Answer | NotSent) -> Answer:
    """What an enquiry learned: when it could not even be sent, nobody knows more than before."""
    return Unknown(outcome.why) if isinstance(outcome, NotSent) else outcome
