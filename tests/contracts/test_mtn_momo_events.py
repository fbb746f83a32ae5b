"""MTN MoMo's callbacks: what each says, whom it is about, and which is the same once more."""

import json

import pytest

from providers.mtn_momo_events import reference_id
from tests.contracts.momo import NAME, PAID, PAYER, REFERENCE, UGX_5000, client
from topup.outcomes import Confirmed, Reason, Refused
from topup.ports import Event, UnableToReadEvent


def told(*, topic: str = "charge", reference: str | None = REFERENCE, **changes: object) -> Event:
    body = {name: value for name, value in {**PAID, **changes}.items() if value is not None}
    return client("http://127.0.0.1:1").read_event(
        topic=topic, reference=reference, body=json.dumps(body).encode(), content_type="application/json"
    )


def test_a_callback_that_says_paid_carries_the_receipt_the_amount_and_the_payer() -> None:
    event = told()
    assert event.answer == Confirmed("363440463", UGX_5000)
    assert (event.reference, event.provider_ref, event.msisdn) == (REFERENCE, NAME, PAYER)


def test_a_callback_that_says_failed_carries_the_reason() -> None:
    event = told(status="FAILED", reason="APPROVAL_REJECTED", financialTransactionId=None)
    assert event.answer == Refused(Reason.CANCELLED, "APPROVAL_REJECTED", {})


def test_a_callback_about_another_attempt_than_its_address_names_is_seen_to_be_so() -> None:
    event = told(externalId="another-charge-1")
    assert event.reference == REFERENCE
    assert event.provider_ref == reference_id("another-charge-1") != NAME


def test_a_callback_word_for_word_again_is_the_same_event_and_any_other_is_another() -> None:
    assert told().key == told().key
    keys = [
        told(),
        told(amount="5001"),
        told(financialTransactionId="2"),
        told(status="FAILED", reason="EXPIRED"),
        told(externalId="another"),
        told(topic="refund"),
        told(reference="another"),
    ]
    assert len({event.key for event in keys}) == len(keys)


@pytest.mark.parametrize("payer", [None, "256772000001", {}, {"partyId": "somebody"}, {"partyId": 7}])
def test_a_payer_that_cannot_be_read_is_left_out(payer: object) -> None:
    assert told(payer=payer).msisdn is None


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("stk", json.dumps(PAID).encode()),
        ("charge", b"<html>"),
        ("charge", b"{}"),
        ("charge", json.dumps({**PAID, "externalId": None}).encode()),
        ("charge", json.dumps({**PAID, "financialTransactionId": ""}).encode()),
        ("charge", json.dumps({**PAID, "amount": "-"}).encode()),
        ("charge", json.dumps({**PAID, "amount": "0"}).encode()),
        ("charge", json.dumps({**PAID, "status": "FAILED", "reason": {"code": 7.5}}).encode()),
    ],
)
def test_a_callback_that_cannot_be_read_says_so(topic: str, body: bytes) -> None:
    with pytest.raises(UnableToReadEvent):
        client("http://127.0.0.1:1").read_event(topic=topic, reference=REFERENCE, body=body, content_type="")
