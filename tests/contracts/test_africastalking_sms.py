"""SMS by Africa's Talking over real HTTP, and what SMS and airtime share: what every answer means."""

import json

import pytest

from providers.africastalking import NotAnE164Number
from providers.africastalking_codes import HTTP_STATUSES, SMS_STATUSES
from tests.contracts.attempts import an_attempt
from tests.contracts.gateway import MSISDN, NONSENSE, REQUEST_ID, africas_talking, clients
from tests.contracts.servers import Act, free_port, says
from topup.outcomes import NotSent, Reason, Refused, Unknown
from topup.ports import Handed


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


def test_airtime_never_uses_a_connection_again_and_messages_do() -> None:
    with africas_talking(says(b"{}")) as (sms, airtime, stage):
        airtime.credit(an_attempt())
        airtime.credit(an_attempt())
        sms.send(to=MSISDN, text="x", reference="abc")
        sms.send(to=MSISDN, text="x", reference="abc")
    first, second, message, another = (seen.peer for seen in stage.seen)
    assert len({first, second, message}) == 3
    assert message == another
