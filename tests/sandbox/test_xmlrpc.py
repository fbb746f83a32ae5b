"""XML-RPC as charging systems speak it, and the XML that must not get in."""

import xmlrpc.client
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.xmlrpc import UnableToReadCall, date_time, fault, read_call, response

# What XML can carry: no control characters and no surrogates; a carriage return is read as a line feed.
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
names = st.from_regex(r"[a-zA-Z0-9]{1,20}", fullmatch=True)
values = st.recursive(
    st.booleans() | st.integers(-(2**31), 2**31 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


def call(inner: str) -> bytes:
    """A call whose struct has one member `x`, with this inside its value."""
    member = f"<member><name>x</name><value>{inner}</value></member>"
    return (
        f"<methodCall><methodName>Refill</methodName><params><param><value><struct>{member}</struct></value>"
        f"</param></params></methodCall>"
    ).encode()


@settings(max_examples=40)
@given(st.dictionaries(names, values, max_size=4))
def test_what_the_standard_library_writes_is_read(members: dict[str, Any]) -> None:
    written = xmlrpc.client.dumps((members,), "Refill").encode()
    assert read_call(written) == ("Refill", members)


@settings(max_examples=40)
@given(st.dictionaries(names, values, max_size=4))
def test_what_is_written_is_read_by_the_standard_library(members: dict[str, Any]) -> None:
    (read,), _ = xmlrpc.client.loads(response(members).decode())
    assert read == members


def test_a_fault_is_read_by_the_standard_library() -> None:
    with pytest.raises(xmlrpc.client.Fault) as raised:
        xmlrpc.client.loads(fault(1007, "Overload <rejection>").decode())
    assert (raised.value.faultCode, raised.value.faultString) == (1007, "Overload <rejection>")


@pytest.mark.parametrize(
    ("zone", "written"), [(UTC, "20261101T12:00:00+0000"), (timezone(timedelta(hours=3)), "20261101T12:00:00+0300")]
)
def test_a_time_is_written_with_its_zone(zone: timezone, written: str) -> None:
    assert date_time(datetime(2026, 11, 1, 12, tzinfo=zone)) == written


@pytest.mark.parametrize(
    ("inner", "value"),
    [
        ("bare", "bare"),
        ("", ""),
        ("<string/>", ""),
        ("<i4>5</i4>", 5),
        ("<int> 5 </int>", 5),
        ("<boolean>1</boolean>", True),
        ("<boolean>0</boolean>", False),
        ("<dateTime.iso8601>20261101T12:00:00+0300</dateTime.iso8601>", "20261101T12:00:00+0300"),
        ("<array><data><value>1</value></data></array>", ["1"]),
    ],
)
def test_every_type_is_read(inner: str, value: object) -> None:
    assert read_call(call(inner))[1] == {"x": value}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"<a>",
        b"<methodCall></methodCall>",
        b"<methodCall><methodName>X</methodName></methodCall>",
        b"<methodCall><methodName>X</methodName><params><param><value>1</value></param></params></methodCall>",
        b"<other><methodName>X</methodName></other>",
        call("<i4>five</i4>"),
        call("<double>1.5</double>"),
        call("<struct><member><name>y</name></member></struct>"),
        call("<array><data><value>" * 50 + "1" + "</value></data></array>" * 50),
    ],
)
def test_what_is_no_call_is_refused(body: bytes) -> None:
    with pytest.raises(UnableToReadCall):
        read_call(body)


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/hostname">]>',
    ],
)
def test_a_declaration_of_entities_is_refused_whole(declaration: str) -> None:
    with pytest.raises(UnableToReadCall):
        read_call(declaration.encode() + call("<string>&b;</string>"))


@pytest.mark.parametrize("declaration", ["<!DOCTYPE x>", '<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">'])
def test_any_declaration_of_a_type_is_refused(declaration: str) -> None:
    with pytest.raises(UnableToReadCall):
        read_call(declaration.encode() + call("<string>1</string>"))
