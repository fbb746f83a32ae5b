"""Access tokens (OAuth 2, client credentials): fetched when needed, kept until shortly before their end."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from providers.http import Channel, Reply, Request
from providers.payload import Unreadable, decimal_of, name_in, read_json
from topup.outcomes import NotSent, Unknown

T = TypeVar("T")

_EARLY_S = 60  # A token is renewed this long before its end, so that it cannot end while a request travels.
_LONGEST_S = 7 * 86_400


class TokenRefused:
    """What `read` gives when the provider refused the token: nothing was begun."""


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    good_until: datetime


class TokenKeeper:
    """Keeps one token for the whole process. The lock is held while a new one is fetched: one fetch serves all."""

    def __init__(self, *, request: Request, channel: Channel, now: Callable[[], datetime]) -> None:
        """`request` is what gets a token. Its answer is JSON with `access_token` and `expires_in` seconds."""
        self._request = request
        self._channel = channel
        self._now = now
        self._lock = threading.Lock()
        self._kept: _Token | None = None

    def ask(
        self,
        channel: Channel,
        make_request: Callable[[str], Request],
        *,
        operation: str,
        read: Callable[[Reply], T | TokenRefused],
    ) -> T | NotSent | Unknown:
        """Send by `channel` what `make_request` makes of a token; again with a new one if the first was refused.

        When both are refused nothing was begun, and nothing was answered either. It is NotSent and not Refused: of what
        an enquiry asks about it says nothing, and what moves money may be tried again.
        """
        refused_token: str | None = None
        for _ in range(2):
            token = self._token(instead_of=refused_token)
            if isinstance(token, NotSent):
                return token
            answer = channel.ask(make_request(token), operation=operation, read=read)
            if not isinstance(answer, TokenRefused):
                return answer
            refused_token = token
        return NotSent("the access token was refused, and a new one too")

    def _token(self, *, instead_of: str | None) -> str | NotSent:
        """A token that is good now, and is not the one that was refused. NotSent when none is given."""
        with self._lock:
            kept = self._kept
            if kept is not None and kept.value != instead_of and self._now() < kept.good_until:
                return kept.value
            fetched = self._channel.ask(self._request, operation="token", read=self._read)
            if not isinstance(fetched, _Token):
                return NotSent(f"no access token: {fetched.why}")
            self._kept = fetched
            return fetched.value

    def _read(self, reply: Reply) -> _Token | NotSent:
        if not reply.is_success:
            return NotSent(f"HTTP {reply.status}")
        fields = read_json(reply.body)
        lasts_s = int(decimal_of(fields.get("expires_in"), "expires_in"))
        if not 0 < lasts_s <= _LONGEST_S:
            raise Unreadable(why=f"expires_in is {lasts_s}")
        return _Token(name_in(fields, "access_token"), self._now() + timedelta(seconds=lasts_s - _EARLY_S))
