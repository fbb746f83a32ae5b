"""The recharge guide in w3m, a text browser: what a feature phone makes of a page."""

import html
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.browser.conftest import GATE_SECRET
from tests.city import City
from tests.outside import Phone

COLUMNS = "30"


@dataclass(frozen=True, slots=True)
class TextBrowser:
    """w3m, on a phone whose address the gateway has told. What it posts is in `folder`."""

    command: str
    city: City
    folder: Path

    def see(self, path: str = "/guide") -> str:
        """What w3m shows of a page."""
        return self._run("-dump", f"{self.city.url}{path}")

    def press(self, source: str, button: str) -> str:
        """Press the button of that label on a page; the source of the page that comes."""
        action, inside = next(
            (html.unescape(action), inside)
            for action, inside in re.findall(r'action="([^"]*)">(.*?)</form>', source, re.DOTALL)
            if f">{button}<" in inside
        )
        draft = re.findall(r'name="draft" value="([^"]*)"', inside)[0]
        named = re.findall(rf'<button name="(\w+)" value="([^"]*)"[^>]*>{re.escape(button)}<', inside)
        posted = self.folder / "posted"
        posted.write_text("&".join(f"{name}={quote(value)}" for name, value in [("draft", draft), *named]), "utf-8")
        return self._run("-dump_source", "-post", str(posted), f"{self.city.url}{action}")

    def source(self, path: str = "/guide") -> str:
        """The source of a page."""
        return self._run("-dump_source", f"{self.city.url}{path}")

    def _run(self, *words: str) -> str:
        command = [self.command, "-cols", COLUMNS, "-O", "UTF-8", *words]
        env = {**os.environ, "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=True).stdout


@pytest.fixture
def phone(city: City) -> Phone:
    return city.new_phone(balance_minor=-5000)


@pytest.fixture
def w3m(city: City, phone: Phone, tmp_path: Path) -> Iterator[TextBrowser]:
    found = shutil.which("w3m")
    if found is None and os.environ.get("CI"):
        pytest.fail("There is no w3m: apt-get install w3m")
    if found is None:
        pytest.skip("There is no w3m: apt-get install w3m")
    session = {"address": "127.0.0.1", "msisdn": phone.msisdn}
    city.post(f"/gate/{GATE_SECRET}/sessions", json={**session, "event": "start"})
    yield TextBrowser(found, city, tmp_path)
    city.post(f"/gate/{GATE_SECRET}/sessions", json={**session, "event": "stop"})


def test_a_text_browser_shows_what_is_owed_and_every_amount_on_a_line_of_its_own(
    w3m: TextBrowser, phone: Phone
) -> None:
    lines = [line.strip() for line in w3m.see().splitlines() if line.strip()]
    assert lines[:8] == [
        phone.national,
        "Line suspended. You owe KES",
        "50.00.",
        "How much?",
        "KES 50 (line comes back)",
        "KES 100",
        "KES 250",
        "KES 500",
    ]


def test_a_line_comes_back_by_a_text_browser(w3m: TextBrowser, city: City, phone: Phone) -> None:
    page = w3m.source()
    for button in ("KES 50 (line comes back)", "This number", "Pay"):
        page = w3m.press(page, button)
    watched = re.findall(r"url=([^\"?]*)", page)[0]
    is_back: Callable[[], bool] = lambda: "Your line is back." in " ".join(w3m.see(watched).split())  # noqa: E731
    city.wait_until(is_back, what="the page tells that the line is back")
    assert city.end_of(phone).state == "DONE"
