"""Real HTTP servers that answer as they are told: published samples, and everything that can go wrong on a wire."""

import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs

from tests.contracts.certificates import server_tls


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as the server received it. Header names are in lower case; `peer` is the client's port."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    peer: int

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form."""
        return {name: values[-1] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


Act = Callable[["Handler"], None]


@dataclass
class Stage:
    """A server's address, what it was asked, and what it does next. The last act is repeated for ever.

    `patience_s` is how long a client should wait for its answers: shortly when one will never come, and else so long
    that a machine with other things to do still answers in time. `authorities` is the file of who vouches for it.
    """

    url: str
    acts: list[Act]
    patience_s: float
    authorities: str | None = None
    seen: list[Seen] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def next_act(self, seen: Seen) -> Act:
        """What to do with this request."""
        self.seen.append(seen)
        return self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]


class Handler(BaseHTTPRequestHandler):
    """Reads a request whole, and leaves the answer to the stage."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # Head and body go out apart; together with delayed ACKs that is 40 ms an answer.
    stage: Stage

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(method=self.command, path=self.path, headers=headers, body=body, peer=int(self.client_address[1]))
        self.stage.next_act(seen)(self)

    do_GET = do_POST  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def drip(self, pieces: Iterator[bytes], *, every_s: float) -> None:
        """Send the pieces one by one, until the other side leaves or the test is over."""
        for piece in pieces:
            if self.stage.stopping.wait(every_s):
                return
            try:
                self.wfile.write(piece)
            except OSError:
                return


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that left in the middle is what several tests are about."""


@contextmanager
def serving(*acts: Act, secure: bool = False, certified: str = "127.0.0.1") -> Iterator[Stage]:
    """A server on 127.0.0.1 that does each of `acts` in turn; when `secure`, under TLS as the one at `certified`."""
    handler = type("StagedHandler", (Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    stage = Stage(
        url=f"{'https' if secure else 'http'}://127.0.0.1:{server.server_port}",
        acts=list(acts),
        patience_s=1.0 if NEVER_ENDING.intersection(acts) else 30.0,
    )
    with TemporaryDirectory() as folder:
        if secure:
            tls, stage.authorities = server_tls(Path(folder), address=certified)
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        handler.stage = stage  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stage
        finally:
            stage.stopping.set()
            server.shutdown()
            thread.join()
            server.server_close()


def says(body: bytes | str, *, status: int = 200, content_type: str = "application/json", **headers: str) -> Act:
    """Answer properly. In the names of `headers`, `_` stands for `-`."""
    raw = body.encode() if isinstance(body, str) else body

    def act(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(raw)

    return act


def resets(handler: Handler) -> None:
    """Reset the connection after the request was read: the answer is an RST."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def hangs_up(handler: Handler) -> None:
    """Close the connection after the request was read, without a byte of an answer."""
    handler.close_connection = True


def hangs_up_within(head: bytes) -> Act:
    """Send only `head`, then close."""

    def act(handler: Handler) -> None:
        handler.wfile.write(head)
        handler.close_connection = True

    return act


def is_silent(handler: Handler) -> None:
    """Never answer."""
    handler.close_connection = True
    handler.stage.stopping.wait(60)


def drips_head(handler: Handler) -> None:
    """Send a very long head, a byte at a time: each byte comes well before any read timeout."""
    handler.close_connection = True
    handler.drip(_long(b"HTTP/1.1 200 OK\r\nX-Long: "), every_s=0.02)


def drips_body(handler: Handler) -> None:
    """Send a head at once, and then a very long body, a byte at a time."""
    handler.close_connection = True
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    handler.drip(_long(b""), every_s=0.02)


NEVER_ENDING: frozenset[Act] = frozenset({is_silent, drips_head, drips_body})


def _long(first: bytes) -> Iterator[bytes]:
    """Half a minute of bytes."""
    for byte in first:
        yield bytes([byte])
    yield from itertools.repeat(b"x", 1500)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def full_backlog() -> Iterator[str]:
    """The address of a host that takes no more connections: connecting to it hangs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [_begin_connecting(listener.getsockname()) for _ in range(4)]
        time.sleep(0.05)  # So that the kernel has queued them.
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for one in waiting:
                one.close()


def _begin_connecting(address: tuple[str, int]) -> socket.socket:
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(address)
    return client
