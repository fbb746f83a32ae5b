"""The charging system over real HTTP: what is sent, and what every answer means."""

import base64
import threading
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from providers.http import Channel, Limits
from providers.ucip import Ucip, UcipNode, UnitTooCoarse, transaction_id
from providers.ucip_codes import FAULTS, HTTP_REFUSALS, LINE_RESPONSES, REFILL_RESPONSES
from tests.contracts.attempts import an_attempt, clock
from tests.contracts.servers import (
    Act,
    Handler,
    Stage,
    drips_body,
    drips_head,
    free_port,
    is_silent,
    resets,
    says,
    serving,
)
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money
from topup.outcomes import Confirmed, NotSent, Reason, Refused, Unknown
from topup.ports import UnableToReadEvent

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
    limits = Limits(answer_timeout_s=patience_s, failures_to_open=1000)
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
        patient = Limits(answer_timeout_s=would_last_s)
        ucip = client(stage.url, deadline_s=0.2)
        ucip._reads = Channel(provider="ucip", url=stage.url, limits=patient)
        began = time.monotonic()
        assert ucip.read_line(MSISDN) is NOT_KNOWN
        assert time.monotonic() - began < would_last_s / 2


def test_a_name_that_resolves_slowly_does_not_hold_up_a_dial(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def slow(*_arguments: object, **_options: object) -> None:
        answered.wait(30)
        raise OSError

    monkeypatch.setattr("socket.getaddrinfo", slow)
    assert client("http://charging.invalid", deadline_s=0.1).read_line(MSISDN) is NOT_KNOWN
    assert not answered.is_set(), "it was not waited for"
    answered.set()


def test_a_flood_of_reads_does_not_stop_refills() -> None:
    with serving(says(b"", status=503)) as broken, charging_system(answers()) as (ucip, _stage):
        ucip._reads = Channel(provider="ucip", url=broken.url, limits=Limits(failures_to_open=1))
        assert [ucip.read_line(MSISDN) for _ in range(3)] == [NOT_KNOWN] * 3
        assert isinstance(ucip.credit(an_attempt()), Confirmed)


def test_a_refill_is_asked_for_as_published() -> None:
    attempt = an_attempt(reference="abc-credit-1")
    refilled = answers(
        transactionAmount="10000",
        transactionCurrency="KES",
        accountAfterRefill={"accountValue1": "5000", "currency1": "KES"},
    )
    with charging_system(refilled) as (ucip, stage):
        sent = ucip.credit(attempt)
    transaction = transaction_id("abc-credit-1")
    facts = {"response_code": 0, "balance_after_minor": 5000}
    assert sent == Confirmed(transaction, Money(10_000, "KES"), facts)
    method, struct = asked(stage)
    assert method == "Refill"
    del struct["originTimeStamp"]
    assert struct == {
        "originNodeType": "EXT",
        "originHostName": "redial",
        "originTransactionID": transaction,
        "subscriberNumberNAI": 1,
        "subscriberNumber": "254711000001",
        "transactionAmount": "10000",
        "transactionCurrency": "KES",
        "refillProfileID": "TOPUP",
        "requestRefillAccountAfterFlag": True,
        "externalData1": "abc-credit-1",
    }


def test_a_refill_s_transaction_is_decided_by_its_reference() -> None:
    assert transaction_id("a") == transaction_id("a") != transaction_id("b")
    for number in range(1000):
        transaction = transaction_id(f"order-credit-{number}")
        assert transaction.isdecimal()
        assert len(transaction) <= 20


def test_a_refill_is_said_in_the_node_s_units() -> None:
    with charging_system(answers(transactionAmount="100"), minor_per_unit=100) as (ucip, stage):
        sent = ucip.credit(an_attempt())
        assert isinstance(sent, Confirmed)
        assert sent.amount == Money(10_000, "KES")
        with pytest.raises(UnitTooCoarse):
            ucip.credit(an_attempt(amount=Money(10_050, "KES")))
        with pytest.raises(UnitTooCoarse):
            ucip.credit(an_attempt(amount=Money(0, "KES")))
    assert asked(stage)[1]["transactionAmount"] == "100"
    assert len(stage.seen) == 1


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"transactionAmount": "much"},
        {"transactionAmount": "1", "transactionCurrency": "?"},
        {"accountAfterRefill": 5},
        {"accountAfterRefill": {"accountValue1": "?"}},
    ],
)
def test_a_refill_that_happened_is_confirmed_however_little_is_said(members: dict[str, Any]) -> None:
    attempt = an_attempt()
    with charging_system(answers(**members)) as (ucip, _stage):
        sent = ucip.credit(attempt)
    assert sent == Confirmed(transaction_id(attempt.reference), None, {"response_code": 0})


