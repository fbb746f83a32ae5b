"""The measured systems: ours, the floor, and three that others use. Each serves the same four hops."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench import installs
from bench.stage import PROJECT, Stage, free_port, process
from runtime.procfile import read_procfile, words_of
from runtime.run import environment_of

SECRET = "secret-of-the-bench"  # noqa: S105  It guards nothing.

_APPS = Path(__file__).resolve().parent / "peers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A system that runs. `path` is where the gateway posts, `pid` the first of its processes."""

    name: str
    port: int
    path: str
    pid: int

    @property
    def url(self) -> str:
        """Its root."""
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """The seconds of a processor that all its processes have taken since they were started."""
        first = psutil.Process(self.pid)
        spent = [each.cpu_times() for each in (first, *first.children(recursive=True))]
        return sum(times.user + times.system for times in spent)


@dataclass(frozen=True, slots=True, kw_only=True)
class _System:
    """How to start one: in the folder `where`, whose modules it imports."""

    command: list[str]
    path: str = "/ussd"
    env: Mapping[str, str] = field(default_factory=dict)
    where: Path = PROJECT


@contextmanager
def serving(names: list[str], stage: Stage, *, redis_port: int | None = None) -> Iterator[dict[str, Server]]:
    """These systems, all running at once, so that runs can be interleaved. Whoever is not measured is idle."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(_serve(name, stage, redis_port or stage.redis_port)) for name in names}


@contextmanager
def _serve(name: str, stage: Stage, redis_port: int) -> Iterator[Server]:
    port = free_port()
    system = _SYSTEMS[name](stage, port, redis_port)
    env = {
        "PORT": str(port),
        "REDIS_PORT": str(redis_port),
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "BENCH_FOLDER": str(stage.folder),
        "WORKERS": "2",
        **system.env,
    }
    logs = stage.folder / "logs"
    with process(f"{name}-{port}", system.command, port=port, folder=logs, env=env, where=system.where) as child:
        yield Server(name=name, port=port, path=system.path, pid=child.pid)


def _ours(stage: Stage, port: int, redis_port: int) -> _System:
    env = our_environment(stage, port=port, redis_port=redis_port)
    Path(env["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)
    return _System(command=_granian(port, "app:app"), path=f"/ussd/africastalking/{SECRET}", env=env)


def our_environment(stage: Stage, *, port: int, redis_port: int) -> dict[str, str]:
    """The settings of ours: as in production, but that the world is the bench's."""
    folder = stage.folder / f"ours-{port}"
    nowhere = "http://127.0.0.1:9"
    given = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "VAR_DIR": str(folder),
        "PORT": str(port),
        "DATABASE_URL": stage.database_url,
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "AT_URL": nowhere,
        "DARAJA_URL": nowhere,
        "UCIP_URL": f"http://127.0.0.1:{stage.line_port}/Air",
        "GATEWAY_SECRET": SECRET,
        "GATE_SECRET": SECRET,
        "LOG_JSON": "true",
        **_CREDENTIALS,
    }
    return environment_of(root=PROJECT, given=given)


_CREDENTIALS = {
    "AT_USERNAME": "bench",
    "AT_API_KEY": "bench",
    "DARAJA_CONSUMER_KEY": "bench",
    "DARAJA_CONSUMER_SECRET": "bench",
    "DARAJA_SHORT_CODE": "174379",
    "DARAJA_PASSKEY": "bench",
    "UCIP_USERNAME": "bench",
    "UCIP_PASSWORD": "bench",
}


def _floor(_stage: Stage, port: int, _redis_port: int) -> _System:
    return _System(command=_granian(port, "bench.floor:app"))


def _umb2(_stage: Stage, _port: int, _redis_port: int) -> _System:
    return _System(command=["node", "server.js"], where=installs.folder_of("umb"))


def _umb2_bare(_stage: Stage, _port: int, _redis_port: int) -> _System:
    return _System(command=["node", "server.js"], where=installs.folder_of("umb"), env={"BARE": "1"})


def _anysd(_stage: Stage, port: int, _redis_port: int) -> _System:
    return _System(command=_granian(port, "server:app", python=installs.python_of("anysd")), where=_APPS / "anysd")


def _ussd_airflow(_stage: Stage, port: int, _redis_port: int) -> _System:
    python = installs.python_of("ussd_airflow")
    return _System(command=_granian(port, "server:app", python=python), where=_APPS / "ussd_airflow")


_SYSTEMS = {
    "ours": _ours,
    "floor": _floor,
    "umb2": _umb2,
    "umb2_bare": _umb2_bare,
    "anysd": _anysd,
    "ussd_airflow": _ussd_airflow,
}


def _granian(port: int, app: str, *, python: Path | None = None) -> list[str]:
    """The server of the Procfile with its own settings, for another application."""
    web = read_procfile(PROJECT / "Procfile")["web"]
    words = words_of(name="web", command=web, env={"HOST": "127.0.0.1", "PORT": str(port)})
    return [str(python or sys.executable), *words[1:-1], app]
