"""A sandbox process and a stand-in for the project: one pair for each worker, made as new for each test."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.sandbox.driver import Driver
from tests.sandbox.project import PATIENCE_S, Answer, Project

VALIDATED = Answer('{"status": "Validated"}')
ROOT = Path(__file__).resolve().parents[2]

# Nothing of the settings of whoever runs the tests.
PLAIN = {"PATH": os.environ["PATH"]}

# Everybody is quick, so that a test is.
QUICK = {
    "prompt_answer_after_s": 0.05,
    "callback_after_s": 0.02,
    "reversal_after_s": 0.02,
    "delivery_report_after_s": 0.04,
    "airtime_after_s": 0.04,
}


class Process:
    """A sandbox in a process of its own, on a free port."""

    def __init__(self, directory: Path, **environment: str) -> None:
        given = {"SANDBOX_DIR": str(directory), "SANDBOX_PORT": "0", "SHORT_CODES": "*384*55#,*384*56#"}
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "sandbox"],
            cwd=ROOT,
            env=PLAIN | given | environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._log: list[str] = []
        self.url = self._read_address()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    @property
    def log(self) -> str:
        """What it wrote to its log."""
        return "".join(self._log)

    @property
    def runs(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Stop it; its exit code."""
        self._process.send_signal(with_signal)
        code = self._process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        assert self._process.stderr is not None
        self._process.stderr.close()
        return code

    def _read_address(self) -> str:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._log.append(line)
            if found := re.search(r"http://\S+", line):
                return found[0]
        raise AssertionError(f"the sandbox did not start: {self.log}")

    def _read_log(self) -> None:
        assert self._process.stderr is not None
        self._log.extend(self._process.stderr)


@pytest.fixture(scope="session")
def project_server() -> Iterator[Project]:
    """The project's stand-in, for the whole run."""
    project = Project()
    project.start()
    yield project
    project.stop()


@pytest.fixture(scope="session")
def sandbox_server(project_server: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A sandbox, for the whole run. It must end cleanly and never have failed."""
    process = Process(tmp_path_factory.mktemp("sandbox"), REDIAL_URL=project_server.url)
    yield process
    assert process.stop() == 0
    assert "Traceback" not in process.log, process.log


@pytest.fixture
def project(project_server: Project) -> Iterator[Project]:
    """The project's stand-in, with nothing posted to it."""
    project_server.settle()
    project_server.forget()
    project_server.answer("/airtime/validation", VALIDATED)
    yield project_server
    project_server.forget()


@pytest.fixture
def driver(sandbox_server: Process, project: Project) -> Iterator[Driver]:
    """A sandbox as new, where everybody is quick. What was still to come is forgotten with the test."""
    with closing(Driver(sandbox_server.url, project_url=project.url)) as driver:
        driver.post("/reset")
        driver.put("/settings", QUICK)
        yield driver
        driver.post("/reset")
