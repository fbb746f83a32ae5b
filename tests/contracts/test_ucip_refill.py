"""Refilling a line over real HTTP: what is sent, and what every answer means, a lost one included."""

from typing import Any

import pytest

from providers.ucip import UnitTooCoarse, transaction_id
from providers.ucip_codes import FAULTS, HTTP_REFUSALS, REFILL_RESPONSES
from tests.contracts.attempts import an_attempt
from tests.contracts.charging import NONSENSE, answers, asked, balance, charging_system, client, fault
from tests.contracts.servers import Act, free_port, says
from topup.money import Money
from topup.outcomes import Confirmed, NotSent, Reason, Refused, Unknown
from topup.ports import ANOTHER_MAY_LAND, UnableToReadEvent


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
    assert sent == Confirmed(transaction, None, facts)
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
        assert isinstance(ucip.credit(an_attempt()), Confirmed)
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
        {"transactionAmount": "0"},
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
        pytest.param({**BEFORE, ANOTHER_MAY_LAND: True}, balance("5000"), id="another refill may have done it"),
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
