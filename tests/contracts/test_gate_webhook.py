"""The webhook of a packet gateway over real HTTP: what is posted, how it is signed, and what counts as heard."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from providers.gate_webhook import GateWebhook
from providers.http import Channel, Limits
from tests.contracts.servers import free_port, resets, says, serving
from topup.gate import LineBack

SECRET = "webhook-secret-of-the-tests"
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
EVENT = LineBack(id="line-back-7", msisdn="+254711000001", addresses=("10.64.0.2",), at=AT)


def webhook(url: str) -> GateWebhook:
    channel = Channel(provider="gate", url=url, limits=Limits(failures_to_open=1000))
    return GateWebhook(secret=SECRET, channel=channel, now=lambda: AT)


def test_a_line_that_is_back_is_posted_as_json_and_signed_with_its_time() -> None:
    with serving(says(b"", status=204)) as stage:
        assert webhook(f"{stage.url}/hook").tell(EVENT) is None
    (seen,) = stage.seen
    assert (seen.method, seen.path, seen.headers["content-type"]) == ("POST", "/hook", "application/json")
    assert json.loads(seen.body) == {
        "event": "line_back",
        "id": "line-back-7",
        "msisdn": "+254711000001",
        "address": "10.64.0.2",
        "addresses": ["10.64.0.2"],
        "at": "2026-11-24T09:00:00.000000Z",
    }
    timestamp = seen.headers["redial-timestamp"]
    assert timestamp == str(int(AT.timestamp()))
    proof = hmac.new(SECRET.encode(), timestamp.encode() + b"." + seen.body, hashlib.sha256).hexdigest()
    assert seen.headers["redial-signature"] == f"v1={proof}"


@pytest.mark.parametrize("status", [301, 400, 404, 500, 503])
def test_only_a_success_counts_as_heard(status: int) -> None:
    with serving(says(b"", status=status)) as stage:
        assert webhook(stage.url).tell(EVENT) == f"HTTP {status}"


def test_a_gateway_that_cannot_be_reached_has_not_heard() -> None:
    assert webhook(f"http://127.0.0.1:{free_port()}").tell(EVENT) is not None
    with serving(resets) as stage:
        assert webhook(stage.url).tell(EVENT) is not None
