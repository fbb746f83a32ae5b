"""The providers against the sandbox: whole conversations, callbacks included, compared with the world's own books."""

import secrets
from dataclasses import replace
from typing import Any

import pytest

from providers.africastalking import AfricasTalkingAccount, AfricasTalkingAirtime, AfricasTalkingSms
from providers.africastalking_events import AirtimeQuestion, read_validation
from providers.daraja import Daraja, DarajaAccount
from providers.daraja_token import TokenKeeper
from providers.http import Channel, Limits
from providers.ucip import Ucip, UcipNode, transaction_id
from tests.contracts.attempts import an_attempt, clock
from tests.contracts.conftest import SETTINGS, World
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money
from topup.outcomes import Accepted, Confirmed, NotSent, Pending, Reason, Refused, Unknown
from topup.ports import Attempt, Event, Handed
from topup.vouchers import Pin

MSISDN = "+254711000001"
HUNDRED = Money(10_000, "KES")


def new_reference(purpose: str) -> str:
    return f"{secrets.token_hex(10)}-{purpose}-1"


def channel(url: str) -> Channel:
    return Channel(provider="test", url=url, limits=Limits(failures_to_open=1000))


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


@pytest.fixture
def ucip(world: World) -> Ucip:
    return ucip_with(world)


def ucip_with(world: World, **changes: Any) -> Ucip:
    node = UcipNode(
        username=SETTINGS["UCIP_USERNAME"],
        password=SETTINGS["UCIP_PASSWORD"],
        user_agent="Redial/5.0/1.0",
        host_name="redial",
        refill_profile=SETTINGS["UCIP_REFILL_PROFILE"],
        currency="KES",
    )
    way = channel(f"{world.url}/ucip/Air")
    return Ucip(node=replace(node, **changes), reads=way, refills=way, now=clock, read_deadline_s=20)


@pytest.fixture
def account() -> AfricasTalkingAccount:
    return AfricasTalkingAccount(username=SETTINGS["AT_USERNAME"], api_key=SETTINGS["AT_API_KEY"])


@pytest.fixture
def sms(world: World, account: AfricasTalkingAccount) -> AfricasTalkingSms:
    return AfricasTalkingSms(account=account, channel=channel(f"{world.url}/africastalking"))


@pytest.fixture
def airtime(world: World, account: AfricasTalkingAccount) -> AfricasTalkingAirtime:
    return AfricasTalkingAirtime(account=account, channel=channel(f"{world.url}/africastalking"))


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


@pytest.mark.parametrize("state", ["active", "suspended", "barred", "gone"])
def test_a_line_is_read_as_it_is(world: World, ucip: Ucip, state: str) -> None:
    balance_minor = -5000 if state == "suspended" else 5000
    world.outside.put(f"/lines/{MSISDN}", {"state": state, "balance_minor": balance_minor})
    line = ucip.read_line(MSISDN)
    assert line == Line(LineState(state), None if state == "gone" else Money(balance_minor, "KES"))


@pytest.mark.parametrize("kind", ["http_500", "reset_before_effect", "garbage"])
def test_a_line_that_cannot_be_read_is_not_known(world: World, ucip: Ucip, kind: str) -> None:
    world.faults.add("ucip.read", kind)
    assert ucip.read_line(MSISDN) is NOT_KNOWN


def test_a_refill_brings_a_line_back(world: World, ucip: Ucip) -> None:
    world.outside.put(f"/lines/{MSISDN}", {"state": "suspended", "balance_minor": -5000})
    attempt = an_attempt(reference=new_reference("credit"))
    sent = ucip.credit(attempt)
    facts = {"response_code": 0, "balance_after_minor": 5000}
    assert sent == Confirmed(transaction_id(attempt.reference), HUNDRED, facts)
    assert ucip.read_line(MSISDN) == Line(LineState.ACTIVE, Money(5000, "KES"))
    booked = world.entry("refills", reference=transaction_id(attempt.reference))
    assert booked is not None
    assert booked["external_data1"] == attempt.reference


@pytest.mark.parametrize(
    ("kind", "landed"), [("reset_after_effect", True), ("garbage", True), ("reset_before_effect", False)]
)
def test_a_lost_refill_is_settled_by_the_balance(world: World, ucip: Ucip, kind: str, landed: bool) -> None:
    world.outside.put(f"/lines/{MSISDN}", {"balance_minor": -5000})
    attempt = an_attempt(reference=new_reference("credit"))
    facts = ucip.before_credit(attempt)
    assert not isinstance(facts, NotSent)
    world.faults.add("ucip.refill", kind, times=1)
    assert isinstance(ucip.credit(attempt), Unknown)
    answer = ucip.enquire_credit(an_attempt(reference=attempt.reference, facts=facts))
    assert isinstance(answer, Confirmed if landed else Unknown)
    assert len(world.outside.get("/books")["refills"]) == int(landed)


