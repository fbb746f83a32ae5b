"""Africa's Talking over real HTTP: what is sent, and what every answer means."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from providers.africastalking import (
    AfricasTalkingAccount,
    AfricasTalkingAirtime,
    AfricasTalkingSms,
    NotAnAmount,
    NotAnE164Number,
)
from providers.africastalking_codes import AIRTIME_ERRORS, AIRTIME_STATUSES, HTTP_STATUSES, SMS_STATUSES
from providers.http import Channel, Limits
from tests.contracts.attempts import an_attempt
from tests.contracts.servers import Act, Stage, free_port, is_silent, resets, says, serving
from topup.money import Money
from topup.outcomes import Accepted, Confirmed, NotSent, Pending, Reason, Refused, Unknown
from topup.ports import Handed

MSISDN = "+254711000001"
REQUEST_ID = "ATQid_1be914ac47845eef1a1dab5d89ec50ff"

NONSENSE = [
    pytest.param(resets, id="reset"),
    pytest.param(is_silent, id="silent"),
    pytest.param(says(b"<html>"), id="a page"),
    pytest.param(says(b"{}"), id="an empty object"),
    pytest.param(says(b"[]"), id="a list"),
    pytest.param(says(b"Internal Server Error", status=500), id="an error"),
    pytest.param(says(b"", status=502), id="no gateway"),
    pytest.param(says(b"", status=302, Location="/elsewhere"), id="a redirect"),
    pytest.param(says(b'{"a": "' + b"x" * 1_000_000 + b'"}'), id="too large"),
]


@contextmanager
def africas_talking(*acts: Act, **account: Any) -> Iterator[tuple[AfricasTalkingSms, AfricasTalkingAirtime, Stage]]:
    """A gateway that does each of `acts`, and both of its clients."""
    with serving(*acts) as stage:
        yield *clients(stage.url, patience_s=stage.patience_s, **account), stage


def clients(url: str, *, patience_s: float = 30, **account: Any) -> tuple[AfricasTalkingSms, AfricasTalkingAirtime]:
    ours = AfricasTalkingAccount(username="redial", api_key="s3cret", **account)
    limits = Limits(answer_timeout_s=patience_s, failures_to_open=1000)
    channel = Channel(provider="africastalking", url=url, limits=limits)
    return AfricasTalkingSms(account=ours, channel=channel), AfricasTalkingAirtime(account=ours, channel=channel)


def sms_taken(code: object = 101, *, status: str = "Success", content_type: str = "application/json") -> Act:
    """https://developers.africastalking.com/docs/sms/sending/bulk"""
    recipient = {
        "statusCode": code,
        "number": MSISDN,
        "cost": "KES 0.8000",
        "status": status,
        "messageId": "ATXid_1",
    }
    data = {"Message": "Sent to 1/1 Total Cost: KES 0.8000", "Recipients": [recipient]}
    return says(json.dumps({"SMSMessageData": data}), status=201, content_type=content_type)


def test_a_message_is_sent_as_published() -> None:
    with africas_talking(sms_taken(), sender_id="REDIAL") as (sms, _airtime, stage):
        sent = sms.send(to=MSISDN, text="KES 100 imepokelewa é €", reference="abc")
    assert sent == Handed(gateway_id="ATXid_1")
    seen = stage.seen[0]
    assert (seen.method, seen.path) == ("POST", "/version1/messaging")
    assert seen.headers["apikey"] == "s3cret"
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.form == {
        "username": "redial",
        "to": MSISDN,
        "message": "KES 100 imepokelewa é €",
        "bulkSMSMode": "1",
        "from": "REDIAL",
    }


def test_without_a_sender_theirs_is_used() -> None:
    with africas_talking(sms_taken()) as (sms, _airtime, stage):
        sms.send(to=MSISDN, text="x", reference="abc")
    assert "from" not in stage.seen[0].form


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/html", "application/JSON"])
def test_a_reply_is_json_whatever_its_type_says(content_type: str) -> None:
    """The SDK gives text instead, for every type but one."""
    with africas_talking(sms_taken(content_type=content_type)) as (sms, _airtime, _stage):
        assert sms.send(to=MSISDN, text="x", reference="abc") == Handed(gateway_id="ATXid_1")


