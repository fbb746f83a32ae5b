"""`make run`: one copy, from its Procfile, in one terminal."""

import http.client
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from dotenv import dotenv_values

from runtime import postgres_server, redis_server
from runtime.environment import local_environment, not_embedded
from runtime.keys import local_keys
from runtime.lock import only_copy
from runtime.places import Places, places, remove_sockets
from runtime.ports import check_ports
from runtime.postgres_server import Postgres
from runtime.procfile import read_procfile
from runtime.redis_server import Redis
from runtime.supervisor import StopAsked, Supervisor

VAR_DIR = "var"
READY_WITHIN_S = 60

# What the rest stands on. It is started first and stopped last.
GROUND = ("postgres", "redis", "sandbox")
RELEASE = "release"

STOP_SIGNALS = {"postgres": postgres_server.STOP_SIGNAL, "redis": redis_server.STOP_SIGNAL}

# The former copy was killed: its processes, told so by the kernel, need a moment to leave their ports.
FORMER_LEAVES_WITHIN_S = 10


def settings_given(*, root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """What the person set: the environment, and the file .env for what is not in the environment."""
    written = {name: value for name, value in dotenv_values(root / ".env").items() if value is not None}
    return {**written, **environ}


def places_given(*, root: Path, given: Mapping[str, str]) -> Places:
    """The places of the copy that `given` describes; a relative VAR_DIR counts from `root`."""
    return places(root / (given.get("VAR_DIR") or VAR_DIR))


def environment_of(*, root: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The environment of the processes of the copy that `given` describes. Makes its secrets on the first call."""
    here = places_given(root=root, given=given)
    here.var.mkdir(parents=True, exist_ok=True)
    env = local_environment(given=given, keys=local_keys(here.secrets), here=here)
    # "python" in the Procfile is the one that runs us, and what it says is shown as soon as it is said.
    path = os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", os.defpath)])
    return {**env, "PATH": path, "PYTHONUNBUFFERED": "1"}


def run(*, root: Path, environ: Mapping[str, str], output: TextIO) -> None:
    """Run the copy in `root` until somebody asks to stop. Raises a RuntimeProblem when it cannot go on."""
    given = settings_given(root=root, environ=environ)
    here = places_given(root=root, given=given)
    with only_copy(here.lock) as former_was_killed:
        commands = _commands(root, given)
        env = environment_of(root=root, given=given)
        patience_s = FORMER_LEAVES_WITHIN_S if former_was_killed else 0
        check_ports(host=env["HOST"], wanted=_ports(commands, env), patience_s=patience_s)
        _empty(here.metrics)
        supervisor = Supervisor(env=env, root=root, output=output, width=max(map(len, commands)))
        _run_alone(supervisor, commands, env, here)


def _run_alone(supervisor: Supervisor, commands: Mapping[str, str], env: Mapping[str, str], here: Places) -> None:
    supervisor.listen_to_signals()
    try:
        _start(supervisor, commands, env, here)
        supervisor.announce(_welcome(env))
        supervisor.watch()
    except StopAsked as asked:
        supervisor.announce(f"{asked}: stopping ...")
    finally:
        supervisor.stop()
        remove_sockets(here)


def _commands(root: Path, given: Mapping[str, str]) -> dict[str, str]:
    absent = not_embedded(given=given)
    return {name: command for name, command in read_procfile(root / "Procfile").items() if name not in absent}


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def _ports(commands: Mapping[str, str], env: Mapping[str, str]) -> dict[str, str]:
    listening = {"web": "PORT", "sandbox": "SANDBOX_PORT"}
    return {variable: env[variable] for name, variable in listening.items() if name in commands}


def _start(supervisor: Supervisor, commands: Mapping[str, str], env: Mapping[str, str], here: Places) -> None:
    supervisor.start(_only(commands, GROUND), stop_signals=STOP_SIGNALS)
    _wait_for_servers(supervisor, commands, here)
    if RELEASE in commands:
        supervisor.run_to_its_end(RELEASE, commands[RELEASE])
    later = [name for name in commands if name not in (*GROUND, RELEASE)]
    supervisor.start(_only(commands, later), stop_signals=STOP_SIGNALS)
    for name, variable in (("sandbox", "SANDBOX_URL"), ("web", "REDIAL_URL")):
        if name in commands:
            _wait_for_health(supervisor, name=name, url=env[variable])


def _only(commands: Mapping[str, str], names: tuple[str, ...] | list[str]) -> dict[str, str]:
    return {name: commands[name] for name in names if name in commands}


def _wait_for_servers(supervisor: Supervisor, commands: Mapping[str, str], here: Places) -> None:
    if "postgres" in commands:
        postgres = Postgres(data=here.postgres, sockets=here.sockets)
        pid = supervisor.pid_of("postgres")
        supervisor.wait_until(lambda: postgres.is_ready(pid=pid), name="postgres", within_s=READY_WITHIN_S)
    if "redis" in commands:
        redis = Redis(data=here.redis, sockets=here.sockets)
        supervisor.wait_until(redis.is_ready, name="redis", within_s=READY_WITHIN_S)


def _wait_for_health(supervisor: Supervisor, *, name: str, url: str) -> None:
    supervisor.wait_until(lambda: _is_healthy(url), name=name, within_s=READY_WITHIN_S)


def _is_healthy(url: str) -> bool:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(env: Mapping[str, str]) -> str:
    code = (env.get("SHORT_CODES") or "*384*55#").split(",")[0]
    lines = ["", "Redial is running. Ctrl-C stops it."]
    if "SANDBOX_URL" in env:
        lines += [f"  A phone:  {env['REDIAL_URL']}/phone", f"  Dial:     {code} as +254711000001"]
    else:
        lines += [f"  Health:   {env['REDIAL_URL']}/healthz"]
    return "\n".join([*lines, ""])
