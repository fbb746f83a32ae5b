"""A city: all of Redial as it really runs, with the outside world around it, for tests and drills.

    with City(folder=tmp_path, CREDIT_BY="airtime") as city:
        phone = city.new_phone(balance_minor=-5000)
        phone.top_up(100)
        order = city.end_of(phone)

The processes are those of the Procfile, started by its commands, on ports, a PostgreSQL and a Redis of their own. Which
of them run can be chosen: dialogues and the phone page need no more than `processes=("sandbox", "web")`. Everything
else in capitals is a setting of Redial's (settings/). What the processes write is in `city.log(name)`.

Open and close a city in a thread that lasts: the kernel ends its processes when the thread that started them ends.
"""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import redis
import requests
from sqlalchemy import create_engine

from runtime.child import Child
from runtime.places import places
from runtime.procfile import read_procfile, words_of
from runtime.services import Services
from store.schema import upgrade
from tests.audit import Finding, findings
from tests.outside import Faults, Outside, Phone
from tests.records import OrderSeen, Records
from tests.surroundings import environment

T = TypeVar("T")

PROJECT = Path(__file__).resolve().parent.parent

# The servers are the city's own, and it migrates before anything else is started.
_COMMANDS = {
    name: command
    for name, command in read_procfile(PROJECT / "Procfile").items()
    if name not in ("postgres", "redis", "release")
}
PROCESSES = tuple(_COMMANDS)
WORKERS = tuple(name for name in PROCESSES if name not in ("sandbox", "web", "clock"))

# Everything waits a twentieth of what it does in production, and a job that was lost is soon missed.
QUICK = {"SCHEDULE_SCALE": "0.05", "LEASE_S": "2", "LINE_CACHE_S": "1", "LOG_JSON": "true"}

# People and providers are quick too.
QUICK_WORLD = {
    "prompt_answer_after_s": 0.1,
    "callback_after_s": 0.05,
    "reversal_after_s": 0.05,
    "delivery_report_after_s": 0.05,
    "airtime_after_s": 0.1,
}

WITHIN_S = 30.0
STARTS_WITHIN_S = 60.0
STOPS_WITHIN_S = 10.0
_RHYTHM_S = 0.02


