"""Africa's Talking's SMS callbacks in: messages, delivery reports, opt-outs."""

from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.gateways.africastalking import AfricasTalking
from sms.gateways.port import Incoming, Posted, TellsOptOuts, UnableToReadMessage

GATEWAY = AfricasTalking()

FORM = {
    "from": "+254711000001",
    "to": "38455",
    "text": "TOPUP 100",
    "date": "2026-11-03 14:05:00",
    "id": "ATXid_1",
    "linkId": "SampleLinkId",
    "networkCode": "63902",
}


def test_a_message_is_read() -> None:
    assert GATEWAY.read_incoming(Posted(form=FORM)) == Incoming(
        id="ATXid_1", sender="+254711000001", to="38455", text="TOPUP 100"
    )


def test_a_message_may_be_empty() -> None:
    assert GATEWAY.read_incoming(Posted(form={"from": "+254711000001", "id": "1"})).text == ""


def test_a_message_is_kept_as_it_came_but_for_the_number_of_a_voucher() -> None:
    plain = Posted(body=b"text=TOPUP+100", form=FORM)
    assert GATEWAY.without_vouchers(plain) is plain
    kept = GATEWAY.without_vouchers(replace(plain, form={**FORM, "text": "VOUCHER 1234 5678-9012 34"}))
    assert parse_qs(kept.record.decode()) == {
        name: [value] for name, value in {**FORM, "text": "VOUCHER **** ****-***2 34"}.items()
    }


@pytest.mark.parametrize("change", [{"from": ""}, {"id": ""}, {"id": "x" * 129}, {"id": "a\x00"}, {"id": "a\nb"}])
def test_a_message_that_cannot_be_named_or_answered_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(UnableToReadMessage):
        GATEWAY.read_incoming(Posted(form={**FORM, **change}))


@pytest.mark.parametrize(
    ("status", "is_final", "is_delivered"),
    [
        ("Sent", False, False),
        ("Submitted", False, False),
        ("Buffered", False, False),
        ("Success", True, True),
        ("Failed", True, False),
        ("Rejected", True, False),
        ("Something new", False, False),
    ],
)
def test_only_three_reports_are_final(status: str, is_final: bool, is_delivered: bool) -> None:
    report = GATEWAY.read_report(f"id=AT1&status={status}&phoneNumber=%2B254711000001&retryCount=0".encode())
    assert (report.gateway_id, report.status, report.reason) == ("AT1", status, None)
    assert (report.is_final, bool(report.is_delivered)) == (is_final, is_delivered)


def test_a_failure_says_why() -> None:
    report = GATEWAY.read_report(b"id=AT1&status=Failed&failureReason=UserAccountSuspended")
    assert report.reason == "UserAccountSuspended"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"status=Success",
        b"id=&status=Success",
        b"id=AT1",
        b"id=AT1&status=",
        b"id=%00&status=Success",
        b"\xff\xfe",
    ],
)
def test_a_report_that_names_nothing_is_refused(body: bytes) -> None:
    with pytest.raises(UnableToReadMessage):
        GATEWAY.read_report(body)


@given(st.binary(max_size=200))
def test_whatever_is_posted_is_a_report_or_refused(body: bytes) -> None:
    try:
        report = GATEWAY.read_report(body)
    except UnableToReadMessage:
        return
    assert report.gateway_id.isprintable()
    assert report.status.isprintable()


def test_an_opt_out_names_a_number() -> None:
    assert isinstance(GATEWAY, TellsOptOuts)
    form = {"senderId": "REDIAL", "phoneNumber": "+254711000001"}
    assert GATEWAY.read_opt_out(Posted(form=form)) == "+254711000001"
    with pytest.raises(UnableToReadMessage):
        GATEWAY.read_opt_out(Posted(form={"senderId": "REDIAL"}))


def test_a_report_is_read_whatever_query_its_address_has() -> None:
    record = Posted(query=b"from=at", body=b"id=AT1&status=Success").record
    assert GATEWAY.read_report(record).gateway_id == "AT1"
