"""Daraja's callbacks, as published and as nobody would publish them."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.daraja import Daraja, DarajaAccount
from providers.daraja_codes import PROMPT_RESULTS, REVERSAL_RESULTS
from providers.daraja_token import TokenKeeper
from providers.http import Channel
from tests.contracts.attempts import clock
from topup.money import Money
from topup.outcomes import Answer, Confirmed, Pending, Reason, Refused, Unknown
from topup.ports import Event, UnableToReadEvent

CHECKOUT = "ws_CO_191220191020363925"

Item = dict[str, object]


def daraja() -> Daraja:
    channel = Channel(provider="daraja", url="http://127.0.0.1:1")
    return Daraja(
        account=DarajaAccount(short_code="174379", passkey="passkey", callback_url="http://redial.test/callbacks/x"),
        tokens=TokenKeeper(key="key", secret="secret", channel=channel, now=clock),
        channel=channel,
        now=clock,
    )


def read(topic: str, body: Any, *, reference: str | None = "abc-charge-1") -> Event:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return daraja().read_event(topic=topic, reference=reference, body=raw, content_type="application/json")


def prompt(code: object, **others: object) -> dict[str, Any]:
    """The published callback: https://developer.safaricom.co.ke/APIs/MpesaExpressSimulate."""
    callback = {"MerchantRequestID": "29115-34620561-1", "CheckoutRequestID": CHECKOUT, "ResultCode": code}
    return {"Body": {"stkCallback": {**callback, "ResultDesc": "What it says.", **others}}}


def paid(*items: Item) -> dict[str, Any]:
    return prompt(0, CallbackMetadata={"Item": list(items)})


AMOUNT: Item = {"Name": "Amount", "Value": 100.00}
RECEIPT: Item = {"Name": "MpesaReceiptNumber", "Value": "NLJ7RT61SV"}
BALANCE: Item = {"Name": "Balance"}
DATE: Item = {"Name": "TransactionDate", "Value": 20191219102115}
PHONE: Item = {"Name": "PhoneNumber", "Value": 254708374149}


def test_a_paid_prompt_is_confirmed_by_its_receipt() -> None:
    event = read("stk", paid(AMOUNT, RECEIPT, BALANCE, DATE, PHONE))
    assert event == Event(
        key=f"stk:abc-charge-1:{CHECKOUT}:0:NLJ7RT61SV:10000",
        reference="abc-charge-1",
        provider_ref=CHECKOUT,
        answer=Confirmed("NLJ7RT61SV", Money(10_000, "KES"), {"receipt_is_derived": False}),
        msisdn="+254708374149",
    )


@pytest.mark.parametrize(("value", "minor"), [(1, 100), (1.0, 100), ("1", 100), ("1.00", 100), (50.5, 5050)])
def test_the_amount_comes_in_several_forms(value: object, minor: int) -> None:
    answer = read("stk", paid({"Name": "Amount", "Value": value}, RECEIPT)).answer
    assert isinstance(answer, Confirmed)
    assert answer.amount == Money(minor, "KES")


@pytest.mark.parametrize("value", ["2547****4149", "2547xxxx149", None, {}, "", 1.5])
def test_a_masked_number_keeps_its_stars_and_no_number_is_none(value: object) -> None:
    event = read("stk", paid(AMOUNT, RECEIPT, {"Name": "PhoneNumber", "Value": value}))
    assert event.msisdn == ("+2547****4149" if value == "2547****4149" else None)


@pytest.mark.parametrize("items", [[], [AMOUNT], [RECEIPT], [AMOUNT, {"Name": "MpesaReceiptNumber"}]])
def test_paid_without_a_receipt_or_an_amount_is_not_believed(items: list[Item]) -> None:
    assert isinstance(read("stk", paid(*items)).answer, Unknown)


