"""Airtime by Africa's Talking over real HTTP: what is sent, and what every answer means."""

import json
import threading

import pytest

from providers.africastalking import NotAnAmount
from providers.africastalking_codes import AIRTIME_ERRORS, AIRTIME_STATUSES
from tests.contracts.attempts import an_attempt
from tests.contracts.gateway import MSISDN, REQUEST_ID, africas_talking
from tests.contracts.servers import Act, says
from topup.money import Money
from topup.outcomes import Accepted, Confirmed, Pending, Reason, Refused, Unknown


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
