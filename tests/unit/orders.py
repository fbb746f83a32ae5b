"""Orders for tests: an ordinary one, and the shortest way by which one gets into a state."""

import itertools
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from topup.kinds import Kind
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
        kind=Kind.TOPUP,
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


def life_to(state: State) -> tuple[Kind, list[Event]]:
    """The first kind of order that can come to `state`, and the events after its first that lead it there by the
    shortest way."""
    ways = ((kind, _ways_of(kind)) for kind in Kind)
    return next((kind, found[state]) for kind, found in ways if state in found)


def _ways_of(kind: Kind) -> dict[State, list[Event]]:
    """The shortest way to every state that an order of this kind can come to, where its line owes no advance."""
    ways: dict[State, list[Event]] = {kind.first_state: []}
    ahead = list(ways)
    while ahead:
        here = ahead.pop(0)
        for rule in LIFE:
            if rule.source is here and rule.target not in ways and rule.event is not Event.REPAID:
                ways[rule.target] = [*ways[here], rule.event]
                ahead.append(rule.target)
    return ways


def kind_to(state: State) -> Kind:
    """The kind of a new order that can come to `state`."""
    return life_to(state)[0]


def way_to(state: State) -> list[Event]:
    """The events, after its first, that lead a new order of that kind to `state` by the shortest way."""
    return life_to(state)[1]
