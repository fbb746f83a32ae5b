"""Loading a voucher: what is sent, what each code means at the first time and at a second look."""

from typing import Any

import pytest

from providers.ucip import transaction_id
from providers.ucip_codes import FAULTS, HTTP_REFUSALS, VOUCHER_RESPONSES
from tests.contracts.attempts import an_attempt
from tests.contracts.charging import FLAGS, NONSENSE, answers, asked, charging_system, client, fault
from tests.contracts.servers import Act, free_port, says
from topup.money import Money
from topup.outcomes import Confirmed, NotSent, Pending, Reason, Refused, Unknown
from topup.ports import Attempt
from topup.vouchers import Pin

PIN = Pin("12345678901234")
ACCOUNT = {"currency1": "KES", "accountFlags": FLAGS}


def an_attempt_to_redeem(**changes: Any) -> Attempt:
    return an_attempt(reference="abc-redeem-1", amount=Money(0, "KES"), **changes)


def loads(before: str = "-5000", after: str = "5000", **members: Any) -> Act:
    """The answer of a node that has used a voucher."""
    accounts = {
        "accountBeforeRefill": {"accountValue1": before, **ACCOUNT},
        "accountAfterRefill": {"accountValue1": after, **ACCOUNT},
    }
    return answers(**{**accounts, "voucherSerialNumber": "S1", **members})


def test_a_voucher_is_sent_as_ucip_describes_it() -> None:
    with charging_system(loads()) as (ucip, stage):
        sent = ucip.redeem(an_attempt_to_redeem(), pin=PIN)
    method, struct = asked(stage)
    assert method == "Refill"
    assert struct["voucherActivationCode"] == PIN.digits
    assert (struct["subscriberNumber"], struct["externalData1"]) == ("254711000001", "abc-redeem-1")
    assert (struct["requestRefillAccountBeforeFlag"], struct["requestRefillAccountAfterFlag"]) == (True, True)
    assert not {"transactionAmount", "transactionCurrency", "refillProfileID"} & set(struct)
    assert sent == Confirmed(
        transaction_id("abc-redeem-1"),
        Money(10_000, "KES"),
        {"response_code": 0, "voucher_serial": "S1", "balance_after_minor": 5000},
    )


def test_the_worth_is_what_the_account_gained_else_what_the_node_says() -> None:
    worths = {
        loads(): Money(10_000, "KES"),
        loads(after="-5000", transactionAmount="700"): Money(700, "KES"),
        answers(transactionAmount="700", transactionCurrency="KES"): Money(700, "KES"),
        answers(): None,
        answers(accountBeforeRefill=5, accountAfterRefill={"accountValue1": "?"}): None,
    }
    for act, worth in worths.items():
        with charging_system(act) as (ucip, _stage):
            sent = ucip.redeem(an_attempt_to_redeem(), pin=PIN)
        assert isinstance(sent, Confirmed)
        assert sent.amount == worth


CODES: dict[int, tuple[Reason | type, Reason | type]] = {
    100: (Unknown, Unknown),
    102: (Reason.GONE, Unknown),
    103: (Reason.NO_MORE_VOUCHERS, Unknown),
    104: (Reason.BARRED, Unknown),
    107: (Reason.VOUCHER_USED, Confirmed),
    108: (Reason.VOUCHER_OF_ANOTHER, Reason.VOUCHER_OF_ANOTHER),
    109: (Reason.VOUCHER_NOT_ON_SALE, Reason.VOUCHER_NOT_ON_SALE),
    110: (Reason.VOUCHER_EXPIRED, Reason.VOUCHER_EXPIRED),
    111: (Reason.VOUCHER_STOLEN, Reason.VOUCHER_STOLEN),
    112: (Reason.VOUCHER_DAMAGED, Reason.VOUCHER_DAMAGED),
    113: (Reason.VOUCHER_BUSY, Pending),
    114: (Reason.VOUCHER_NOT_FOR_LINE, Reason.VOUCHER_NOT_FOR_LINE),
    115: (Reason.VOUCHER_NOT_FOR_LINE, Unknown),
    119: (Reason.NO_VOUCHER, Reason.NO_VOUCHER),
    120: (Reason.PROVIDER, Unknown),
    123: (Reason.LIMIT, Unknown),
    126: (Reason.BARRED, Unknown),
    176: (Reason.NO_FIRST_CALL, Unknown),
    177: (Reason.BARRED, Unknown),
    178: (Reason.LINE_RAN_OUT, Unknown),
    179: (Reason.LINE_RAN_OUT, Unknown),
    999: (Unknown, Unknown),
}


