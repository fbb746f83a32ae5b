"""The process: how it starts, how it stops, and what a second start finds."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.__main__ import main
from sandbox.store import Store, UnableToOpenStore
from tests.sandbox.conftest import PLAIN, QUICK, ROOT, Process
from tests.sandbox.driver import PAYER, SUBSCRIBER, Driver
from tests.sandbox.project import PATIENCE_S, Answer, Project
from tests.sandbox.test_events import watch


def start_in_vain(directory: Path, **environment: str) -> tuple[int, str]:
    """Start a sandbox that cannot start; its exit code and what it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox"],
        cwd=ROOT,
        env=PLAIN | {"SANDBOX_DIR": str(directory), "SANDBOX_PORT": "0"} | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return ended.returncode, ended.stderr


class Town:
    """A sandbox of the test's own, which is started, driven, killed, and started again with the same books."""

    def __init__(self, directory: Path, project: Project) -> None:
        self._directory = directory
        self._project = project
        self.process, self.driver = self.start()
        self.driver.put("/settings", QUICK)

    def start(self) -> tuple[Process, Driver]:
        """Start it."""
        self.process = Process(self._directory, REDIAL_URL=self._project.url)
        self.driver = Driver(self.process.url, project_url=self._project.url)
        return self.process, self.driver

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Stop it; its exit code."""
        self.driver.close()
        return self.process.stop(with_signal)

    def kill_and_start_again(self) -> Driver:
        """Kill it as nothing can survive, and start it again."""
        assert self.stop(signal.SIGKILL) == -signal.SIGKILL
        return self.start()[1]


@pytest.fixture
def town(tmp_path: Path, project: Project) -> Iterator[Town]:
    """A sandbox of the test's own. It must end cleanly, unless the test has ended it."""
    town = Town(tmp_path, project)
    yield town
    assert not town.process.runs or town.stop() == 0
    assert "Traceback" not in town.process.log


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly_whatever_is_under_way(
    town: Town, project: Project, with_signal: signal.Signals
) -> None:
    driver = town.driver
    driver.put("/settings", prompt_answer="by_hand")
    driver.push()
    driver.faults("ucip.read", {"kind": "timeout_before_effect", "seconds": 3600})
    with ThreadPoolExecutor(1) as pool, watch(town.process.url, PAYER) as stream:
        waiting = pool.submit(driver.ucip, "GetBalanceAndDate")
        with closing(Driver(town.process.url, project_url=project.url)) as other:
            other.wait_for(lambda: other.applied("ucip.read"))
        assert town.stop(with_signal) == 0
        assert stream.ends()
        assert isinstance(waiting.exception(PATIENCE_S), requests.ConnectionError)


def test_a_taken_port_is_one_clear_sentence(town: Town, tmp_path: Path) -> None:
    port = str(urlsplit(town.process.url).port)
    code, said = start_in_vain(tmp_path / "other", SANDBOX_PORT=port)
    assert (code, said) == (1, f"sandbox: Port {port} on 127.0.0.1 is taken: set SANDBOX_PORT to a free one.\n")


@pytest.mark.usefixtures("town")
def test_books_that_are_in_use_are_one_clear_sentence(tmp_path: Path) -> None:
    code, said = start_in_vain(tmp_path)
    assert (code, said.count("\n")) == (1, 1)
    assert "is in use by another sandbox: set SANDBOX_DIR to another directory." in said


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"SANDBOX_HOST": "203.0.113.1"}, "Nothing can listen on 203.0.113.1"),
        ({"SANDBOX_PORT": "web"}, "SANDBOX_PORT is 'web'"),
        ({"SHORT_CODES": "384"}, "SHORT_CODES is '384'"),
        ({"SANDBOX_DIR": "/dev/null/here"}, "/dev/null/here/world.sqlite3 cannot be kept"),
    ],
)
def test_what_cannot_be_is_one_clear_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    environment: dict[str, str],
    words: str,
) -> None:
    for name, value in ({"SANDBOX_DIR": str(tmp_path), "SANDBOX_PORT": "0"} | environment).items():
        monkeypatch.setenv(name, value)
    assert main() == 1
    (said,) = caplog.messages
    assert words in said
    assert "\n" not in said


def test_a_file_that_is_no_database_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "world.sqlite3").write_bytes(b"no database at all")
    with pytest.raises(UnableToOpenStore, match="file is not a database"):
        Store(tmp_path / "world.sqlite3")


def test_a_second_start_finds_everything_that_was_answered_before_a_kill(town: Town, project: Project) -> None:
    driver = town.driver
    driver.put(f"/lines/{SUBSCRIBER}", state="suspended", balance_minor=-5000)
    driver.put("/vouchers/12345678", amount_minor=5000)
    driver.put(f"/phones/{PAYER}", prompt_answer="pin")
    driver.refill("100")
    driver.push()
    project.wait_for("/stk/")
    paths = ("/books", f"/lines/{SUBSCRIBER}", "/vouchers/12345678", f"/phones/{PAYER}", "/settings", "/phones")
    before = [driver.get(path) for path in paths]
    again = town.kill_and_start_again()
    assert [again.get(path) for path in paths] == before


def test_a_second_start_shows_the_prompt_again(town: Town, project: Project) -> None:
    town.driver.put("/settings", prompt_answer="by_hand")
    town.driver.push()
    (prompt,) = town.driver.get(f"/phones/{PAYER}/prompts")
    again = town.kill_and_start_again()
    assert again.get(f"/phones/{PAYER}/prompts") == [prompt]
    again.post(f"/phones/{PAYER}/prompts/{prompt['id']}", answer="pin")
    project.wait_for("/stk/")
    assert len(again.book("charges")) == 1


def test_a_second_start_ends_what_no_phone_shows(town: Town, project: Project) -> None:
    town.driver.put("/settings", prompt_answer_after_s=3600)
    town.driver.faults("daraja.stk", {"kind": "result_code", "code": 0})
    checkout = town.driver.push().json()["CheckoutRequestID"]
    again = town.kill_and_start_again()
    assert project.wait_for("/stk/")[0].json["Body"]["stkCallback"]["ResultCode"] == 1019
    assert again.query(checkout).json()["ResultCode"] == "1019"


def test_a_second_start_goes_on_with_airtime_that_was_validated(town: Town, project: Project) -> None:
    town.driver.put("/settings", airtime_after_s=0.5)
    town.driver.send_airtime()
    again = town.kill_and_start_again()
    assert project.wait_for("/airtime/status")[0].form["status"] == "Success"
    assert len(again.book("airtime")) == 1


def test_a_second_start_gives_up_airtime_that_was_not_validated(town: Town, project: Project) -> None:
    question = Answer('{"status": "Validated"}', hold_s=PATIENCE_S)
    project.answer("/airtime/validation", question)
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(town.driver.send_airtime)
        project.wait_for("/airtime/validation")
        again = town.kill_and_start_again()
        question.release.set()
        assert isinstance(sending.exception(PATIENCE_S), requests.ConnectionError)
    assert project.wait_for("/airtime/status")[0].form["status"] == "Failed"
    assert again.book("airtime") == []
