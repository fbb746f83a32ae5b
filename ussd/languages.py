"""In which language to speak to a caller outside of a call: when the call could not begin, or broke."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from threading import BoundedSemaphore

import structlog

from ussd.call import Desk
from ussd.session import Sessions
from words.text import LANGUAGES, SOURCE

log = structlog.get_logger(__name__)

# Somebody looks at a phone and waits, and what failed may have taken long already.
_DEADLINE_S = 0.3
_AT_ONCE = 4


class Languages:
    """Knows a caller's language, within a moment, or says English. Never raises: it is asked when things fail."""

    def __init__(self, *, sessions: Sessions, desk: Desk, deadline_s: float = _DEADLINE_S) -> None:
        self._sessions = sessions
        self._desk = desk
        self._deadline_s = deadline_s
        # Questions that outlive their deadline hold a thread each; when all are held, nobody is asked.
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="language")
        self._free = BoundedSemaphore(_AT_ONCE)

    def of(self, *, channel: str, conversation: str, msisdn: str) -> str:
        """The language of the call where one is known, else the one that the number chose; a key of LANGUAGES.

        Takes at most twice the deadline: Redis and the database are asked one after the other, and either may be away.
        """
        asks: Sequence[Callable[[], str | None]] = (
            lambda: self._sessions.language(channel=channel, conversation=conversation),
            lambda: self._desk.caller(msisdn).language,
        )
        return next((found for ask in asks if (found := self._bounded(ask)) in LANGUAGES), None) or SOURCE

    def _bounded(self, ask: Callable[[], str | None]) -> str | None:
        if not self._free.acquire(blocking=False):
            return None
        answer = self._threads.submit(ask)
        answer.add_done_callback(lambda _: self._free.release())
        wait_for([answer], timeout=self._deadline_s)
        if not answer.done():
            log.warning("language_not_known", why="too slow")
            return None
        if (error := answer.exception()) is not None:
            log.warning("language_not_known", why=type(error).__name__)
            return None
        return answer.result()
