"""The Procfile: which processes there are, and the command of each."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from string import Template

from honcho.environ import parse_procfile

from runtime.errors import RuntimeProblem


class NoProcfile(RuntimeProblem):
    """There is no Procfile at {path}."""


class UnableToReadCommand(RuntimeProblem):
    """The Procfile's line "{name}: {command}" cannot be read: {why}."""


def read_procfile(path: Path) -> dict[str, str]:
    """The commands by their names, in the order of the file. Raises NoProcfile."""
    if not path.exists():
        raise NoProcfile(path=path)
    return dict(parse_procfile(path.read_text()).processes)


def words_of(*, name: str, command: str, env: Mapping[str, str]) -> list[str]:
    """A command as the words to run, $NAME replaced from `env`. Raises UnableToReadCommand.

    No shell stands between: a signal that we send reaches the process that was named.
    """
    try:
        return [Template(word).substitute(env) for word in shlex.split(command)]
    except KeyError as unknown:
        raise UnableToReadCommand(name=name, command=command, why=f"{unknown} is not set") from unknown
    except ValueError as garbled:
        raise UnableToReadCommand(name=name, command=command, why=garbled) from garbled
