"""Reading a line over real HTTP: what is sent, and what every answer means."""

import base64
import os
import subprocess
import sys
import time
import xmlrpc.client
from pathlib import Path
from typing import Any

import pytest

from providers.http import Channel, Limits
from providers.ucip_codes import LINE_RESPONSES
from tests.contracts.attempts import an_attempt
from tests.contracts.charging import FLAGS, MSISDN, NONSENSE, answers, asked, balance, charging_system, client
from tests.contracts.servers import Act, drips_body, drips_head, free_port, is_silent, says, serving
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money
from topup.outcomes import Confirmed, NotSent, Unknown


def test_a_line_is_read_as_published() -> None:
    with charging_system(balance("-5000")) as (ucip, stage):
        line = ucip.read_line(MSISDN)
    assert line == Line(LineState.SUSPENDED, Money(-5000, "KES"))
    seen = stage.seen[0]
    assert (seen.method, seen.path) == ("POST", "/Air")
    assert seen.headers["content-type"] == "text/xml"
    assert seen.headers["user-agent"] == "Redial/5.0/1.0"
    assert base64.b64decode(seen.headers["authorization"].removeprefix("Basic ")) == b"redial:secret"
    method, struct = asked(stage)
    transaction = struct.pop("originTransactionID")
    assert method == "GetBalanceAndDate"
    assert transaction.isdecimal()
    assert len(transaction) <= 20
    assert struct == {
        "originNodeType": "EXT",
        "originHostName": "redial",
        "originTimeStamp": xmlrpc.client.DateTime("20261101T09:00:00+0000"),
        "subscriberNumberNAI": 1,
        "subscriberNumber": "254711000001",
    }
    assert b"<i4>1</i4>" in seen.body


def test_every_read_is_a_transaction_of_its_own() -> None:
    with charging_system(balance("0")) as (ucip, stage):
        ucip.read_line(MSISDN)
        ucip.read_line(MSISDN)
    assert asked(stage, 0)[1]["originTransactionID"] != asked(stage, 1)[1]["originTransactionID"]


@pytest.mark.parametrize(
    ("members", "state"),
    [
        ({"accountValue1": "5000"}, LineState.ACTIVE),
        ({"accountValue1": "0"}, LineState.ACTIVE),
        ({"accountValue1": "-1"}, LineState.SUSPENDED),
        ({"accountFlagsAfter": FLAGS | {"negativeBarringStatusFlag": True}}, LineState.SUSPENDED),
        ({"accountFlagsAfter": FLAGS | {"supervisionPeriodExpiryFlag": True}}, LineState.SUSPENDED),
        ({"accountFlagsAfter": FLAGS | {"serviceFeePeriodExpiryFlag": True}}, LineState.SUSPENDED),
        ({"accountFlagsAfter": FLAGS | {"activationStatusFlag": False}}, LineState.BARRED),
        ({"temporaryBlockedFlag": True}, LineState.BARRED),
        ({"temporaryBlockedFlag": True, "accountValue1": "-1"}, LineState.BARRED),
        ({"temporaryBlockedFlag": False}, LineState.ACTIVE),
        ({"accountFlagsAfter": {}, "accountFlags": FLAGS | {"negativeBarringStatusFlag": True}}, LineState.SUSPENDED),
        ({"responseCode": 1}, LineState.ACTIVE),
        ({"responseCode": 2}, LineState.ACTIVE),
    ],
)
def test_a_state_is_made_of_flags_and_balance(members: dict[str, Any], state: LineState) -> None:
    with charging_system(balance(**{"value": "100", **members})) as (ucip, _stage):
        assert ucip.read_line(MSISDN).state is state


def test_a_line_without_a_balance_has_a_state_all_the_same() -> None:
    with charging_system(answers(accountFlagsAfter=FLAGS)) as (ucip, _stage):
        assert ucip.read_line(MSISDN) == Line(LineState.ACTIVE, None)


