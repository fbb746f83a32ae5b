"""What Africa's Talking posts about airtime, as published and otherwise."""

import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.africastalking import AfricasTalkingAccount, AfricasTalkingAirtime
from providers.africastalking_events import AirtimeQuestion, read_validation
from providers.http import Channel
from topup.money import Money
from topup.outcomes import Answer, Confirmed, Pending, Reason, Refused, Unknown
from topup.ports import Event, UnableToReadEvent

FORM, JSON = "application/x-www-form-urlencoded", "application/json"

# https://developers.africastalking.com/docs/airtime/notifications
STATUS = {
    "phoneNumber": "+254711000001",
    "description": "Airtime Delivered Successfully",
    "status": "Success",
    "requestId": "ATQid_SampleTxnId123",
    "discount": "KES 0.6000",
    "value": "KES 100.0000",
}
# https://developers.africastalking.com/docs/airtime/validation
VALIDATION = {
    "transactionId": "SomeTransactionID",
    "phoneNumber": "+254711000001",
    "sourceIpAddress": "127.12.32.24",
    "currencyCode": "KES",
    "amount": 500.00,
}


def read(body: bytes, *, content_type: str = JSON, topic: str = "airtime", reference: str | None = None) -> Event:
    airtime = AfricasTalkingAirtime(
        account=AfricasTalkingAccount(username="sandbox", api_key="key"),
        channel=Channel(provider="africastalking", url="http://127.0.0.1:1"),
    )
    return airtime.read_event(topic=topic, reference=reference, body=body, content_type=content_type)


def written(fields: dict[str, Any], content_type: str) -> bytes:
    return json.dumps(fields).encode() if "json" in content_type else urlencode(fields).encode()


@pytest.mark.parametrize("content_type", [FORM, JSON, f"{JSON}; charset=utf-8"])
def test_success_is_confirmed(content_type: str) -> None:
    assert read(written(STATUS, content_type), content_type=content_type) == Event(
        key="airtime:None:ATQid_SampleTxnId123:Success:10000",
        reference=None,
        provider_ref="ATQid_SampleTxnId123",
        answer=Confirmed("ATQid_SampleTxnId123", Money(10_000, "KES"), {"says": "Airtime Delivered Successfully"}),
        msisdn="+254711000001",
    )


def test_json_that_is_declared_a_form_is_read_all_the_same() -> None:
    assert isinstance(read(written(STATUS, JSON), content_type=FORM).answer, Confirmed)


def test_success_without_a_value_is_confirmed_without_an_amount() -> None:
    short = {"requestId": "ATQid_1", "status": "Success"}
    assert read(written(short, FORM), content_type=FORM).answer == Confirmed("ATQid_1", None, {"says": ""})


def test_failed_is_final() -> None:
    failed = {**STATUS, "status": "Failed", "description": "Insufficient float"}
    answer = read(written(failed, JSON)).answer
    assert answer == Refused(Reason.PROVIDER, "airtime_Failed", {"says": "Insufficient float"})


@pytest.mark.parametrize("status", ["Sent", "Queued", "Pending", "PendingConfirmation"])
def test_being_at_work_is_pending(status: str) -> None:
    assert read(written({**STATUS, "status": status}, JSON)).answer == Pending(status)


@pytest.mark.parametrize("status", ["success", "FAILED", "Reversed", "0"])
def test_an_unknown_status_is_unknown(status: str) -> None:
    assert isinstance(read(written({**STATUS, "status": status}, JSON)).answer, Unknown)


def test_the_same_notification_has_one_key_and_another_has_another() -> None:
    failed, other = {**STATUS, "status": "Failed"}, {**STATUS, "value": "KES 5.0000"}
    keys = [read(written(fields, JSON)).key for fields in (STATUS, STATUS, failed, other)]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"requestId": "ATQid_1"},
        {"status": "Success"},
        {**STATUS, "requestId": ""},
        {**STATUS, "phoneNumber": "nobody"},
        {**STATUS, "value": "a lot"},
        {**STATUS, "value": "KES 0.0000"},
    ],
)
@pytest.mark.parametrize("content_type", [FORM, JSON])
def test_what_lacks_something_cannot_be_read(fields: dict[str, Any], content_type: str) -> None:
    with pytest.raises(UnableToReadEvent):
        read(written(fields, content_type), content_type=content_type)


def test_an_unknown_topic_cannot_be_read() -> None:
    with pytest.raises(UnableToReadEvent):
        read(written(STATUS, JSON), topic="stk")


@pytest.mark.parametrize("amount", [500, 500.0, "500", "500.00"])
@pytest.mark.parametrize("content_type", [FORM, JSON])
def test_their_question_is_read(amount: object, content_type: str) -> None:
    question = read_validation(written({**VALIDATION, "amount": amount}, content_type), content_type=content_type)
    assert question == AirtimeQuestion(
        transaction_id="SomeTransactionID", msisdn="+254711000001", amount=Money(50_000, "KES")
    )


@pytest.mark.parametrize(
    "change", [{"amount": "nan"}, {"amount": None}, {"currencyCode": "XXX"}, {"phoneNumber": ""}, {"transactionId": ""}]
)
def test_a_question_that_lacks_something_cannot_be_read(change: dict[str, object]) -> None:
    with pytest.raises(UnableToReadEvent):
        read_validation(json.dumps({**VALIDATION, **change}).encode(), content_type=JSON)


_FIELDS = st.dictionaries(
    st.sampled_from([*STATUS, *VALIDATION]),
    st.text() | st.integers() | st.floats() | st.none() | st.lists(st.text()) | st.sampled_from([*STATUS.values()]),
)


@settings(deadline=None)
@given(body=st.binary() | _FIELDS, content_type=st.sampled_from([FORM, JSON, "", "text/plain"]))
def test_whatever_comes_is_an_event_or_cannot_be_read(body: Any, content_type: str) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with suppress(UnableToReadEvent):
        event = read(raw, content_type=content_type)
        assert isinstance(event.answer, Answer)
        event.key.encode("ascii")
    with suppress(UnableToReadEvent):
        assert read_validation(raw, content_type=content_type).amount.currency
