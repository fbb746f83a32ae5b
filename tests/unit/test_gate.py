"""What packet gateways ask: whose address it is, and whether its line may pass."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from redis.backoff import NoBackoff
from redis.retry import Retry

from store.gate import GateMemory
from store.gate_events import LineEvents
from tests.unit.orders import OWNER, STRANGER
from tests.unit.shops import LineOf
from topup.address import UnableToReadAddress, phone_address
from topup.line import NOT_KNOWN, Line, LineState
from web.gate.following import Followers
from web.gate.keeper import Keeper, Policy
from web.gate.routes import make_blueprint
from web.guard import Pass, stand_before

SECRET = "gate-secret-of-the-tests"
RULES = ("permit in 6 from any to 10.99.0.2 80",)
POLICY = Policy(guide_url="http://guide.example/guide", permitted=RULES)
SUSPENDED, ACTIVE = Line(LineState.SUSPENDED), Line(LineState.ACTIVE)


class Gate:
    """A packet gateway's view of an application that has nothing but its gate."""

    def __init__(self, client: redis.Redis, *, policy: Policy = POLICY, line: Line = SUSPENDED) -> None:
        self.lines = LineOf(line)
        self.memory = GateMemory(client, session_s=600)
        self.events = LineEvents(client)
        self.followers = Followers(self.events, most=1)
        keeper = Keeper(memory=self.memory, lines=self.lines, policy=policy)
        app = Flask(__name__)
        app.register_blueprint(
            make_blueprint(keeper=keeper, memory=self.memory, followers=self.followers, country="KE")
        )
        stand_before(app, passes={"gate": Pass(secret=SECRET)})
        self.http: FlaskClient = app.test_client()

    def session(self, address: str, msisdn: str = OWNER, event: str = "start") -> int:
        body = {"address": address, "msisdn": msisdn, "event": event}
        return self.http.post(f"/gate/{SECRET}/sessions", json=body).status_code

    def verify(self, **asked: str) -> dict[str, Any]:
        answer = self.http.post(f"/gate/{SECRET}/verify", json=asked)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.get_json()
        return told


@pytest.fixture
def gate(client: redis.Redis) -> Gate:
    return Gate(client)


@pytest.fixture
def without_redis() -> Iterator[redis.Redis]:
    with redis.Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)) as nobody:
        yield nobody


# Addresses.


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("10.64.0.2", "10.64.0.2"),
        (" 10.64.0.2 ", "10.64.0.2"),
        ("::ffff:10.64.0.2", "10.64.0.2"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:a:b:c:d", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::/64", "2001:db8:1:2::/64"),
    ],
)
def test_an_address_is_kept_in_one_form(given: str, kept: str) -> None:
    assert phone_address(given) == kept


@pytest.mark.parametrize("given", ["", "10.64.0", "10.64.0.0/16", "10.64.0.2/64", "fe80::1%eth0", "phone", "1" * 99])
def test_what_is_no_phones_address_is_refused(given: str) -> None:
    with pytest.raises(UnableToReadAddress):
        phone_address(given)


# Whether a line may pass.


def test_a_suspended_line_is_led_to_the_guide_in_the_terms_of_credit_control(gate: Gate) -> None:
    assert gate.verify(msisdn=OWNER) == {
        "decision": "redirect",
        "final_unit_action": "REDIRECT",
        "redirect_server": {
            "redirect_address_type": "URL",
            "redirect_server_address": "http://guide.example/guide",
        },
        "permitted": list(RULES),
        "cache_s": 5,
    }


def test_an_active_line_may_pass(gate: Gate) -> None:
    gate.lines.line = ACTIVE
    assert gate.verify(msisdn=OWNER) == {"decision": "allow", "cache_s": 30}


@pytest.mark.parametrize("state", [LineState.BARRED, LineState.GONE])
def test_a_line_that_no_top_up_helps_does_not_pass_either(gate: Gate, state: LineState) -> None:
    gate.lines.line = Line(state)
    assert gate.verify(msisdn=OWNER)["decision"] == "redirect"


def test_a_line_is_read_once_however_often_it_is_asked_about(gate: Gate) -> None:
    gate.session("10.64.0.2")
    assert {gate.verify(msisdn=OWNER)["decision"] for _ in range(5)} == {"redirect"}
    assert gate.verify(address="10.64.0.2")["decision"] == "redirect"
    assert gate.lines.reads == 1


def test_a_line_that_came_back_passes_at_once_though_it_was_read_before(gate: Gate) -> None:
    assert gate.verify(msisdn=OWNER)["decision"] == "redirect"
    gate.memory.line_is_back(OWNER, for_s=30)
    assert gate.verify(msisdn=OWNER)["decision"] == "allow"


