"""How the gateway learns at once that a line is back: it follows a stream of events, and takes a webhook.

Either is enough. The stream needs no open port here, the webhook no connection that stands; a verdict's own end is what
remains when both are lost. The stream is Server-Sent Events (WHATWG HTML, 9.2).
"""

import hashlib
import hmac
import itertools
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import requests

from gateway.errors import GatewayProblem
from gateway.listener import Conversation
from gateway.message import Request, answer, read_request

logger = logging.getLogger(__name__)

LINE_BACK = "line_back"
WEBHOOK_PATH = "/line-back"

# Redial says something, be it a comment, more often than this; else the connection is dead.
_CONNECT_S, _SILENCE_S = 2.0, 60.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 15.0

# An older post may be one that somebody has kept.
_FRESH_S = 300

_SIGNATURE = re.compile(r"v1=([0-9a-f]{64})")

# What is done when a line is back, by its number in E.164.
LineBack = Callable[[str], None]

# The seconds since 1970.
Clock = Callable[[], float]


class UnableToReadEvent(GatewayProblem):
    """An event cannot be read: {why}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a stream. Without a name it is a "message"; `id` is that of the last event that had one."""

    name: str
    data: str
    id: str


def read_lines(octets: Iterable[bytes]) -> Iterator[str]:
    """The lines of a stream without their ends, which may be CRLF, LF or CR, as soon as each has ended."""
    line, after_cr = b"", False
    for octet in octets:
        if not (octet == b"\n" and after_cr):
            if octet in (b"\r", b"\n"):
                yield line.decode(errors="replace")
                line = b""
            else:
                line += octet
        after_cr = octet == b"\r"


def read_events(lines: Iterable[str]) -> Iterator[Event]:
    """The events of a stream, from its lines without their ends. What the stream breaks off in is no event."""
    data: list[str] = []
    name, last_id = "", ""
    for line in lines:
        if not line:
            if data:
                yield Event(name=name or "message", data="\n".join(data), id=last_id)
            name, data = "", []
            continue
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match key:
            case "event":
                name = value
            case "data":
                data.append(value)
            case "id" if "\0" not in value:
                last_id = value


class Follower:
    """Follows the stream in a thread, from where it broke off, for as long as the process lives."""

    def __init__(self, *, url: str, line_back: LineBack, begins: Callable[[], None]) -> None:
        """`url` is the stream's. `begins` is called whenever a connection stands: what happened while there was none
        may have been told to nobody.
        """
        self._url = url
        self._line_back = line_back
        self._begins = begins
        self._last_id = ""
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to follow. The thread ends with the process."""
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """Begin no further connection."""
        self._stopping.set()

    def _run(self) -> None:
        wait_s = _FIRST_WAIT_S
        while not self._stopping.is_set():
            try:
                wait_s = self._follow()
            except requests.RequestException as lost:
                # The exception's own words hold the address, and the address holds the secret.
                logger.debug("the stream is lost: %s", type(lost).__name__)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            self._stopping.wait(wait_s)

    def _follow(self) -> float:
        """Follow one connection to its end; how long to wait then."""
        seen = {"Last-Event-ID": self._last_id} if self._last_id else {}
        headers = {"Accept": "text/event-stream", **seen}
        with requests.get(self._url, headers=headers, stream=True, timeout=(_CONNECT_S, _SILENCE_S)) as reply:
            if reply.status_code == 503 and reply.headers.get("Retry-After", "").isdecimal():
                return float(reply.headers["Retry-After"])
            reply.raise_for_status()
            # Read octet by octet, an event is here when it has come, and not when some buffer is full.
            lines = read_lines(reply.iter_content(chunk_size=1))
            # With the first line the stream has begun to listen: from now on nothing is missed.
            for first in lines:
                self._begins()
                for event in read_events(itertools.chain([first], lines)):
                    self._take(event)
        return _FIRST_WAIT_S

    def _take(self, event: Event) -> None:
        self._last_id = event.id or self._last_id
        if event.name == LINE_BACK:
            logger.info("the stream says that a line is back")
            try:
                self._line_back(_msisdn(event.data))
            except UnableToReadEvent as problem:
                logger.warning("%s", problem)


def webhook(*, secret: str, line_back: LineBack, clock: Clock = time.time) -> Conversation:
    """The conversation of the webhook's port, for posts that are signed with `secret`."""

    def converse(stream: BinaryIO, _: str) -> None:
        request = read_request(stream)
        status = _status(request, secret=secret, now=clock())
        if status == 204:
            logger.info("the webhook says that a line is back")
            try:
                line_back(_msisdn(request.body.decode(errors="replace")))
            except UnableToReadEvent as problem:
                logger.warning("%s", problem)
                status = 400
        stream.write(answer(status))

    return converse


def _status(request: Request, *, secret: str, now: float) -> int:
    if request.target != WEBHOOK_PATH:
        return 404
    if request.method != "POST":
        return 405
    return 204 if is_signed(request, secret=secret, now=now) else 401


def is_signed(request: Request, *, secret: str, now: float) -> bool:
    """Whether Redial wrote this, and lately: `Redial-Signature` is v1=HMAC-SHA256 of TIMESTAMP "." BODY, in hex."""
    times, signatures = request.all("Redial-Timestamp"), request.all("Redial-Signature")
    if len(times) != 1 or len(signatures) != 1 or not re.fullmatch("[0-9]{1,12}", times[0]):
        return False
    found = _SIGNATURE.fullmatch(signatures[0])
    if found is None or abs(now - int(times[0])) > _FRESH_S:
        return False
    ours = hmac.new(secret.encode(), times[0].encode() + b"." + request.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(ours, found[1])


def _msisdn(data: str) -> str:
    try:
        msisdn = json.loads(data)["msisdn"]
    except (ValueError, TypeError, KeyError) as garbled:
        raise UnableToReadEvent(why="it names no number") from garbled
    if not isinstance(msisdn, str):
        raise UnableToReadEvent(why="its number is no text")
    return msisdn
