"""The phones on the gateway, each with the verdict it is under, and the one thread that asks for verdicts.

A phone is asked about when it attaches, when its verdict ends, and at once when its line is said to be back. An event
is taken as a reason to ask and never as the answer, just as a charging system's Re-Auth-Request makes a gateway send a
Credit-Control-Request (RFC 8506, 5.5): events come twice, late, and from strangers.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from gateway import rules
from gateway.gate import Allow, RedialUnreachable, Redirect, Verdict
from gateway.plan import Phone

logger = logging.getLogger(__name__)

# How soon Redial is asked again when it did not answer.
RETRY_S = 2

# A verdict outlasts its end by so much in the kernel, so that asking again leaves no hole.
_GRACE_S = 10


class Fails(Enum):
    """What a phone may do while Redial cannot be reached."""

    OPEN = "open"
    CLOSED = "closed"


class Redial(Protocol):
    """What is asked of Redial. Both raise RedialUnreachable."""

    def tell(self, *, address: str, msisdn: str, event: str) -> None:
        """Say that a phone has an address, still has it, or has it no longer."""

    def verify(self, *, address: str) -> Verdict:
        """Whether a phone may pass."""


@dataclass(slots=True, kw_only=True)
class Session:
    """One phone. `due_at` is when it is to be asked about, in seconds of the monotonic clock; `told` whether Redial
    knows that it has begun.
    """

    phone: Phone
    told: bool = False
    verdict: Verdict | None = None
    due_at: float = 0.0


def _note_change(session: Session, verdict: Verdict) -> None:
    """Say what is new in a verdict; it comes again every few seconds."""
    before = session.verdict
    if type(verdict) is not type(before):
        logger.info("%s: %s", session.phone.address, type(verdict).__name__.lower())
    if isinstance(verdict, Redirect) and verdict.unread != (before.unread if isinstance(before, Redirect) else ()):
        for unread in verdict.unread:
            logger.error("%s", unread)


class Sessions:
    """All phones. The listeners read it from their threads; only the thread in `run` asks and changes rules."""

    def __init__(self, *, redial: Redial, apply: Callable[[str], None], fails: Fails, guide_url: str) -> None:
        """`apply` loads rules (the text of gateway.rules). `guide_url` is where phones are led when nobody can say."""
        self._redial = redial
        self._apply = apply
        self._fails = fails
        self._guide_url = guide_url
        self._sessions: dict[str, Session] = {}
        self._changed = threading.Condition()
        self._stopping = False
        self._reachable = True

    def attach(self, phones: Iterable[Phone]) -> None:
        """Take phones on. Each is confined, with nothing to reach but the guide, until its first verdict."""
        for phone in phones:
            self._apply(rules.attach(link=phone.link, address=phone.address))
            with self._changed:
                self._sessions[phone.address] = Session(phone=phone)
                self._changed.notify_all()

    def detach_all(self) -> None:
        """Let every phone go. Only after `run` has ended."""
        for address, session in list(self._sessions.items()):
            self._apply(rules.detach(link=session.phone.link, address=address))
            del self._sessions[address]
            self._take_leave(session.phone)

    def line_back(self, msisdn: str) -> None:
        """A line is said to be back: ask about its phone now."""
        with self._changed:
            for session in self._sessions.values():
                if session.phone.msisdn == msisdn:
                    session.due_at = 0.0
            self._changed.notify_all()

    def look_again(self) -> None:
        """Lines may have come back unheard: ask about every phone that does not pass."""
        with self._changed:
            for session in self._sessions.values():
                if not isinstance(session.verdict, Allow):
                    session.due_at = 0.0
            self._changed.notify_all()

    def where(self, address: str) -> str | None:
        """Where the phone's requests are led; None when it may pass."""
        session = self._sessions.get(address)
        match session.verdict if session else None:
            case Allow():
                return None
            case Redirect(url=url):
                return url
            case None:
                return self._guide_url

    def msisdn_of(self, address: str) -> str | None:
        """Whose phone has the address."""
        session = self._sessions.get(address)
        return session.phone.msisdn if session else None

    def wait_for_verdicts(self, *, within_s: float) -> bool:
        """Whether every phone is under a verdict, waiting for it so long."""
        with self._changed:
            return self._changed.wait_for(
                lambda: all(one.verdict is not None for one in self._sessions.values()), timeout=within_s
            )

    def run(self) -> None:
        """Ask about each phone when it is due, until `stop`."""
        while (session := self._next()) is not None:
            self.authorise(session)

    def stop(self) -> None:
        """Let `run` end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def authorise(self, session: Session) -> None:
        """Ask about one phone, and let the rules be so."""
        # From here on: an event that comes while we ask is a reason to ask once more.
        with self._changed:
            session.due_at = float("inf")
        verdict = self._ask(session)
        self._apply(self._rules(session.phone.address, verdict))
        _note_change(session, verdict)
        with self._changed:
            session.verdict = verdict
            session.due_at = min(session.due_at, time.monotonic() + verdict.for_s)
            self._changed.notify_all()

    def _next(self) -> Session | None:
        """The phone that is due, once one is; None to end."""
        with self._changed:
            while not self._stopping:
                first = min(self._sessions.values(), key=lambda one: one.due_at, default=None)
                wait_s = first.due_at - time.monotonic() if first else None
                if first and wait_s is not None and wait_s <= 0:
                    return first
                self._changed.wait(None if wait_s == float("inf") else wait_s)
            return None

    def _ask(self, session: Session) -> Verdict:
        phone = session.phone
        try:
            # Said each time: Redial may have forgotten the address, or may not have been there to be told.
            event = "interim" if session.told else "start"
            self._redial.tell(address=phone.address, msisdn=phone.msisdn, event=event)
            session.told = True
            verdict = self._redial.verify(address=phone.address)
        except RedialUnreachable as problem:
            self._note(reachable=False, why=f"{problem} Failing {self._fails.value}.")
            return self._without_redial()
        self._note(reachable=True, why="Redial answers again.")
        return verdict

    def _without_redial(self) -> Verdict:
        if self._fails is Fails.OPEN:
            return Allow(for_s=RETRY_S)
        return Redirect(url=self._guide_url, permitted=(), for_s=RETRY_S)

    def _rules(self, address: str, verdict: Verdict) -> str:
        if isinstance(verdict, Redirect):
            return rules.confine(address=address, permitted=verdict.permitted)
        # Should this process die, its last word ends in the kernel, if phones are not to pass unasked.
        closes = self._fails is Fails.CLOSED
        return rules.allow(address=address, for_s=verdict.for_s + _GRACE_S if closes else None)

    def _take_leave(self, phone: Phone) -> None:
        try:
            self._redial.tell(address=phone.address, msisdn=phone.msisdn, event="stop")
        except RedialUnreachable as problem:
            self._note(reachable=False, why=str(problem))

    def _note(self, *, reachable: bool, why: str) -> None:
        """Say it once when Redial is lost, and once when it is there again."""
        if reachable != self._reachable:
            logger.warning("%s", why)
        self._reachable = reachable