EXPECTED: dict[str, Reason | type] = {
    "0": Confirmed,
    "1": Reason.NOT_ENOUGH,
    "17": Reason.LIMIT,
    "26": Reason.PROVIDER,
    "1001": Reason.BUSY,
    "1019": Reason.NO_ANSWER,
    "1025": Reason.PROVIDER,
    "1032": Reason.CANCELLED,
    "1037": Reason.NO_ANSWER,
    "2001": Reason.WRONG_PIN,
    "4999": Pending,
    "9999": Reason.PROVIDER,
}


def test_every_prompt_result_is_tried_here() -> None:
    assert EXPECTED.keys() == PROMPT_RESULTS.keys()


@pytest.mark.parametrize("as_type", [int, str])
@pytest.mark.parametrize("code", sorted(EXPECTED))
def test_a_prompt_result_means(code: str, as_type: type) -> None:
    metadata = {"CallbackMetadata": {"Item": [AMOUNT, RECEIPT]}} if code == "0" else {}
    answer = read("stk", prompt(as_type(code), **metadata)).answer
    meaning = EXPECTED[code]
    if isinstance(meaning, Reason):
        assert answer == Refused(meaning, code, {"says": "What it says."})
    else:
        assert isinstance(answer, meaning)


@pytest.mark.parametrize("code", [-1, 2, 8, 1036, 2029, 10_000, "SFC_IC0003", "00", "500.001.1001"])
def test_an_unknown_result_is_unknown_and_never_refused(code: object) -> None:
    assert isinstance(read("stk", prompt(code)).answer, Unknown)
    assert isinstance(read("reversal", reversal(code)).answer, Unknown)


def reversal(code: object, **others: object) -> dict[str, Any]:
    """The published result: https://developer.safaricom.co.ke/APIs/Reversal."""
    return {
        "Result": {
            "ResultType": 0,
            "ResultCode": code,
            "ResultDesc": "What it says.",
            "OriginatorConversationID": "8521-4298025-1",
            "ConversationID": "AG_20181005_00004d7ee675c0c7ee0b",
            "TransactionID": "MJ561H6X5O",
            "ResultParameters": {
                "ResultParameter": [
                    {"Key": "DebitAccountBalance", "Value": "Utility Account|KES|51661.00|51661.00|0.00|0.00"},
                    {"Key": "Amount", "Value": 100},
                    {"Key": "OriginalTransactionID", "Value": "MJ551H6X5D"},
                ]
            },
            "ReferenceData": {"ReferenceItem": {"Key": "QueueTimeoutURL", "Value": "https://example.com"}},
            **others,
        }
    }


def test_a_reversal_that_happened_is_confirmed() -> None:
    event = read("reversal", reversal(0), reference="abc-refund-1")
    assert event.answer == Confirmed("MJ561H6X5O", Money(10_000, "KES"))
    assert event.provider_ref == "AG_20181005_00004d7ee675c0c7ee0b"
    assert event.reference == "abc-refund-1"


def test_a_reversal_may_come_with_one_parameter_or_with_none() -> None:
    one = {"ResultParameter": {"Key": "Amount", "Value": "100.00"}}
    assert read("reversal", reversal(0, ResultParameters=one)).answer == Confirmed("MJ561H6X5O", Money(10_000, "KES"))
    assert read("reversal", reversal(0, ResultParameters=None)).answer == Confirmed("MJ561H6X5O")


EXPECTED_REVERSALS: dict[str, Reason | type] = {
    "0": Confirmed,
    "R000001": Confirmed,
    "R000002": Reason.PROVIDER,
    "1": Reason.PROVIDER,
    "11": Reason.PROVIDER,
    "21": Reason.PROVIDER,
    "2001": Reason.PROVIDER,
    "2006": Reason.PROVIDER,
    "2028": Reason.PROVIDER,
    "8006": Reason.PROVIDER,
}


def test_every_reversal_result_is_tried_here() -> None:
    assert EXPECTED_REVERSALS.keys() == REVERSAL_RESULTS.keys()


@pytest.mark.parametrize("code", sorted(EXPECTED_REVERSALS))
def test_a_reversal_result_means(code: str) -> None:
    answer = read("reversal", reversal(code)).answer
    meaning = EXPECTED_REVERSALS[code]
    if isinstance(meaning, Reason):
        assert answer == Refused(meaning, code, {"says": "What it says."})
    else:
        assert isinstance(answer, meaning)


