"""Daraja over real HTTP: what is sent, and what every answer means. Answers are as Safaricom's portal shows them."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from providers.daraja import Daraja, DarajaAccount, NotWholeShillings
from providers.daraja_codes import PROMPT_RESULTS, REQUEST_ERRORS
from providers.daraja_token import TokenKeeper
from providers.http import Channel, Limits
from tests.contracts.attempts import NOON, an_attempt
from tests.contracts.servers import Act, Stage, free_port, is_silent, resets, says, serving
from topup.money import Money
from topup.outcomes import Accepted, Confirmed, NotSent, Pending, Reason, Refused, Unknown

CHECKOUT = "ws_CO_191220191020363925"
TOKEN = says('{"access_token": "SGWcJPtNtYNPGm6uSYR9yPYrAI3Bm", "expires_in": "3599"}')
TAKEN = {
    "MerchantRequestID": "29115-34620561-1",
    "CheckoutRequestID": CHECKOUT,
    "ResponseCode": "0",
    "ResponseDescription": "Success. Request accepted for processing",
    "CustomerMessage": "Success. Request accepted for processing",
}
REVERSAL_TAKEN = {
    "OriginatorConversationID": "71840-27539181-07",
    "ConversationID": "AG_20210709_12346c8e6f8858d7b70a",
    "ResponseCode": "0",
    "ResponseDescription": "Accept the service request successfully.",
}


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def daraja(*acts: Act, clock: Clock | None = None) -> Iterator[tuple[Daraja, Stage]]:
    """A Daraja that does each of `acts`, and a client of it."""
    with serving(*acts) as stage:
        yield client(stage.url, clock or Clock(), patience_s=stage.patience_s), stage


def client(url: str, clock: Clock, *, patience_s: float = 30) -> Daraja:
    limits = Limits(within_s=patience_s, failures_to_open=1000)
    channel = Channel(provider="daraja", url=url, limits=limits)
    return Daraja(
        account=DarajaAccount(
            short_code="174379",
            passkey="bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919",
            callback_url="https://redial.test/callbacks/daraja/s3cret",
            initiator="testapi",
            security_credential="encrypted",
        ),
        tokens=TokenKeeper(key="key", secret="secret", channel=channel, now=clock),
        channel=channel,
        now=clock,
    )


def error(code: str, message: str, *, status: int) -> Act:
    return says(json.dumps({"requestId": "16813-15-1", "errorCode": code, "errorMessage": message}), status=status)


def query(code: object, **changes: object) -> Act:
    answer = {
        "ResponseCode": "0",
        "ResponseDescription": "The service request has been accepted successsfully",
        "MerchantRequestID": "22205-34066-1",
        "CheckoutRequestID": CHECKOUT,
        "ResultCode": code,
        "ResultDesc": "What it says.",
    }
    return says(json.dumps(answer | changes))


def test_a_prompt_is_asked_for_as_published() -> None:
    with daraja(TOKEN, says(json.dumps(TAKEN))) as (provider, stage):
        sent = provider.charge(an_attempt())
    assert sent == Accepted(CHECKOUT, {"merchant_request_id": "29115-34620561-1"})
    token, push = stage.seen
    assert (token.method, token.path) == ("GET", "/oauth/v1/generate?grant_type=client_credentials")
    assert base64.b64decode(token.headers["authorization"].removeprefix("Basic ")) == b"key:secret"
    assert (push.method, push.path) == ("POST", "/mpesa/stkpush/v1/processrequest")
    assert push.headers["authorization"] == "Bearer SGWcJPtNtYNPGm6uSYR9yPYrAI3Bm"
    assert push.headers["content-type"] == "application/json"
    body = json.loads(push.body)
    password = base64.b64decode(body.pop("Password")).decode()
    assert password.startswith("174379bfb279f9aa9bdbcf158e97dd71")
    assert password.endswith("20261101120000"), "the timestamp is Nairobi's"
    assert body == {
        "BusinessShortCode": "174379",
        "Timestamp": "20261101120000",
        "TransactionType": "CustomerPayBillOnline",
        "Amount": 100,
        "PartyA": "254711000001",
        "PartyB": "174379",
        "PhoneNumber": "254711000001",
        "CallBackURL": "https://redial.test/callbacks/daraja/s3cret/stk/q3m5xk2v7a4jd6pw0c8h-charge-1",
        "AccountReference": "Q3M5XK2V",
        "TransactionDesc": "Airtime",
    }
    assert len(body["AccountReference"]) <= 12
    assert len(body["TransactionDesc"]) <= 13


@pytest.mark.parametrize("amount", [Money(150, "KES"), Money(0, "KES"), Money(-100, "KES"), Money(100, "UGX")])
def test_what_m_pesa_cannot_move_is_our_mistake(amount: Money) -> None:
    with daraja(TOKEN, says(json.dumps(TAKEN))) as (provider, stage):
        with pytest.raises(NotWholeShillings):
            provider.charge(an_attempt(amount=amount))
        with pytest.raises(NotWholeShillings):
            provider.refund(an_attempt(amount=amount), receipt="NLJ7RT61SV")
    assert stage.seen == []


# errorCode, a text that Daraja has been seen to say, the HTTP status, and what it means for a prompt.
ERRORS: list[tuple[str, str, int, Reason | type]] = [
    ("400.002.02", "Bad Request - Invalid PhoneNumber", 400, Reason.NO_WALLET),
    ("400.002.02", "Bad Request - Invalid PartyA", 400, Reason.NO_WALLET),
    ("400.002.02", "Bad Request - Invalid CallBackURL", 400, Reason.PROVIDER),
    ("400.002.05", "Invalid Request Payload", 400, Reason.PROVIDER),
    ("404.001.01", "Resource not found", 404, Reason.PROVIDER),
    ("500.001.1001", "Unable to lock subscriber, a transaction is already in process", 500, Reason.BUSY),
    ("500.001.1001", "Merchant does not exist", 500, Reason.PROVIDER),
    ("500.001.1001", "[MerchantValidate] - Wrong credentials", 500, Reason.PROVIDER),
    ("500.001.1001", "The initiator information is invalid.", 500, Reason.PROVIDER),
    ("500.001.1001", "System is busy. Please try again in few minutes.", 500, Unknown),
    ("500.003.02", "Error Occurred: Spike Arrest Violation", 500, NotSent),
    ("500.003.03", "Error Occurred: Quota Violation", 500, NotSent),
    ("429.001.01", "Too many requests", 429, NotSent),
    # Of these no row of the table speaks.
    ("400.999.99", "Something new is wrong", 400, Reason.PROVIDER),
    ("403.001.01", "Forbidden", 403, Reason.PROVIDER),
    ("408.001.01", "Request timeout", 408, Unknown),
    ("409.001.01", "Conflict", 409, Unknown),
    ("429.999.99", "Slow down", 429, NotSent),
    ("500.002.1001", "Service is currently under maintenance", 500, Unknown),
    ("500.003.1001", "Internal Server Error", 500, Unknown),
    ("503.001.01", "Service Unavailable", 503, Unknown),
    ("302.001.01", "Moved", 302, Unknown),
]
TOKEN_ERRORS = [
    ("404.001.03", "Invalid Access Token", 404),
    ("400.003.01", "Invalid Access Token", 400),
    ("401.002.01", "Error Occurred - Invalid Access Token", 401),
    ("401.003.01", "Error Occurred - Invalid Access Token", 401),
    ("401.999.99", "Unauthorised", 401),
]


def test_every_request_error_is_tried_here() -> None:
    tried = [(code, text.lower()) for code, text, *_ in ERRORS] + [
        (code, text.lower()) for code, text, _ in TOKEN_ERRORS
    ]
    for row in REQUEST_ERRORS:
        assert any(code == row.code and row.says in text for code, text in tried), row


@pytest.mark.parametrize(("code", "text", "status", "meaning"), ERRORS)
def test_a_prompt_that_is_answered_with_an_error(code: str, text: str, status: int, meaning: Reason | type) -> None:
    with daraja(TOKEN, error(code, text, status=status)) as (provider, stage):
        sent = provider.charge(an_attempt())
    if isinstance(meaning, Reason):
        assert sent == Refused(meaning, code, {"says": text})
    else:
        assert isinstance(sent, meaning)
    assert len(stage.seen) == 2, "a prompt is never repeated"


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(resets, id="reset"),
        pytest.param(is_silent, id="silent"),
        pytest.param(
            says(b"<html>Request unsuccessful. Incapsula incident</html>", status=403), id="a firewall's page"
        ),
        pytest.param(says(b"<html></html>", status=502), id="a gateway's page"),
        pytest.param(says(b"{}"), id="an empty object"),
        pytest.param(says(b"[]"), id="a list"),
        pytest.param(says(json.dumps(TAKEN | {"ResponseCode": "1"})), id="another ResponseCode"),
        pytest.param(says(json.dumps(TAKEN | {"CheckoutRequestID": ""})), id="no id"),
        pytest.param(says(json.dumps({"errorCode": 7}), status=500), id="an error without words"),
    ],
)
def test_a_prompt_that_nobody_knows_about_is_unknown(act: Act) -> None:
    with daraja(TOKEN, act) as (provider, stage):
        assert isinstance(provider.charge(an_attempt()), Unknown)
        assert isinstance(provider.refund(an_attempt(), receipt="NLJ7RT61SV"), Unknown)
    assert [seen.path.split("/")[2] for seen in stage.seen[1:]] == ["stkpush", "reversal"], "nothing is repeated"


@pytest.mark.parametrize(("code", "text", "status"), TOKEN_ERRORS)
def test_a_refused_token_is_renewed_once(code: str, text: str, status: int) -> None:
    second = says('{"access_token": "second", "expires_in": "3599"}')
    with daraja(TOKEN, error(code, text, status=status), second, says(json.dumps(TAKEN))) as (provider, stage):
        assert isinstance(provider.charge(an_attempt()), Accepted)
    assert stage.seen[3].headers["authorization"] == "Bearer second"


def test_two_refused_tokens_begin_nothing() -> None:
    no = error("404.001.03", "Invalid Access Token", status=404)
    second = says('{"access_token": "second", "expires_in": "3599"}')
    with daraja(TOKEN, no, second, no) as (provider, stage):
        assert isinstance(provider.charge(an_attempt()), NotSent)
    assert len(stage.seen) == 4


def test_two_refused_tokens_say_nothing_of_the_prompt_that_was_asked_about() -> None:
    no = error("404.001.03", "Invalid Access Token", status=404)
    second = says('{"access_token": "second", "expires_in": "3599"}')
    with daraja(TOKEN, no, second, no) as (provider, _):
        assert isinstance(provider.enquire_charge(an_attempt(provider_ref="ws_CO_1")), Unknown)


@pytest.mark.parametrize(
    "act",
    [
        error("400.008.01", "Invalid Authentication passed", status=400),
        says(b"", status=401),
        says(b"<html>"),
        says(b'{"access_token": "x"}'),
        says(b'{"access_token": "x", "expires_in": "soon"}'),
        says(b'{"access_token": "x", "expires_in": "0"}'),
        says(b'{"access_token": "", "expires_in": "3599"}'),
        resets,
    ],
)
def test_without_a_token_nothing_is_sent(act: Act) -> None:
    with daraja(act) as (provider, stage):
        assert isinstance(provider.charge(an_attempt()), NotSent)
        assert isinstance(provider.enquire_charge(an_attempt(provider_ref=CHECKOUT)), Unknown)
    assert {seen.method for seen in stage.seen} == {"GET"}


def test_with_daraja_down_nothing_is_sent() -> None:
    assert isinstance(client(f"http://127.0.0.1:{free_port()}", Clock()).charge(an_attempt()), NotSent)


def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    clock = Clock()
    taken = says(json.dumps(TAKEN))
    with daraja(TOKEN, taken, taken, TOKEN, taken, clock=clock) as (provider, stage):
        provider.charge(an_attempt())
        clock.now = NOON + timedelta(seconds=3599 - 61)
        provider.charge(an_attempt())
        clock.now = NOON + timedelta(seconds=3599 - 59)
        provider.charge(an_attempt())
    assert [seen.method for seen in stage.seen] == ["GET", "POST", "POST", "GET", "POST"]


def test_many_threads_fetch_one_token() -> None:
    with daraja(TOKEN, says(json.dumps(TAKEN))) as (provider, stage):
        threads = [threading.Thread(target=provider.charge, args=(an_attempt(),)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(seen.method == "GET" for seen in stage.seen) == 1


def test_a_prompt_and_a_reversal_never_use_a_connection_again() -> None:
    taken, back = says(json.dumps(TAKEN)), says(json.dumps(REVERSAL_TAKEN))
    with daraja(TOKEN, taken, taken, back, back) as (provider, stage):
        provider.charge(an_attempt())
        provider.charge(an_attempt())
        provider.refund(an_attempt(), receipt="NLJ7RT61SV")
        provider.refund(an_attempt(), receipt="NLJ7RT61SV")
    assert len({seen.peer for seen in stage.seen}) == 5


def test_a_query_is_asked_as_published() -> None:
    with daraja(TOKEN, query("0")) as (provider, stage):
        answer = provider.enquire_charge(an_attempt(provider_ref=CHECKOUT))
    assert answer == Confirmed(f"checkout:{CHECKOUT}", None, {"receipt_is_derived": True})
    asked = stage.seen[1]
    assert (asked.method, asked.path) == ("POST", "/mpesa/stkpushquery/v1/query")
    body = json.loads(asked.body)
    assert body.keys() == {"BusinessShortCode", "Password", "Timestamp", "CheckoutRequestID"}
    assert body["CheckoutRequestID"] == CHECKOUT


def test_without_an_acknowledgement_there_is_nothing_to_ask_by() -> None:
    with daraja(TOKEN) as (provider, stage):
        assert isinstance(provider.enquire_charge(an_attempt()), Unknown)
    assert stage.seen == []


QUERY_RESULTS: dict[str, Reason | type] = {
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


def test_every_query_result_is_tried_here() -> None:
    assert QUERY_RESULTS.keys() == PROMPT_RESULTS.keys()


@pytest.mark.parametrize("as_type", [int, str])
@pytest.mark.parametrize("code", sorted(QUERY_RESULTS))
def test_a_query_result_means(code: str, as_type: type) -> None:
    with daraja(TOKEN, query(as_type(code))) as (provider, _stage):
        answer = provider.enquire_charge(an_attempt(provider_ref=CHECKOUT))
    meaning = QUERY_RESULTS[code]
    if isinstance(meaning, Reason):
        assert answer == Refused(meaning, code, {"says": "What it says."})
    else:
        assert isinstance(answer, meaning)


@pytest.mark.parametrize(
    "act",
    [
        error("500.001.1001", "The transaction is being processed", status=500),
        error("500.001.1001", "The transaction is being processed", status=200),
        error("500.001.1001", "Merchant does not exist", status=500),
        error("400.002.02", "Bad Request - Invalid CheckoutRequestID", status=400),
        query("31415"),
        query("0", CheckoutRequestID="ws_CO_of_somebody_else"),
        query(None),
        says(b"<html>"),
        resets,
        is_silent,
    ],
)
def test_a_query_without_a_clear_answer_is_unknown(act: Act) -> None:
    with daraja(TOKEN, act) as (provider, _stage):
        assert isinstance(provider.enquire_charge(an_attempt(provider_ref=CHECKOUT)), Unknown)


def test_a_reversal_is_asked_for_as_published() -> None:
    with daraja(TOKEN, says(json.dumps(REVERSAL_TAKEN))) as (provider, stage):
        sent = provider.refund(an_attempt(reference="abc-refund-1"), receipt="NLJ7RT61SV")
    assert sent == Accepted("AG_20210709_12346c8e6f8858d7b70a", {"originator_conversation_id": "71840-27539181-07"})
    asked = stage.seen[1]
    assert (asked.method, asked.path) == ("POST", "/mpesa/reversal/v1/request")
    expected: dict[str, Any] = {
        "Initiator": "testapi",
        "SecurityCredential": "encrypted",
        "CommandID": "TransactionReversal",
        "TransactionID": "NLJ7RT61SV",
        "Amount": 100,
        "ReceiverParty": "174379",
        "RecieverIdentifierType": "11",
        "ResultURL": "https://redial.test/callbacks/daraja/s3cret/reversal/abc-refund-1/result",
        "QueueTimeOutURL": "https://redial.test/callbacks/daraja/s3cret/reversal/abc-refund-1/timeout",
        "Remarks": "Refund Q3M5XK2V",
        "Occasion": "Q3M5XK2V",
    }
    assert json.loads(asked.body) == expected


def test_a_receipt_that_was_made_up_is_not_sent_to_be_reversed() -> None:
    with daraja(TOKEN) as (provider, stage):
        refused = provider.refund(an_attempt(), receipt=f"checkout:{CHECKOUT}")
    assert isinstance(refused, Refused)
    assert refused.code == "receipt_not_known"
    assert stage.seen == []


def test_the_end_of_a_reversal_is_told_by_callback_only() -> None:
    with daraja(TOKEN) as (provider, stage):
        assert isinstance(provider.enquire_refund(an_attempt(provider_ref="AG_1")), Unknown)
    assert stage.seen == []
