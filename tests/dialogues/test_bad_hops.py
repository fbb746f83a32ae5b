"""What strangers and broken gateways post in every gateway's form: a clear end in that form, never a 500."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from sandbox.gateways import GATEWAYS, Dialogue, Request
from tests.city import City
from tests.dialogues.gateway import Gateway, spoken
from tests.dialogues.test_bad_requests import NOT_OURS, UNREADABLE, stored
from tests.dialogues.transcript import GATEWAYS as NAMES

# What each gateway calls the session (Infobip's stands in the address), the caller, and the keys.
FIELDS = {
    "africastalking": ("sessionId", "phoneNumber", "text"),
    "hubtel": ("SessionId", "Mobile", "Message"),
    "infobip": ("", "msisdn", "text"),
    "nalo": ("SESSIONID", "MSISDN", "USERDATA"),
    "http": ("session", "msisdn", "keys"),
}
NEEDED = [(name, field) for name in NAMES for field in FIELDS[name][:2] if field]
TYPED = [(name, FIELDS[name][2]) for name in NAMES]

THROUGH_EACH = pytest.mark.parametrize("gateway", NAMES, indirect=True)


@pytest.fixture(autouse=True)
def unharmed(city: City, gateway: Gateway) -> Iterator[None]:
    """Whatever was posted, nothing is stored, nothing failed, and the next person is served."""
    before, logged = stored(city), len(city.log("web"))
    yield
    assert stored(city) == before
    said = city.log("web")[logged:]
    assert "Traceback" not in said
    assert "hop_failed" not in said
    assert gateway.dial().startswith("CON ")


def second_hop(gateway: Gateway) -> Request:
    """A hop that would be right."""
    gateway.dial()
    gateway.call.keys.append("1")
    return GATEWAYS[gateway.name].hop(gateway.call)


def answer(gateway: Gateway, request: Request) -> str:
    """What the phone shows."""
    reply = gateway.post_request(request)
    assert reply.status_code == 200, reply.text
    return spoken(GATEWAYS[gateway.name].read(reply.text), reply.text)


def changed(request: Request, field: str, value: Any) -> Request:
    return replace(request, body={**request.body, field: value})


@pytest.mark.parametrize(("gateway", "field"), NEEDED, indirect=["gateway"])
@pytest.mark.parametrize("value", ["", "x" * 10_000, "\x00"], ids=["empty", "long", "NUL"])
def test_a_hop_without_what_names_it_ends_with_a_clear_sentence(gateway: Gateway, field: str, value: str) -> None:
    assert answer(gateway, changed(second_hop(gateway), field, value)) == UNREADABLE


@pytest.mark.parametrize(("gateway", "field"), NEEDED, indirect=["gateway"])
def test_an_absent_field_ends_with_a_clear_sentence(gateway: Gateway, field: str) -> None:
    hop = second_hop(gateway)
    body = {name: value for name, value in hop.body.items() if name != field}
    assert answer(gateway, replace(hop, body=body)) == UNREADABLE


@pytest.mark.parametrize(("gateway", "field"), TYPED, indirect=["gateway"])
def test_ten_thousand_keys_end_with_a_clear_sentence(gateway: Gateway, field: str) -> None:
    assert answer(gateway, changed(second_hop(gateway), field, "1" * 10_000)) == UNREADABLE


@pytest.mark.parametrize(("gateway", "field"), TYPED, indirect=["gateway"])
@pytest.mark.parametrize("typed", ["\x00", "\x1b[31m", "a\u202eb", "😀", "<script>", "{0}", "'; --"])
def test_keys_that_no_phone_has_are_wrong_keys(gateway: Gateway, field: str, typed: str) -> None:
    assert answer(gateway, changed(second_hop(gateway), field, typed)).startswith(
        "CON Please choose a number from the list.\n"
    )


NONSENSE: list[Any] = [{}, [], [1], True, None, 1e300, {"a": {"b": []}}, "\ud800"]


@pytest.mark.parametrize("gateway", ["hubtel", "infobip", "nalo"], indirect=True)
@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: repr(value)[:12])
def test_json_of_other_kinds_is_never_an_error_of_ours(gateway: Gateway, value: Any) -> None:
    hop = second_hop(gateway)
    for field in hop.body:
        assert answer(gateway, changed(hop, field, value)).startswith(("CON ", "END "))


BODIES = [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b"9" * 10_000, b'{"a":' * 9_000]


@THROUGH_EACH
@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:6]))
@pytest.mark.parametrize("kind", ["application/json", ""])
def test_a_body_that_is_none_of_theirs_is_answered_clearly(gateway: Gateway, body: bytes, kind: str) -> None:
    hop = second_hop(gateway)
    reply = requests.post(gateway.address + hop.below, data=body, headers={"Content-Type": kind}, timeout=30)
    shown = GATEWAYS[gateway.name].read(reply.text)
    assert (reply.status_code, shown and f"END {shown.text}") == (200, UNREADABLE) or 400 <= reply.status_code < 500


@THROUGH_EACH
def test_a_code_that_is_not_ours_ends_with_ours(gateway: Gateway) -> None:
    gateway.call = Dialogue(msisdn=gateway.msisdn, service_code="*384*56#", behind="")
    assert gateway.post() == NOT_OURS


@THROUGH_EACH
def test_a_hop_of_a_session_that_was_never_dialled_begins_one(gateway: Gateway) -> None:
    gateway.call.keys.append("1")
    assert gateway.post().startswith("CON ")


@THROUGH_EACH
def test_what_is_said_of_an_end_may_be_anything(gateway: Gateway) -> None:
    below = {"africastalking": "/ended", "http": "/ended", "infobip": "/session/s1/end"}.get(gateway.name, "")
    kind = {"Type": "Release"} if gateway.name == "hubtel" else {}
    bodies: list[dict[str, Any]] = [{}, {"exitCode": {}, "status": "x" * 10_000, "reason": None}]
    for body in bodies:
        request = Request(body={**body, **kind}, below=below, form=gateway.name in ("africastalking", "http"))
        assert gateway.post_request(request).status_code == 200


@THROUGH_EACH
def test_who_does_not_know_the_secret_finds_nothing(city: City, gateway: Gateway) -> None:
    hop = second_hop(gateway)
    url = f"{city.url}/ussd/{gateway.name}/wrong{hop.below}"
    assert requests.post(url, data=json.dumps(hop.body), timeout=30).status_code == 404


@pytest.mark.parametrize("name", ["", "nobody", "Hubtel", "..", "africastalking%00"])
def test_a_gateway_that_nobody_has_is_not_found(city: City, name: str) -> None:
    url = f"{city.url}/ussd/{name}/{city.env['GATEWAY_SECRET']}"
    assert requests.post(url, json={}, timeout=30).status_code == 404
