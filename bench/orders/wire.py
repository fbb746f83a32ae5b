"""The least HTTP that does: a server whose answers may wait, and a client that keeps its connections.

The outside world shares the machine with what is measured. A framework on this side would cost as much as the product
does on the other.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

_HEAD_ENDS = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Said:
    """A request: `POST`, its path with the query, its body."""

    method: str
    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered after `after_s` seconds; then `done` is called, when the answer has been written."""

    after_s: float
    body: bytes
    content_type: str = "application/json"
    done: Callable[[], None] | None = None


class _Served(asyncio.Protocol):
    """One connection of somebody who asks."""

    def __init__(self, answer: Callable[[Said], Answer]) -> None:
        self._answer = answer
        self._read = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, ends, rest = self._read.partition(_HEAD_ENDS)
        if not ends or len(rest) < (length := _content_length(head)):
            return
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        self._read = rest[length:]
        answer = self._answer(Said(method, path, rest[:length]))
        asyncio.get_running_loop().call_later(answer.after_s, self._write, answer)

    def _write(self, answer: Answer) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {answer.content_type}\r\nContent-Length: {len(answer.body)}\r\n\r\n"
        self._transport.write(head.encode() + answer.body)
        if answer.done is not None:
            answer.done()


async def serve(answer: Callable[[Said], Answer], *, port: int) -> asyncio.Server:
    """Answer whoever asks on this port of the machine itself."""
    return await asyncio.get_running_loop().create_server(lambda: _Served(answer), "127.0.0.1", port, backlog=1024)


class Client:
    """Posts to one server, on as many connections as are needed at once. Each is used again and again."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, body: bytes, *, content_type: str) -> bytes:
        """The body of the answer, whatever its status. Raises ConnectionError."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        while True:
            reader, writer, is_fresh = await self._connection()
            try:
                writer.write(head.encode() + body)
                answer = await reader.readexactly(_content_length(await reader.readuntil(_HEAD_ENDS)))
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                writer.close()
                if is_fresh:
                    raise ConnectionError("the server closed the connection") from error
                continue  # It had been idle for too long.
            self._idle.append((reader, writer))
            return answer

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bool]:
        """A connection, and whether it is a new one."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer, False
            writer.close()
        return *await asyncio.open_connection(self._host, self._port, limit=1 << 20), True

    def close(self) -> None:
        """Close what is open."""
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()


def _content_length(head: bytes) -> int:
    _, _, found = head.lower().partition(b"\r\ncontent-length:")
    return int(found.split(b"\r\n", 1)[0]) if found else 0
