"""Reading one HTTP/1.1 request from somebody who may mean harm (RFC 9112), and writing answers.

What two programs in a row could read differently is refused, not repaired: that difference is how a request is smuggled
past the one that checks. So a line ends with CRLF, a header has one line and no space before its colon, a body has one
length. The body is read whole, so that it can be sent on with a length that we have counted ourselves.
"""

import re
from dataclasses import dataclass, field
from typing import BinaryIO

from gateway.errors import GatewayProblem

LONGEST_LINE = 8192
MOST_HEADERS = 100
LARGEST_BODY = 64 * 1024

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105  A token in the sense of RFC 9110, 5.6.2.
_REQUEST_LINE = re.compile(rf"({_TOKEN}) ([\x21-\x7e]+) (HTTP/1\.[01])")
_HEADER = re.compile(rf"({_TOKEN}):[ \t]*(.*?)[ \t]*")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_LENGTH = re.compile(r"[0-9]{1,9}")
_CHUNK = re.compile(r"([0-9A-Fa-f]{1,8})[ \t]*(?:;[\t\x20-\x7e]*)?")

REASONS = {
    204: "No Content",
    302: "Found",
    303: "See Other",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
    502: "Bad Gateway",
    503: "Service Unavailable",
}


class UnableToReadRequest(GatewayProblem):
    """This is no request that we take: {why}."""

    def __init__(self, *, status: int = 400, why: str) -> None:
        """`status` is what to answer."""
        super().__init__(why=why)
        self.status = status


class NothingWasAsked(GatewayProblem):
    """The connection was opened and closed without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it was read. Names of headers are as they were written; a body has neither framing nor trailers."""

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)

    def all(self, name: str) -> list[str]:
        """The values of a header, in order."""
        return [value for found, value in self.headers if found.lower() == name.lower()]


def read_request(stream: BinaryIO) -> Request:
    """The request that comes next. Raises UnableToReadRequest, NothingWasAsked, and OSError of the connection."""
    method, target, version = _read_request_line(stream)
    headers = _read_headers(stream)
    head = Request(method=method, target=target, version=version, headers=headers)
    return Request(method=method, target=target, version=version, headers=headers, body=_read_body(stream, head))


def answer(status: int, *, headers: tuple[tuple[str, str], ...] = (), body: bytes = b"") -> bytes:
    """An answer as it goes over the wire. The connection ends with it: the next request meets the next verdict."""
    length = () if status == 204 else (("Content-Length", str(len(body))),)
    lines = [f"{name}: {value}" for name, value in (*headers, *length, ("Connection", "close"))]
    return "\r\n".join([f"HTTP/1.1 {status} {REASONS[status]}", *lines, "", ""]).encode("latin-1") + body


def refusal(refused: UnableToReadRequest) -> bytes:
    """The answer to what could not be read, in a sentence."""
    text = (("Content-Type", "text/plain; charset=utf-8"),)
    return answer(refused.status, headers=text, body=f"{refused}\n".encode())


def _read_request_line(stream: BinaryIO) -> tuple[str, str, str]:
    line = _read_line(stream, begins=True)
    found = _REQUEST_LINE.fullmatch(line)
    if found is None:
        raise UnableToReadRequest(why="the first line is not that of HTTP/1.0 or HTTP/1.1")
    return found[1], found[2], found[3]


def _read_headers(stream: BinaryIO) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    while line := _read_line(stream):
        if len(headers) == MOST_HEADERS:
            raise UnableToReadRequest(status=431, why="it has too many headers")
        found = _HEADER.fullmatch(line)
        if found is None or not _VALUE.fullmatch(found[2]):
            raise UnableToReadRequest(why="a header is not NAME: VALUE on one line")
        headers.append((found[1], found[2]))
    return tuple(headers)


def _read_body(stream: BinaryIO, head: Request) -> bytes:
    lengths, codings = head.all("Content-Length"), head.all("Transfer-Encoding")
    if codings:
        # Transfer-Encoding of HTTP/1.0, and both at once, are what smuggling is made of (RFC 9112, 6.1).
        if lengths or head.version == "HTTP/1.0" or [coding.lower() for coding in codings] != ["chunked"]:
            raise UnableToReadRequest(why="the length of its body is said in two ways, or in one that is unknown")
        _invite(stream, head)
        return _read_chunks(stream)
    if not lengths:
        return b""
    if len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0]):
        raise UnableToReadRequest(why="the length of its body is not one number")
    _check_size(int(lengths[0]))
    _invite(stream, head)
    return _read_exactly(stream, int(lengths[0]))


def _invite(stream: BinaryIO, head: Request) -> None:
    """Some clients wait to be told that the body is wanted (RFC 9110, 10.1.1)."""
    if [wanted.lower() for wanted in head.all("Expect")] == ["100-continue"] and head.version == "HTTP/1.1":
        stream.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        stream.flush()


def _read_chunks(stream: BinaryIO) -> bytes:
    body = b""
    while size := _read_chunk_size(stream):
        _check_size(len(body) + size)
        body += _read_exactly(stream, size)
        if _read_exactly(stream, 2) != b"\r\n":
            raise UnableToReadRequest(why="a chunk does not end where it said")
    # Trailers are read and let go: a name that may not stand in the head may not come in by them either.
    _read_headers(stream)
    return body


def _read_chunk_size(stream: BinaryIO) -> int:
    found = _CHUNK.fullmatch(_read_line(stream))
    if found is None:
        raise UnableToReadRequest(why="a chunk does not begin with its size")
    return int(found[1], 16)


def _check_size(size: int) -> None:
    if size > LARGEST_BODY:
        raise UnableToReadRequest(status=413, why=f"its body is larger than {LARGEST_BODY} bytes")


def _read_exactly(stream: BinaryIO, size: int) -> bytes:
    read = stream.read(size)
    if len(read) < size:
        raise UnableToReadRequest(why="it ended too soon")
    return read


def _read_line(stream: BinaryIO, *, begins: bool = False) -> str:
    line = stream.readline(LONGEST_LINE + 1)
    if begins and not line:
        raise NothingWasAsked
    if len(line) > LONGEST_LINE:
        raise UnableToReadRequest(status=431, why="a line is too long")
    if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
        raise UnableToReadRequest(why="a line does not end with CRLF")
    return line[:-2].decode("latin-1")
