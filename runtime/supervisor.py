"""Starting processes in stages, showing what they say, and stopping them in the opposite order."""

import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import TextIO

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from runtime.child import Child
from runtime.errors import RuntimeProblem
from runtime.procfile import words_of

STOPS_WITHIN_S = 10
RHYTHM_S = 0.05

ASKING_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ChildEnded(RuntimeProblem):
    """{name} ended ({how}), so everything was stopped."""


class ChildIsSlow(RuntimeProblem):
    """{name} did not answer within {seconds} seconds, so everything was stopped."""


class StopAsked(Exception):
    """Somebody pressed Ctrl-C, sent SIGTERM, or closed the terminal."""


@dataclass(frozen=True)
class Line:
    """Something that a process wrote."""

    name: str
    text: bytes


class Supervisor:
    """The processes of one copy, in the stages in which they were started."""

    def __init__(self, *, env: Mapping[str, str], root: Path, output: TextIO, width: int) -> None:
        """Every process gets `env` and runs in `root`. Lines go to `output`, names padded to `width`."""
        self._env = env
        self._root = root
        self._events: SimpleQueue[Line | signal.Signals] = SimpleQueue()
        self._stages: list[list[Child]] = []
        self._readers: list[threading.Thread] = []
        self._output = output
        self._printer = Printer(output, width=width)
        self._colours = get_colours()
        self._colour_of: dict[str, str] = {}
        self._terminal = select.poll()
        self._stays = False
        self._stopping = False
        self._hurried = False

    def listen_to_signals(self) -> None:
        """Take the signals that ask to stop. One that was ignored when we were started (nohup) stays ignored."""
        self._stays = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        for number in ASKING_TO_STOP:
            if not (self._stays and number is signal.SIGHUP):
                signal.signal(number, self._asked)
        if self._output.isatty() and not self._stays:
            self._terminal.register(self._output, 0)

    def start(self, commands: Mapping[str, str], *, stop_signals: Mapping[str, signal.Signals]) -> None:
        """Start a stage: the command lines of a Procfile by name. SIGTERM stops whatever `stop_signals` leaves out."""
        self._stages.append([])
        for name, command in commands.items():
            words = words_of(name=name, command=command, env=self._env)
            stop_signal = stop_signals.get(name, signal.SIGTERM)
            self._stages[-1].append(self._started(name, words, stop_signal))

    def wait_until(self, ready: Callable[[], bool], *, name: str, within_s: float) -> None:
        """Go on when `ready`. Raises ChildIsSlow, and what `watch` raises."""
        give_up_at = time.monotonic() + within_s
        while not ready():
            if time.monotonic() > give_up_at:
                raise ChildIsSlow(name=name, seconds=within_s)
            self._step()

    def run_to_its_end(self, name: str, command: str) -> None:
        """Run what is done once, such as migrations. Raises ChildEnded when it fails."""
        child = self._started(name, words_of(name=name, command=command, env=self._env), signal.SIGTERM)
        try:
            while child.is_running:
                self._step()
        finally:
            child.kill()
        self._show_the_rest()
        if child.process.returncode != 0:
            raise ChildEnded(name=name, how=child.how_it_ended())

    def watch(self) -> None:
        """Show what the processes say, for ever. Raises StopAsked, or ChildEnded as soon as one of them ended."""
        while True:
            self._step()

    def pid_of(self, name: str) -> int:
        """The process started under that name."""
        return next(child.pid for stage in self._stages for child in stage if child.name == name)

    def stop(self) -> None:
        """Stop the stages, the last one first. A second Ctrl-C kills what is left."""
        self._stopping = True
        for stage in reversed(self._stages):
            for child in stage:
                child.ask_to_stop()
            give_up_at = time.monotonic() + STOPS_WITHIN_S
            while any(child.is_running for child in stage) and not self._is_enough(give_up_at):
                self._show_next()
            for child in stage:
                if child.is_running:
                    self.announce(f"{child.name} did not stop, so it was killed.")
                child.kill()
        self._show_the_rest()

    def announce(self, text: str) -> None:
        """Show something of our own, as it is."""
        self._write(lambda: print(text, file=self._output, flush=True))

    def _started(self, name: str, words: list[str], stop_signal: signal.Signals) -> Child:
        child = Child(
            name=name,
            command=words,
            env=self._env,
            folder=self._root,
            output=subprocess.PIPE,
            stop_signal=stop_signal,
        )
        self._colour_of[name] = next(self._colours)
        reader = threading.Thread(target=self._read, args=(child,), daemon=True)
        reader.start()
        self._readers.append(reader)
        return child

    def _read(self, child: Child) -> None:
        for text in child.process.stdout or ():
            self._events.put(Line(child.name, text))

    def _asked(self, number: int, _: FrameType | None) -> None:
        self._events.put(signal.Signals(number))

    def _step(self) -> None:
        self._show_next()
        if self._terminal.poll(0):
            # SIGHUP goes to the leader of the session only. That may be make, which keeps it to itself.
            raise StopAsked("The terminal was closed")
        for child in (child for stage in self._stages for child in stage):
            if not child.is_running:
                raise ChildEnded(name=child.name, how=child.how_it_ended())

    def _show_next(self) -> None:
        try:
            event = self._events.get(timeout=RHYTHM_S)
        except Empty:
            return
        if isinstance(event, Line):
            self._show(event)
        elif self._stopping:
            # make passes SIGTERM on to us after the group had it, so only a second Ctrl-C is a person in a hurry.
            self._hurried |= event is signal.SIGINT
        else:
            raise StopAsked(event.name)

    def _is_enough(self, give_up_at: float) -> bool:
        return self._hurried or time.monotonic() > give_up_at

    def _show_the_rest(self) -> None:
        for reader in self._readers:
            reader.join(timeout=1)
        self._readers = [reader for reader in self._readers if reader.is_alive()]
        while not self._events.empty():
            self._show_next()

    def _show(self, line: Line) -> None:
        message = Message(
            type="line",
            data=line.text,
            time=datetime.now(UTC).astimezone(),
            name=line.name,
            colour=self._colour_of.get(line.name),
        )
        self._write(lambda: self._printer.write(message))

    def _write(self, writing: Callable[[], None]) -> None:
        try:
            writing()
        except OSError:
            # The terminal is closed, or whoever read us is gone: nobody is left to run for, and nobody to tell.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._output.fileno())
            if not self._stays:
                self._events.put(signal.SIGHUP)
