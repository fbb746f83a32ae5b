"""One process that we start and must be sure to end, with all that it started in turn."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import psutil

from runtime.errors import RuntimeProblem


class CommandNotFound(RuntimeProblem):
    """{name} cannot start: there is no command {command}."""


class Child:
    """A process in a session of its own, which a terminal's Ctrl-C does not reach, and which dies when we do."""

    def __init__(
        self,
        *,
        name: str,
        command: list[str],
        env: Mapping[str, str],
        output: int | IO[bytes],
        folder: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Start `command` in `folder`. `output` gets what it writes; `stop_signal` asks it to end.

        Raises CommandNotFound.
        Call this from a thread that lasts: the kernel ends the child when the thread that started it ends.
        """
        self.name = name
        self.stop_signal = stop_signal
        if shutil.which(command[0], path=env.get("PATH")) is None:
            raise CommandNotFound(name=name, command=command[0])
        self.process = subprocess.Popen(
            dying_with_us(command, stop_signal),
            env=dict(env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the stop signal to the process itself, which looks after its own children."""
        if self.is_running:
            self.process.send_signal(self.stop_signal)

    def end(self, *, within_s: float) -> None:
        """Wait for the end that was asked for; after `within_s` seconds kill it. Whatever it left running is killed."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(within_s)
        self.kill()

    def kill(self) -> None:
        """Kill the process and everything it started, at once."""
        family = _family(self.pid)
        if self.is_running:
            self.process.kill()
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(family, timeout=5)
        self.process.wait()

    def how_it_ended(self) -> str:
        """The end in words: "exit code 3", "killed by SIGKILL"."""
        code = self.process.wait()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def dying_with_us(command: list[str], stop_signal: signal.Signals) -> list[str]:
    """`command`, sent `stop_signal` by the kernel when our process is gone, however it went (PR_SET_PDEATHSIG).

    Where there is no setpriv, a copy that was killed leaves its children running.
    """
    if sys.platform != "linux" or shutil.which("setpriv") is None:
        return command
    return ["setpriv", "--pdeathsig", stop_signal.name.removeprefix("SIG"), "--", *command]


def _family(leader: int) -> list[psutil.Process]:
    """Descendants of `leader`, and orphans of its session: both, as either alone misses some."""
    descendants = []
    with contextlib.suppress(psutil.NoSuchProcess):
        descendants = psutil.Process(leader).children(recursive=True)
    known = {leader, *(process.pid for process in descendants)}
    others = (process for process in psutil.process_iter() if process.pid not in known)
    return [*descendants, *(process for process in others if _session(process.pid) == leader)]


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None
