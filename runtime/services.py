"""PostgreSQL and Redis of one's own, in one folder, for tests and measurements.

with Services(folder=Path("var/bench")) as services:
    url = services.create_database(name="one")
    services.postgres.restart()
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from runtime import postgres_server, redis_server
from runtime.child import Child
from runtime.errors import RuntimeProblem
from runtime.places import places, remove_sockets
from runtime.postgres_server import Postgres
from runtime.redis_server import Redis

READY_WITHIN_S = 30
STOPS_WITHIN_S = 15


class ServiceDied(RuntimeProblem):
    """{name} ended while it started ({how}). The last it said:\n{said}"""


class ServiceIsSlow(RuntimeProblem):
    """{name} did not answer within {seconds} seconds. The last it said:\n{said}"""


class Service:
    """One server that can be started, stopped, killed and started again on the same data."""

    def __init__(self, *, server: Postgres | Redis, name: str, stop_signal: signal.Signals, log: Path) -> None:
        self._server = server
        self._name = name
        self._stop_signal = stop_signal
        self._log = log
        self._child: Child | None = None

    @property
    def pid(self) -> int:
        """The server's process. Only while it runs."""
        return self._running().pid

    def start(self) -> None:
        """Start, and return when it answers. Raises ServiceDied, ServiceIsSlow and what preparing it raises."""
        self._server.prepare()
        with self._log.open("ab") as log:
            self._child = Child(
                name=self._name,
                command=self._server.command(),
                env=os.environ,
                output=log,
                stop_signal=self._stop_signal,
            )
        self._wait_for(self._child, ready=self._readiness(self._child))

    def stop(self) -> None:
        """Stop as one should: everything is written, nothing is left."""
        if self._child is not None:
            self._child.ask_to_stop()
            self._child.end(within_s=STOPS_WITHIN_S)

    def kill(self) -> None:
        """Kill without a warning, as a lost machine would."""
        self._running().kill()

    def restart(self) -> None:
        """Stop and start again on the same data."""
        self.stop()
        self.start()

    def _running(self) -> Child:
        if self._child is None:
            raise ServiceDied(name=self._name, how="it was never started", said="")
        return self._child

    def _readiness(self, child: Child) -> Callable[[], bool]:
        server = self._server
        if isinstance(server, Postgres):
            return lambda: server.is_ready(pid=child.pid)
        return server.is_ready

    def _wait_for(self, child: Child, *, ready: Callable[[], bool]) -> None:
        give_up_at = time.monotonic() + READY_WITHIN_S
        while not ready():
            if not child.is_running:
                raise ServiceDied(name=self._name, how=child.how_it_ended(), said=self._said())
            if time.monotonic() > give_up_at:
                child.kill()
                raise ServiceIsSlow(name=self._name, seconds=READY_WITHIN_S, said=self._said())
            time.sleep(0.01)

    def _said(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])


class Services:
    """A PostgreSQL and a Redis with their data in one folder. A folder that was used before is taken up again."""

    def __init__(self, *, folder: Path, durable: bool = False) -> None:
        """`durable` keeps what was committed through a crash of the machine; without it everything is quicker."""
        self._here = places(folder)
        self._postgres = Postgres(data=self._here.postgres, sockets=self._here.sockets, durable=durable)
        self._redis = Redis(data=self._here.redis, sockets=self._here.sockets, durable=durable)
        self.postgres = Service(
            server=self._postgres,
            name="PostgreSQL",
            stop_signal=postgres_server.STOP_SIGNAL,
            log=self._here.var / "postgres.log",
        )
        self.redis = Service(
            server=self._redis,
            name="Redis",
            stop_signal=redis_server.STOP_SIGNAL,
            log=self._here.var / "redis.log",
        )

    def start(self) -> None:
        """Start both. Nothing is left running when either fails."""
        self._here.var.mkdir(parents=True, exist_ok=True)
        try:
            self.postgres.start()
            self.redis.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both; the data stays."""
        self.redis.stop()
        self.postgres.stop()
        remove_sockets(self._here)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def redis_url(self) -> str:
        return self._redis.url()

    def database_url(self, *, name: str = postgres_server.DATABASE) -> str:
        """Where SQLAlchemy finds a database of this PostgreSQL."""
        return self._postgres.url(database=name)

    def create_database(self, *, name: str, template: str = "template1") -> str:
        """Make a database, a copy of `template` (which nobody may be using), and give its URL."""
        self._administer("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.database_url(name=name)

    @staticmethod
    def name_of(url: str) -> str:
        """The name of the database behind a URL that we gave."""
        return urlsplit(url).path.removeprefix("/")

    def drop_database(self, *, name: str) -> None:
        """Remove a database, ending whoever still uses it."""
        self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _administer(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._postgres.dsn(database="postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
