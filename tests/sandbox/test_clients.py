"""Clients that other people wrote, against the sandbox: africastalking's SDK, and mpesakit for Daraja."""

import threading
from typing import Any

import pytest
from africastalking.Airtime import AirtimeService
from africastalking.Service import AfricasTalkingException
from africastalking.SMS import SMSService
from mpesakit import MpesaClient

from tests.sandbox.driver import FRIEND, PASSKEY, PAYER, SHORT_CODE, SUBSCRIBER, Driver
from tests.sandbox.project import PATIENCE_S, Project


def sms_service(driver: Driver, api_key: str = "sandbox") -> Any:
    """The SDK's SMS, pointed at the sandbox as its user would point it."""
    service = SMSService("sandbox", api_key)
    service._baseUrl = f"{driver.url}/africastalking/version1"
    return service


def airtime_service(driver: Driver) -> Any:
    """The SDK's airtime, pointed at the sandbox."""
    service = AirtimeService("sandbox", "sandbox")
    service._baseUrl = f"{driver.url}/africastalking/version1/airtime"
    return service


def test_the_sdk_sends_a_message(driver: Driver) -> None:
    reply = sms_service(driver).send("hello", [SUBSCRIBER, FRIEND], sender_id="REDIAL", enqueue=True)
    assert reply["SMSMessageData"]["Message"] == "Sent to 2/2 Total Cost: KES 1.6000"
    assert [one["status"] for one in reply["SMSMessageData"]["Recipients"]] == ["Success", "Success"]
    assert driver.get(f"/phones/{SUBSCRIBER}/inbox")[0]["from"] == "REDIAL"


def test_the_sdk_sends_with_a_callback_in_a_thread_of_its_own(driver: Driver) -> None:
    heard: list[Any] = []
    done = threading.Event()

    def on_end(error: Exception | None, reply: Any) -> None:
        heard.extend([error, reply])
        done.set()

    sms_service(driver).send("hello", [SUBSCRIBER], callback=on_end)
    assert done.wait(PATIENCE_S)
    assert heard[0] is None
    assert heard[1]["SMSMessageData"]["Recipients"][0]["statusCode"] == 101


def test_the_sdk_hears_that_it_is_a_stranger(driver: Driver) -> None:
    with pytest.raises(AfricasTalkingException, match="authentication is invalid"):
        sms_service(driver, "wrong").send("hello", [SUBSCRIBER])


def test_the_sdk_sends_airtime_once_for_a_key(driver: Driver) -> None:
    recipient = {"phone_number": SUBSCRIBER, "amount": "10", "currency_code": "KES"}
    replies = [
        airtime_service(driver).send(**recipient, idempotency_key="order-credit-1", max_num_retry=1) for _ in range(2)
    ]
    assert replies[0] == replies[1]
    assert replies[0]["responses"][0]["status"] == "Sent"
    (entry,) = driver.wait_for_entries("airtime")
    assert (entry["reference"], entry["amount_minor"]) == (replies[0]["responses"][0]["requestId"], 1000)


def test_the_sdk_hears_of_a_key_that_is_too_short(driver: Driver) -> None:
    with pytest.raises(AfricasTalkingException, match="8 to 100"):
        airtime_service(driver).send(SUBSCRIBER, "10", "KES", idempotency_key="short")


@pytest.fixture
def mpesa(driver: Driver) -> Any:
    """mpesakit's client; it lets its user change the host only, so it finds Daraja at the root."""
    client = MpesaClient("sandbox", "sandbox", environment="sandbox")
    client.http_client.base_url = driver.url
    return client


def push(mpesa: Any, driver: Driver) -> Any:
    """An STK push by mpesakit."""
    return mpesa.stk_push(
        business_short_code=int(SHORT_CODE),
        passkey=PASSKEY,
        transaction_type="CustomerPayBillOnline",
        amount=100,
        party_a=PAYER[1:],
        party_b=SHORT_CODE,
        phone_number=PAYER[1:],
        callback_url=driver.push_form("order-charge-1")["CallBackURL"],
        account_reference="TOPUP",
        transaction_desc="Top up",
    )


def test_mpesakit_gets_a_token_pushes_queries_and_reads_the_callback(
    mpesa: Any, driver: Driver, project: Project
) -> None:
    ack = push(mpesa, driver)
    assert ack.is_successful()
    callback = mpesa.process_stk_callback(project.wait_for("/stk/")[0].json)
    assert (callback.is_successful, callback.amount) == (True, 100.0)
    assert callback.mpesa_receipt_number == driver.book("charges")[0]["receipt"]
    end = mpesa.stk_query(
        business_short_code=int(SHORT_CODE), passkey=PASSKEY, checkout_request_id=ack.CheckoutRequestID
    )
    assert (end.MerchantRequestID, end.ResultCode) == (ack.MerchantRequestID, "0")


def test_mpesakit_reverses_and_reads_the_result(mpesa: Any, driver: Driver, project: Project) -> None:
    push(mpesa, driver)
    receipt = driver.wait_for_entries("charges")[0]["receipt"]
    ack = mpesa.reversal.reverse(
        initiator="sandbox",
        security_credential="sealed",
        transaction_id=receipt,
        amount=100,
        receiver_party=int(SHORT_CODE),
        result_url=f"{project.url}/reversal/order-refund-1/result",
        queue_timeout_url=f"{project.url}/reversal/order-refund-1/timeout",
        remarks="refund",
    )
    assert ack.is_successful()
    result = mpesa.process_reversal_callback(project.wait_for("/reversal/")[0].json)
    assert result.is_successful()
    assert result.Result.ConversationID == ack.ConversationID
    assert driver.book("reversals")[0]["receipt"] == receipt


def test_mpesakit_hears_that_it_is_a_stranger(driver: Driver, mpesa: Any) -> None:
    mpesa.token_manager.consumer_secret = "wrong"
    with pytest.raises(Exception, match="Invalid Authentication passed"):
        push(mpesa, driver)
