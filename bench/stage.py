"""What every measured system stands on: a Redis by TCP, a PostgreSQL, a charging system that answers at once."""

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine

from runtime import redis_server
from runtime.child import Child
from runtime.services import Services
from store.schema import upgrade

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / "var" / "bench"

_STARTS_WITHIN_S = 60.0
_STOPS_WITHIN_S = 10.0


class NeverAnswered(RuntimeError):
    """A process did not listen in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where things are. Ports are of 127.0.0.1."""

    folder: Path
    redis_port: int
    line_port: int
    database_url: str

    @property
    def redis_url(self) -> str:
        """Redis, as everybody here reaches it."""
        return f"redis://127.0.0.1:{self.redis_port}/0"


@contextmanager
def stage(folder: Path = FOLDER) -> Iterator[Stage]:
    """Everything started, its data in `folder`, and stopped at the end."""
    with contextlib.ExitStack() as stack:
        services = Services(folder=folder / "services")
        stack.enter_context(services)
        services.drop_database(name="bench")
        url = services.create_database(name="bench")
        engine = create_engine(url)
        upgrade(engine)
        engine.dispose()
        redis_port = stack.enter_context(redis(folder))
        line_port = free_port()
        line = [sys.executable, "-m", "bench.line", str(line_port)]
        stack.enter_context(process("line", line, port=line_port, folder=folder))
        yield Stage(folder=folder, redis_port=redis_port, line_port=line_port, database_url=url)


@contextmanager
def redis(folder: Path, name: str = "redis") -> Iterator[int]:
    """An empty Redis that keeps nothing on disk, by TCP; its port."""
    port = free_port()
    command = [str(redis_server.binary()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with process(name, command, port=port, folder=folder):
        yield port


@contextmanager
def process(
    name: str,
    command: list[str],
    *,
    port: int,
    folder: Path,
    env: Mapping[str, str] | None = None,
    where: Path = PROJECT,
) -> Iterator[Child]:
    """A process, run in the folder `where`, from when it listens on `port`. What it writes is in `folder`/NAME.log.

    Raises NeverAnswered.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log_path = folder / f"{name}.log"
    with log_path.open("wb") as log:
        child = Child(
            name=name,
            command=command,
            env={**_ours(), **(env or {})},
            output=log,
            folder=where,
            stop_signal=signal.SIGTERM,
        )
    try:
        wait_for(lambda: _listens(port) or not child.is_running, what=f"{name} on port {port} ({log_path})")
        if not child.is_running:
            raise NeverAnswered(f"{name} ended ({child.how_it_ended()}): {log_path}")
        yield child
    finally:
        child.ask_to_stop()
        child.end(within_s=_STOPS_WITHIN_S)


def _ours() -> dict[str, str]:
    """Our environment, but for where Python looks for modules: a peer has a package with the name of one of ours."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def wait_for(is_true: Callable[[], bool], *, what: str, within_s: float = _STARTS_WITHIN_S) -> None:
    """Raise NeverAnswered when it has not become true in time."""
    give_up_at = time.monotonic() + within_s
    while not is_true():
        if time.monotonic() > give_up_at:
            raise NeverAnswered(what)
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as line:
        line.settimeout(1)
        return line.connect_ex(("127.0.0.1", port)) == 0