@pytest.mark.parametrize(("value", "minor"), [("50", 5000), ("-0.5", -50), ("-12.34", -1234), ("0", 0)])
def test_a_unit_may_be_a_hundred_minor_units(value: str, minor: int) -> None:
    with charging_system(balance(value), minor_per_unit=100) as (ucip, _stage):
        assert ucip.read_line(MSISDN).balance == Money(minor, "KES")


LINE_CODES = {102: LineState.GONE, 104: LineState.BARRED, 126: LineState.BARRED}


def test_every_line_response_is_tried_here() -> None:
    assert LINE_CODES == LINE_RESPONSES


@pytest.mark.parametrize("code", [*LINE_CODES, 100, 103, 999, 12345])
def test_a_line_response_means(code: int) -> None:
    with charging_system(answers(code)) as (ucip, _stage):
        assert ucip.read_line(MSISDN) == Line(LINE_CODES.get(code, LineState.UNKNOWN))


@pytest.mark.parametrize(
    "act",
    [
        *NONSENSE,
        pytest.param(balance("much"), id="no number"),
        pytest.param(balance("0.001"), id="parts of a cent"),
        pytest.param(balance("1", currency1="XXX"), id="no currency"),
        pytest.param(balance("1", accountFlagsAfter="none"), id="no flags"),
        pytest.param(says(b"", status=401), id="a wrong password"),
        pytest.param(says(b"", status=403), id="an old protocol"),
    ],
)
def test_a_line_that_cannot_be_read_is_not_known(act: Act) -> None:
    with charging_system(act) as (ucip, _stage):
        assert ucip.read_line(MSISDN) is NOT_KNOWN
        assert isinstance(ucip.before_credit(an_attempt()), NotSent)
        assert isinstance(ucip.enquire_credit(an_attempt()), Unknown)


def test_a_line_behind_a_closed_port_is_not_known() -> None:
    assert client(f"http://127.0.0.1:{free_port()}").read_line(MSISDN) is NOT_KNOWN


@pytest.mark.parametrize("act", [is_silent, drips_head, drips_body])
def test_the_deadline_of_a_read_is_for_all_of_it(act: Act) -> None:
    would_last_s = 30
    with serving(act) as stage:
        patient = Limits(within_s=would_last_s)
        ucip = client(stage.url, deadline_s=0.2)
        ucip._reads = Channel(provider="ucip", url=stage.url, limits=patient)
        began = time.monotonic()
        assert ucip.read_line(MSISDN) is NOT_KNOWN
        assert time.monotonic() - began < would_last_s / 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look names up elsewhere")
def test_a_name_that_nobody_resolves_does_not_hold_up_a_dial(tmp_path: Path) -> None:
    silent, at_the_least_s = "127.0.0.77", 5.0  # How long the C library waits for a first answer (resolv.conf(5)).
    (tmp_path / "resolv.conf").write_text(f"nameserver {silent}\n")
    elsewhere = f'mount --bind {tmp_path}/resolv.conf /etc/resolv.conf && exec "$0" "$@"'
    child = [sys.executable, "-m", "tests.contracts.slow_name", silent]
    told = subprocess.run(
        ["unshare", "--mount", "sh", "-c", elsewhere, *child], check=True, capture_output=True, text=True
    ).stdout.split()
    assert told[0] == NOT_KNOWN.state.value
    assert float(told[1]) < at_the_least_s / 2


def test_a_flood_of_reads_does_not_stop_refills() -> None:
    with serving(says(b"", status=503)) as broken, charging_system(answers()) as (ucip, _stage):
        ucip._reads = Channel(provider="ucip", url=broken.url, limits=Limits(failures_to_open=1))
        assert [ucip.read_line(MSISDN) for _ in range(3)] == [NOT_KNOWN] * 3
        assert isinstance(ucip.credit(an_attempt()), Confirmed)
