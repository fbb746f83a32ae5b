"""Where a running copy keeps its state: everything under VAR_DIR, but for sockets when that is too deep."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from runtime.account import our_uids
from runtime.errors import RuntimeProblem

# A unix socket's path has 107 bytes on Linux and 103 elsewhere; the longest name that we put in the folder takes 15.
LONGEST_SOCKET_PATH_BYTES = 100
LONGEST_SOCKET_NAME = "/.s.PGSQL.5432"

SHORT_FOLDER = Path("/tmp")  # noqa: S108  Short on purpose; the folder made in it is private, and checked to be ours.


class FolderIsNotOurs(RuntimeProblem):
    """The folder {folder} belongs to somebody else: remove it, or set VAR_DIR to another place."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """The folders and files of one copy. Every path is absolute."""

    var: Path
    sockets: Path

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data."""
        return self.var / "postgres"

    @property
    def redis(self) -> Path:
        """Redis's data."""
        return self.var / "redis"

    @property
    def secrets(self) -> Path:
        """The secrets made for local use, as NAME=value lines."""
        return self.var / "secrets.env"

    @property
    def metrics(self) -> Path:
        """What the processes count, one file each, for the web process to add up; of this start only."""
        return self.var / "metrics"

    @property
    def lock(self) -> Path:
        """Held by the one copy that runs on this VAR_DIR."""
        return self.var / "lock"


def places(var_dir: Path) -> Places:
    """The places of the copy whose state is in `var_dir`. Nothing is made yet."""
    var = var_dir.absolute()
    return Places(var=var, sockets=_sockets(var))


def make_private(folder: Path) -> None:
    """Make `folder`, closed to others. Raises FolderIsNotOurs when another user was there first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or not _is_ours(folder):
        raise FolderIsNotOurs(folder=folder)
    folder.chmod(0o700)


def remove_sockets(here: Places) -> None:
    """Remove the sockets' folder, and with it what a killed server left there."""
    shutil.rmtree(here.sockets, ignore_errors=True)


def _sockets(var: Path) -> Path:
    inside = var / "run"
    if len(os.fsencode(inside)) + len(LONGEST_SOCKET_NAME) <= LONGEST_SOCKET_PATH_BYTES:
        return inside
    digest = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    return SHORT_FOLDER / f"redial-{digest}"


def _is_ours(folder: Path) -> bool:
    return folder.stat().st_uid in our_uids()
