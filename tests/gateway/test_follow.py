"""Hearing that a line is back: by the stream and by the webhook."""

import hashlib
import hmac
import socket
import threading

import pytest

from gateway.follow import Event, Follower, read_events, read_lines, webhook
from gateway.message import Request, read_request
from tests.gateway.connections import Connection

SECRET = "the-webhook-secret"
NOW = 1_800_000_000
BODY = b'{"event": "line_back", "id": "7", "msisdn": "+254711000001", "address": null, "at": "2026-11-24T12:00:00Z"}'


def test_a_stream_is_read_as_events_with_the_last_id_that_was_said() -> None:
    lines = [
        ": hello", "", "id: 1-0", "event: line_back", 'data: {"a":', "data: 1}", "", "retry: 100", "data:x", "",
        "id: 2-0", "", "event: cut off in the middle", "data: never",
    ]  # fmt: skip
    assert list(read_events(lines)) == [
        Event(name="line_back", data='{"a":\n1}', id="1-0"),
        Event(name="message", data="x", id="1-0"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_of_three_ways(end: str) -> None:
    said = end.join(["a: é", "", "b", ""]).encode()
    assert list(read_lines(said[at : at + 1] for at in range(len(said)))) == ["a: é", "", "b"]


def test_a_broken_stream_is_taken_up_after_the_last_event() -> None:
    """The first connection breaks off; the second is asked for with the id of what came by the first."""
    heard: list[str] = []
    asked: list[Request] = []
    both = threading.Event()
    begun: list[bool] = []
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\r\n\r\n"
    event = b'id: 5-0\r\nevent: line_back\r\ndata: {"msisdn": "+25471100000%d"}\r\n\r\n'

    def line_back(msisdn: str) -> None:
        heard.append(msisdn)
        if len(heard) == 2:
            both.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        follower = Follower(
            url=f"http://127.0.0.1:{server.getsockname()[1]}/events",
            line_back=line_back,
            begins=lambda: begun.append(True),
        )
        follower.start()
        for number in (1, 2):
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as stream:
                asked.append(read_request(stream))
                connection.sendall(head + event % number)
        assert both.wait(10)
        follower.stop()
    assert heard == ["+254711000001", "+254711000002"]
    assert len(begun) == 2
    assert [request.all("Last-Event-ID") for request in asked] == [[], ["5-0"]]


def post(
    body: bytes = BODY, *, at: str = str(NOW), secret: str = SECRET, to: str = "POST /line-back"
) -> tuple[str, list[str]]:
    """The status that a post gets, and the numbers that it had us ask about."""
    signature = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return deliver(body, at=at, signature=f"v1={signature}", to=to)


def deliver(body: bytes, *, at: str, signature: str, to: str = "POST /line-back") -> tuple[str, list[str]]:
    head = [f"{to} HTTP/1.1", f"Redial-Timestamp: {at}", f"Redial-Signature: {signature}"]
    heard: list[str] = []
    connection = Connection("\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode("latin-1") + body)
    webhook(secret=SECRET, line_back=heard.append, clock=lambda: NOW)(connection, "10.99.0.2")
    return connection.written.split()[1].decode(), heard


def test_a_signed_post_is_heard() -> None:
    assert post() == ("204", ["+254711000001"])
    assert post(at=str(NOW - 290)) == ("204", ["+254711000001"])


@pytest.mark.parametrize("at", [str(NOW - 301), str(NOW + 301), "", "-1", "soon", "99999999999999"])
def test_an_old_post_that_somebody_has_kept_is_not_heard(at: str) -> None:
    assert post(at=at) == ("401", [])


@pytest.mark.parametrize("signature", ["", "v1=", f"v1={'0' * 64}", f"v2={'0' * 64}", "v1=ä"])
def test_a_post_that_is_not_signed_by_redial_is_not_heard(signature: str) -> None:
    assert deliver(BODY, at=str(NOW), signature=signature) == ("401", [])
    assert post(secret="another") == ("401", [])


def test_a_changed_body_is_not_heard() -> None:
    signature = hmac.new(SECRET.encode(), f"{NOW}.".encode() + BODY, hashlib.sha256).hexdigest()
    assert deliver(BODY.replace(b"0001", b"0002"), at=str(NOW), signature=f"v1={signature}") == ("401", [])


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"msisdn": 7}', b"\xff"])
def test_a_signed_post_that_names_no_number_is_refused(body: bytes) -> None:
    assert post(body) == ("400", [])


def test_only_its_own_address_is_listened_to() -> None:
    assert post(to="POST /other") == ("404", [])
    assert post(to="GET /line-back") == ("405", [])
