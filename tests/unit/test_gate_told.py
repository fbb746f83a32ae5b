"""A packet gateway is told that a line is back: once in the stream, by the webhook until it has heard, and cached."""

import json
from dataclasses import dataclass, field

import pytest
import redis
from sqlalchemy import Engine

from store.gate import GateMemory, Standing
from store.gate_events import LineEvents
from tests.unit.houses import Town
from tests.unit.orders import TIMING
from topup.gate import LineBack
from topup.life import Effect, State
from topup.line import Line, LineState
from topup.orders import Order
from web.gate.following import Followers, is_name
from workers.house import Gate
from workers.look import look
from workers.tell_gateway import tell_gateway

EFFECT = "tell_gateway"


@dataclass
class Webhook:
    """A gateway that hears all but the first `deaf` times."""

    deaf: int = 0
    heard: list[LineBack] = field(default_factory=list)

    def tell(self, event: LineBack) -> str | None:
        self.heard.append(event)
        return "HTTP 503" if len(self.heard) <= self.deaf else None


@pytest.fixture
def town(shared_engine: Engine, client: redis.Redis) -> Town:
    gate = Gate(memory=GateMemory(client, session_s=600), events=LineEvents(client), active_s=30, webhook=Webhook())
    return Town(shared_engine, gate=gate)


def gate_of(town: Town) -> tuple[Gate, Webhook]:
    gate = town.gate
    assert gate is not None
    assert isinstance(gate.webhook, Webhook)
    return gate, gate.webhook


def back(town: Town) -> Order:
    """An order whose line was just seen to be back."""
    order = town.order_in(State.CREDITED)
    look(town.house, town.owing(order.id, Effect.LOOK))
    return order


def events(town: Town, after: str = "0-0") -> list[tuple[str, str]]:
    return gate_of(town)[0].events.after(after, wait_ms=1)


def test_it_is_owed_with_the_move_that_saw_the_line(town: Town) -> None:
    order = back(town)
    assert town.now(order).state is State.DONE
    assert {owing.effect for owing in town.owed(order.id)} == {"tell_balance", EFFECT}


def test_nothing_is_owed_where_the_line_was_not_seen_to_be_back(town: Town) -> None:
    town.lines.line = Line(LineState.SUSPENDED)
    assert EFFECT not in {owing.effect for owing in town.owed(back(town).id)}


def test_the_line_passes_from_then_on_and_those_who_follow_and_the_webhook_hear_the_same(town: Town) -> None:
    gate, webhook = gate_of(town)
    gate.memory.begin_session(address="10.64.0.2", msisdn=town.owner)
    gate.memory.decide(town.owner, Standing.CUT_OFF, for_s=60)
    order = back(town)
    tell_gateway(town.house, town.owing(order.id, EFFECT))
    assert EFFECT not in {owing.effect for owing in town.owed(order.id)}
    found = gate.memory.find(msisdn=town.owner)
    assert found is not None
    assert found.decided is not None
    assert found.decided.standing is Standing.ACTIVE
    ((_, told),) = events(town)
    assert json.loads(told) == webhook.heard[0].told()
    assert {**json.loads(told), "id": "", "at": ""} == {
        "event": "line_back",
        "id": "",
        "msisdn": town.owner,
        "address": "10.64.0.2",
        "addresses": ["10.64.0.2"],
        "at": "",
    }


def test_a_phone_without_an_address_is_told_of_as_well(town: Town) -> None:
    tell_gateway(town.house, town.owing(back(town).id, EFFECT))
    assert gate_of(town)[1].heard[0].told()["address"] is None


def test_a_gateway_that_did_not_hear_is_told_again_ever_later_and_the_stream_only_once(town: Town) -> None:
    gate, webhook = gate_of(town)
    webhook.deaf = 2
    order, dues = back(town), []
    for _ in range(3):
        owing = town.owing(order.id, EFFECT)
        dues.append(owing.due_at)
        tell_gateway(town.house, owing)
        gate.memory.decide(town.owner, Standing.ACTIVE, for_s=60)
    assert EFFECT not in {owing.effect for owing in town.owed(order.id)}
    assert dues == sorted(set(dues))
    assert len({event.id for event in webhook.heard}) == 1
    assert len(webhook.heard) == 3
    assert len(events(town)) == 1


def test_a_job_that_runs_twice_is_written_to_the_stream_once(town: Town) -> None:
    owing = town.owing(back(town).id, EFFECT)
    for _ in range(2):
        tell_gateway(town.house, owing)
    assert len(events(town)) == 1


def test_a_gateway_that_never_hears_is_given_up(town: Town) -> None:
    gate_of(town)[1].deaf = 100
    order, told = back(town), 0
    while any(owing.effect == EFFECT for owing in town.owed(order.id)):
        tell_gateway(town.house, town.owing(order.id, EFFECT))
        told += 1
    assert TIMING.next_message_wait(tried=told) is None
    assert TIMING.next_message_wait(tried=told - 1) is not None


# Following.


def test_whoever_follows_hears_what_comes_and_goes_on_where_they_were(town: Town) -> None:
    gate, _ = gate_of(town)
    followers = Followers(gate.events, most=1)
    for _ in range(3):
        tell_gateway(town.house, town.owing(back(town).id, EFFECT))
    (first, _), *later = events(town)
    assert is_name(first)
    stream = iter(followers.follow(first).response)
    assert [next(stream), next(stream), next(stream)] == [
        "retry: 1000\n\n",
        *(f"id: {name}\nevent: line_back\ndata: {event}\n\n" for name, event in later),
    ]


def test_whoever_begins_to_follow_hears_only_of_what_comes_from_then_on(town: Town) -> None:
    tell_gateway(town.house, town.owing(back(town).id, EFFECT))
    gate, _ = gate_of(town)
    stream = iter(Followers(gate.events, most=1).follow(None).response)
    next(stream)
    tell_gateway(town.house, town.owing(back(town).id, EFFECT))
    assert events(town)[-1][0] in str(next(stream))


def test_no_more_follow_than_there_are_places_and_a_place_that_is_left_is_free(town: Town) -> None:
    followers = Followers(gate_of(town)[0].events, most=1)
    first = followers.follow(None)
    refused = followers.follow(None)
    assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (503, True)
    first.close()
    assert followers.follow(None).status_code == 200


@pytest.mark.parametrize("given", ["", "1", "1-", "a-b", "1-1 ", "1-1\n", "$", "9" * 40 + "-1"])
def test_what_is_no_name_of_an_event_is_not_asked_for(given: str) -> None:
    assert not is_name(given)
