"""A headless Chromium, and a city to telephone in.

Chromium is Debian's. Without one the tests are skipped, but for CI (the variable CI is set), where they fail.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, Playwright, expect, sync_playwright

from tests.browser.handset import Complaints, Handset
from tests.city import City

# A loaded machine is slow; nothing here measures how quick it is.
PATIENCE_MS = 30_000

# We are the packet gateway, and say who calls: by a header, or by the address of the one phone that has one.
GATE_SECRET = "gate-secret-of-the-tests"
GATEWAY = {
    "GATE_SECRET": GATE_SECRET,
    "GUIDE_GATEWAY_ADDRESSES": "127.0.0.1/32",
    "GUIDE_PHONE_ADDRESSES": "127.0.0.1/32",
    "GUIDE_PAGES_A_MINUTE": "1000",
}

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and os.environ.get("CI"):
        pytest.fail("There is no chromium: apt-get install chromium")
    if found is None:
        pytest.skip("There is no chromium: apt-get install chromium")
    return found


# pytest-playwright keeps its Playwright, and with it a running event loop, until the end of the session: whatever calls
# asyncio.run() in the same thread later would fail. These stop with the module instead.


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright, until the tests of this file are done."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser_type(playwright: Playwright) -> BrowserType:
    """Chromium alone: the machine has no other browser."""
    return playwright.chromium


@pytest.fixture(scope="module")
def browser(chromium: str, browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """Debian's Chromium."""
    launched = browser_type.launch(**{**browser_type_launch_args, "executable_path": chromium, "args": QUIET})
    yield launched
    launched.close()


@pytest.fixture(scope="module")
def browser_context_args() -> dict[str, Any]:
    """A wide window, in the operator's zone."""
    return {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "timezone_id": "Africa/Nairobi"}


@pytest.fixture
def complaints() -> Complaints:
    """What the page complains of. Nothing may be left of it when the test is over."""
    return Complaints()


@pytest.fixture
def page(context: BrowserContext, complaints: Complaints) -> Iterator[Page]:
    """A page whose errors, and whose breaches of its Content-Security-Policy, fail the test."""
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    opened = context.new_page()
    complaints.listen_to(opened)
    yield opened
    assert complaints.heard == []


@pytest.fixture(scope="session")
def shared_city() -> Iterator[City]:
    """Redial with its workers and the sandbox; one for each pytest-xdist worker."""
    with tempfile.TemporaryDirectory(prefix="redial-") as folder, City(folder=Path(folder), **GATEWAY) as city:
        yield city


@pytest.fixture
def city(shared_city: City) -> City:
    """The city, whole and with nothing going wrong."""
    shared_city.heal()
    return shared_city


@pytest.fixture
def handset(page: Page, city: City) -> Handset:
    """The phone page, opened, with the first of the ready people holding the phone."""
    opened = Handset(page, url=f"{city.url}/phone")
    opened.open()
    return opened
