"""Where a city is: the environment of its processes, and ports that are free."""

import contextlib
import os
import random
import socket
from collections.abc import Mapping
from pathlib import Path

from runtime.run import environment_of

# Below those that the kernel takes for connections that go out.
_PORTS = range(20000, 32000)


def environment(*, folder: Path, project: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of processes of `project` with their data in `folder`, on ports that nobody listens on.

    Of the environment that we were started in it has only what every process needs, so that nobody's own settings
    change what is tested.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
    given = {**kept, **ports, **settings, "VAR_DIR": str(folder), "PYTHONPATH": str(project)}
    return environment_of(root=project, given=given)


def free_port() -> int:
    """A port that nobody listens on now, drawn so that two cities at once hardly draw the same."""
    while True:
        port = random.SystemRandom().choice(_PORTS)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