def test_every_code_is_tried_here() -> None:
    assert CODES.keys() == VOUCHER_RESPONSES.keys()


def check(found: object, meaning: Reason | type, code: int) -> None:
    if isinstance(meaning, Reason):
        assert found == Refused(meaning, str(code))
    else:
        assert isinstance(found, meaning)


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_response_means_at_the_first_time_and_at_a_second_look(code: int) -> None:
    first, second = CODES[code]
    with charging_system(answers(code)) as (ucip, stage):
        check(ucip.redeem(an_attempt_to_redeem(), pin=PIN), first, code)
        check(ucip.look_again(an_attempt_to_redeem(), pin=PIN), second, code)
    assert len(stage.seen) == 2, "each is sent once"


def test_a_second_look_is_a_transaction_of_its_own_and_the_same_voucher_for_the_same_line() -> None:
    with charging_system(loads()) as (ucip, stage):
        ucip.redeem(an_attempt_to_redeem(), pin=PIN)
        found = ucip.look_again(an_attempt_to_redeem(), pin=PIN)
    (_, first), (_, second) = asked(stage, 0), asked(stage, 1)
    differ = {name for name in first if first[name] != second[name]}
    assert differ == {"originTransactionID"}
    assert isinstance(found, Confirmed)
    assert found.receipt == second["originTransactionID"]


def test_a_voucher_used_before_the_second_look_has_the_receipt_of_the_first() -> None:
    with charging_system(answers(107)) as (ucip, _stage):
        found = ucip.look_again(an_attempt_to_redeem(), pin=PIN)
    assert found == Confirmed(transaction_id("abc-redeem-1"), None, {"response_code": 107})


@pytest.mark.parametrize("code", [101, 105, 124, 500])
def test_an_unknown_response_is_unknown_and_never_refused(code: int) -> None:
    with charging_system(answers(code)) as (ucip, _stage):
        assert isinstance(ucip.redeem(an_attempt_to_redeem(), pin=PIN), Unknown)
        assert isinstance(ucip.look_again(an_attempt_to_redeem(), pin=PIN), Unknown)


@pytest.mark.parametrize(
    "act", [*(fault(code) for code in sorted(FAULTS)), *(says(b"", status=status) for status in sorted(HTTP_REFUSALS))]
)
def test_a_second_look_that_was_not_answered_tells_nothing_of_the_first(act: Act) -> None:
    with charging_system(act) as (ucip, _stage):
        assert isinstance(ucip.look_again(an_attempt_to_redeem(), pin=PIN), Unknown)


@pytest.mark.parametrize("act", NONSENSE)
def test_a_voucher_without_a_clear_answer_is_unknown(act: Act) -> None:
    with charging_system(act) as (ucip, _stage):
        assert isinstance(ucip.redeem(an_attempt_to_redeem(), pin=PIN), Unknown)


def test_a_node_that_is_down_was_not_sent_the_first_time_and_tells_nothing_at_the_second() -> None:
    ucip = client(f"http://127.0.0.1:{free_port()}")
    assert isinstance(ucip.redeem(an_attempt_to_redeem(), pin=PIN), NotSent)
    assert isinstance(ucip.look_again(an_attempt_to_redeem(), pin=PIN), Unknown)
