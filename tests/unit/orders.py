"""Orders for tests: an ordinary one, and the shortest way by which one gets into a state."""

import itertools
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from topup.life import LIFE, Event, State
from topup.line import LineState
from topup.money import Money
from topup.orders import Order
from topup.schedule import Timing

NOW = datetime(2026, 11, 3, 11, 5, tzinfo=UTC)
TIMING = Timing()

OWNER, PAYER, STRANGER = "+254711000001", "+254711000002", "+254711000003"

_numbers = itertools.count(1)


def kes(shillings: int) -> Money:
    """Whole shillings."""
    return Money(shillings * 100, "KES")


def an_order(**changes: Any) -> Order:
    """A top-up of KES 100 that the owner of a suspended line pays for. Every one has an id of its own."""
    ordinary = Order(
        id=f"order{next(_numbers):05}{secrets.token_hex(5)}",
        kind="topup",
        channel="ussd:africastalking",
        asked_by=OWNER,
        line=OWNER,
        payer=OWNER,
        amount=kes(100),
        language="en",
        line_was=LineState.SUSPENDED,
        payment_provider="daraja",
        credit_provider="ucip",
        placed_at=NOW,
    )
    return replace(ordinary, **changes)


def way_to(state: State) -> list[Event]:
    """The events, after PLACED, that lead a new order to `state` by the shortest way."""
    ways: dict[State, list[Event]] = {State.CREATED: []}
    ahead = [State.CREATED]
    while state not in ways:
        here = ahead.pop(0)
        for rule in LIFE:
            if rule.source is here and rule.target not in ways:
                ways[rule.target] = [*ways[here], rule.event]
                ahead.append(rule.target)
    return ways[state]