@pytest.mark.parametrize(
    ("code", "meaning"), [(103, Refused), (126, Refused), (100, Unknown), (1005, Unknown), (1007, NotSent)]
)
def test_a_refill_that_is_refused(world: World, ucip: Ucip, code: int, meaning: type) -> None:
    world.faults.add("ucip.refill", "result_code", code=code)
    assert isinstance(ucip.credit(an_attempt(reference=new_reference("credit"))), meaning)
    assert world.outside.get("/books")["refills"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "wrong"}, "http_401"),
        ({"user_agent": "Redial/4.0/1.0"}, "http_403"),
        ({"refill_profile": "OTHER"}, "120"),
    ],
)
def test_a_node_that_does_not_know_us_refuses(world: World, change: dict[str, str], code: str) -> None:
    assert ucip_with(world, **change).credit(an_attempt()) == Refused(Reason.PROVIDER, code)


def test_a_message_arrives(world: World, sms: AfricasTalkingSms) -> None:
    sent = sms.send(to=MSISDN, text="KES 100 imepokelewa. Salio: KES 50.", reference="abc")
    assert isinstance(sent, Handed)
    booked = world.entry("sms", reference=sent.gateway_id)
    assert booked is not None
    assert booked["text"] == "KES 100 imepokelewa. Salio: KES 50."


@pytest.mark.parametrize(("code", "meaning"), [(403, Refused), (406, Refused), (500, Unknown)])
def test_a_message_that_is_refused(world: World, sms: AfricasTalkingSms, code: int, meaning: type) -> None:
    world.faults.add("africastalking.sms", "result_code", code=code)
    assert isinstance(sms.send(to=MSISDN, text="x", reference="abc"), meaning)


def test_a_wrong_key_is_refused(world: World) -> None:
    stranger = AfricasTalkingAccount(username=SETTINGS["AT_USERNAME"], api_key="wrong")
    sms = AfricasTalkingSms(account=stranger, channel=channel(f"{world.url}/africastalking"))
    sent = sms.send(to=MSISDN, text="x", reference="abc")
    assert isinstance(sent, Refused)
    assert sent.code == "http_401"


@pytest.mark.parametrize("form", ["form", "json"])
def test_airtime_is_asked_about_delivered_and_told(world: World, airtime: AfricasTalkingAirtime, form: str) -> None:
    world.outside.put("/settings", {"airtime_callback_format": form})
    attempt = an_attempt(reference=new_reference("credit"))
    sent = airtime.credit(attempt)
    assert isinstance(sent, Accepted)
    asked = world.wait_for_callback("/airtime/validation")
    question = read_validation(asked.body, content_type=asked.headers["content-type"])
    assert question == AirtimeQuestion(transaction_id=sent.provider_ref, msisdn=MSISDN, amount=HUNDRED)
    told = world.wait_for_callback("/airtime/status")
    event = airtime.read_event(
        topic="airtime", reference=None, body=told.body, content_type=told.headers["content-type"]
    )
    assert event.provider_ref == sent.provider_ref
    assert event.msisdn == MSISDN
    assert isinstance(event.answer, Confirmed)
    assert event.answer.amount == HUNDRED
    booked = world.entry("airtime", reference=sent.provider_ref)
    assert booked is not None
    assert booked["idempotency_key"] == attempt.reference
    found = airtime.enquire_credit(an_attempt(provider_ref=sent.provider_ref))
    assert isinstance(found, Confirmed)
    assert found.receipt == event.answer.receipt


def test_airtime_that_failed_in_the_end_is_refused(world: World, airtime: AfricasTalkingAirtime) -> None:
    world.faults.add("africastalking.airtime_status", "result_code", code="Insufficient float")
    sent = airtime.credit(an_attempt(reference=new_reference("credit")))
    assert isinstance(sent, Accepted)
    told = world.wait_for_callback("/airtime/status")
    event = airtime.read_event(
        topic="airtime", reference=None, body=told.body, content_type=told.headers["content-type"]
    )
    assert isinstance(event.answer, Refused)
    assert world.outside.get("/books")["airtime"] == []


