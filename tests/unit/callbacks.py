"""Callbacks that were posted, and what a job makes of them."""

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from store import inbox
from store.book import SqlBook
from store.inbox import Callback
from tests.unit.houses import Town
from topup.life import State
from topup.orders import Order
from topup.outcomes import Accepted, Answer, Pending, Unknown
from topup.ports import Event as Told
from workers.settle import settle

_keys, _bodies = itertools.count(1), itertools.count(1)

# What a provider says, asked in turn, that is neither yes nor no.
SILENCES = pytest.mark.parametrize("silence", [Unknown("timeout"), Pending("4999")])


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


def told(answer: Answer, *, reference: str | None = None, **fields: Any) -> Told:
    """What a callback says; each has a key of its own unless it is given one."""
    values: Mapping[str, Any] = {"key": f"key-{next(_keys)}", "provider_ref": None, **fields}
    return Told(reference=reference, answer=answer, **values)


def heard(town: Town, event: Told | Exception, *, asked: Answer | None = None, topic: str = "stk") -> str | None:
    """Let a callback come that says `event`, while the provider, when asked, says `asked` (or the same)."""
    town.payments.told = event
    town.payments.asked = asked or (event.answer if isinstance(event, Told) else Unknown("no answer"))
    return run(town, post(town, topic=topic))


def post_event(town: Town, event: Told, *, address: str | None = None) -> int:
    """A callback that says `event`, posted to the address of an attempt; the number under which it is kept."""
    body = f"event {next(_bodies)}".encode()
    town.payments.told_by[body] = event
    return post(town, reference=address, body=body)


def concluded(town: Town, kept: int, *, asked: Answer) -> str | None:
    """The verdict on a callback in the end, while the provider says `asked` whenever it is asked."""
    town.payments.asked = asked
    while (verdict := run(town, kept)) is None:
        town.clock.now = town.owing(str(kept), "settle").due_at
    return verdict


def charging(town: Town, *, name: str | None = "ws_CO") -> str:
    """The reference of the charge of a new order, of which the provider's name for it is known or not."""
    order = town.order_in(State.CHARGING)
    reference = f"{order.id}-charge-1"
    if name is not None:
        town.settle(reference, Accepted(f"{name}_{order.id}"), evidence="reply")
    return reference


def name_of(town: Town, reference: str) -> str | None:
    return town.attempt(reference).attempt.provider_ref


def order_of(town: Town, reference: str) -> Order:
    with town.engine.connect() as connection:
        return SqlBook(connection).get(reference.split("-", 1)[0])


def state_of(town: Town, reference: str) -> State:
    return order_of(town, reference).state
