"""The bench at work: an internet with one page, a Redial of its own, and the gateway, each in its namespace.

    with bench() as stand:
        stand.start_gateway()
        stand.run("phone", "curl", "http://news.example/")

Open and close it in a thread that lasts: the kernel ends its processes when the thread that started them ends.
"""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from gateway import plan
from gateway.errors import GatewayProblem
from gateway.plan import Phone
from gateway.serve import READY
from gateway.sessions import Fails
from gateway.world import GATEWAY, INTERNET, REDIAL, within, world
from runtime.child import Child

PROJECT = Path(__file__).resolve().parent.parent

# How the guide is told whose phone it is. A name without a dash has one spelling only, in CGI and WSGI too.
HEADER = "MSISDN"

NEWS_PAGE = """<!doctype html>
<title>News</title>
<h1>News</h1>
<p>The rains have come to Kitui. Maize is 20 shillings cheaper.
"""

# What stays reachable beside the guide: name servers, as phones need them to ask for any page at all.
PERMITTED = f"permit in 6 from any to {plan.REDIAL} {plan.REDIAL_PORT}; permit in 17 from any to {plan.NEWS} 53"

# Redial as it runs anywhere, but for its waits: nobody has to hang up here before the prompt can come.
_QUICK = {"SCHEDULE_SCALE": "0.05", "LINE_CACHE_S": "1"}
_QUICK_WORLD = {"prompt_answer_after_s": 0.1, "callback_after_s": 0.05, "delivery_report_after_s": 0.05}

_STARTS_WITHIN_S = 120.0
_STOPS_WITHIN_S = 30.0
_COMMAND_WITHIN_S = 60.0
_RHYTHM_S = 0.1


class DidNotStart(GatewayProblem):
    """{name} is not there ({how}). The last it said:\n{said}"""


class DidNotHappen(GatewayProblem):
    """Never: {what}."""


class SandboxRefused(GatewayProblem):
    """The sandbox refused {what}: {why}"""