SMS_CODES: dict[int, Reason | type] = {
    100: Handed,
    101: Handed,
    102: Handed,
    401: Reason.PROVIDER,
    402: Reason.PROVIDER,
    403: Reason.GONE,
    404: Reason.GONE,
    405: Reason.PROVIDER,
    406: Reason.BARRED,
    407: Reason.PROVIDER,
    409: Reason.BARRED,
    500: Unknown,
    501: Unknown,
    502: Reason.PROVIDER,
}


def test_every_sms_status_is_tried_here() -> None:
    assert SMS_CODES.keys() == SMS_STATUSES.keys()


@pytest.mark.parametrize("code", sorted(SMS_CODES))
def test_an_sms_status_means(code: int) -> None:
    with africas_talking(sms_taken(code, status="InItsWords")) as (sms, _airtime, _stage):
        sent = sms.send(to=MSISDN, text="x", reference="abc")
    meaning = SMS_CODES[code]
    if isinstance(meaning, Reason):
        assert sent == Refused(meaning, f"sms_{code}", {"says": "InItsWords"})
    else:
        assert isinstance(sent, meaning)


@pytest.mark.parametrize("code", [0, 103, 400, 408, 599, "101", None, True])
def test_an_unknown_sms_status_is_unknown(code: object) -> None:
    with africas_talking(sms_taken(code)) as (sms, _airtime, _stage):
        assert isinstance(sms.send(to=MSISDN, text="x", reference="abc"), Unknown)


def test_a_message_to_nobody_is_refused() -> None:
    nobody = says(json.dumps({"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}), status=201)
    with africas_talking(nobody) as (sms, _airtime, _stage):
        sent = sms.send(to=MSISDN, text="x", reference="abc")
    assert sent == Refused(Reason.PROVIDER, "no_recipient", {"says": "InvalidSenderId"})


HTTP_CODES: dict[int, Reason | type] = {
    400: Reason.PROVIDER,
    401: Reason.PROVIDER,
    403: Reason.PROVIDER,
    404: Reason.PROVIDER,
    405: Reason.PROVIDER,
    415: Reason.PROVIDER,
    422: Reason.PROVIDER,
    429: NotSent,
}


def test_every_http_status_is_tried_here() -> None:
    assert HTTP_CODES.keys() == HTTP_STATUSES.keys()


@pytest.mark.parametrize("status", sorted(HTTP_CODES))
def test_an_http_status_means(status: int) -> None:
    with africas_talking(says(b"The supplied authentication is invalid", status=status)) as (sms, airtime, _stage):
        outcomes = [sms.send(to=MSISDN, text="x", reference="abc"), airtime.credit(an_attempt())]
    meaning = HTTP_CODES[status]
    for outcome in outcomes:
        if isinstance(meaning, Reason):
            assert outcome == Refused(meaning, f"http_{status}", {"says": "The supplied authentication is invalid"})
        else:
            assert isinstance(outcome, meaning)


@pytest.mark.parametrize("act", NONSENSE)
def test_what_nobody_knows_about_is_unknown_and_not_repeated(act: Act) -> None:
    with africas_talking(act) as (sms, airtime, stage):
        assert isinstance(sms.send(to=MSISDN, text="x", reference="abc"), Unknown)
        assert isinstance(airtime.credit(an_attempt()), Unknown)
        assert isinstance(airtime.enquire_credit(an_attempt(provider_ref=REQUEST_ID)), Unknown)
        assert len(stage.seen) == 3


def test_with_the_gateway_down_nothing_is_sent() -> None:
    sms, airtime = clients(f"http://127.0.0.1:{free_port()}")
    assert isinstance(sms.send(to=MSISDN, text="x", reference="abc"), NotSent)
    assert isinstance(airtime.credit(an_attempt()), NotSent)


@pytest.mark.parametrize(
    "number", ["0711000001", "254711000001", "+254711000001\n", "+25471100000a", "", "+0711000001"]
)
def test_a_number_that_is_not_e164_is_our_mistake(number: str) -> None:
    with africas_talking(sms_taken()) as (sms, airtime, stage):
        with pytest.raises(NotAnE164Number):
            sms.send(to=number, text="x", reference="abc")
        with pytest.raises(NotAnE164Number):
            airtime.credit(an_attempt(msisdn=number))
    assert stage.seen == []


def airtime_reply(status: str = "Sent", *, says_error: str = "None", request_id: str = REQUEST_ID) -> Act:
    """https://developers.africastalking.com/docs/airtime/sending"""
    recipient = {
        "phoneNumber": MSISDN,
        "errorMessage": says_error,
        "amount": "KES 100.0000",
        "status": status,
        "requestId": request_id,
        "discount": "KES 0.6000",
    }
    reply = {
        "errorMessage": "None",
        "numSent": 1,
        "totalAmount": "KES 100.0000",
        "totalDiscount": "KES 0.6000",
        "responses": [recipient],
    }
    return says(json.dumps(reply), status=201)


def airtime_refusal(message: str) -> Act:
    reply = {"errorMessage": message, "numSent": 0, "totalAmount": "0", "totalDiscount": "0", "responses": []}
    return says(json.dumps(reply), status=201)


def test_airtime_is_sent_as_published() -> None:
    with africas_talking(airtime_reply()) as (_sms, airtime, stage):
        sent = airtime.credit(an_attempt(reference="abc-credit-1"))
    assert sent == Accepted(REQUEST_ID, {"amount": "KES 100.0000"}), "Sent is not delivered"
    seen = stage.seen[0]
    assert (seen.method, seen.path) == ("POST", "/version1/airtime/send")
    assert seen.headers["idempotency-key"] == "abc-credit-1"
    assert seen.headers["apikey"] == "s3cret"
    recipients = json.loads(seen.form.pop("recipients"))
    assert recipients == [{"phoneNumber": MSISDN, "amount": "KES 100"}]
    assert {name: value for name, value in seen.form.items() if name != "recipients"} == {"username": "redial"}


def test_their_retries_are_a_setting() -> None:
    with africas_talking(airtime_reply(), airtime_retries=2) as (_sms, airtime, stage):
        airtime.credit(an_attempt())
    assert stage.seen[0].form["maxNumRetry"] == "2"


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Money(10_000, "KES"), "KES 100"),
        (Money(1_050, "KES"), "KES 10.50"),
        (Money(1_005, "KES"), "KES 10.05"),
        (Money(5, "KES"), "KES 0.05"),
        (Money(1_000, "UGX"), "UGX 1000"),
    ],
)
def test_an_amount_is_written_exactly(amount: Money, written: str) -> None:
    with africas_talking(airtime_reply()) as (_sms, airtime, stage):
        airtime.credit(an_attempt(amount=amount))
    assert json.loads(stage.seen[0].form["recipients"])[0]["amount"] == written


