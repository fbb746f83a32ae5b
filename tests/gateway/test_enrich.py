"""The guide believes one header. No phone can write it, hide it, or make it disappear."""

import contextlib
import io
import socket
import threading
from collections.abc import Iterator

import pytest

from gateway.enrich import Guide, enriched, enriching
from gateway.listener import listening
from gateway.message import Request, UnableToReadRequest, read_request

GUIDE = Guide(address="127.0.0.1", port=80, header="X-MSISDN")
OURS = "+254711000001"


def sent_on(said: str, *, msisdn: str | None = OURS, guide: Guide = GUIDE) -> Request:
    """What the guide reads of what a phone has sent."""
    request = read_request(io.BytesIO(said.replace("\n", "\r\n").encode("latin-1")))
    return read_request(io.BytesIO(enriched(request, guide=guide, msisdn=msisdn)))


def refused(said: str) -> int:
    with pytest.raises(UnableToReadRequest) as problem:
        sent_on(said)
    return problem.value.status


def as_wsgi_sees(request: Request) -> dict[str, str]:
    """Names as a server makes environment variables of them: - and _ are one, repeated ones are joined."""
    seen: dict[str, list[str]] = {}
    for name, value in request.headers:
        seen.setdefault(name.upper().replace("-", "_"), []).append(value)
    return {name: ",".join(values) for name, values in seen.items()}


@pytest.mark.parametrize(
    "claim",
    [
        "X-MSISDN: +254711000002",
        "x-msisdn: +254711000002",
        "X_MSISDN: +254711000002",
        "x-MsIsDn: +254711000002\nX-MSISDN: +254711000003\nX_msisdn: +254711000004",
        "Connection: close, X-MSISDN",
        "Connection: x_msisdn\nX-MSISDN: +254711000002",
        "Transfer-Encoding: chunked",
        "MSISDN: +254711000002\nX-Up-Calling-Line-Id: 254711000002",
        "X-Forwarded-For: 10.99.0.1\nForwarded: for=10.99.0.1",
    ],
)
def test_the_guide_sees_our_number_and_only_ours(claim: str) -> None:
    body = "0\nX-MSISDN: +254711000002\n\n" if "chunked" in claim else ""
    seen = as_wsgi_sees(sent_on(f"POST /guide HTTP/1.1\nHost: a\n{claim}\n\n{body}"))
    assert seen["X_MSISDN"] == OURS
    assert not {"MSISDN", "X_UP_CALLING_LINE_ID", "X_FORWARDED_FOR", "FORWARDED"} & set(seen)
    assert seen["CONNECTION"] == "close"


def test_a_phone_that_is_not_known_cannot_name_itself() -> None:
    assert "X_MSISDN" not in as_wsgi_sees(sent_on("GET /guide HTTP/1.1\nHost: a\nX-MSISDN: +2547\n\n", msisdn=None))


def test_the_header_is_stripped_whatever_name_the_setting_gives_it() -> None:
    guide = Guide(address="127.0.0.1", port=80, header="Calling-Party")
    seen = as_wsgi_sees(sent_on("GET /guide HTTP/1.1\nHost: a\ncalling_party: +2547\n\n", guide=guide))
    assert seen["CALLING_PARTY"] == OURS


def test_a_body_in_chunks_goes_on_with_a_length_that_we_have_counted() -> None:
    smuggled = "GET /guide HTTP/1.1\nX-MSISDN: +254733\n\n"
    said = f"POST /guide HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n{len(smuggled) + 3:x}\n{smuggled}\n0\n\n"
    on = sent_on(said)
    assert on.all("Transfer-Encoding") == []
    assert on.all("Content-Length") == [str(len(on.body))]
    assert on.body.decode() == smuggled.replace("\n", "\r\n")


def test_an_absolute_address_wins_over_the_host() -> None:
    on = sent_on("GET http://redial.example/guide?x=1 HTTP/1.1\nHost: evil.example\n\n")
    assert (on.target, on.all("Host")) == ("/guide?x=1", ["redial.example"])


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("CONNECT 10.99.0.2:5432 HTTP/1.1\nHost: 10.99.0.2:5432\n\n", 405),
        ("TRACE /guide HTTP/1.1\nHost: a\n\n", 405),
        ("OPTIONS * HTTP/1.1\nHost: a\n\n", 405),
        ("GET /guide HTTP/1.1\n\n", 400),
        ("GET /guide HTTP/1.1\nHost: a\nHost: b\n\n", 400),
        ("GET /guide HTTP/1.1\nHost: a b\n\n", 400),
        ("GET http://user@redial.example/guide HTTP/1.1\nHost: a\n\n", 400),
        ("GET http://[redial.example/guide HTTP/1.1\nHost: a\n\n", 400),
        ("GET https://redial.example/guide HTTP/1.1\nHost: a\n\n", 400),
        ("GET * HTTP/1.1\nHost: a\n\n", 404),
        ("GET guide HTTP/1.1\nHost: a\n\n", 404),
        ("POST /gate/secret/verify HTTP/1.1\nHost: a\n\n", 404),
        ("GET /guides HTTP/1.1\nHost: a\n\n", 404),
        ("GET /guide/../gate HTTP/1.1\nHost: a\n\n", 400),
        ("GET /guide/%2e%2e/gate HTTP/1.1\nHost: a\n\n", 400),
        ("GET /guide/..%2fgate HTTP/1.1\nHost: a\n\n", 400),
        ("GET /guide/%252e%252e/gate HTTP/1.1\nHost: a\n\n", 400),
        ("GET /guide\\..\\gate HTTP/1.1\nHost: a\n\n", 400),
        ("GET //guide HTTP/1.1\nHost: a\n\n", 400),
    ],
)
def test_nothing_but_the_guide_is_reached(said: str, status: int) -> None:
    assert refused(said) == status


@contextlib.contextmanager
def a_guide() -> Iterator[tuple[Guide, list[bytes]]]:
    """A server that keeps what it was sent, and answers one thing."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_once() -> None:
            connection, _ = server.accept()
            with connection:
                heard.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthe guide")

        thread = threading.Thread(target=answer_once)
        thread.start()
        yield Guide(address="127.0.0.1", port=server.getsockname()[1], header="X-MSISDN"), heard
        thread.join()


def ask(port: int, said: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as phone:
        phone.sendall(said)
        return b"".join(iter(lambda: phone.recv(65536), b""))


def test_the_answer_of_the_guide_comes_back_and_a_second_request_on_the_connection_goes_nowhere() -> None:
    with (
        a_guide() as (guide, heard),
        listening(host="127.0.0.1", port=0, converse=enriching(guide=guide, msisdn_of={"127.0.0.1": OURS}.get)) as port,
    ):
        said = b"GET /guide HTTP/1.1\r\nHost: a\r\n\r\n"
        assert ask(port, said * 2).endswith(b"\r\n\r\nthe guide")
        assert heard == [b"GET /guide HTTP/1.1\r\nHost: a\r\nX-MSISDN: +254711000001\r\nConnection: close\r\n\r\n"]


def test_a_guide_that_is_away_is_said_to_be_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        guide = Guide(address="127.0.0.1", port=closed.getsockname()[1], header="X-MSISDN")
    with listening(host="127.0.0.1", port=0, converse=enriching(guide=guide, msisdn_of=lambda _: None)) as port:
        assert ask(port, b"GET /guide HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
        assert ask(port, b"\x16\x03\x01\x02\x00\r\n").startswith(b"HTTP/1.1 400 Bad Request\r\n")
