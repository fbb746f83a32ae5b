"""MTN MoMo over real HTTP: what is sent, and what every answer means. Answers are as MTN's portal shows them."""

import base64
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from providers.http import Channel, Limits
from providers.mtn_momo import MomoAccount, MomoUser, MtnMomo, NothingToMove
from providers.mtn_momo_codes import REASONS, REQUEST_ERRORS, STATUSES
from providers.mtn_momo_events import reference_id
from tests.contracts.attempts import an_attempt, clock
from tests.contracts.servers import Act, Stage, free_port, is_silent, resets, says, serving
from topup.money import Money
from topup.outcomes import Accepted, Answer, Confirmed, NotSent, Pending, Reason, Refused, Unknown
from topup.ports import Attempt, Event, UnableToReadEvent

REFERENCE = "q3m5xk2v7a4jd6pw0c8h-charge-1"
REFUND = "q3m5xk2v7a4jd6pw0c8h-refund-1"
NAME = reference_id(REFERENCE)
TOKEN = says('{"access_token": "eyJ0eXAiOiJKV1Q", "token_type": "access_token", "expires_in": 3600}')
TAKEN = says(b"", status=202)
PAYER = "+256772000001"
CALLBACKS = "https://redial.test/callbacks/mtn_momo/s3cret"
UGX_5000 = Money(5000, "UGX")
PAID = {
    "amount": "5000",
    "currency": "UGX",
    "financialTransactionId": "363440463",
    "externalId": REFERENCE,
    "payer": {"partyIdType": "MSISDN", "partyId": "256772000001"},
    "payerMessage": "Airtime Q3M5XK2V",
    "payeeNote": "Q3M5XK2V",
    "status": "SUCCESSFUL",
}


def asked(**changes: object) -> Attempt:
    values: dict[str, object] = {"msisdn": PAYER, "amount": UGX_5000, **changes}
    return an_attempt(**values)  # type: ignore[arg-type]


def refunding() -> Attempt:
    return asked(reference=REFUND, facts={"receipt": "363440463", "charge_reference": REFERENCE})


@contextmanager
def momo(*acts: Act, refunds: bool = True) -> Iterator[tuple[MtnMomo, Stage]]:
    """A MoMo that does each of `acts`, and a client of it."""
    with serving(*acts) as stage:
        yield client(stage.url, patience_s=stage.patience_s, refunds=refunds), stage


def client(url: str, *, patience_s: float = 30, refunds: bool = True) -> MtnMomo:
    limits = Limits(answer_timeout_s=patience_s, failures_to_open=1000)
    return MtnMomo(
        account=MomoAccount(
            target_environment="mtnuganda",
            callback_url=CALLBACKS,
            collection=MomoUser(user="c-user", api_key="c-key", subscription_key="c-subscription"),
            disbursement=MomoUser(user="d-user", api_key="d-key", subscription_key="d-subscription")
            if refunds
            else None,
        ),
        channel=Channel(provider="mtn_momo", url=url, limits=limits),
        now=clock,
    )


def error(code: str | None, *, status: int, message: str = "What it says.") -> Act:
    body = {"message": message} if code is None else {"code": code, "message": message}
    return says(json.dumps(body), status=status)


def status(**changes: object) -> Act:
    fields = {name: value for name, value in {**PAID, **changes}.items() if value is not None}
    return says(json.dumps(fields))


def test_a_payment_is_asked_for_as_published() -> None:
    with momo(TOKEN, TAKEN) as (provider, stage):
        assert provider.charge(asked()) == Accepted(NAME)
    token, push = stage.seen
    assert (token.method, token.path, token.body) == ("POST", "/collection/token/", b"")
    assert token.headers["content-length"] == "0", "without it MTN answers 411"
    assert base64.b64decode(token.headers["authorization"].removeprefix("Basic ")) == b"c-user:c-key"
    assert token.headers["ocp-apim-subscription-key"] == "c-subscription"
    assert (push.method, push.path) == ("POST", "/collection/v1_0/requesttopay")
    assert push.headers["authorization"] == "Bearer eyJ0eXAiOiJKV1Q"
    assert push.headers["x-reference-id"] == NAME
    assert push.headers["x-target-environment"] == "mtnuganda"
    assert push.headers["ocp-apim-subscription-key"] == "c-subscription"
    assert push.headers["x-callback-url"] == f"{CALLBACKS}/charge/{REFERENCE}"
    assert push.headers["content-type"] == "application/json"
    assert json.loads(push.body) == {
        "amount": "5000",
        "currency": "UGX",
        "externalId": REFERENCE,
        "payer": {"partyIdType": "MSISDN", "partyId": "256772000001"},
        "payerMessage": "Airtime Q3M5XK2V",
        "payeeNote": "Q3M5XK2V",
    }


