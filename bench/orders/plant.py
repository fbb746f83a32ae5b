"""The processes that are measured: web, workers, clock, PostgreSQL and Redis, as in production, and what they take."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import requests
from sqlalchemy import create_engine

from runtime.child import Child
from runtime.environment import SANDBOX_CREDENTIALS
from runtime.places import places
from runtime.procfile import read_procfile, words_of
from runtime.services import Services
from store.schema import upgrade
from tests.surroundings import environment, free_port

PROJECT = Path(__file__).resolve().parent.parent.parent

# Half a second for the line's state at each dial: a web process needs a thread for every dial that waits.
WEB = (
    "python -m granian --interface wsgi --host $HOST --port $PORT --workers 2 --blocking-threads 64 "
    "--backpressure 256 --workers-kill-timeout 3 --log-level error app:app"
)
_STARTS_WITHIN_S = 60.0
_STOPS_WITHIN_S = 15.0


def ours() -> dict[str, str]:
    """The commands of the Procfile's workers and clock, by name."""
    written = read_procfile(PROJECT / "Procfile")
    return {name: written[name] for name in ("charge", "money", "tell", "clock")}


def stock(count: int) -> dict[str, str]:
    """The same work by so many of RQ's own workers, each of all queues, and the same clock."""
    workers = {f"stock-{number}": "python -m bench.orders.stock" for number in range(count)}
    return {**workers, "clock": ours()["clock"]}


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process and all that it started have taken: CPU seconds so far, and memory of their own (PSS, MB) now."""

    cpu_s: float
    memory_mb: float


class Plant:
    """A whole installation in `folder`, whose providers are on `world_port`."""

    def __init__(self, *, folder: Path, durable: bool, settings: Mapping[str, str]) -> None:
        self.world_port = free_port()
        world = f"http://127.0.0.1:{self.world_port}"
        self._folder = folder
        self._services = Services(folder=folder, durable=durable)
        credentials = {name: value for name, value in SANDBOX_CREDENTIALS.items() if not name.startswith("MOMO")}
        given = {
            **credentials,
            "AT_URL": f"{world}/africastalking",
            "DARAJA_URL": f"{world}/daraja",
            "AIRTEL_URL": f"{world}/airtel",
            "UCIP_URL": f"{world}/ucip/Air",
            "LOG_JSON": "true",
            **settings,
        }
        self.env = environment(folder=folder, project=PROJECT, settings=given)
        self._children: dict[str, Child] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.env['PORT']}"

    def __enter__(self) -> Self:
        places(self._folder).metrics.mkdir(parents=True, exist_ok=True)
        self._services.start()
        try:
            engine = create_engine(self.env["DATABASE_URL"])
            upgrade(engine)
            engine.dispose()
            self.start({"web": WEB})
            self._wait_for("/healthz")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop(list(self._children))
        self._services.stop()

    def start(self, commands: Mapping[str, str]) -> None:
        """Start processes by their commands."""
        for name, command in commands.items():
            with (self._folder / f"{name}.log").open("ab") as log:
                words = words_of(name=name, command=command, env=self.env)
                self._children[name] = Child(name=name, command=words, env=self.env, output=log, folder=self._folder)

    def wait_until_ready(self) -> None:
        """Return when somebody works on every queue."""
        self._wait_for("/readyz")

    def stop(self, names: Sequence[str]) -> None:
        """Stop processes, and return when they are gone."""
        for name in names:
            self._children[name].ask_to_stop()
        for name in names:
            self._children.pop(name).end(within_s=_STOPS_WITHIN_S)

    def pid_of(self, name: str) -> int:
        """The first process of those that run as `name`."""
        return self._children[name].pid

    def taken(self) -> dict[str, Taken]:
        """What each process has taken, by its name; PostgreSQL and Redis among them."""
        pids = {name: child.pid for name, child in self._children.items()}
        pids |= {"postgres": self._services.postgres.pid, "redis": self._services.redis.pid}
        times = os.times()
        return {name: _taken(pid) for name, pid in pids.items()} | {"outside": Taken(times.user + times.system, 0.0)}

    def _wait_for(self, path: str) -> None:
        give_up_at = time.monotonic() + _STARTS_WITHIN_S
        while not self._is_well(path):
            assert time.monotonic() < give_up_at, f"{path} is not well; the logs are in {self._folder}"
            time.sleep(0.1)

    def _is_well(self, path: str) -> bool:
        try:
            return requests.get(f"{self.url}{path}", timeout=5).ok
        except requests.RequestException:
            return False


def _taken(pid: int) -> Taken:
    leader = psutil.Process(pid)
    cpu_s, memory = 0.0, 0
    for process in [leader, *leader.children(recursive=True)]:
        try:
            times, pss = process.cpu_times(), process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
        # Of children that have ended, a forked job among them, only their parent still knows.
        cpu_s += times.user + times.system + times.children_user + times.children_system
        memory += pss
    return Taken(cpu_s, memory / 1e6)
