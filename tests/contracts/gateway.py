"""An Africa's Talking that answers as it is told, and clients of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from providers.africastalking import AfricasTalkingAccount, AfricasTalkingAirtime, AfricasTalkingSms
from providers.http import Channel, Limits
from tests.contracts.servers import Act, Stage, is_silent, resets, says, serving

MSISDN = "+254711000001"
REQUEST_ID = "ATQid_1be914ac47845eef1a1dab5d89ec50ff"

NONSENSE = [
    pytest.param(resets, id="reset"),
    pytest.param(is_silent, id="silent"),
    pytest.param(says(b"<html>"), id="a page"),
    pytest.param(says(b"{}"), id="an empty object"),
    pytest.param(says(b"[]"), id="a list"),
    pytest.param(says(b"Internal Server Error", status=500), id="an error"),
    pytest.param(says(b"", status=502), id="no gateway"),
    pytest.param(says(b"", status=302, Location="/elsewhere"), id="a redirect"),
    pytest.param(says(b'{"a": "' + b"x" * 1_000_000 + b'"}'), id="too large"),
]


@contextmanager
def africas_talking(*acts: Act, **account: Any) -> Iterator[tuple[AfricasTalkingSms, AfricasTalkingAirtime, Stage]]:
    """A gateway that does each of `acts`, and both of its clients."""
    with serving(*acts) as stage:
        yield *clients(stage.url, patience_s=stage.patience_s, **account), stage


def clients(url: str, *, patience_s: float = 30, **account: Any) -> tuple[AfricasTalkingSms, AfricasTalkingAirtime]:
    ours = AfricasTalkingAccount(username="redial", api_key="s3cret", **account)
    limits = Limits(within_s=patience_s, failures_to_open=1000)
    channel = Channel(provider="africastalking", url=url, limits=limits)
    return AfricasTalkingSms(account=ours, channel=channel), AfricasTalkingAirtime(account=ours, channel=channel)