def test_the_name_of_an_attempt_is_a_uuid_of_version_4_that_never_changes_and_is_nobody_elses() -> None:
    assert uuid.UUID(NAME).version == 4
    assert reference_id(REFERENCE) == NAME
    assert len({reference_id(f"{REFERENCE}{number}") for number in range(1000)}) == 1000


def test_cents_are_asked_for_where_the_currency_has_them() -> None:
    with momo(TOKEN, TAKEN) as (provider, stage):
        provider.charge(asked(amount=Money(1250, "GHS")))
    assert json.loads(stage.seen[1].body)["amount"] == "12.50"


@pytest.mark.parametrize("amount", [Money(0, "UGX"), Money(-100, "UGX")])
def test_what_is_not_above_zero_is_our_mistake(amount: Money) -> None:
    with momo(TOKEN) as (provider, stage):
        with pytest.raises(NothingToMove):
            provider.charge(asked(amount=amount))
        with pytest.raises(NothingToMove):
            provider.refund(asked(amount=amount, facts={"charge_reference": REFERENCE}), receipt="1")
    assert stage.seen == []


# The code of an error, its HTTP status, and what it means for a payment.
ERRORS: list[tuple[str | None, int, Reason | type]] = [
    ("RESOURCE_ALREADY_EXIST", 409, Accepted),
    ("PAYER_NOT_FOUND", 500, Reason.NO_WALLET),
    ("PAYEE_NOT_FOUND", 500, Reason.PROVIDER),
    ("NOT_ALLOWED", 500, Reason.PROVIDER),
    ("NOT_ALLOWED_TARGET_ENVIRONMENT", 500, Reason.PROVIDER),
    ("INVALID_CURRENCY", 500, Reason.PROVIDER),
    ("INVALID_CALLBACK_URL_HOST", 500, Reason.PROVIDER),
    ("REQUEST_REJECTED", 400, Reason.PROVIDER),
    ("ACCESS_DENIED", 403, Reason.PROVIDER),
    ("FORBIDDEN_IP", 403, Reason.PROVIDER),
    ("SERVICE_UNAVAILABLE", 503, Unknown),
    ("INTERNAL_PROCESSING_ERROR", 500, Unknown),
    # Of these no row of the table speaks.
    ("SOMETHING_NEW", 400, Reason.PROVIDER),
    ("SOMETHING_NEW", 500, Unknown),
    (None, 400, Reason.PROVIDER),
    (None, 404, Reason.PROVIDER),
    (None, 408, Unknown),
    (None, 409, Accepted),
    (None, 429, NotSent),
    (None, 500, Unknown),
    (None, 302, Unknown),
    (None, 200, Unknown),
]


def test_every_request_error_is_tried_here() -> None:
    assert {code for code, *_ in ERRORS if code} - {"SOMETHING_NEW"} == set(REQUEST_ERRORS)


@pytest.mark.parametrize(("code", "http_status", "meaning"), ERRORS)
def test_a_payment_that_is_answered_with_an_error(code: str | None, http_status: int, meaning: Reason | type) -> None:
    with momo(TOKEN, error(code, status=http_status)) as (provider, stage):
        sent = provider.charge(asked())
    if isinstance(meaning, Reason):
        assert sent == Refused(meaning, code or f"HTTP {http_status}", {"says": "What it says."})
    else:
        assert isinstance(sent, meaning)
    assert len(stage.seen) == 2, "a payment is never asked for again by itself"


def test_a_bad_request_without_a_word_is_a_refusal() -> None:
    with momo(TOKEN, says(b"", status=400)) as (provider, _stage):
        assert provider.charge(asked()) == Refused(Reason.PROVIDER, "HTTP 400", {})


def test_the_same_name_twice_has_landed_and_is_ours() -> None:
    with momo(TOKEN, error("RESOURCE_ALREADY_EXIST", status=409)) as (provider, _stage):
        assert provider.charge(asked()) == Accepted(NAME, {"taken_before": True})


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(resets, id="reset"),
        pytest.param(is_silent, id="silent"),
        pytest.param(says(b"<html>Blocked</html>", status=403), id="a firewall's page"),
        pytest.param(says(b"<html></html>", status=502), id="a gateway's page"),
        pytest.param(says(b"[]", status=500), id="a list"),
    ],
)
def test_a_payment_that_nobody_knows_about_is_unknown(act: Act) -> None:
    with momo(TOKEN, act) as (provider, stage):
        assert isinstance(provider.charge(asked()), Unknown)
    assert [seen.path for seen in stage.seen[1:]] == ["/collection/v1_0/requesttopay"], "nothing is repeated"


