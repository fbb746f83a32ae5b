"""XML-RPC: what is written, what is read, and what is not read."""

import xmlrpc.client
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.payload import Unreadable
from providers.xml_rpc import Fault, read_answer, write_call

NAIROBI = timezone(timedelta(hours=3))


def answer(inner: str) -> bytes:
    return f"<?xml version='1.0'?><methodResponse>{inner}</methodResponse>".encode()


def test_a_call_is_written_as_charging_systems_read_it() -> None:
    body = write_call(
        "Refill",
        {
            "originTimeStamp": datetime(2026, 11, 1, 12, tzinfo=NAIROBI),
            "subscriberNumberNAI": 1,
            "requestRefillAccountAfterFlag": True,
            "externalData1": "a<b & <int>7</int>",
        },
    ).decode()
    assert "<methodName>Refill</methodName>" in body
    assert "<dateTime.iso8601>20261101T12:00:00+0300</dateTime.iso8601>" in body
    assert "<i4>1</i4>" in body
    assert "<boolean>1</boolean>" in body
    assert "a&lt;b &amp; &lt;int&gt;7&lt;/int&gt;" in body
    assert "<int>" not in body


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="￾￿"))


@settings(deadline=None)
@given(st.dictionaries(_TEXT, st.integers(-(2**31), 2**31 - 1) | st.booleans() | _TEXT))
def test_what_is_written_is_read_back(struct: dict[str, Any]) -> None:
    (read,), method = xmlrpc.client.loads(write_call("Refill", struct))
    assert (method, read) == ("Refill", struct)


def test_an_answer_is_its_struct() -> None:
    body = xmlrpc.client.dumps(({"responseCode": 0, "accountValue1": "-5000"},), methodresponse=True)
    assert read_answer(body.encode()) == {"responseCode": 0, "accountValue1": "-5000"}


def test_an_answer_may_carry_dates_arrays_and_text_without_a_type() -> None:
    members = (
        "<member><name>a</name><value><dateTime.iso8601>20261101T12:00:00+0300</dateTime.iso8601></value></member>"
        "<member><name>b</name><value><array><data><value><i4>1</i4></value></data></array></value></member>"
        "<member><name>c</name><value>plain</value></member>"
    )
    read = read_answer(answer(f"<params><param><value><struct>{members}</struct></value></param></params>"))
    assert isinstance(read, dict)
    assert read["b"] == [1]
    assert read["c"] == "plain"


def test_a_fault_is_its_code() -> None:
    assert read_answer(xmlrpc.client.dumps(xmlrpc.client.Fault(1007, "Overload")).encode()) == Fault(1007)


STRUCT = "<value><struct><member><name>a</name><value>b</value></member></struct></value>"
BOMB = (
    b"<?xml version='1.0'?><!DOCTYPE bomb [<!ENTITY a 'aaaaaaaaaa'>"
    + b"".join(
        b"<!ENTITY " + bytes([name + 1]) + b" '" + (b"&" + bytes([name]) + b";") * 10 + b"'>" for name in b"abcdefghij"
    )
    + b"]><methodResponse><params><param><value><string>&k;</string></value></param></params></methodResponse>"
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Service Unavailable</html>",
        b'{"json": true}',
        b"\x00\xff",
        BOMB,
        b"<!DOCTYPE a [<!ENTITY x 'harmless'>]>" + answer(f"<params><param>{STRUCT}</param></params>")[21:],
        b"<!DOCTYPE a>" + answer(f"<params><param>{STRUCT}</param></params>")[21:],
        b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><methodResponse/>",
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><methodResponse>&x;</methodResponse>",
        answer(""),
        answer("<params></params>"),
        answer("<params><param><value><i4>1</i4></value></param></params>"),
        answer("<params><param><value><i4>x</i4></value></param></params>"),
        answer("<params><param><value><bigdecimal>x</bigdecimal></value></param></params>"),
        answer("<params><param><value><base64>?</base64></value></param></params>"),
        answer("<params><param><value><boolean>7</boolean></value></param></params>"),
        answer("<params><param><value><struct><member><name>a</name></member></struct></value></param></params>"),
        answer("<fault><value><i4>1</i4></value></fault>"),
        answer("<fault><value><struct></struct></value></fault>"),
        answer("<fault><value><string>x</string></value></fault>"),
        answer("</data></array></struct>"),
        b"<methodCall><methodName>Refill</methodName><params/></methodCall>",
        answer("<params><param>" + "<value><array><data>" * 50_000),
    ],
    ids=lambda body: repr(body[-30:]),
)
def test_what_is_no_answer_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_answer(body)


@settings(deadline=None)
@given(st.binary())
def test_bytes_are_an_answer_or_unreadable(body: bytes) -> None:
    with suppress(Unreadable):
        assert isinstance(read_answer(body), dict | Fault)


_TAGS = ["params", "param", "value", "struct", "member", "name", "i4", "string", "array", "data", "fault", "boolean"]


@settings(deadline=None)
@given(st.lists(st.sampled_from([f"<{tag}>" for tag in _TAGS] + [f"</{tag}>" for tag in _TAGS] + ["1", "x", "<nil/>"])))
def test_tags_in_any_order_are_an_answer_or_unreadable(pieces: list[str]) -> None:
    with suppress(Unreadable):
        assert isinstance(read_answer(answer("".join(pieces))), dict | Fault)
