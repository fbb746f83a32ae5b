"""Daraja against the sandbox: whole conversations, callbacks included, compared with the world's own books."""

import pytest

from providers.daraja import Daraja, DarajaAccount
from providers.daraja_token import TokenKeeper
from tests.contracts.attempts import an_attempt, clock
from tests.contracts.conftest import SETTINGS, World
from tests.contracts.sandboxes import HUNDRED, MSISDN, channel, new_reference
from topup.outcomes import Accepted, Confirmed, NotSent, Pending, Reason, Refused, Unknown
from topup.ports import Attempt, Event


@pytest.fixture
def daraja(world: World) -> Daraja:
    way = channel(f"{world.url}/daraja")
    return Daraja(
        account=DarajaAccount(
            short_code=SETTINGS["DARAJA_SHORT_CODE"],
            passkey=SETTINGS["DARAJA_PASSKEY"],
            callback_url=f"{world.redial.url}/callbacks/daraja/s3cret",
            initiator=SETTINGS["DARAJA_INITIATOR"],
            security_credential="encrypted",
        ),
        tokens=TokenKeeper(
            key=SETTINGS["DARAJA_CONSUMER_KEY"], secret=SETTINGS["DARAJA_CONSUMER_SECRET"], channel=way, now=clock
        ),
        channel=way,
        now=clock,
    )


def charged(world: World, daraja: Daraja, attempt: Attempt) -> Event:
    """Charge, and read the callback that comes of it."""
    sent = daraja.charge(attempt)
    assert isinstance(sent, Accepted)
    seen = world.wait_for_callback(f"/callbacks/daraja/s3cret/stk/{attempt.reference}")
    event = daraja.read_event(
        topic="stk", reference=attempt.reference, body=seen.body, content_type=seen.headers["content-type"]
    )
    assert event.provider_ref == sent.provider_ref
    return event


def test_a_payment_is_prompted_for_paid_told_and_confirmed(world: World, daraja: Daraja) -> None:
    attempt = an_attempt(reference=new_reference("charge"))
    event = charged(world, daraja, attempt)
    booked = world.wait_for_charge(attempt.reference)
    assert booked["amount_minor"] == 10_000
    assert event.answer == Confirmed(str(booked["receipt"]), HUNDRED, {"receipt_is_derived": False})
    assert event.msisdn == MSISDN
    asked = daraja.enquire_charge(an_attempt(reference=attempt.reference, provider_ref=event.provider_ref))
    assert isinstance(asked, Confirmed)


@pytest.mark.parametrize(
    ("answer", "reason"), [("wrong_pin", Reason.WRONG_PIN), ("cancel", Reason.CANCELLED), ("ignore", Reason.NO_ANSWER)]
)
def test_a_payer_who_does_not_pay_is_a_refusal(world: World, daraja: Daraja, answer: str, reason: Reason) -> None:
    world.outside.put("/settings", {"prompt_answer": answer, "prompt_expires_s": 0.1})
    event = charged(world, daraja, an_attempt(reference=new_reference("charge")))
    assert isinstance(event.answer, Refused)
    assert event.answer.reason is reason
    asked = daraja.enquire_charge(an_attempt(provider_ref=event.provider_ref))
    assert isinstance(asked, Refused)
    assert asked.reason is reason
    assert world.outside.get("/books")["charges"] == []


def test_an_empty_wallet_is_a_refusal(world: World, daraja: Daraja) -> None:
    world.outside.put(f"/wallets/{MSISDN}", {"balance_minor": 50})
    event = charged(world, daraja, an_attempt(reference=new_reference("charge")))
    assert isinstance(event.answer, Refused)
    assert event.answer.reason is Reason.NOT_ENOUGH


def test_an_open_prompt_is_unknown_until_it_ends(world: World, daraja: Daraja) -> None:
    world.outside.put("/settings", {"prompt_answer": "by_hand"})
    sent = daraja.charge(an_attempt(reference=new_reference("charge")))
    assert isinstance(sent, Accepted)
    asked = daraja.enquire_charge(an_attempt(provider_ref=sent.provider_ref))
    assert isinstance(asked, Unknown), "500.001.1001 is no answer"


