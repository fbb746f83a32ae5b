"""Reading requests as strictly as somebody must who stands between a stranger and a server that believes him."""

import pytest

from gateway.message import (
    LARGEST_BODY,
    LONGEST_LINE,
    NothingWasAsked,
    Request,
    UnableToReadRequest,
    answer,
    read_request,
)
from tests.gateway.connections import Connection


def read(said: str) -> Request:
    return read_request(Connection(said.replace("\n", "\r\n").encode("latin-1")))


def refused(said: bytes) -> int:
    with pytest.raises(UnableToReadRequest) as problem:
        read_request(Connection(said))
    return problem.value.status


def test_a_request_is_read_with_its_body() -> None:
    assert read("POST /guide HTTP/1.1\nHost: a\nContent-Length: 3\nX-Two:  b \n\na=1GET / HTTP/1.1\n\n") == Request(
        method="POST",
        target="/guide",
        version="HTTP/1.1",
        headers=(("Host", "a"), ("Content-Length", "3"), ("X-Two", "b")),
        body=b"a=1",
    )


def test_a_body_in_chunks_is_one_body_without_its_trailers() -> None:
    said = "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3;ext=1\nabc\n2\nde\n0\nMSISDN: +254733\n\n"
    request = read(said)
    assert request.body == b"abcde"
    assert request.all("MSISDN") == []


def test_who_waits_to_be_told_that_the_body_is_wanted_is_told() -> None:
    connection = Connection(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na")
    assert read_request(connection).body == b"a"
    assert connection.written == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 3\r\nTransfer-Encoding: chunked",
        b"Content-Length: 3\r\nContent-Length: 4",
        b"Content-Length: 3\r\nContent-Length: 3",
        b"Content-Length: +3",
        b"Content-Length: 3, 3",
        b"Content-Length: 0x3",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding : chunked",
        b"Content-Length: 3\r\n Transfer-Encoding: chunked",
        b"Content-Length: 3\nTransfer-Encoding: chunked",
        b"X: a\rMSISDN: +254733",
        b"X: a\x00b",
        b": empty",
        b"no colon",
    ],
)
def test_what_two_servers_could_read_differently_is_refused(head: bytes) -> None:
    assert refused(b"POST / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n3\r\nabc\r\n0\r\n\r\n") == 400


@pytest.mark.parametrize(
    "body", [b"3\r\nabcd\r\n0\r\n\r\n", b"-1\r\n", b"0x3\r\nabc\r\n0\r\n\r\n", b"3\nabc\r\n", b"3\r\na"]
)
def test_chunks_that_do_not_keep_to_their_size_are_refused(body: bytes) -> None:
    assert refused(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body) == 400


def test_chunks_are_no_part_of_the_old_protocol() -> None:
    assert refused(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400


@pytest.mark.parametrize(
    "line", [b"GET /", b"GET  / HTTP/1.1", b"GET / HTTP/2.0", b"GET /a b HTTP/1.1", b"\x16\x03\x01", b""]
)
def test_a_first_line_that_is_none_is_refused(line: bytes) -> None:
    assert refused(line + b"\r\n\r\n") == 400


def test_nobody_makes_us_keep_more_than_we_want() -> None:
    long = b"a" * LONGEST_LINE
    assert refused(b"GET /" + long) == 431
    assert refused(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101 + b"\r\n") == 431
    assert refused(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (LARGEST_BODY + 1)) == 413
    chunks = b"8000\r\n" + b"a" * 0x8000 + b"\r\n"
    assert refused(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks * 3) == 413


def test_a_connection_without_a_word_is_no_mistake() -> None:
    with pytest.raises(NothingWasAsked):
        read_request(Connection(b""))


def test_an_answer_ends_its_connection() -> None:
    assert answer(404, body=b"no") == b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
