"""The Captive Portal API of RFC 8908: it says of a phone what its packet gateway does."""

from dataclasses import replace

import pytest
import redis
from flask import Flask, Request

from store.gate import GateMemory
from tests.unit.orders import OWNER
from tests.unit.shops import LineOf
from tests.unit.test_gate import ACTIVE, POLICY, SUSPENDED
from topup.line import Line
from web.captive import make_blueprint
from web.gate.keeper import Keeper


def captive(client: redis.Redis, *, line: Line, number: str | None = OWNER, strangers_pass: bool = True) -> bool:
    """Whether the phone of this number is said to be captive."""

    def number_of(_: Request) -> str | None:
        return number

    policy = replace(POLICY, strangers_pass=strangers_pass)
    keeper = Keeper(memory=GateMemory(client, session_s=60), lines=LineOf(line), policy=policy)
    app = Flask(__name__)
    app.register_blueprint(make_blueprint(keeper=keeper, number_of=number_of, guide_url=POLICY.guide_url))
    answer = app.test_client().get("/captive-portal/api")
    assert answer.content_type == "application/captive+json"
    assert answer.headers["Cache-Control"] == "private, no-store"
    told = answer.get_json(force=True)
    assert told == {"captive": told["captive"], "user-portal-url": POLICY.guide_url, "can-extend-session": True}
    return bool(told["captive"])


def test_a_phone_whose_line_is_suspended_is_captive_and_one_that_is_active_is_not(client: redis.Redis) -> None:
    assert captive(client, line=SUSPENDED)
    client.flushall()
    assert not captive(client, line=ACTIVE)


@pytest.mark.parametrize("strangers_pass", [True, False])
def test_a_phone_that_nobody_knows_is_captive_where_the_gateway_takes_it_for_that(
    client: redis.Redis, strangers_pass: bool
) -> None:
    assert captive(client, line=SUSPENDED, number=None, strangers_pass=strangers_pass) is not strangers_pass
