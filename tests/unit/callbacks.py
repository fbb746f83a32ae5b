"""Callbacks that were posted, and what a job makes of them."""

from store import inbox
from store.inbox import Callback
from tests.unit.houses import Town
from workers.settle import settle


def post(
    town: Town, *, topic: str = "stk", provider: str = "daraja", reference: str | None = None, body: bytes = b""
) -> int:
    """A callback that was posted; the number under which it is kept."""
    callback = Callback(
        provider=provider,
        topic=topic,
        reference=reference,
        content_type="application/json",
        body=body,
        remote_address="196.201.214.200",
    )
    with town.engine.begin() as connection:
        return inbox.keep_to_settle(connection, callback, now=town.clock.now)


def run(town: Town, kept: int) -> str | None:
    """Settle the callback; what was made of it, None while it waits."""
    settle(town.house, town.owing(str(kept), "settle"))
    with town.engine.connect() as connection:
        return inbox.get(connection, kept).verdict