def test_a_line_that_was_read_before_it_came_back_is_not_kept_as_cut_off_afterwards(gate: Gate) -> None:
    class ComesBackWhileItIsRead(LineOf):
        def read_line(self, msisdn: str) -> Line:
            gate.memory.line_is_back(msisdn, for_s=30)
            return super().read_line(msisdn)

    keeper = Keeper(memory=gate.memory, lines=ComesBackWhileItIsRead(SUSPENDED), policy=POLICY)
    assert keeper.verify(msisdn=OWNER)["decision"] == "allow"


@pytest.mark.parametrize(("fails_open", "decision"), [(True, "allow"), (False, "redirect")])
def test_a_line_that_cannot_be_read_passes_by_the_policy(client: redis.Redis, fails_open: bool, decision: str) -> None:
    gate = Gate(client, policy=replace(POLICY, fails_open=fails_open), line=NOT_KNOWN)
    assert gate.verify(msisdn=OWNER)["decision"] == decision
    assert gate.verify(msisdn=OWNER)["cache_s"] <= 2
    assert gate.lines.reads == 1


def test_without_redis_a_number_is_still_decided_by_its_line(without_redis: redis.Redis) -> None:
    gate = Gate(without_redis)
    assert gate.verify(msisdn=OWNER)["decision"] == "redirect"


@pytest.mark.parametrize(("fails_open", "decision"), [(True, "allow"), (False, "redirect")])
def test_without_redis_an_address_passes_by_the_policy(
    without_redis: redis.Redis, fails_open: bool, decision: str
) -> None:
    gate = Gate(without_redis, policy=replace(POLICY, fails_open=fails_open))
    assert gate.verify(address="10.64.0.2")["decision"] == decision
    assert gate.session("10.64.0.2") == 503


# Whose address it is.


def test_an_address_is_verified_as_the_phone_that_has_it(gate: Gate) -> None:
    assert gate.session("10.64.0.2") == 204
    assert gate.verify(address="10.64.0.2")["decision"] == "redirect"
    assert gate.memory.addresses_of(OWNER) == ("10.64.0.2",)


def test_any_address_of_a_phones_prefix_is_that_phone(gate: Gate) -> None:
    gate.session("2001:db8:1:2::/64")
    assert gate.memory.phone_at(phone_address("2001:db8:1:2::99")) == OWNER


def test_a_start_after_a_stop_that_was_lost_makes_the_address_the_new_phones(gate: Gate) -> None:
    gate.session("10.64.0.2", OWNER)
    gate.session("10.64.0.2", STRANGER)
    assert gate.memory.phone_at("10.64.0.2") == STRANGER
    assert gate.memory.addresses_of(OWNER) == ()


def test_a_stop_that_comes_late_leaves_the_address_to_the_phone_that_has_it_now(gate: Gate) -> None:
    gate.session("10.64.0.2", OWNER)
    gate.session("10.64.0.2", STRANGER)
    gate.session("10.64.0.2", OWNER, "stop")
    assert gate.memory.phone_at("10.64.0.2") == STRANGER


def test_an_interim_update_makes_up_for_a_start_that_was_lost(gate: Gate) -> None:
    gate.session("10.64.0.2", event="interim")
    assert gate.memory.phone_at("10.64.0.2") == OWNER
    gate.session("10.64.0.2", event="stop")
    assert gate.memory.phone_at("10.64.0.2") is None


@pytest.mark.parametrize(("passes", "decision"), [(True, "allow"), (False, "redirect")])
def test_an_address_of_nobody_passes_by_the_policy(client: redis.Redis, passes: bool, decision: str) -> None:
    gate = Gate(client, policy=replace(POLICY, strangers_pass=passes))
    assert gate.verify(address="10.64.9.9")["decision"] == decision
    assert gate.lines.reads == 0


# Who may ask, and how.


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"address": "10.64.0.2", "msisdn": "+254711000001"}',
        '{"address": "nowhere"}',
        '{"msisdn": 7}',
        '{"msisdn": "+1"}',
    ],
)
def test_a_question_that_cannot_be_read_is_refused_with_why(gate: Gate, body: str) -> None:
    answer = gate.http.post(f"/gate/{SECRET}/verify", data=body)
    assert (answer.status_code, list(answer.json or ())) == (400, ["error"])


def test_an_event_that_is_none_is_refused(gate: Gate) -> None:
    assert gate.session("10.64.0.2", event="Start") == 400


def test_only_who_knows_the_secret_is_heard_in_the_path_or_as_a_bearer(gate: Gate) -> None:
    def ask(path: str, **headers: str) -> int:
        return gate.http.post(path, json={"msisdn": OWNER}, headers=headers).status_code

    assert ask("/gate/another-secret-of-some/verify") == 404
    assert ask("/gate/verify") == 404
    assert ask("/gate/verify", Authorization="Bearer another-secret-of-some") == 404
    assert ask("/gate/another-secret-of-some/verify", Authorization=f"Bearer {SECRET}") == 404
    assert ask("/gate/verify", Authorization=f"Bearer {SECRET}") == 200
