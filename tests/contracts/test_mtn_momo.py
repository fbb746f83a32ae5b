"""MTN MoMo over real HTTP: asking for a payment, and what each reply means. Replies are as MTN's portal shows them."""

import base64
import json
import uuid

import pytest

from providers.mtn_momo import NothingToMove
from providers.mtn_momo_codes import REQUEST_ERRORS
from providers.mtn_momo_events import reference_id
from tests.contracts.momo import CALLBACKS, NAME, REFERENCE, TAKEN, TOKEN, asked, client, error, momo, refunding
from tests.contracts.servers import Act, free_port, is_silent, resets, says
from topup.money import Money
from topup.outcomes import Accepted, NotSent, Reason, Refused, Unknown
from topup.ports import TAKEN_BEFORE


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
        assert provider.charge(asked()) == Accepted(NAME, {TAKEN_BEFORE: True})


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