def test_a_reversal_whose_queue_timed_out_is_unknown() -> None:
    event = read("reversal_timeout", reversal(1))
    assert isinstance(event.answer, Unknown)
    assert event.provider_ref == "AG_20181005_00004d7ee675c0c7ee0b"
    assert isinstance(read("reversal_timeout", b"{}").answer, Unknown)


def test_the_same_callback_twice_has_one_key_and_another_has_another() -> None:
    events = [
        read("stk", paid(AMOUNT, RECEIPT)),
        read("stk", paid(AMOUNT, RECEIPT)),
        read("stk", paid(AMOUNT, {"Name": "MpesaReceiptNumber", "Value": "NLJ7RT61SW"})),
        read("stk", paid({"Name": "Amount", "Value": 5}, RECEIPT)),
        read("stk", paid(AMOUNT, RECEIPT), reference="another-charge-1"),
        read("stk", prompt(1032)),
        read("stk", prompt("1032")),
        read("reversal", reversal(0)),
        read("reversal", reversal(21)),
        read("reversal_timeout", reversal(21)),
    ]
    keys = [event.key for event in events]
    assert keys[0] == keys[1]
    assert keys[5] == keys[6]
    assert len(set(keys)) == len(keys) - 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"Body": []}',
        b'{"Body": {"stkCallback": []}}',
        json.dumps(prompt(None)).encode(),
        json.dumps(prompt(0, CheckoutRequestID="two words")).encode(),
        json.dumps(prompt(0, CheckoutRequestID="x\x00")).encode(),
        json.dumps(prompt(0, CallbackMetadata=[])).encode(),
        json.dumps(prompt(0, CallbackMetadata={"Item": [1]})).encode(),
        json.dumps(paid({"Value": 1})).encode(),
        json.dumps(paid(RECEIPT, {"Name": "Amount", "Value": "a lot"})).encode(),
        json.dumps(paid(RECEIPT, {"Name": "Amount", "Value": "0.001"})).encode(),
        json.dumps(paid(RECEIPT, {"Name": "Amount", "Value": 0})).encode(),
        json.dumps(paid(RECEIPT, {"Name": "Amount", "Value": -50})).encode(),
        json.dumps(paid(AMOUNT, {"Name": "MpesaReceiptNumber", "Value": "\ud800"})).encode(),
    ],
    ids=lambda body: repr(body[-40:]),
)
@pytest.mark.parametrize("topic", ["stk", "reversal"])
def test_what_cannot_be_read_is_said_so(topic: str, body: bytes) -> None:
    with pytest.raises(UnableToReadEvent):
        read(topic, body)


@pytest.mark.parametrize("topic", ["", "c2b", "airtime"])
def test_an_unknown_topic_cannot_be_read(topic: str) -> None:
    with pytest.raises(UnableToReadEvent):
        read(topic, b"{}")


_NAMES = st.sampled_from(["Name", "Key", "Value", "Item", "ResultParameter"])
_JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["Name", "Key", "Value", "Item"]) | st.text(), inner)
    ),
    max_leaves=8,
)
_FIELDS = st.sampled_from(
    ["CheckoutRequestID", "ResultCode", "ResultDesc", "CallbackMetadata", "ConversationID", "TransactionID"]
)
_CALLBACKS = st.dictionaries(_FIELDS, _JSON | st.sampled_from([0, "0", 1032, "R000001", "AG_1"])).flatmap(
    lambda fields: st.sampled_from([{"Body": {"stkCallback": fields}}, {"Result": fields}])
)


@settings(max_examples=50)
@given(topic=st.sampled_from(["stk", "reversal", "reversal_timeout"]), body=st.binary() | _CALLBACKS)
def test_whatever_comes_is_an_event_or_cannot_be_read(topic: str, body: Any) -> None:
    with suppress(UnableToReadEvent):
        event = read(topic, body)
        assert isinstance(event.answer, Answer)
        (event.key + (event.provider_ref or "")).encode("ascii")