class City:
    """Every process of one installation, and the world that it serves."""

    def __init__(self, *, folder: Path, processes: Iterable[str] = PROCESSES, **settings: str) -> None:
        """A city whose data and logs are in `folder`. Nothing runs yet. `settings` are in capitals."""
        self.processes = tuple(processes)
        self.folder = folder
        self.env = environment(folder=folder, project=PROJECT, settings={**QUICK, **settings})
        self.url = f"http://127.0.0.1:{self.env['PORT']}"
        self.services = Services(folder=folder)
        self.records = Records(self.env["DATABASE_URL"].replace("+psycopg", "", 1))
        self._http = requests.Session()
        self.outside = Outside(url=self.env["SANDBOX_URL"], http=self._http)
        self.faults = Faults(self.outside)
        self._children: dict[str, Child] = {}
        self._numbers = iter(range(711_000_001, 712_000_000))
        self._since = datetime.now(UTC)
        self._logs_begin: dict[str, int] = {}

    def __enter__(self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Start everything, and return when it is ready to serve."""
        places(self.folder).metrics.mkdir(parents=True, exist_ok=True)
        self.services.start()
        engine = create_engine(self.env["DATABASE_URL"])
        upgrade(engine)
        engine.dispose()
        self.heal()

    def close(self) -> None:
        """Stop everything. Nothing is left running, in whatever state it was."""
        with contextlib.ExitStack() as last:
            last.callback(self._http.close)
            last.callback(self.services.stop)
            for child in self._children.values():
                last.callback(child.end, within_s=STOPS_WITHIN_S)
            for child in self._children.values():
                child.ask_to_stop()

    def heal(self) -> None:
        """Start what does not run, wait until all is ready, and make the outside world new and quick."""
        for name in self.processes:
            if not self.is_running(name):
                self.start(name)
        self.wait_until(self.is_ready, what="the city is ready", timeout_s=STARTS_WITHIN_S)
        self.outside.post("/reset")
        self.faults.clear()
        self.world(**QUICK_WORLD)
        self._since = datetime.now(UTC)
        self._logs_begin = {file.stem: file.stat().st_size for file in self.folder.glob("*.log")}

    # The processes.

    def start(self, name: str) -> None:
        """Start a process of the Procfile. Does not wait until it is ready."""
        command = words_of(name=name, command=_COMMANDS[name], env=self.env)
        with self._log_file(name).open("ab") as output:
            self._children[name] = Child(name=name, command=command, env=self.env, output=output, folder=self.folder)

    def kill(self, name: str) -> None:
        """SIGKILL to a process and everything that it started, in the midst of whatever it does."""
        self._children[name].kill()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a process itself a signal, such as SIGSTOP: it stands still in the midst of whatever it does."""
        self._children[name].process.send_signal(number)

    def ask_to_stop(self, name: str) -> None:
        """SIGTERM to a process, which may finish what it has in hand."""
        self._children[name].ask_to_stop()

    def stop(self, name: str) -> None:
        """SIGTERM to a process, and return when it is gone."""
        self.ask_to_stop(name)
        self._children[name].end(within_s=STOPS_WITHIN_S)

    def is_running(self, name: str) -> bool:
        """Whether a process runs."""
        return name in self._children and self._children[name].is_running

    def how_it_ended(self, name: str) -> str:
        """The end of a process in words: "exit code 0", "killed by SIGKILL"."""
        return self._children[name].how_it_ended()

    def is_ready(self) -> bool:
        """Whether the city serves: with all of its workers when it has them, else its web process alone."""
        whole = set(WORKERS) <= set(self.processes)
        try:
            here = self.get("/readyz" if whole else "/healthz").ok if "web" in self.processes else True
            return here and bool(self.outside.get("/healthz"))
        except requests.RequestException:
            return False

    def restart_postgres(self) -> None:
        """Stop PostgreSQL and start it again on the same data: every connection breaks."""
        self.services.postgres.restart()

    def flush_redis(self) -> None:
        """Lose everything that Redis holds."""
        with self.redis() as client:
            client.flushall()

    @contextlib.contextmanager
    def redis(self) -> "Iterator[redis.Redis]":
        """A connection to the city's Redis."""
        with redis.Redis.from_url(self.env["REDIS_URL"]) as client:
            yield client

    # What they say.

    def get(self, path: str) -> requests.Response:
        """GET from the web process."""
        return self._http.get(f"{self.url}{path}", timeout=WITHIN_S)

    def post(self, path: str, **how: Any) -> requests.Response:
        """POST to the web process, as a gateway or a stranger would; `how` is what requests.post takes."""
        return self._http.post(f"{self.url}{path}", timeout=WITHIN_S, **how)

    def put(self, path: str, **how: Any) -> requests.Response:
        """PUT to the web process, as some providers do with their callbacks."""
        return self._http.put(f"{self.url}{path}", timeout=WITHIN_S, **how)

    def flask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one of Redial's commands as an operator would: `city.flask("orders", "review")`."""
        command = [sys.executable, "-m", "flask", "--app", "app", *words]
        return subprocess.run(
            command, env=self.env, cwd=self.folder, capture_output=True, text=True, timeout=STARTS_WITHIN_S, check=False
        )

    def log(self, name: str) -> str:
        """What a process has written since the city was last healed, over all its starts."""
        file = self._log_file(name)
        written = file.read_bytes() if file.exists() else b""
        return written[self._logs_begin.get(name, 0) :].decode(errors="replace")

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The lines of the processes' logs that tell of `event`, since the city was last healed."""
        lines = [line for name in self.processes for line in self.log(name).splitlines() if f'"{event}"' in line]
        return [line for line in map(json.loads, lines) if line.get("event") == event]

    def _log_file(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    # The world.

    def phone(self, msisdn: str) -> Phone:
        """The phone of that number, in E.164."""
        return Phone(msisdn, outside=self.outside, wait_until=self.wait_until)

    def new_phone(self, *, balance_minor: int = 0) -> Phone:
        """A phone that nobody has used yet. A line that owes something is suspended."""
        phone = self.phone(f"+254{next(self._numbers)}")
        phone.set_line(balance_minor=balance_minor)
        return phone

    def world(self, **settings: object) -> None:
        """Let the world behave so: the settings of the sandbox (docs/sandbox.md)."""
        self.outside.put("/settings", settings)

    def books(self, *phones: Phone) -> dict[str, list[dict[str, Any]]]:
        """What really happened to these people (without any: to everybody) since the world was made new."""
        found: list[dict[str, list[dict[str, Any]]]] = [
            self.outside.get("/books", msisdn=phone.msisdn) for phone in phones
        ] or [self.outside.get("/books")]
        return {book: [entry for books in found for entry in books[book]] for book in found[0]}

    # What becomes of it.

    def orders(self, *phones: Phone) -> list[OrderSeen]:
        """The orders that these phones (without any: all) asked for since the city was last healed, oldest first."""
        return self.records.orders(*(phone.msisdn for phone in phones), since=self._since)

    def findings(self) -> list[Finding]:
        """What is wrong with the orders that were placed since the city was last healed. Empty is how it must be."""
        return findings(self.books(), self.records, self.orders())

    def end_of(self, phone: Phone, *, hurried: bool = False) -> OrderSeen:
        """Wait until the newest order of a phone has ended or is in review, and give it.

        `hurried` lets time pass meanwhile: whatever is scheduled for later happens now.
        """
        return self._newest(
            phone, lambda order: order.has_ended or order.in_review, what="that it ended", hurried=hurried
        )

    def wait_for_state(self, phone: Phone, state: str) -> OrderSeen:
        """Wait until the newest order of a phone is in `state`, and give it."""
        return self._newest(phone, lambda order: order.state == state, what=state)

    def wait_for_event(self, phone: Phone, event: str) -> OrderSeen:
        """Wait until the newest order of a phone has had `event`, and give it."""
        return self._newest(phone, lambda order: event in order.events, what=event)

    def _newest(
        self, phone: Phone, is_so: Callable[[OrderSeen], bool], *, what: str, hurried: bool = False
    ) -> OrderSeen:
        def find() -> OrderSeen | None:
            if hurried:
                self.records.hurry()
            newest = [order for order in self.orders(phone) if order.kind != "stray"][-1:]
            return next(filter(is_so, newest), None)

        return self.wait_until(find, what=f"{what}, of the order of {phone.msisdn}")

    def wait_until(
        self, happened: Callable[[], T | None], *, what: str = "what was waited for", timeout_s: float = WITHIN_S
    ) -> T:
        """Wait until `happened()`, and give what it gave. Fails when it does not; `what` says what is missing."""
        give_up_at = time.monotonic() + timeout_s
        while not (found := happened()):
            assert time.monotonic() < give_up_at, f"never: {what}. {self._state()}"
            time.sleep(_RHYTHM_S)
        return found

    def _state(self) -> str:
        gone = [name for name in self._children if not self.is_running(name)]
        ended = "; ".join(f"{name}: {self.how_it_ended(name)}" for name in gone) or "all processes run"
        return f"({ended}; logs in {self.folder})"