REFILL_CODES: dict[int, Reason | type] = {
    100: Unknown,
    102: Reason.GONE,
    103: Reason.BARRED,
    104: Reason.BARRED,
    107: Reason.PROVIDER,
    108: Reason.PROVIDER,
    109: Reason.PROVIDER,
    110: Reason.PROVIDER,
    111: Reason.PROVIDER,
    112: Reason.PROVIDER,
    113: Reason.PROVIDER,
    114: Reason.PROVIDER,
    115: Reason.BARRED,
    119: Reason.PROVIDER,
    120: Reason.PROVIDER,
    123: Reason.LIMIT,
    126: Reason.BARRED,
    176: Reason.BARRED,
    177: Reason.BARRED,
    178: Reason.BARRED,
    179: Reason.BARRED,
    999: Unknown,
}
FAULT_CODES: dict[int, Reason | type] = {
    1000: Reason.PROVIDER,
    1001: Reason.PROVIDER,
    1002: Reason.PROVIDER,
    1003: Reason.PROVIDER,
    1004: Reason.PROVIDER,
    1005: Unknown,
    1006: Unknown,
    1007: NotSent,
    1008: Unknown,
}


def test_every_code_is_tried_here() -> None:
    assert REFILL_CODES.keys() == REFILL_RESPONSES.keys()
    assert FAULT_CODES.keys() == FAULTS.keys()
    assert HTTP_REFUSALS.keys() == {400, 401, 403, 404}


def check(act: Act, meaning: Reason | type, code: str) -> None:
    with charging_system(act) as (ucip, stage):
        sent = ucip.credit(an_attempt())
    if isinstance(meaning, Reason):
        assert sent == Refused(meaning, code)
    else:
        assert isinstance(sent, meaning)
    assert len(stage.seen) == 1, "a refill is never repeated"


@pytest.mark.parametrize("code", sorted(REFILL_CODES))
def test_a_refill_response_means(code: int) -> None:
    check(answers(code), REFILL_CODES[code], str(code))


@pytest.mark.parametrize("code", [101, 105, 124, 500, 998, 12345])
def test_an_unknown_response_is_unknown_and_never_refused(code: int) -> None:
    check(answers(code), Unknown, "")
    check(fault(code), Unknown, "")


@pytest.mark.parametrize("code", sorted(FAULT_CODES))
def test_a_fault_means(code: int) -> None:
    check(fault(code), FAULT_CODES[code], f"fault_{code}")


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_an_http_refusal_is_a_refusal(status: int) -> None:
    check(says(b"", status=status), Reason.PROVIDER, f"http_{status}")


@pytest.mark.parametrize("act", NONSENSE)
def test_a_refill_without_a_clear_answer_is_unknown(act: Act) -> None:
    check(act, Unknown, "")


def test_a_refill_to_a_node_that_is_down_is_not_sent() -> None:
    assert isinstance(client(f"http://127.0.0.1:{free_port()}").credit(an_attempt()), NotSent)


def test_refills_never_use_a_connection_again() -> None:
    with charging_system(answers()) as (ucip, stage):
        ucip.credit(an_attempt())
        ucip.credit(an_attempt())
    assert len({seen.peer for seen in stage.seen}) == 2


def test_the_balance_before_is_kept_for_a_lost_answer() -> None:
    with charging_system(balance("-5000")) as (ucip, _stage):
        facts = ucip.before_credit(an_attempt())
    assert facts == {"line": "suspended", "balance_minor": -5000, "currency": "KES"}
    with charging_system(answers(102)) as (ucip, _stage):
        assert ucip.before_credit(an_attempt()) == {"line": "gone"}


BEFORE: dict[str, object] = {"balance_minor": -5000, "currency": "KES"}


def test_a_balance_higher_by_the_amount_confirms_a_lost_refill() -> None:
    attempt = an_attempt(facts=BEFORE)
    with charging_system(balance("5000")) as (ucip, _stage):
        answer = ucip.enquire_credit(attempt)
    assert answer == Confirmed(
        transaction_id(attempt.reference), Money(10_000, "KES"), {"settled_by": "balance", "balance_minor": 5000}
    )


@pytest.mark.parametrize(
    ("facts", "act"),
    [
        pytest.param(BEFORE, balance("-5000"), id="unchanged"),
        pytest.param(BEFORE, balance("4999"), id="a little less"),
        pytest.param(BEFORE, balance("15000"), id="more"),
        pytest.param(BEFORE, balance("5000", currency1="UGX"), id="another currency"),
        pytest.param(BEFORE, answers(102), id="gone"),
        pytest.param({}, balance("5000"), id="not known before"),
        pytest.param({"balance_minor": "-5000", "currency": "KES"}, balance("5000"), id="spoilt facts"),
    ],
)
def test_any_other_balance_leaves_a_lost_refill_unknown(facts: dict[str, object], act: Act) -> None:
    with charging_system(act) as (ucip, _stage):
        assert isinstance(ucip.enquire_credit(an_attempt(facts=facts)), Unknown)


def test_a_charging_system_calls_nobody_back() -> None:
    with pytest.raises(UnableToReadEvent):
        client("http://127.0.0.1:1").read_event(topic="airtime", reference=None, body=b"{}", content_type="")
