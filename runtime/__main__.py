"""The runtime's command line.

python -m runtime run [FOLDER]      start everything that FOLDER's Procfile names (default: the project's), until Ctrl-C
python -m runtime exec COMMAND ...  run a command with the settings of the running copy
python -m runtime postgres          become the embedded PostgreSQL (a line of the Procfile)
python -m runtime redis             become the embedded Redis (a line of the Procfile)
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from runtime.errors import RuntimeProblem
from runtime.places import Places
from runtime.postgres_server import Postgres
from runtime.redis_server import Redis
from runtime.run import environment_of, places_given, run, settings_given

ROOT = Path(__file__).resolve().parent.parent


class WrongUsage(RuntimeProblem):
    """{usage}"""


def run_everything(words: list[str]) -> None:
    run(root=Path(*words[:1]).resolve() if words else ROOT, environ=os.environ, output=sys.stdout)


def run_with_settings(command: list[str]) -> None:
    if not command:
        raise WrongUsage(usage=__doc__)
    os.environ.update(environment_of(root=ROOT, given=settings_given(root=ROOT, environ=os.environ)))
    _become(command)


def become_postgres(_: list[str]) -> None:
    here = _here()
    server = Postgres(data=here.postgres, sockets=here.sockets)
    server.prepare()
    _become(server.command())


def become_redis(_: list[str]) -> None:
    here = _here()
    server = Redis(data=here.redis, sockets=here.sockets)
    server.prepare()
    _become(server.command())


def _here() -> Places:
    return places_given(root=ROOT, given=settings_given(root=ROOT, environ=os.environ))


def _become(command: list[str]) -> None:
    os.execvp(command[0], command)  # noqa: S606


COMMANDS: dict[str, Callable[[list[str]], None]] = {
    "run": run_everything,
    "exec": run_with_settings,
    "postgres": become_postgres,
    "redis": become_redis,
}


def main(words: list[str]) -> int:
    """Run the command in `words`; 0 when it went well, 1 and a sentence when it did not, 130 when it was stopped."""
    try:
        if not words or words[0] not in COMMANDS:
            raise WrongUsage(usage=__doc__)
        COMMANDS[words[0]](words[1:])
    except RuntimeProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