def test_an_acknowledgement_that_is_lost_leaves_the_callback(world: World, daraja: Daraja) -> None:
    world.faults.add("daraja.stk", "reset_after_effect", times=1)
    attempt = an_attempt(reference=new_reference("charge"))
    assert isinstance(daraja.charge(attempt), Unknown)
    seen = world.wait_for_callback(f"/stk/{attempt.reference}")
    event = daraja.read_event(topic="stk", reference=attempt.reference, body=seen.body, content_type="")
    assert isinstance(event.answer, Confirmed)
    assert world.wait_for_charge(attempt.reference)["receipt"] == event.answer.receipt


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("reset_before_effect", Unknown), ("http_500", Unknown), ("garbage", Unknown)],
)
@pytest.mark.parametrize("operation", ["daraja.stk", "daraja.oauth"])
def test_a_prompt_that_goes_wrong_is_unknown_and_without_a_token_not_sent(
    world: World, daraja: Daraja, operation: str, kind: str, outcome: type
) -> None:
    world.faults.add(operation, kind)
    expected = NotSent if operation == "daraja.oauth" else outcome
    assert isinstance(daraja.charge(an_attempt(reference=new_reference("charge"))), expected)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [("400.002.02", Refused), ("500.003.02", NotSent), ("500.001.1001", Unknown), ("500.003.1001", Unknown)],
)
def test_a_prompt_that_is_answered_with_an_error(world: World, daraja: Daraja, code: str, meaning: type) -> None:
    world.faults.add("daraja.stk", "result_code", code=code)
    assert isinstance(daraja.charge(an_attempt(reference=new_reference("charge"))), meaning)


@pytest.mark.parametrize(("code", "meaning"), [(4999, Pending), (0, Confirmed), (1037, Refused)])
def test_what_a_query_says(world: World, daraja: Daraja, code: int, meaning: type) -> None:
    world.faults.add("daraja.query", "result_code", code=code)
    sent = daraja.charge(an_attempt(reference=new_reference("charge")))
    assert isinstance(sent, Accepted)
    assert isinstance(daraja.enquire_charge(an_attempt(provider_ref=sent.provider_ref)), meaning)


def given_back(world: World, daraja: Daraja, receipt: str) -> Event:
    """Ask for a reversal, and read the result that comes of it."""
    attempt = an_attempt(reference=new_reference("refund"))
    sent = daraja.refund(attempt, receipt=receipt)
    assert isinstance(sent, Accepted)
    seen = world.wait_for_callback(f"/reversal/{attempt.reference}/result")
    event = daraja.read_event(topic="reversal", reference=attempt.reference, body=seen.body, content_type="")
    assert event.provider_ref == sent.provider_ref
    return event


def test_a_payment_goes_back_once(world: World, daraja: Daraja) -> None:
    paid = charged(world, daraja, an_attempt(reference=new_reference("charge"))).answer
    assert isinstance(paid, Confirmed)
    first = given_back(world, daraja, paid.receipt)
    booked = world.entry("reversals", receipt=paid.receipt)
    assert booked is not None
    assert first.answer == Confirmed(str(booked["transaction_id"]), HUNDRED)
    again = given_back(world, daraja, paid.receipt)
    assert isinstance(again.answer, Confirmed), "it is back already, whoever sent it"
    assert world.entry("reversals", receipt=paid.receipt) == booked


def test_a_receipt_that_does_not_exist_is_refused(world: World, daraja: Daraja) -> None:
    event = given_back(world, daraja, "NLJ7RT61SV")
    assert isinstance(event.answer, Refused)
    assert event.answer.code == "R000002"


def test_a_queue_that_timed_out_says_nothing(world: World, daraja: Daraja) -> None:
    world.faults.add("daraja.reversal_callback", "queue_timeout")
    attempt = an_attempt(reference=new_reference("refund"))
    assert isinstance(daraja.refund(attempt, receipt="NLJ7RT61SV"), Accepted)
    seen = world.wait_for_callback(f"/reversal/{attempt.reference}/timeout")
    event = daraja.read_event(topic="reversal_timeout", reference=attempt.reference, body=seen.body, content_type="")
    assert isinstance(event.answer, Unknown)