class Bench:
    """Everything that runs on the bench. Built by `bench`."""

    def __init__(self, *, folder: Path) -> None:
        """`folder` keeps data and logs."""
        self._folder = folder
        self._children: dict[str, Child] = {}
        self._secrets = {name: secrets.token_urlsafe(24) for name in ("GATE_SECRET", "GATE_WEBHOOK_SECRET")}
        self._kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}

    # What runs.

    def start_internet(self) -> None:
        """A host of the internet with one page, on the ports of HTTP and HTTPS (where it speaks no TLS)."""
        pages = self._folder / "pages"
        pages.mkdir()
        (pages / "index.html").write_text(NEWS_PAGE)
        for port in ("80", "443"):
            words = ["-m", "http.server", port, "--bind", plan.NEWS, "--directory", str(pages)]
            self._start(f"internet-{port}", within(INTERNET, sys.executable, *words), self._kept)
            self.wait_until(partial(self._listens, plan.NEWS, port), what=f"the internet's port {port}")

    def start_redial(self) -> None:
        """Start Redial with everything that it stands on, as `make run` does, and return when it serves."""
        root = self._folder / "redial"
        root.mkdir()
        shutil.copy(PROJECT / "Procfile", root)
        settings = {
            "VAR_DIR": str(root / "var"),
            "PYTHONPATH": str(PROJECT),
            "HOST": plan.REDIAL,
            "PORT": str(plan.REDIAL_PORT),
            "SANDBOX_PORT": str(plan.SANDBOX_PORT),
            "GUIDE_URL": plan.GUIDE_URL,
            "GUIDE_MSISDN_HEADER": HEADER,
            "GUIDE_GATEWAY_ADDRESSES": plan.GATEWAY_TO_REDIAL,
            "GATE_ADDRESSES": plan.GATEWAY_TO_REDIAL,
            "GATE_PERMITTED": PERMITTED,
            # A line that is cut off is not read again by itself: that it is back has to be told.
            "GATE_CUT_OFF_S": "600",
            # One that is active is, so that a suspension is soon seen.
            "GATE_ACTIVE_S": "2",
            "GATE_WEBHOOK_URL": f"http://{plan.GATEWAY_TO_REDIAL}:{plan.WEBHOOK_PORT}/line-back",
        }
        words = ["-m", "runtime", "run", str(root)]
        self._start(
            "redial", within(REDIAL, sys.executable, *words), {**self._kept, **_QUICK, **settings, **self._secrets}
        )
        self._wait_for("redial", "Redial is running")
        self.sandbox("PUT", "/settings", _QUICK_WORLD)

    def start_gateway(self, *, fails: Fails = Fails.CLOSED) -> None:
        """Attach every phone to a gateway, and return when each is under its first verdict."""
        words = ["-m", "gateway", "serve", "--redial", f"http://{plan.REDIAL}:{plan.REDIAL_PORT}"]
        words += ["--guide", plan.GUIDE_URL, "--header", HEADER, "--fails", fails.value]
        for phone in plan.PHONES:
            words += ["--phone", f"{phone.name},{phone.link},{phone.address},{phone.msisdn}"]
        env = {**self._kept, **self._secrets, "PYTHONPATH": str(PROJECT)}
        self._start("gateway", within(GATEWAY, sys.executable, *words), env)
        self._wait_for("gateway", READY)

    def stop(self, name: str) -> None:
        """End "redial", "gateway" or one of the internet's, as one should."""
        child = self._children.pop(name)
        child.ask_to_stop()
        child.end(within_s=_STOPS_WITHIN_S)

    def close(self) -> None:
        """End everything, the gateway first."""
        for name in reversed(list(self._children)):
            self.stop(name)

    def log(self, name: str) -> str:
        """What a process has said."""
        file = self._folder / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def _start(self, name: str, command: list[str], env: dict[str, str]) -> None:
        with (self._folder / f"{name}.log").open("wb") as output:
            self._children[name] = Child(name=name, command=command, env=env, output=output, folder=self._folder)

    def _wait_for(self, name: str, said: str) -> None:
        give_up_at = time.monotonic() + _STARTS_WITHIN_S
        child = self._children[name]
        while said not in self.log(name):
            if not child.is_running or time.monotonic() > give_up_at:
                how = "it is slow" if child.is_running else child.how_it_ended()
                raise DidNotStart(name=name, how=how, said=self.log(name)[-2000:])
            time.sleep(_RHYTHM_S)

    def _listens(self, address: str, port: str) -> bool:
        words = ["-c", "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1)"]
        return self.run(INTERNET, sys.executable, *words, address, port).returncode == 0

    # What is done on it.

    def run(self, of: str, *command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command in a namespace, of a phone by the phone's name, and wait for its end."""
        return subprocess.run(
            within(of, *command), input=stdin, capture_output=True, text=True, timeout=_COMMAND_WITHIN_S, check=False
        )

    def sandbox(self, method: str, path: str, body: object | None = None) -> Any:
        """Ask the outside world (docs/sandbox.md). Raises SandboxRefused."""
        url = f"http://{plan.REDIAL}:{plan.SANDBOX_PORT}{path}"
        sent = ["--data", json.dumps(body)] if body is not None else []
        done = self.run(REDIAL, "curl", "-sS", "--fail-with-body", "-X", method, *sent, url)
        if done.returncode != 0:
            raise SandboxRefused(what=f"{method} {path}", why=(done.stderr + done.stdout).strip())
        return json.loads(done.stdout)

    def set_line(self, phone: Phone, *, balance_minor: int) -> None:
        """Let the line have this balance; one that owes is suspended."""
        self.sandbox("PUT", f"/lines/{phone.msisdn}", {"balance_minor": balance_minor})

    def wait_until(self, happened: Callable[[], Any], *, what: str) -> None:
        """Wait until `happened()`. Raises DidNotHappen."""
        give_up_at = time.monotonic() + _COMMAND_WITHIN_S
        while not happened():
            if time.monotonic() > give_up_at:
                raise DidNotHappen(what=what)
            time.sleep(_RHYTHM_S)


@contextlib.contextmanager
def bench(*, patience_s: float = 0) -> Iterator[Bench]:
    """A bench with its internet and its Redial, without a gateway yet. Everything is ended and removed afterwards.

    Raises what `gateway.world.world` does, DidNotStart and DidNotHappen.
    """
    with world(patience_s=patience_s) as folder:
        built = Bench(folder=folder)
        try:
            built.start_internet()
            built.start_redial()
            yield built
        finally:
            built.close()
