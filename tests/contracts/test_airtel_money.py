"""Airtel Money over real HTTP: what is sent, and what every answer means. Answers are as Airtel's portal shows them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from providers.airtel_money import AirtelAccount, AirtelMoney, NotWholeUnits
from providers.airtel_money_codes import RESPONSE_CODES, RESULT_CODES, STATUSES
from providers.codes import Also
from providers.http import Channel, Limits
from tests.contracts.attempts import an_attempt, clock
from tests.contracts.servers import Act, Stage, free_port, is_silent, resets, says, serving
from topup.money import Money
from topup.outcomes import Accepted, Confirmed, NotSent, Pending, Reason, Refused, Unknown
from topup.ports import Attempt, UnableToReadEvent

REFERENCE = "q3m5xk2v7a4jd6pw0c8h-charge-1"
RECEIPT = "MP210603.1234.L06941"
TOKEN = says('{"access_token": "SMlqrVnYVFMXvQ", "expires_in": "180", "token_type": "bearer"}')


def asked(**changes: object) -> Attempt:
    values: dict[str, object] = {"msisdn": "+254733000001", **changes}
    return an_attempt(**values)  # type: ignore[arg-type]


@contextmanager
def airtel(*acts: Act) -> Iterator[tuple[AirtelMoney, Stage]]:
    """An Airtel that does each of `acts`, and a client of it."""
    with serving(*acts) as stage:
        yield client(stage.url, patience_s=stage.patience_s), stage


def client(url: str, *, patience_s: float = 30) -> AirtelMoney:
    limits = Limits(within_s=patience_s, failures_to_open=1000)
    return AirtelMoney(
        account=AirtelAccount(client_id="client", client_secret="secret"),
        channel=Channel(provider="airtel_money", url=url, limits=limits),
        now=clock,
    )


def answers(
    *,
    response_code: str | None = "DP00800001006",
    result_code: str | None = "ESB000010",
    http_status: int = 200,
    transaction: object = None,
) -> Act:
    status = {"code": str(http_status), "message": "What it says.", "success": http_status == 200}
    status |= {"response_code": response_code} if response_code is not None else {}
    status |= {"result_code": result_code} if result_code is not None else {}
    body = {"status": status} | ({"data": {"transaction": transaction}} if transaction is not None else {})
    return says(json.dumps(body), status=http_status)


def enquiry(status: str, *, code: str | None = "DP00800001001", **changes: object) -> Act:
    transaction = {"airtel_money_id": RECEIPT, "id": REFERENCE, "message": "Its words.", "status": status} | changes
    return answers(response_code=code, transaction={k: v for k, v in transaction.items() if v is not None})


TAKEN = answers(transaction={"id": False, "status": "SUCCESS"})
GIVEN_BACK = answers(response_code=None, transaction={"airtel_money_id": "CI210603.29", "status": "SUCCESS"})


def test_a_payment_is_asked_for_as_published_and_http_200_is_no_payment() -> None:
    with airtel(TOKEN, TAKEN) as (provider, stage):
        assert provider.charge(asked()) == Accepted(REFERENCE, {"code": "DP00800001006"})
    token, push = stage.seen
    assert (token.method, token.path) == ("POST", "/auth/oauth2/token")
    assert token.headers["content-type"] == "application/json"
    assert json.loads(token.body) == {
        "client_id": "client",
        "client_secret": "secret",
        "grant_type": "client_credentials",
    }
    assert (push.method, push.path) == ("POST", "/merchant/v1/payments/")
    assert push.headers["authorization"] == "Bearer SMlqrVnYVFMXvQ"
    assert (push.headers["x-country"], push.headers["x-currency"]) == ("KE", "KES")
    assert json.loads(push.body) == {
        "reference": "Q3M5XK2V",
        "subscriber": {"country": "KE", "currency": "KES", "msisdn": "733000001"},
        "transaction": {"amount": 100, "country": "KE", "currency": "KES", "id": REFERENCE},
    }
    assert len(REFERENCE) <= 64


@pytest.mark.parametrize(
    ("msisdn", "amount", "country"),
    [("+256752000001", Money(5000, "UGX"), "UG"), ("+260977000001", Money(5000, "ZMW"), "ZM")],
)
def test_the_country_and_the_currency_are_those_of_the_payer(msisdn: str, amount: Money, country: str) -> None:
    with airtel(TOKEN, TAKEN) as (provider, stage):
        provider.charge(asked(msisdn=msisdn, amount=amount))
    push = stage.seen[1]
    assert (push.headers["x-country"], push.headers["x-currency"]) == (country, amount.currency)
    body = json.loads(push.body)
    assert body["transaction"]["amount"] == amount.whole
    assert body["subscriber"]["msisdn"] == msisdn[4:], "without the country's code"


@pytest.mark.parametrize("amount", [Money(150, "KES"), Money(0, "KES"), Money(-100, "KES")])
def test_what_airtel_cannot_be_asked_for_is_our_mistake(amount: Money) -> None:
    with airtel(TOKEN) as (provider, stage), pytest.raises(NotWholeUnits):
        provider.charge(asked(amount=amount))
    assert stage.seen == []


# What each response code means for a payment that was asked for.
CODES: dict[str, Reason | type] = {
    "DP00800001000": Unknown,
    "DP00800001001": Accepted,  # Its end is believed of an enquiry only, which tells the receipt.
    "DP00800001002": Reason.WRONG_PIN,
    "DP00800001003": Reason.LIMIT,
    "DP00800001004": Reason.LIMIT,
    "DP00800001005": Reason.NO_ANSWER,
    "DP00800001006": Accepted,
    "DP00800001007": Reason.NOT_ENOUGH,
    "DP00800001008": Reason.CANCELLED,
    "DP00800001009": Reason.PROVIDER,
    "DP00800001010": Reason.NO_WALLET,
    "DP00800001024": Unknown,
    "DP00800001025": Unknown,
    "DP00800001026": Reason.PROVIDER,
    "DP00800001029": Reason.NO_ANSWER,
}
RESULTS: dict[str, Reason | type] = {
    "ESB000001": Unknown,
    "ESB000004": Unknown,
    "ESB000008": Reason.PROVIDER,
    "ESB000010": Unknown,  # A success under an HTTP status that is none.
    "ESB000011": Reason.PROVIDER,
    "ESB000014": Unknown,
    "ESB000033": Reason.NO_WALLET,
    "ESB000034": Reason.PROVIDER,
    "ESB000035": Reason.PROVIDER,
    "ESB000036": Reason.NO_WALLET,
    "ESB000039": Reason.PROVIDER,
    "ESB000041": Accepted,  # The same id again: it has landed.
    "ESB000045": Unknown,
    "0000900": Unknown,
}


def test_every_code_is_tried_here() -> None:
    assert CODES.keys() == RESPONSE_CODES.keys()
    assert RESULTS.keys() == RESULT_CODES.keys()


@pytest.mark.parametrize(("code", "meaning"), CODES.items())
def test_a_payment_that_is_answered_with_a_response_code(code: str, meaning: Reason | type) -> None:
    with airtel(TOKEN, answers(response_code=code)) as (provider, stage):
        sent = provider.charge(asked())
    if isinstance(meaning, Reason):
        assert sent == Refused(meaning, code, {"says": "What it says."})
    else:
        assert isinstance(sent, meaning)
    assert len(stage.seen) == 2, "a payment is never asked for again by itself"


@pytest.mark.parametrize(("code", "meaning"), RESULTS.items())
def test_a_payment_that_comes_no_further_than_the_front_door(code: str, meaning: Reason | type) -> None:
    act = answers(response_code="", result_code=code, http_status=400)
    with airtel(TOKEN, act) as (provider, _stage):
        sent = provider.charge(asked())
    if isinstance(meaning, Reason):
        assert sent == Refused(meaning, code, {"says": "What it says."})
    else:
        assert isinstance(sent, meaning)


@pytest.mark.parametrize(
    ("act", "meaning"),
    [
        pytest.param(answers(response_code="DP00800001999", result_code=None), Unknown, id="a new code"),
        pytest.param(answers(response_code="DP00800001006", http_status=500), Unknown, id="taken, under 500"),
        pytest.param(says(b"{}", status=500), Unknown, id="500"),
        pytest.param(says(b"{}", status=503), Unknown, id="503"),
        pytest.param(says(b"{}", status=408), Unknown, id="408"),
        pytest.param(says(b"{}", status=409), Unknown, id="409"),
        pytest.param(says(b"{}"), Unknown, id="an empty object"),
        pytest.param(says(b"{}", status=429), NotSent, id="429"),
        pytest.param(says(b"{}", status=403), Refused, id="403"),
        pytest.param(says(b"<html></html>", status=403), Unknown, id="a firewall's page"),
        pytest.param(resets, Unknown, id="reset"),
        pytest.param(is_silent, Unknown, id="silent"),
    ],
)
def test_a_payment_that_is_answered_otherwise(act: Act, meaning: type) -> None:
    with airtel(TOKEN, act) as (provider, stage):
        assert isinstance(provider.charge(asked()), meaning)
    assert len(stage.seen) == 2, "nothing is repeated"


def test_a_refused_token_is_renewed_once() -> None:
    no = says('{"error": "invalid_token", "error_description": "Expired"}', status=401)
    second = says('{"access_token": "second", "expires_in": "180", "token_type": "bearer"}')
    with airtel(TOKEN, no, second, TAKEN) as (provider, stage):
        assert isinstance(provider.charge(asked()), Accepted)
    assert stage.seen[3].headers["authorization"] == "Bearer second"


@pytest.mark.parametrize("act", [says(b'{"error": "invalid_client"}', status=401), says(b"<html>"), resets])
def test_without_a_token_nothing_is_sent(act: Act) -> None:
    with airtel(act) as (provider, stage):
        assert isinstance(provider.charge(asked()), NotSent)
        assert isinstance(provider.refund(asked(), receipt=RECEIPT), NotSent)
        assert isinstance(provider.enquire_charge(asked()), Unknown)
    assert {seen.path for seen in stage.seen} == {"/auth/oauth2/token"}


def test_with_airtel_down_nothing_is_sent() -> None:
    assert isinstance(client(f"http://127.0.0.1:{free_port()}").charge(asked()), NotSent)


def test_an_enquiry_needs_nothing_of_a_lost_reply() -> None:
    with airtel(TOKEN, enquiry("TS")) as (provider, stage):
        assert provider.enquire_charge(asked()) == Confirmed(RECEIPT, None)
    question = stage.seen[1]
    assert (question.method, question.path) == ("GET", f"/standard/v1/payments/{REFERENCE}")
    assert (question.headers["x-country"], question.headers["x-currency"]) == ("KE", "KES")


ENQUIRED: dict[str, type] = {"TS": Confirmed, "TF": Refused, "TE": Refused, "TIP": Pending, "TA": Unknown}


def test_every_status_is_tried_here() -> None:
    assert ENQUIRED.keys() == STATUSES.keys()


@pytest.mark.parametrize("word", [*ENQUIRED, "TX"])
def test_a_status_means(word: str) -> None:
    with airtel(TOKEN, enquiry(word, code="DP00800001000")) as (provider, _stage):
        assert isinstance(provider.enquire_charge(asked()), ENQUIRED.get(word, Unknown))


@pytest.mark.parametrize(
    "code", sorted(code for code, meaning in RESPONSE_CODES.items() if isinstance(meaning, Reason))
)
def test_a_failed_payment_is_refused_for_its_response_code(code: str) -> None:
    with airtel(TOKEN, enquiry("TF", code=code, airtel_money_id=None)) as (provider, _stage):
        assert provider.enquire_charge(asked()) == Refused(CODES[code], code, {"says": "Its words."})  # type: ignore[arg-type]


@pytest.mark.parametrize("code", [code for code, meaning in RESPONSE_CODES.items() if isinstance(meaning, Also)])
def test_a_failed_payment_is_a_refusal_whatever_else_is_said(code: str) -> None:
    with airtel(TOKEN, enquiry("TF", code=code)) as (provider, _stage):
        assert provider.enquire_charge(asked()) == Refused(Reason.PROVIDER, code, {"says": "Its words."})


def test_an_expired_payment_got_no_answer() -> None:
    with airtel(TOKEN, enquiry("TE", code="DP00800001001")) as (provider, _stage):
        answer = provider.enquire_charge(asked())
    assert isinstance(answer, Refused)
    assert answer.reason is Reason.NO_ANSWER


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(enquiry("TS", id="somebody-elses"), id="another payment"),
        pytest.param(enquiry("TS", airtel_money_id=None), id="no receipt"),
        pytest.param(answers(response_code="DP00800001025", http_status=404), id="not found"),
        pytest.param(answers(response_code="", result_code="ESB000045", http_status=200), id="no such transaction"),
        pytest.param(answers(response_code="DP00800001007"), id="no transaction"),
        pytest.param(says(b"{}", status=403), id="403"),
        pytest.param(says(b"<html>"), id="a page"),
        pytest.param(resets, id="reset"),
        pytest.param(is_silent, id="silent"),
    ],
)
def test_an_enquiry_without_a_clear_answer_is_unknown(act: Act) -> None:
    with airtel(TOKEN, act) as (provider, _stage):
        assert isinstance(provider.enquire_charge(asked()), Unknown)


def test_a_refund_is_asked_for_as_published_and_its_reply_tells_the_end() -> None:
    with airtel(TOKEN, GIVEN_BACK) as (provider, stage):
        assert provider.refund(asked(), receipt=RECEIPT) == Confirmed("CI210603.29", None)
    push = stage.seen[1]
    assert (push.method, push.path) == ("POST", "/standard/v1/payments/refund")
    assert (push.headers["x-country"], push.headers["x-currency"]) == ("KE", "KES")
    assert json.loads(push.body) == {"transaction": {"airtel_money_id": RECEIPT}}


@pytest.mark.parametrize(
    ("act", "meaning"),
    [
        pytest.param(answers(response_code="", result_code="ESB000011", http_status=400), Refused, id="failed"),
        pytest.param(
            answers(response_code="DP00800001006", transaction={"status": "SUCCESS"}), Unknown, id="in process"
        ),
        pytest.param(answers(response_code="", transaction={"status": "FAILED"}), Unknown, id="success that failed"),
        pytest.param(answers(response_code="", transaction={"status": "SUCCESS"}), Unknown, id="no id"),
        pytest.param(answers(response_code="", result_code="ESB000045", http_status=400), Unknown, id="not found"),
        pytest.param(says(b"{}", status=500), Unknown, id="500"),
        pytest.param(says(b"{}", status=429), NotSent, id="429"),
        pytest.param(resets, Unknown, id="reset"),
    ],
)
def test_a_refund_that_is_answered_otherwise(act: Act, meaning: type) -> None:
    with airtel(TOKEN, act) as (provider, stage):
        assert isinstance(provider.refund(asked(), receipt=RECEIPT), meaning)
    assert len(stage.seen) == 2, "nothing is repeated"


def test_nobody_can_be_asked_after_a_refund() -> None:
    with airtel(TOKEN) as (provider, stage):
        assert isinstance(provider.enquire_refund(asked()), Unknown)
    assert stage.seen == []


def test_what_moves_money_never_uses_a_connection_again() -> None:
    with airtel(TOKEN, TAKEN, TAKEN, GIVEN_BACK) as (provider, stage):
        provider.charge(asked())
        provider.charge(asked())
        provider.refund(asked(), receipt=RECEIPT)
    assert len({seen.peer for seen in stage.seen}) == 4


# Callbacks.

TOLD = {
    "transaction": {"id": REFERENCE, "message": "Paid KES 100", "status_code": "TS", "airtel_money_id": RECEIPT},
    "hash": "zITVAAGYSlzl1WkUQJn81kbpT5drH3koffT8jCkcJJA=",
}


@pytest.mark.parametrize("status", ["TS", "TF"])
def test_a_callback_tells_no_end_only_which_payment_to_ask_after(status: str) -> None:
    body = json.dumps({"transaction": {**TOLD["transaction"], "status_code": status}})  # type: ignore[dict-item]
    event = client("http://127.0.0.1:1").read_event(
        topic="payment", reference=None, body=body.encode(), content_type="application/json"
    )
    assert (event.reference, event.provider_ref) == (REFERENCE, REFERENCE)
    assert event.answer == Unknown(f"Airtel's callback says {status} Paid KES 100")
    assert event.key == f"payment:{REFERENCE}:{status}"


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("stk", json.dumps(TOLD).encode()),
        ("payment", b"<html>"),
        ("payment", b"{}"),
        ("payment", b'{"transaction": []}'),
        ("payment", b'{"transaction": {"id": "", "status_code": "TS"}}'),
        ("payment", b'{"transaction": {"id": "a-charge-1"}}'),
    ],
)
def test_a_callback_that_cannot_be_read_says_so(topic: str, body: bytes) -> None:
    with pytest.raises(UnableToReadEvent):
        client("http://127.0.0.1:1").read_event(topic=topic, reference=None, body=body, content_type="")
