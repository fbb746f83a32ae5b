"""The plumbing under every provider: a bounded pool, deadlines on everything, a breaker, and no guessing.

What matters most about a failed call that moves money is whether the request may have reached the other side.
The rule here is simple enough to be trusted: **whatever fails before the connection stands is NotSent;
whatever fails after it is Unknown.** It does not depend on the names of a library's errors: `Connection` knows whether
the request may have left.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import certifi

from providers.breaker import Breaker
from providers.connection import Connection, NeverConnected, NotWhole, Sending, TooLarge, parse_base
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
    within_s: float = 20.0  # For all of it, from connecting to the answer's last byte, however slowly it drips.
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
    deadline_s: float | None = None  # For waiting, connecting and answering, where the channel's limits are too long.


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
        authorities: str | None = None,
    ) -> None:
        """`authorities`: a file of certificates (PEM) of those who may vouch for the provider; else certifi's."""
        self.provider = provider
        self._limits = limits or Limits()
        self._observe = observe
        self._notice = notice
        self._base = parse_base(url, provider=provider)
        self._authorities = authorities or certifi.where()
        self._breaker = Breaker(failures=self._limits.failures_to_open, open_s=self._limits.open_s)
        self._places = threading.BoundedSemaphore(self._limits.connections)
        # By whether they are for money; never more of either than there are places. The last one back goes first.
        self._idle: dict[bool, list[Connection]] = {False: [], True: []}

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
        within_s = min(self._limits.within_s, request.deadline_s or self._limits.within_s)
        until = time.monotonic() + within_s
        if not self._places.acquire(timeout=min(self._limits.place_timeout_s, within_s)):
            return NotSent(f"all {self._limits.connections} connections to {self.provider} are busy")
        try:
            return self._ask_if_well(request, read, within_s=max(0.0, until - time.monotonic()))
        finally:
            self._places.release()

    def _ask_if_well(self, request: Request, read: Callable[[Reply], T], *, within_s: float) -> T | NotSent | Unknown:
        if not self._breaker.admit():
            return NotSent(f"{self.provider} has been failing and is left alone for a while")
        well = False
        try:
            reply = self._exchange(request, within_s=within_s)
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

    def _exchange(self, request: Request, *, within_s: float) -> Reply | NotSent | Unknown:
        sending = Sending(
            method=request.method,
            url=self._base + request.path,
            headers=request.headers,
            body=request.body,
            alone=request.moves_money,
            connect_s=min(self._limits.connect_timeout_s, within_s),
            within_s=within_s,
            most_bytes=self._limits.answer_bytes,
        )
        connection = self._connection(request)
        try:
            status, body = connection.exchange(sending)
        except NeverConnected as error:
            return NotSent(f"no connection to {self.provider}: {error}")
        except TooLarge:
            return Unknown(f"{self.provider} answered more than {self._limits.answer_bytes} bytes")
        except NotWhole as error:
            return Unknown(f"no whole answer from {self.provider}: {error}")
        else:
            return Reply(status=status, body=body)
        finally:
            self._idle[request.moves_money].append(connection)

    def _connection(self, request: Request) -> Connection:
        try:
            return self._idle[request.moves_money].pop()
        except IndexError:
            return Connection(authorities=self._authorities)


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