def test_airtime_on_its_way_is_pending_and_what_is_not_known_is_unknown(
    world: World, airtime: AfricasTalkingAirtime
) -> None:
    world.outside.put("/settings", {"airtime_after_s": 600})
    sent = airtime.credit(an_attempt(reference=new_reference("credit")))
    assert isinstance(sent, Accepted)
    assert isinstance(airtime.enquire_credit(an_attempt(provider_ref=sent.provider_ref)), Pending)
    assert isinstance(airtime.enquire_credit(an_attempt(provider_ref="ATQid_of_nobody")), Unknown)


@pytest.mark.parametrize("kind", ["reset_after_effect", "reset_before_effect", "http_500", "garbage"])
def test_airtime_whose_reply_was_lost_is_unknown(world: World, airtime: AfricasTalkingAirtime, kind: str) -> None:
    world.faults.add("africastalking.airtime", kind)
    assert isinstance(airtime.credit(an_attempt(reference=new_reference("credit"))), Unknown)


def test_airtime_that_was_refused_at_once(world: World, airtime: AfricasTalkingAirtime) -> None:
    world.faults.add("africastalking.airtime", "result_code", code="Insufficient Credit")
    sent = airtime.credit(an_attempt(reference=new_reference("credit")))
    assert isinstance(sent, Refused)
    assert sent.reason is Reason.PROVIDER


def printed(world: World, **changes: Any) -> Pin:
    """A voucher of KES 100 that nobody has used, and whose number nobody has had."""
    pin = Pin(str(10**13 + secrets.randbelow(10**13)))
    world.outside.put(f"/vouchers/{pin.digits}", {"amount_minor": 10_000, **changes})
    world.outside.put(f"/lines/{MSISDN}", {"state": "suspended", "balance_minor": -5000})
    return pin


def a_voucher_attempt() -> Attempt:
    return an_attempt(reference=new_reference("redeem"), amount=Money(0, "KES"))


def used_up(world: World, reference: str) -> int:
    """How many refills the books have with this reference."""
    return len([one for one in world.outside.get("/books")["refills"] if one["external_data1"] == reference])


def test_a_voucher_brings_a_line_back_and_tells_its_worth(world: World, ucip: Ucip) -> None:
    attempt = a_voucher_attempt()
    sent = ucip.redeem(attempt, pin=printed(world))
    assert isinstance(sent, Confirmed)
    assert (sent.amount, sent.facts["balance_after_minor"]) == (HUNDRED, 5000)
    assert ucip.read_line(MSISDN) == Line(LineState.ACTIVE, Money(5000, "KES"))
    assert used_up(world, attempt.reference) == 1


@pytest.mark.parametrize(
    ("kind", "landed"), [("reset_after_effect", True), ("garbage", True), ("reset_before_effect", False)]
)
def test_a_lost_voucher_is_settled_by_sending_it_once_more_and_counts_once(
    world: World, ucip: Ucip, kind: str, landed: bool
) -> None:
    attempt, pin = a_voucher_attempt(), printed(world)
    world.faults.add("ucip.refill", kind, times=1)
    assert isinstance(ucip.redeem(attempt, pin=pin), Unknown)
    looked = ucip.look_again(attempt, pin=pin)
    assert isinstance(looked, Confirmed)
    assert (looked.receipt == transaction_id(attempt.reference)) == landed
    for _ in range(3):
        assert isinstance(ucip.look_again(attempt, pin=pin), Confirmed)
    assert used_up(world, attempt.reference) == 1


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("used", Reason.VOUCHER_USED),
        ("unavailable", Reason.VOUCHER_NOT_ON_SALE),
        ("expired", Reason.VOUCHER_EXPIRED),
        ("stolen", Reason.VOUCHER_STOLEN),
        ("damaged", Reason.VOUCHER_DAMAGED),
        ("pending", Reason.VOUCHER_BUSY),
    ],
)
def test_a_voucher_that_is_no_good_is_refused_with_why(world: World, ucip: Ucip, state: str, reason: Reason) -> None:
    sent = ucip.redeem(a_voucher_attempt(), pin=printed(world, state=state))
    assert isinstance(sent, Refused)
    assert sent.reason is reason


def test_a_voucher_that_was_never_printed_and_one_of_another_line_are_refused(world: World, ucip: Ucip) -> None:
    assert ucip.redeem(a_voucher_attempt(), pin=Pin("99999999999999")) == Refused(Reason.NO_VOUCHER, "119")
    pin = printed(world, state="used", used_by="+254711000009")
    for found in (ucip.redeem(a_voucher_attempt(), pin=pin), ucip.look_again(a_voucher_attempt(), pin=pin)):
        assert found == Refused(Reason.VOUCHER_OF_ANOTHER, "108")
