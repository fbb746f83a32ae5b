"""MTN MoMo over real HTTP: what every answer to a question means. Answers are as MTN's portal shows them."""

import pytest

from providers.mtn_momo_codes import REASONS, STATUSES
from tests.contracts.momo import NAME, TOKEN, UGX_5000, asked, error, momo, status
from tests.contracts.servers import Act, is_silent, resets, says
from topup.outcomes import Answer, Confirmed, Pending, Reason, Refused, Unknown


def test_an_enquiry_needs_nothing_of_a_lost_reply() -> None:
    with momo(TOKEN, status()) as (provider, stage):
        assert provider.enquire_charge(asked()) == Confirmed("363440463", UGX_5000)
    question = stage.seen[1]
    assert (question.method, question.path) == ("GET", f"/collection/v1_0/requesttopay/{NAME}")
    assert question.headers["x-target-environment"] == "mtnuganda"


@pytest.mark.parametrize("as_object", [True, False], ids=["reason as an object", "reason as a word"])
@pytest.mark.parametrize("code", sorted(REASONS))
def test_a_failed_payment_is_refused_for_its_reason(code: str, as_object: bool) -> None:
    reason = {"code": code, "message": "Its words."} if as_object else code
    with momo(TOKEN, status(status="FAILED", reason=reason, financialTransactionId=None)) as (provider, _stage):
        answer = provider.enquire_charge(asked())
    assert answer == Refused(REASONS[code], code, {"says": "Its words."} if as_object else {})


# What each reason must mean to the person who is told, apart from those that are none of theirs.
FOR_PEOPLE = {
    "PAYER_NOT_FOUND": Reason.NO_WALLET,
    "NOT_ENOUGH_FUNDS": Reason.NOT_ENOUGH,
    "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED": Reason.NOT_ENOUGH,
    "PAYER_LIMIT_REACHED": Reason.LIMIT,
    "APPROVAL_REJECTED": Reason.CANCELLED,
    "PAYMENT_NOT_APPROVED": Reason.CANCELLED,
    "TRANSACTION_CANCELED": Reason.CANCELLED,
    "EXPIRED": Reason.NO_ANSWER,
    "COULD_NOT_PERFORM_TRANSACTION": Reason.NO_ANSWER,
}


def test_the_reasons_that_people_can_mend_are_told_as_such() -> None:
    assert {code: reason for code, reason in REASONS.items() if reason is not Reason.PROVIDER} == FOR_PEOPLE


STATUS_MEANINGS: dict[str, type[Answer] | Reason] = {
    "SUCCESSFUL": Confirmed,
    "PENDING": Pending,
    "CREATED": Pending,
    "FAILED": Reason.PROVIDER,
    "REJECTED": Reason.CANCELLED,
    "TIMEOUT": Reason.NO_ANSWER,
}


def test_every_status_is_tried_here() -> None:
    assert STATUS_MEANINGS.keys() == STATUSES.keys()


@pytest.mark.parametrize("word", [*STATUS_MEANINGS, "SOMETHING_NEW"])
def test_a_status_means(word: str) -> None:
    with momo(TOKEN, status(status=word)) as (provider, _stage):
        answer = provider.enquire_charge(asked())
    meaning = STATUS_MEANINGS.get(word, Unknown)
    if isinstance(meaning, Reason):
        assert answer == Refused(meaning, word, {})
    else:
        assert isinstance(answer, meaning)


def test_a_reason_that_is_new_is_a_refusal_all_the_same_because_the_payment_is_over() -> None:
    with momo(TOKEN, status(status="FAILED", reason="SOMETHING_NEW")) as (provider, _stage):
        assert provider.enquire_charge(asked()) == Refused(Reason.PROVIDER, "SOMETHING_NEW", {})


@pytest.mark.parametrize(
    "act",
    [
        error("RESOURCE_NOT_FOUND", status=404),
        error(None, status=404),
        error("PAYER_NOT_FOUND", status=500),
        error("RESOURCE_ALREADY_EXIST", status=409),
        error("SERVICE_UNAVAILABLE", status=503),
        status(externalId="somebody-elses"),
        status(financialTransactionId=None),
        status(status=None),
        status(amount="5000.5"),
        status(amount="much"),
        status(currency="XXX"),
        says(b"<html>"),
        resets,
        is_silent,
    ],
)
def test_an_enquiry_without_a_clear_answer_is_unknown(act: Act) -> None:
    with momo(TOKEN, act) as (provider, _stage):
        assert isinstance(provider.enquire_charge(asked()), Unknown)
