"""Daraja's access token: fetched when it is needed, kept until shortly before it ends."""

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from providers.http import Channel, Reply, Request
from providers.payload import Unreadable, decimal_of, name_in, read_json
from topup.outcomes import NotSent, Unknown

_EARLY_S = 60  # A token is renewed this long before its end, so that it cannot end while a request travels.
_LONGEST_S = 86_400


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    good_until: datetime


class TokenKeeper:
    """Keeps one token for the whole process. The lock is held while a new one is fetched: one fetch serves
    all.
    """

    def __init__(self, *, key: str, secret: str, channel: Channel, now: Callable[[], datetime]) -> None:
        credentials = base64.b64encode(f"{key}:{secret}".encode()).decode()
        self._request = Request(
            method="GET",
            path="/oauth/v1/generate?grant_type=client_credentials",
            headers={"Authorization": f"Basic {credentials}"},
        )
        self._channel = channel
        self._now = now
        self._lock = threading.Lock()
        self._kept: _Token | None = None

    def token(self, *, instead_of: str | None = None) -> str | NotSent:
        """A token that is good now, and is not the one that was refused. NotSent when Daraja gives none."""
        with self._lock:
            kept = self._kept
            if kept is not None and kept.value != instead_of and self._now() < kept.good_until:
                return kept.value
            fetched = self._channel.ask(self._request, operation="token", read=self._read)
            if not isinstance(fetched, _Token):
                return NotSent(f"no access token: {fetched.why}")
            self._kept = fetched
            return fetched.value

    def _read(self, reply: Reply) -> _Token | NotSent | Unknown:
        if not reply.is_success:
            return NotSent(f"HTTP {reply.status}")
        fields = read_json(reply.body)
        lasts_s = int(decimal_of(fields.get("expires_in"), "expires_in"))
        if not 0 < lasts_s <= _LONGEST_S:
            raise Unreadable(why=f"expires_in is {lasts_s}")
        return _Token(name_in(fields, "access_token"), self._now() + timedelta(seconds=lasts_s - _EARLY_S))
