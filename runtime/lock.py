"""One copy at a time on one VAR_DIR."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from runtime.errors import RuntimeProblem


class AlreadyRuns(RuntimeProblem):
    """Another copy (process {pid}) runs on {folder}: stop it, or set VAR_DIR to another place."""


class NotOurCopy(RuntimeProblem):
    """{folder} belongs to another user: set VAR_DIR to another place."""


@contextmanager
def only_copy(file: Path) -> Iterator[bool]:
    """Hold `file` locked for as long as we run. Gives whether the copy before was killed.

    Raises AlreadyRuns and NotOurCopy. The kernel drops the lock with the process. Our number, written into the file,
    goes when we end as we should.
    """
    with _opened(file) as held:
        held.seek(0)
        former = held.read().strip()
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise AlreadyRuns(pid=former, folder=file.parent) from taken
        _write(held.fileno(), str(os.getpid()))
        try:
            yield bool(former)
        finally:
            _write(held.fileno(), "")


def _opened(file: Path) -> TextIO:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.open("a+")
    except PermissionError as refused:
        raise NotOurCopy(folder=file.parent) from refused


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.write(descriptor, text.encode())
