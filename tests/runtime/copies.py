"""A whole copy of something small, run as `make run` runs Redial: real processes, real signals."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from runtime.environment import local_environment
from runtime.places import places

PROJECT = Path(__file__).resolve().parent.parent.parent
WITHIN_S = 60

SERVERS = """
postgres: python -m runtime postgres
redis: python -m runtime redis
"""

WEB = """
web: python web.py $PORT
"""

# Answers /healthz, and says when it was asked to leave.
WEB_SOURCE = """
import http.server, signal, sys

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass

def leave(*_):
    print("web leaves", flush=True)
    sys.exit(0)

signal.signal(signal.SIGTERM, leave)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


class Copy:
    """A copy in `folder`, on ports of its own."""

    def __init__(self, *, folder: Path, procfile: str, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Procfile").write_text(procfile)
        (folder / "web.py").write_text(WEB_SOURCE)
        self.folder = folder
        self.port = free_port()
        self.settings = {"PORT": str(self.port), "SANDBOX_PORT": str(free_port()), **settings}
        self._runtime: subprocess.Popen[bytes] | None = None
        self._family: list[psutil.Process] = []

    @property
    def output(self) -> str:
        """Everything that this copy wrote, over all its starts."""
        return (self.folder / "output").read_text(errors="replace")

    @property
    def dsn(self) -> str:
        """Where libpq finds the copy's own PostgreSQL."""
        here = places(self.folder / "var")
        url = local_environment(given={}, keys={}, here=here)["DATABASE_URL"]
        return url.replace("+psycopg", "")

    @property
    def pid(self) -> int:
        assert self._runtime is not None
        return self._runtime.pid

    def start(self, *, terminal: int | None = None) -> None:
        """Start it, and return when it says that it runs, or answers if it writes to a terminal."""
        self.launch(terminal=terminal)
        if terminal is None:
            self.wait_for("Redial is running")
        else:
            eventually(self._answers, what="an answer of the web")
        self._family = psutil.Process(self.pid).children(recursive=True)

    def launch(self, *, terminal: int | None = None) -> None:
        """Start it, and return at once. It writes to the file `output`, or to the terminal given."""
        clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        with (self.folder / "output").open("wb") as output:
            self._runtime = subprocess.Popen(
                # Whoever runs the tests under nohup ignores SIGHUP, and with it everything started from there.
                ["env", "--default-signal=HUP", sys.executable, "-m", "runtime", "run", str(self.folder)],
                cwd=PROJECT,
                env={**clean, "PYTHONPATH": str(PROJECT), **self.settings},
                stdout=terminal or output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, words: str) -> None:
        """Wait until it has said `words`."""
        eventually(lambda: words in self.output or self._has_ended(), what=words)
        assert words in self.output, self.output

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the runtime alone."""
        os.kill(self.pid, number)

    def ended(self) -> int:
        """Wait for the runtime's end; its exit code."""
        assert self._runtime is not None
        return self._runtime.wait(WITHIN_S)

    def child(self, words: str) -> psutil.Process:
        """The process whose command line has `words`."""
        return next(process for process in self._family if words in " ".join(process.cmdline()))

    def left_behind(self) -> list[psutil.Process]:
        """Which of the processes seen at the start still run, after a moment."""
        _, alive = psutil.wait_procs(self._family, timeout=WITHIN_S)
        return alive

    def kill_all(self) -> None:
        """SIGKILL to every process at once, as when the power goes."""
        for process in (psutil.Process(self.pid), *self._family):
            with suppress(psutil.NoSuchProcess):  # The kernel ends a child as soon as its parent is gone.
                process.kill()
        self.ended()

    def _answers(self) -> bool:
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", self.port)) == 0

    def _has_ended(self) -> bool:
        return self._runtime is not None and self._runtime.poll() is not None


@contextmanager
def a_copy(*, folder: Path, procfile: str, **settings: str) -> Iterator[Copy]:
    """A copy that is not running yet, and certainly is not when the block ends."""
    copy = Copy(folder=folder, procfile=procfile, **settings)
    try:
        yield copy
    finally:
        if copy._runtime is not None and not copy._has_ended():
            copy.send(signal.SIGTERM)
            copy.ended()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def eventually(happened: Callable[[], object], *, what: str) -> None:
    """Wait until `happened()`; fail, naming `what`, when it does not."""
    give_up_at = time.monotonic() + WITHIN_S
    while not happened():
        assert time.monotonic() < give_up_at, f"never: {what}"
        time.sleep(0.02)