def test_a_refused_token_is_renewed_once_and_the_name_stays_the_same() -> None:
    second = says('{"access_token": "second", "token_type": "access_token", "expires_in": 3600}')
    with momo(TOKEN, error(None, status=401), second, TAKEN) as (provider, stage):
        assert provider.charge(asked()) == Accepted(NAME)
    assert stage.seen[3].headers["authorization"] == "Bearer second"
    assert stage.seen[1].headers["x-reference-id"] == stage.seen[3].headers["x-reference-id"]


@pytest.mark.parametrize("act", [says(b'{"error": "login_failed"}', status=401), says(b"<html>"), resets])
def test_without_a_token_nothing_is_sent(act: Act) -> None:
    with momo(act) as (provider, stage):
        assert isinstance(provider.charge(asked()), NotSent)
        assert isinstance(provider.enquire_charge(asked()), Unknown)
        assert isinstance(provider.refund(refunding(), receipt="363440463"), NotSent)
    assert {seen.path for seen in stage.seen} == {"/collection/token/", "/disbursement/token/"}


def test_with_momo_down_nothing_is_sent() -> None:
    assert isinstance(client(f"http://127.0.0.1:{free_port()}").charge(asked()), NotSent)


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


def test_a_refund_is_asked_for_as_published() -> None:
    with momo(TOKEN, TAKEN) as (provider, stage):
        assert provider.refund(refunding(), receipt="363440463") == Accepted(reference_id(REFUND))
    token, push = stage.seen
    assert token.path == "/disbursement/token/"
    assert base64.b64decode(token.headers["authorization"].removeprefix("Basic ")) == b"d-user:d-key"
    assert (push.method, push.path) == ("POST", "/disbursement/v1_0/refund")
    assert push.headers["x-reference-id"] == reference_id(REFUND)
    assert push.headers["ocp-apim-subscription-key"] == "d-subscription"
    assert push.headers["x-callback-url"] == f"{CALLBACKS}/refund/{REFUND}"
    assert json.loads(push.body) == {
        "amount": "5000",
        "currency": "UGX",
        "externalId": REFUND,
        "payerMessage": "Airtime Q3M5XK2V",
        "payeeNote": "Q3M5XK2V",
        "referenceIdToRefund": NAME,
    }


def test_a_refund_can_be_asked_after_without_its_reply() -> None:
    with momo(TOKEN, status(externalId=REFUND, financialTransactionId="99")) as (provider, stage):
        assert provider.enquire_refund(refunding()) == Confirmed("99", UGX_5000)
    assert stage.seen[1].path == f"/disbursement/v1_0/refund/{reference_id(REFUND)}"


def test_without_a_disbursement_user_every_refund_waits_for_a_person() -> None:
    with momo(TOKEN, refunds=False) as (provider, stage):
        assert provider.refund(refunding(), receipt="1") == Refused(
            Reason.PROVIDER, "refunds_not_set_up", {"receipt": "1"}
        )
        assert isinstance(provider.enquire_refund(refunding()), Unknown)
    assert stage.seen == []


def test_a_refund_of_a_charge_whose_name_is_not_known_waits_for_a_person() -> None:
    with momo(TOKEN) as (provider, stage):
        refused = provider.refund(asked(reference=REFUND), receipt="1")
    assert refused == Refused(Reason.PROVIDER, "charge_not_known", {"receipt": "1"})
    assert stage.seen == []


def test_what_moves_money_never_uses_a_connection_again() -> None:
    with momo(TOKEN, TAKEN, TAKEN, TOKEN, TAKEN) as (provider, stage):
        provider.charge(asked())
        provider.charge(asked())
        provider.refund(refunding(), receipt="1")
    movers = [seen.peer for seen in stage.seen if "token" not in seen.path]
    assert len(set(movers)) == 3


# Callbacks.


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
        ("charge", json.dumps({**PAID, "status": "FAILED", "reason": {"code": 7.5}}).encode()),
    ],
)
def test_a_callback_that_cannot_be_read_says_so(topic: str, body: bytes) -> None:
    with pytest.raises(UnableToReadEvent):
        client("http://127.0.0.1:1").read_event(topic=topic, reference=REFERENCE, body=body, content_type="")
