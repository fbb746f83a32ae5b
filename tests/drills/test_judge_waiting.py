"""The judge of the chaos drill tried on what people are told while their credit is waited for."""

import pytest

from drills.chaos.evidence import Evidence
from drills.chaos.judge import Wrong, judge
from tests.drills.cases import RECEIVED, WENT_BACK, all_is_well, loaded, refunded, sms, unpaid, voucher
from tests.drills.test_judge import wrongs

_WAIT = " takes longer than usual. Please {}wait: we will send you an SMS. Help: call 100, ref AAAA."
PAID = f"KES 100 is paid and safe. Topping up your line{_WAIT.format('')}"
LOADING = f"Loading your voucher ...012{_WAIT.format('keep it and ')}"
ON_ANOTHER = LOADING.replace("...012", "...012 on 0711000002")


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param(all_is_well(sms=[sms(PAID, at=1), sms(RECEIVED)]), id="before the credit"),
        pytest.param(all_is_well(sms=[sms(PAID, at=2), sms(RECEIVED)]), id="the credit has landed, as nobody knew"),
        pytest.param(refunded(sms=[sms(PAID, at=2), sms(WENT_BACK)]), id="before it went back"),
        pytest.param(loaded(sms=[sms(LOADING, at=1)]), id="a voucher"),
        pytest.param(loaded(sms=[sms(LOADING, at=1)], orders=[voucher(state="UNPAID")], refills=[]), id="of no use"),
    ],
)
def test_that_it_takes_longer_is_no_untruth(evidence: Evidence) -> None:
    assert judge(evidence) == []


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param(unpaid(sms=[sms(PAID)]), id="nobody was charged"),
        pytest.param(all_is_well(sms=[sms(PAID, at=0)]), id="nobody was charged yet"),
        pytest.param(refunded(sms=[sms(PAID, at=3)]), id="it went back"),
        pytest.param(all_is_well(sms=[sms(PAID.replace("100", "200", 1))]), id="another amount"),
        pytest.param(loaded(sms=[sms(PAID)]), id="a voucher is no money"),
        pytest.param(all_is_well(sms=[sms(LOADING)]), id="money is no voucher"),
        pytest.param(loaded(sms=[sms(LOADING.replace("012", "013"))]), id="a voucher that nobody has typed"),
        pytest.param(loaded(sms=[sms(ON_ANOTHER)]), id="on a line for which nobody has typed it"),
    ],
)
def test_who_is_told_to_wait_for_what_is_not_so_was_told_an_untruth(evidence: Evidence) -> None:
    assert wrongs(evidence) == {Wrong.FALSE_SMS}
