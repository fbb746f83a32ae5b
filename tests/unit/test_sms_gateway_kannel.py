"""Kannel's requests in: messages by get-url and post-url, delivery reports by dlr-url."""

from dataclasses import replace
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.gateways.kannel import Kannel
from sms.gateways.port import LINE_SUSPENDED, Incoming, Posted, TellsOptOuts, UnableToReadMessage

GATEWAY = Kannel(suspended_errors=["013", "8"])

ID = "2e1ce516-94d7-4009-a6c9-1dda87533553"
NAMED = f"id={ID}&from=%2B254711000001&to=38455".encode()


def received(text: str, *, charset: str | None = None, encoding: str = "utf-8") -> str:
    """How a text reads that came by get-url in a charset."""
    query = NAMED + b"&text=" + quote_from_bytes(text.encode(encoding)).encode()
    return GATEWAY.read_incoming(Posted(query=query + (f"&charset={charset}".encode() if charset else b""))).text


def posted(body: bytes, content_type: str) -> str:
    """How a text reads that came by post-url."""
    return GATEWAY.read_incoming(Posted(query=NAMED, body=body, content_type=content_type)).text


def test_a_message_is_read_as_kannel_1_4_5_gets_it() -> None:
    query = NAMED + b"&text=TOPUP+++100+%C3%A9%2B%25%26&charset=UTF-8"
    assert GATEWAY.read_incoming(Posted(query=query)) == Incoming(
        id=ID, sender="+254711000001", to="38455", text="TOPUP   100 é+%&"
    )


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [(None, "utf-8"), ("UTF-8", "utf-8"), ("utf-8", "utf-8"), ("UTF-16BE", "utf-16-be"), ("ISO-8859-1", "latin-1")],
)
def test_a_text_is_read_in_the_charset_that_kannel_names(charset: str | None, encoding: str) -> None:
    assert received("Salio é?", charset=charset, encoding=encoding) == "Salio é?"


def test_chinese_is_read_whether_kannel_recodes_it_or_not() -> None:
    assert received("充值 100", charset="UTF-8") == "充值 100"
    assert received("充值 100", charset="UTF-16BE", encoding="utf-16-be") == "充值 100"


def test_a_text_that_is_posted_stands_in_the_body() -> None:
    assert posted("TOPUP 100 é".encode(), 'text/plain; charset="UTF-8"') == "TOPUP 100 é"
    assert posted("充值".encode("utf-16-be"), 'text/plain; charset="UTF-16BE"') == "充值"
    assert posted(b"BAL", "") == "BAL"


@pytest.mark.parametrize(("charset", "encoding"), [("UTF-8", "utf-8"), ("UTF-16BE", "utf-16-be")])
def test_a_message_is_kept_as_it_came_but_for_the_number_of_a_voucher(charset: str, encoding: str) -> None:
    pin, starred = "充值卡１２３４5678 901234", "充值卡******** ***234"
    raw = pin.encode(encoding)
    got = Posted(query=NAMED + b"&text=" + quote_from_bytes(raw).encode() + f"&charset={charset}".encode())
    sent = Posted(query=NAMED, body=raw, content_type=f"text/plain; charset={charset}")
    for came in (got, sent):
        kept = GATEWAY.without_vouchers(came)
        assert GATEWAY.read_incoming(kept) == replace(GATEWAY.read_incoming(came), text=starred)
        assert raw not in kept.record
    plain = Posted(query=NAMED + b"&text=TOPUP+100")
    assert GATEWAY.without_vouchers(plain) is plain


def test_what_is_no_text_reads_as_nonsense_and_not_as_an_error() -> None:
    assert posted(b"\xff\xd8\xff", "application/octet-stream") == "\ufffd\ufffd\ufffd"
    assert received("x", charset="8-BIT") == "x"


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"id=1&text=x",
        b"from=%2B254711000001&text=TOPUP",
        b"id=&from=%2B254711000001",
        b"id=%00&from=%2B254711000001",
        b"id=" + b"x" * 129 + b"&from=%2B254711000001",
    ],
)
def test_a_message_that_cannot_be_named_or_answered_is_refused_with_the_mend(query: bytes) -> None:
    with pytest.raises(UnableToReadMessage, match="let the URL have"):
        GATEWAY.read_incoming(Posted(query=query))


@pytest.mark.parametrize(
    ("number", "status", "is_delivered"),
    [
        ("1", "delivered", True),
        ("2", "not delivered", False),
        ("4", "buffered by the SMSC", None),
        ("8", "taken by the SMSC", None),
        ("16", "refused by the SMSC", False),
        ("34", "expired", False),
        ("66", "unknown to the SMSC", None),
        ("99", "type 99", None),
    ],
)
def test_a_report_means(number: str, status: str, is_delivered: bool | None) -> None:
    report = GATEWAY.read_report(f"ref=abc-0&type={number}&answer=".encode())
    assert (report.gateway_id, report.ours) == ("abc-0", "abc-0")
    assert (report.status, report.is_delivered, report.reason) == (status, is_delivered, None)
    assert report.is_final == (is_delivered is not None)


RECEIPT = (
    "id%3A0a1b+sub%3A001+dlvrd%3A000+submit+date%3A2611240912+done+date%3A2611240913+stat%3AUNDELIV+err%3A{}+text%3AKES"
)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (RECEIPT.format("001"), "stat:UNDELIV err:001"),
        (RECEIPT.format("013"), LINE_SUSPENDED),
        (RECEIPT.format("8"), LINE_SUSPENDED),
        (RECEIPT.format("08"), "stat:UNDELIV err:08"),
        ("NACK%2F0x00000058%2FThrottling+error", "NACK/0x00000058/Throttling error"),
        ("a%00b" + "c" * 200, "ab" + "c" * 98),
        ("", None),
    ],
)
def test_a_failure_says_why_as_far_as_the_smsc_does(answer: str, reason: str | None) -> None:
    assert GATEWAY.read_report(f"ref=abc-0&type=2&answer={answer}".encode()).reason == reason


def test_no_error_means_a_suspended_line_unless_the_operator_says_so() -> None:
    assert Kannel().read_report(f"ref=abc-0&type=2&answer={RECEIPT.format('013')}".encode()).reason != LINE_SUSPENDED


def test_a_delivered_message_has_no_reason() -> None:
    assert GATEWAY.read_report(b"ref=abc-0&type=1&answer=stat%3ADELIVRD+err%3A013").reason is None


@pytest.mark.parametrize(
    "record", [b"", b"type=1", b"ref=&type=1", b"ref=abc-0", b"ref=abc-0&type=", b"ref=%00&type=1"]
)
def test_a_report_that_names_nothing_is_refused(record: bytes) -> None:
    with pytest.raises(UnableToReadMessage):
        GATEWAY.read_report(record)


@given(st.binary(max_size=200))
def test_whatever_is_asked_is_read_or_refused(query: bytes) -> None:
    for read in (GATEWAY.read_report, lambda record: GATEWAY.read_incoming(Posted(query=record))):
        try:
            found = read(query)
        except UnableToReadMessage:
            continue
        assert (found.id if isinstance(found, Incoming) else found.gateway_id).isprintable()


def test_kannel_has_no_opt_outs_to_tell() -> None:
    assert not isinstance(GATEWAY, TellsOptOuts)
