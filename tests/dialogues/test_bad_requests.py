"""What strangers, broken gateways and broken phones post: a clear end or a 4xx, never a 500, nothing stored half."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.city import City
from tests.dialogues.gateway import CODE, Gateway

UNREADABLE = "END We could not read that. Nothing was paid. Please dial again."
NOT_OURS = "END This code is not served here. Please dial *384*55#."
WRONG_KEY = "CON Please choose a number from the list.\n"

TABLES = [
    "orders",
    "order_moves",
    "transfers",
    "attempts",
    "outbox",
    "inbox",
    "provider_events",
    "messages",
    "subscribers",
]
FORM = "application/x-www-form-urlencoded"

# A Kenyan mobile number, however it is written.
WHOLE_NUMBER = re.compile(r"(?<![0-9a-f])(?:\+?254|0)7\d{8}(?![0-9a-f])")


def stored(city: City) -> dict[str, int]:
    """How many rows every table has."""
    counts = ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in TABLES)  # noqa: S608
    (row,) = city.records.rows(f"SELECT {counts}")
    return row


@pytest.fixture(autouse=True)
def unharmed(city: City, gateway: Gateway) -> Iterator[None]:
    """Whatever was posted, nothing is stored, nothing failed, no log has a number, and the next person is served."""
    before, logged = stored(city), len(city.log("web"))
    yield
    assert stored(city) == before
    said = city.log("web")[logged:]
    assert "Traceback" not in said
    assert "hop_failed" not in said
    assert not WHOLE_NUMBER.search(said)
    assert gateway.dial().startswith("CON Line suspended.")


def a_hop(gateway: Gateway, **changes: str | None) -> dict[str, str]:
    form: dict[str, str | None] = {
        "sessionId": "ATUid_bad",
        "phoneNumber": gateway.msisdn,
        "networkCode": "63902",
        "serviceCode": CODE,
        "text": "",
        **changes,
    }
    return {name: value for name, value in form.items() if value is not None}


def post(url: str, **how: Any) -> requests.Response:
    return requests.post(url, timeout=30, **how)


ABSENT: list[dict[str, str | None]] = [
    {"sessionId": None},
    {"phoneNumber": None},
    {"sessionId": None, "phoneNumber": None, "serviceCode": None, "text": None, "networkCode": None},
]
UNUSABLE: list[dict[str, str | None]] = [
    {"sessionId": ""},
    {"sessionId": "x" * 129},
    {"sessionId": "a\x00b"},
    {"sessionId": "a\r\nSet-Cookie: b"},
    {"phoneNumber": ""},
    {"phoneNumber": "+"},
    {"phoneNumber": "MPESA"},
    {"phoneNumber": "12"},
    {"phoneNumber": "+254711000001999"},
    {"phoneNumber": "0" * 5000},
    {"phoneNumber": "+2547110\x0000001"},
    {"phoneNumber": "٠٧١١٠٠٠٠٠١"},
    {"phoneNumber": "'; DROP TABLE orders; --"},
    {"text": "1" * 10_000},
    {"text": "1*" * 5000},
    {"serviceCode": "*384*55" * 500},
]


@pytest.mark.parametrize("changes", ABSENT + UNUSABLE, ids=lambda changes: str(changes)[:50])
def test_a_hop_that_cannot_be_used_ends_with_a_clear_sentence(gateway: Gateway, changes: dict[str, str | None]) -> None:
    reply = post(gateway.address, data=a_hop(gateway, **changes))
    assert (reply.status_code, reply.text) == (200, UNREADABLE)


@pytest.mark.parametrize("code", [None, "", "*384*56#", "*384*551#", "*384*5", "384*55", "*", "\x00"])
def test_a_code_that_is_not_ours_ends_with_ours(gateway: Gateway, code: str | None) -> None:
    reply = post(gateway.address, data=a_hop(gateway, serviceCode=code))
    assert (reply.status_code, reply.text) == (200, NOT_OURS)


@pytest.mark.parametrize(
    "text", ["\x00", "\x1b[31m", "1\x00", "a\u202eb", "😀", "\ufffd", "<script>", "%00", "{0}", "'; --"]
)
def test_keys_that_no_phone_has_are_wrong_keys(gateway: Gateway, text: str) -> None:
    gateway.dial()
    assert gateway.press(text).startswith(WRONG_KEY)


BODIES: dict[str, tuple[dict[str, str], bytes]] = {
    "nothing": ({}, b""),
    "no type": ({}, b"sessionId=1&phoneNumber=%2B254711000001"),
    "JSON": ({"Content-Type": "application/json"}, b'{"sessionId": "1", "phoneNumber": "+254711000001"}'),
    "broken JSON": ({"Content-Type": "application/json"}, b'{"sessionId": '),
    "random bytes as a form": ({"Content-Type": FORM}, bytes(range(256)) * 8),
    "broken escapes": ({"Content-Type": FORM}, b"sessionId=%ZZ%&phoneNumber=%ff%fe&text=%"),
    "only separators": ({"Content-Type": FORM}, b"&&&===&;&"),
    "text": ({"Content-Type": "text/plain"}, b"hello"),
    "a type that is none": ({"Content-Type": "\xff/;;;"}, b"hello"),
    "another alphabet": ({"Content-Type": f"{FORM}; charset=utf-16"}, "sessionId=1".encode("utf-16")),
    "parts without a boundary": ({"Content-Type": "multipart/form-data"}, b"--x\r\n\r\n"),
    "parts that never end": (
        {"Content-Type": "multipart/form-data; boundary=x"},
        b'--x\r\nContent-Disposition: form-data; name="sessionId"\r\n\r\n1',
    ),
    "a packed body": ({"Content-Type": FORM, "Content-Encoding": "gzip"}, b"\x1f\x8b\x08\x00rubbish"),
}


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_is_no_form_is_answered_clearly(gateway: Gateway, body: str) -> None:
    headers, data = BODIES[body]
    reply = post(gateway.address, headers=headers, data=data)
    assert (reply.status_code, reply.text) == (200, UNREADABLE) or 400 <= reply.status_code < 500


@pytest.mark.parametrize("size", [256 * 1024 + 1, 5 * 1024 * 1024])
@pytest.mark.parametrize("end", ["", "/ended"])
def test_a_huge_body_is_refused(gateway: Gateway, size: int, end: str) -> None:
    reply = post(gateway.address + end, headers={"Content-Type": FORM}, data=b"text=" + b"1" * size)
    assert reply.status_code == 413


def test_a_huge_body_in_pieces_is_refused(gateway: Gateway) -> None:
    pieces = (b"text=" + b"1" * 65536 for _ in range(64))
    reply = post(gateway.address, headers={"Content-Type": FORM}, data=pieces)
    assert (reply.status_code, reply.text) == (200, UNREADABLE) or 400 <= reply.status_code < 500


def test_thousands_of_fields_are_answered(gateway: Gateway) -> None:
    fields = [(f"field{number}", "1") for number in range(5000)]
    reply = post(gateway.address, data=fields)
    assert (reply.status_code, reply.text) == (200, UNREADABLE) or 400 <= reply.status_code < 500


def test_of_a_field_that_comes_twice_the_first_counts(gateway: Gateway) -> None:
    hop = [*a_hop(gateway, text="5").items(), ("text", "1"), ("phoneNumber", "+254711999999")]
    reply = post(gateway.address, data=hop)
    assert reply.text.startswith("CON Choose an amount and who pays.")


@pytest.mark.parametrize("secret", ["", "wrong", "%00", "é", "x" * 5000, "..", "../callbacks"])
@pytest.mark.parametrize("end", ["", "/ended"])
def test_who_does_not_know_the_secret_finds_nothing(city: City, gateway: Gateway, secret: str, end: str) -> None:
    reply = post(f"{city.url}/ussd/africastalking/{secret}{end}", data=a_hop(gateway))
    assert reply.status_code == 404 or (len(secret) > 4000 and reply.status_code == 414)
    assert city.env["GATEWAY_SECRET"] not in reply.text


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_only_posting_is_answered(gateway: Gateway, method: str) -> None:
    reply = requests.request(method, gateway.address, data=a_hop(gateway), timeout=30)
    assert reply.status_code in ((200, 405) if method == "OPTIONS" else (400, 405))
    assert "Line suspended" not in reply.text


def test_a_form_in_the_address_is_no_form(gateway: Gateway) -> None:
    assert post(gateway.address, params=a_hop(gateway)).text == UNREADABLE


@pytest.mark.parametrize(
    "form", [{}, {"status": "Success"}, {"status": "x" * 10_000}, {"hopsCount": "\x00"}, {"a": "1"}]
)
def test_the_end_of_a_session_may_say_anything(gateway: Gateway, form: dict[str, str]) -> None:
    reply = post(f"{gateway.address}/ended", data=form)
    assert (reply.status_code, reply.text) == (200, "")


# SMS by the same gateway.

SMS: list[tuple[dict[str, str], int]] = [
    ({}, 400),
    ({"from": "+254711000001", "text": "BAL"}, 400),
    ({"from": "+254711000001", "id": "", "text": "BAL"}, 400),
    ({"from": "+254711000001", "id": "x" * 129, "text": "BAL"}, 400),
    ({"from": "+254711000001", "id": "a\x00b", "text": "BAL"}, 400),
    ({"id": "m1", "text": "BAL"}, 400),
    ({"from": "MPESA", "id": "m2", "text": "Confirmed. Ksh100 paid."}, 200),
    ({"from": "38455", "id": "m3", "text": "TOPUP 100"}, 200),
]


@pytest.mark.parametrize(("form", "status"), SMS)
def test_an_sms_that_cannot_be_used_is_not_half_taken(city: City, form: dict[str, str], status: int) -> None:
    url = f"{city.url}/sms/africastalking/{city.env['GATEWAY_SECRET']}/incoming"
    assert post(url, data=form).status_code == status


@pytest.mark.parametrize("end", ["incoming", "delivery", "optout"])
def test_sms_has_the_same_secret_and_the_same_limits(city: City, end: str) -> None:
    address = f"{city.url}/sms/africastalking"
    assert post(f"{address}/wrong/{end}", data={"from": "+254711000001", "id": "1"}).status_code == 404
    right = f"{address}/{city.env['GATEWAY_SECRET']}/{end}"
    assert requests.get(right, timeout=30).status_code == 405
    assert post(right, headers={"Content-Type": FORM}, data=b"a=" + b"1" * 300_000).status_code == 413


@pytest.mark.parametrize("number", ["", "nobody", "\x00", "12"])
def test_an_opt_out_of_nobody_is_refused(city: City, number: str) -> None:
    url = f"{city.url}/sms/africastalking/{city.env['GATEWAY_SECRET']}/optout"
    assert post(url, data={"senderId": "x", "phoneNumber": number}).status_code == 400
