"""A charging system that answers as it is told, and a client of it."""

import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from providers.http import Channel, Limits
from providers.ucip import Ucip, UcipNode
from tests.contracts.attempts import clock
from tests.contracts.servers import Act, Handler, Stage, is_silent, resets, says, serving

MSISDN = "+254711000001"
FLAGS = {
    "activationStatusFlag": True,
    "negativeBarringStatusFlag": False,
    "supervisionPeriodWarningActiveFlag": False,
    "serviceFeePeriodWarningActiveFlag": False,
    "supervisionPeriodExpiryFlag": False,
    "serviceFeePeriodExpiryFlag": False,
}


@contextmanager
def charging_system(*acts: Act, minor_per_unit: int = 1, deadline_s: float = 30) -> Iterator[tuple[Ucip, Stage]]:
    """A node that does each of `acts`, and a client of it."""
    with serving(*acts) as stage:
        yield (
            client(stage.url, minor_per_unit=minor_per_unit, deadline_s=deadline_s, patience_s=stage.patience_s),
            stage,
        )


def client(url: str, *, minor_per_unit: int = 1, deadline_s: float = 30, patience_s: float = 30) -> Ucip:
    limits = Limits(within_s=patience_s, failures_to_open=1000)
    return Ucip(
        node=UcipNode(
            username="redial",
            password="secret",
            user_agent="Redial/5.0/1.0",
            host_name="redial",
            refill_profile="TOPUP",
            currency="KES",
            minor_per_unit=minor_per_unit,
        ),
        reads=Channel(provider="ucip", url=f"{url}/Air", limits=limits),
        refills=Channel(provider="ucip", url=f"{url}/Air", limits=limits),
        now=clock,
        read_deadline_s=deadline_s,
    )


def answers(code: int = 0, **members: Any) -> Act:
    """Answer with the transaction that was asked, as a node does."""

    def act(handler: Handler) -> None:
        (asked,), _method = xmlrpc.client.loads(handler.stage.seen[-1].body)
        struct = {"responseCode": code, "originTransactionID": asked["originTransactionID"], **members}  # type: ignore[call-overload,index]
        says(xmlrpc.client.dumps((struct,), methodresponse=True), content_type="text/xml")(handler)

    return act


def balance(value: str, **members: Any) -> Act:
    """The answer to GetBalanceAndDate."""
    return answers(**{"accountValue1": value, "currency1": "KES", "accountFlagsAfter": FLAGS, **members})


def fault(code: int) -> Act:
    return says(xmlrpc.client.dumps(xmlrpc.client.Fault(code, "What it says")), content_type="text/xml")


def asked(stage: Stage, number: int = 0) -> tuple[str, dict[str, Any]]:
    (struct,), method = xmlrpc.client.loads(stage.seen[number].body)
    assert isinstance(struct, dict)
    return str(method), struct


NONSENSE = [
    pytest.param(resets, id="reset"),
    pytest.param(is_silent, id="silent"),
    pytest.param(says(b"<html>Service Unavailable</html>"), id="a page"),
    pytest.param(says(b"", status=503), id="unavailable"),
    pytest.param(says(b"x" * 1_000_001), id="too large"),
    pytest.param(balance("0", originTransactionID="7"), id="the answer to another"),
    pytest.param(fault(1005), id="an internal error"),
    pytest.param(says(xmlrpc.client.dumps(({},), methodresponse=True)), id="no responseCode"),
    pytest.param(says(xmlrpc.client.dumps(({"responseCode": "0"},), methodresponse=True)), id="a code that is text"),
    pytest.param(says(xmlrpc.client.dumps(({"responseCode": -1},), methodresponse=True)), id="a code below zero"),
    pytest.param(says(xmlrpc.client.dumps(({"responseCode": True},), methodresponse=True)), id="a code that is a flag"),
]
