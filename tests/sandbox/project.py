"""A stand-in for the project: a real HTTP server that keeps what is posted to it and answers as it is told to."""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

# How long a test waits for what must come. It is never reached when all is well.
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Post:
    """One request that the sandbox posted, numbered as it came."""

    path: str
    content_type: str
    raw: bytes

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.raw.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.raw)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the project answers with: after `hold_s`, this status and this text."""

    text: str = ""
    status: int = 200
    hold_s: float = 0.0
    release: threading.Event = field(default_factory=threading.Event)


class _Server(ThreadingHTTPServer):
    """Knows how many connections it serves."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.changed = threading.Condition()
        self.serving = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count the connection before its thread begins."""
        with self.changed:
            self.serving += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """The connection has been served."""
        super().shutdown_request(request)
        with self.changed:
            self.serving -= 1
            self.changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a sandbox that hung up, as some tests make it, go in silence."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Project:
    """The receiving end of everything that the sandbox posts."""

    def __init__(self) -> None:
        self._server = _Server(self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._changed = threading.Condition()
        self._posts: list[Post] = []
        self._answers: list[tuple[str, Callable[[Post], Answer]]] = []

    @property
    def url(self) -> str:
        """Where the project is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        """Nothing was posted, and every answer is an empty 200 again."""
        self.forget_posts()
        self._answers.clear()

    def forget_posts(self) -> None:
        """Nothing was posted."""
        with self._changed:
            self._posts.clear()

    def settle(self) -> None:
        """Wait until everything that was posted so far has been taken.

        Connections are accepted in the order in which they come, so behind this one none is left.
        """
        with socket.create_connection(("127.0.0.1", self._server.server_port), PATIENCE_S) as last:
            last.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
            while last.recv(1024):
                pass
        with self._server.changed:
            assert self._server.changed.wait_for(lambda: self._server.serving == 0, PATIENCE_S)

    def answer(self, part: str, answer: Answer | Callable[[Post], Answer]) -> None:
        """Answer so where the path contains `part`; what was told last counts first."""
        make = answer if callable(answer) else lambda _post: answer
        self._answers.insert(0, (part, make))

    def posts(self, part: str = "") -> list[Post]:
        """What was posted to paths that contain `part`, in the order in which it came."""
        with self._changed:
            return [post for post in self._posts if part in post.path]

    def wait_for(self, part: str, count: int = 1) -> list[Post]:
        """Wait until so many posts came to paths that contain `part`."""
        deadline = time.monotonic() + PATIENCE_S
        with self._changed:
            while sum(part in post.path for post in self._posts) < count:
                left_s = deadline - time.monotonic()
                assert left_s > 0, f"{count} posts to {part!r} were expected; there are {self._posts}"
                self._changed.wait(left_s)
        return self.posts(part)

    def _take(self, post: Post) -> Answer:
        with self._changed:
            self._posts.append(post)
            self._changed.notify_all()
            makers = [make for part, make in self._answers if part in post.path]
        return makers[0](post) if makers else Answer()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        project = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = project._take(Post(self.path, self.headers.get("Content-Type", ""), raw))
                answer.release.wait(answer.hold_s)
                body = answer.text.encode()
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json" if answer.text[:1] == "{" else "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_PUT(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class has it so
                """Keep the tests' output clean."""

        return Handler
