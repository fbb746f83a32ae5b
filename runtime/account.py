"""PostgreSQL refuses to run as root. Started by root, it runs as a system account of its own, made once.

A clone often lies where that account may not go (`/root` is closed to others). Rather than open the folders on the way,
PostgreSQL then keeps one capability of root's, to pass and read files (capabilities(7), CAP_DAC_OVERRIDE). It asks
access(2) before it opens a file, and access(2) counts the capability only under SECBIT_NO_SETUID_FIXUP.
setpriv(1) of util-linux, which Debian cannot be without, does all of it.
"""

import fcntl
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.errors import RuntimeProblem

NAME = "redial"

_LOCK = Path("/run/redial-account.lock")

KEEP_PASSING_CLOSED_FOLDERS = [
    "--inh-caps=-all,+dac_override",
    "--ambient-caps=+dac_override",
    "--bounding-set=-all,+dac_override",
    "--securebits=+no_setuid_fixup",
]


class UnableToMakeAccount(RuntimeProblem):
    """PostgreSQL does not run as root, and its account "{name}" could not be made ({why}): run as another user."""


class NoSetpriv(RuntimeProblem):
    """PostgreSQL does not run as root, and setpriv (of util-linux) is not on PATH: run as another user."""


def started_by_root() -> bool:
    """Whether PostgreSQL needs an account other than ours."""
    return os.geteuid() == 0


def our_uids() -> set[int]:
    """The user ids whose files are ours: the user's and, for root, that of PostgreSQL's account."""
    return {os.geteuid(), *([_account().pw_uid] if started_by_root() else [])}


def give(folder: Path) -> None:
    """Make PostgreSQL's account the owner of `folder`; nothing to do for a user other than root."""
    if started_by_root():
        account = _account()
        os.chown(folder, account.pw_uid, account.pw_gid)


def as_account(command: list[str], *, reaching: list[Path]) -> list[str]:
    """`command` as PostgreSQL's account runs it, able to reach the folders `reaching`. Unchanged for a user."""
    if not started_by_root():
        return command
    if shutil.which("setpriv") is None:
        raise NoSetpriv
    account = _account()
    identity = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--no-new-privs"]
    keep = KEEP_PASSING_CLOSED_FOLDERS if any(map(_is_closed, reaching)) else []
    return ["setpriv", *identity, *keep, "--", *command]


def _account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        with _alone():
            return _account_made()


def _account_made() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(NAME)  # Another process was faster.
    except KeyError:
        _make_account()
        return pwd.getpwnam(NAME)


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time. Of two useradds at once the later undid what the earlier had written (shadow 4.13)."""
    with _LOCK.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _make_account() -> None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        raise UnableToMakeAccount(name=NAME, why="there is no useradd")
    nowhere = ["--system", "--no-create-home", "--home-dir=/nonexistent", "--shell=/usr/sbin/nologin"]
    made = subprocess.run([useradd, *nowhere, NAME], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise UnableToMakeAccount(name=NAME, why=made.stderr.strip())


def _is_closed(folder: Path) -> bool:
    """Whether a folder above `folder` may not be passed by others."""
    return any(not above.stat().st_mode & stat.S_IXOTH for above in folder.parents)
