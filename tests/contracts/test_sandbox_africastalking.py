"""Africa's Talking against the sandbox: SMS and airtime, callbacks included, compared with the world's own books."""

import pytest

from providers.africastalking import AfricasTalkingAccount, AfricasTalkingAirtime, AfricasTalkingSms
from providers.africastalking_events import AirtimeQuestion, read_validation
from tests.contracts.attempts import an_attempt
from tests.contracts.conftest import SETTINGS, World
from tests.contracts.sandboxes import HUNDRED, MSISDN, channel, new_reference
from topup.outcomes import Accepted, Confirmed, Pending, Reason, Refused, Unknown
from topup.ports import Handed


@pytest.fixture
def account() -> AfricasTalkingAccount:
    return AfricasTalkingAccount(username=SETTINGS["AT_USERNAME"], api_key=SETTINGS["AT_API_KEY"])


@pytest.fixture
def sms(world: World, account: AfricasTalkingAccount) -> AfricasTalkingSms:
    return AfricasTalkingSms(account=account, channel=channel(f"{world.url}/africastalking"))


@pytest.fixture
def airtime(world: World, account: AfricasTalkingAccount) -> AfricasTalkingAirtime:
    return AfricasTalkingAirtime(account=account, channel=channel(f"{world.url}/africastalking"))


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
