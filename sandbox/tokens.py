"""Access tokens as the sandbox's providers hand them out: good for a while, and gone when it stops."""

import secrets
import time


class Tokens:
    """The tokens of one provider's product."""

    def __init__(self, *, life_s: int) -> None:
        self.life_s = life_s
        self._ends: dict[str, float] = {}

    def make(self) -> str:
        """A new token."""
        now = time.monotonic()
        self._ends = {token: end for token, end in self._ends.items() if end > now}
        token = secrets.token_urlsafe(21)
        self._ends[token] = now + self.life_s
        return token

    def is_good(self, authorization: str) -> bool:
        """Whether an `Authorization` header carries one that is still good."""
        kind, _, token = authorization.partition(" ")
        return kind.lower() == "bearer" and self._ends.get(token, 0) > time.monotonic()