@pytest.mark.parametrize("minor", [0, -1, -10_000])
def test_airtime_of_nothing_is_our_mistake(minor: int) -> None:
    with africas_talking(airtime_reply()) as (_sms, airtime, stage), pytest.raises(NotAnAmount):
        airtime.credit(an_attempt(amount=Money(minor, "KES")))
    assert stage.seen == []


def test_an_idempotency_key_belongs_to_one_send_also_among_threads() -> None:
    with africas_talking(airtime_reply()) as (_sms, airtime, stage):
        attempts = [
            an_attempt(reference=f"order-credit-{number}", msisdn=f"+2547110000{number:02}") for number in range(30)
        ]
        threads = [threading.Thread(target=airtime.credit, args=(attempt,)) for attempt in attempts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    sent = {
        json.loads(seen.form["recipients"])[0]["phoneNumber"]: seen.headers["idempotency-key"] for seen in stage.seen
    }
    assert sent == {attempt.msisdn: attempt.reference for attempt in attempts}


def test_airtime_never_uses_a_connection_again_and_messages_do() -> None:
    with africas_talking(airtime_reply(), airtime_reply(), sms_taken()) as (sms, airtime, stage):
        airtime.credit(an_attempt())
        airtime.credit(an_attempt())
        sms.send(to=MSISDN, text="x", reference="abc")
        sms.send(to=MSISDN, text="x", reference="abc")
    first, second, message, another = (seen.peer for seen in stage.seen)
    assert first != second
    assert message == another


AIRTIME_WORDS: dict[str, Reason | type] = {
    "Sent": Accepted,
    "Queued": Accepted,
    "Success": Accepted,
    "Failed": Reason.PROVIDER,
    "InvalidPhoneNumber": Reason.GONE,
    "InvalidRequest": Reason.PROVIDER,
    "NotSupported": Reason.GONE,
    "InsufficientBalance": Reason.PROVIDER,
}


def test_every_airtime_status_is_tried_here() -> None:
    assert AIRTIME_WORDS.keys() == AIRTIME_STATUSES.keys()


@pytest.mark.parametrize("status", sorted(AIRTIME_WORDS))
def test_an_airtime_status_means(status: str) -> None:
    with africas_talking(airtime_reply(status)) as (_sms, airtime, _stage):
        sent = airtime.credit(an_attempt())
    meaning = AIRTIME_WORDS[status]
    if isinstance(meaning, Reason):
        assert sent == Refused(meaning, f"airtime_{status}", {"says": "None"})
    else:
        assert isinstance(sent, meaning)


# The error that they name, and what it means when it comes with no recipient, or with one that Failed.
AIRTIME_MESSAGES: list[tuple[str, Reason | type, Reason | type]] = [
    ("A duplicate request was received within the last 5 minutes", Unknown, Unknown),
    ("Insufficient Credit", Reason.PROVIDER, Reason.PROVIDER),
    ("Invalid Phone Number", Reason.GONE, Reason.GONE),
    ("Value Out Of Bounds", Reason.LIMIT, Reason.LIMIT),
    ("Invalid amount", Reason.LIMIT, Reason.LIMIT),
    ("Something new", Unknown, Reason.PROVIDER),
    ("", Unknown, Reason.PROVIDER),
]


def test_every_airtime_error_is_tried_here() -> None:
    for part in AIRTIME_ERRORS:
        assert any(part in message.lower() for message, *_ in AIRTIME_MESSAGES), part


@pytest.mark.parametrize(("message", "alone", "failed"), AIRTIME_MESSAGES)
def test_an_airtime_error_means(message: str, alone: Reason | type, failed: Reason | type) -> None:
    for act, meaning in ((airtime_refusal(message), alone), (airtime_reply("Failed", says_error=message), failed)):
        with africas_talking(act) as (_sms, airtime, _stage):
            sent = airtime.credit(an_attempt())
        if isinstance(meaning, Reason):
            assert isinstance(sent, Refused)
            assert sent.reason is meaning
        else:
            assert isinstance(sent, meaning)


@pytest.mark.parametrize(
    "act",
    [
        airtime_reply("Delivering"),
        airtime_reply("Sent", request_id="None"),
        airtime_reply("Sent", request_id=""),
        airtime_reply("Sent", says_error="And yet something is wrong"),
        says(json.dumps({"responses": [{}, {}]})),
        says(json.dumps({"responses": "none"})),
    ],
)
def test_airtime_without_a_clear_answer_is_unknown(act: Act) -> None:
    with africas_talking(act) as (_sms, airtime, _stage):
        assert isinstance(airtime.credit(an_attempt()), Unknown)


def found(status: str, **changes: object) -> Act:
    data = {
        "transactionId": REQUEST_ID,
        "category": "Airtime",
        "status": status,
        "description": "What it says",
        "destination": MSISDN,
        "value": "KES 100.0000",
    }
    return says(json.dumps({"status": "Success", "data": data | changes}))


def test_airtime_is_looked_up_as_published() -> None:
    with africas_talking(found("Success")) as (_sms, airtime, stage):
        answer = airtime.enquire_credit(an_attempt(provider_ref=REQUEST_ID))
    assert answer == Confirmed(REQUEST_ID, Money(10_000, "KES"), {"says": "What it says"})
    seen = stage.seen[0]
    assert (seen.method, seen.path) == ("GET", f"/query/transaction/find?username=redial&transactionId={REQUEST_ID}")
    assert seen.headers["apikey"] == "s3cret"


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (found("Failed"), Refused),
        (found("Pending"), Pending),
        (found("Sent"), Pending),
        (found("Queued"), Pending),
        (found("PendingConfirmation"), Pending),
        (found("Reversed"), Unknown),
        (found("Success", transactionId="ATQid_of_somebody_else"), Unknown),
        (found("Success", value="a lot"), Unknown),
        (says(json.dumps({"status": "Failed", "errorMessage": "No transaction was found"})), Unknown),
        (says(json.dumps({"status": "Success"})), Unknown),
    ],
)
def test_what_was_looked_up_means(act: Act, kind: type) -> None:
    with africas_talking(act) as (_sms, airtime, _stage):
        assert isinstance(airtime.enquire_credit(an_attempt(provider_ref=REQUEST_ID)), kind)


def test_without_a_request_id_there_is_nothing_to_look_up() -> None:
    with africas_talking(found("Success")) as (_sms, airtime, stage):
        assert airtime.before_credit(an_attempt()) == {}
        assert isinstance(airtime.enquire_credit(an_attempt()), Unknown)
    assert stage.seen == []
