"""The manual: every example in docs/sandbox.md is run, and answers what is written below it."""

import argparse
import re
import shlex
from pathlib import Path

import requests

from sandbox.faults import OPERATIONS
from sandbox.settings import Settings
from tests.sandbox.conftest import ROOT
from tests.sandbox.driver import Driver
from tests.sandbox.project import PATIENCE_S, Answer, Project

MANUAL = ROOT / "docs" / "sandbox.md"

# What is another each time: moments, ids, receipts, tokens.
_CHANGING = [
    (r"\d{4}-\d\d-\d\dT[\d:.+]+", "<moment>"),
    (r"\d+/\d+/\d+ at \d+:\d\d [AP]M", "<moment>"),
    (r"ws_CO_\d+", "<checkout>"),
    (r"\d{5}-\d{8,9}-1", "<merchant>"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>"),
    (r'"access_token": "[^"]+"', '"access_token": "<token>"'),
    (r'"serial": "\d{10}"', '"serial": "<serial>"'),
    (r"\b[A-Z]{2}[A-Z1-9][A-Z0-9]{7}\b", "<receipt>"),  # Its year, month and day, the first nine of a month by digits.
    (r"\b[0-9a-f]{12,}\b", "<id>"),
]


def examples(text: str) -> list[tuple[str, str]]:
    """The commands of the manual, each with what is written below it."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = example.partition("\n")
            found.append((command, output.strip()))
    return found


def without_what_changes(text: str) -> str:
    """The text with a name in place of everything that is another each time."""
    for pattern, name in _CHANGING:
        text = re.sub(pattern, name, text)
    return text


class Shell:
    """Does what the manual's curl does, with the names that the reader would keep from earlier answers."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._names: dict[str, str] = {}
        self._parser = argparse.ArgumentParser()
        self._parser.add_argument("url")
        for short, name in (("-X", "method"), ("-d", "data"), ("-H", "header"), ("-u", "user"), ("--max-time", "end")):
            self._parser.add_argument(short, dest=name)
        self._parser.add_argument("-s", action="store_true")
        self._parser.add_argument("-sN", dest="stream", action="store_true")

    def run(self, command: str) -> str:
        """What the command prints."""
        for name, value in self._names.items():
            command = command.replace(f"${name}", value)
        program, *words = shlex.split(command)
        assert program == "curl"
        output = self._request(self._parser.parse_args(words))
        for name, pattern in (("TOKEN", r'"access_token": "([^"]+)"'), ("PROMPT", r'^\[\{"id": "([^"]+)"')):
            if found := re.search(pattern, output):
                self._names[name] = found[1]
        return output

    def _request(self, given: argparse.Namespace) -> str:
        data = given.data and given.data.replace("http://localhost:8000", self._driver.project_url)
        response = self._driver.http.request(
            given.method or ("POST" if data else "GET"),
            given.url.replace("localhost:8001", self._driver.url),
            data=data,
            headers=dict([given.header.split(": ", 1)]) if given.header else None,
            auth=tuple(given.user.split(":")) if given.user else None,
            stream=given.stream,
            timeout=PATIENCE_S,
        )
        return _first_events(response) if given.stream else response.text


def _first_events(response: requests.Response) -> str:
    lines: list[str] = []
    with response:
        for line in response.iter_lines(decode_unicode=True):
            lines.append(line)
            if line.startswith("data: ") and lines[-2] == "event: screen":
                break
    return "\n".join(lines)


def test_every_example_answers_what_the_manual_says(driver: Driver, project: Project) -> None:
    driver.post("/reset")
    project.answer("/ussd", Answer("CON Home"))
    # The whole story at the beginning needs all of Redial; the journeys tell it.
    _, _, reference = MANUAL.read_text().partition("\n## The control API\n")
    shell, run = Shell(driver), examples(reference)
    assert len(run) > 25
    for command, output in run:
        seen = shell.run(command)
        assert without_what_changes(seen) == without_what_changes(output), command
        if "/prompts/" in command:
            project.wait_for("/stk/")


def test_the_manual_names_every_address_setting_operation_and_variable() -> None:
    text = MANUAL.read_text()
    addresses = {
        re.sub(r"\{(\w+)\}", r"<\1>", path)
        for source in ("control", "phones")
        for path in re.findall(r'"(/[a-z]+[^"]*)"', Path(ROOT / "sandbox" / f"{source}.py").read_text())
    }
    variables = set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+|CURRENCY)"', (ROOT / "sandbox" / "config.py").read_text()))
    assert len(addresses) >= 8
    assert len(variables) >= 20
    names = addresses | variables | set(OPERATIONS) | set(Settings.model_fields)
    assert {name for name in names if name not in text} == set()


def test_the_manual_names_every_fault() -> None:
    text = MANUAL.read_text()
    assert {kind for kinds in OPERATIONS.values() for kind in kinds if f"`{kind}`" not in text} == set()
