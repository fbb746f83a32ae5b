"""The city that the journeys go through: one for each pytest-xdist worker, healed before every journey."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.city import PROJECT, City
from tests.outside import Phone

# A Kenyan mobile number, however it is written; not ten digits that chance has put into a hexadecimal name.
_WHOLE_NUMBER = re.compile(r"(?<![0-9a-f])(?:\+?254|0)7\d{8}(?![0-9a-f])")

_LOG_SHOWN = 6000


@pytest.fixture(scope="session")
def shared_city() -> Iterator[City]:
    """A city that credits through the charging system."""
    with tempfile.TemporaryDirectory(prefix="redial-") as folder, City(folder=Path(folder)) as city:
        yield city


@pytest.fixture
def city(shared_city: City) -> Iterator[City]:
    """The city, whole and with nothing going wrong; afterwards what must always hold is seen to hold."""
    yield from a_journey_through(shared_city)


def a_journey_through(city: City) -> Iterator[City]:
    """Let one test have the city."""
    city.heal()
    yield city
    assert city.findings() == []
    said = {name: city.log(name) for name in city.processes if name != "sandbox"}
    assert not {name for name, words in said.items() if _WHOLE_NUMBER.search(words)}, "a log has a whole number"


def flask(city: City, *words: str, database_url: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run one of Redial's commands against the city, or against another database of its server."""
    env = {**city.env, "DATABASE_URL": database_url or city.env["DATABASE_URL"], "PROMETHEUS_MULTIPROC_DIR": ""}
    env.pop("PROMETHEUS_MULTIPROC_DIR")
    command = [sys.executable, "-m", "flask", "--app", "app", *words]
    return subprocess.run(command, env=env, cwd=PROJECT, capture_output=True, text=True, check=False)


@pytest.fixture
def phone(city: City) -> Phone:
    """A line that was suspended because it owes 50 shillings; a thousand are in its wallet."""
    return city.new_phone(balance_minor=-5000)


@pytest.fixture
def friend(city: City) -> Phone:
    """Somebody with a thousand shillings of mobile money."""
    return city.new_phone()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """Show what the processes wrote when a journey fails."""
    report = yield
    city = getattr(item, "funcargs", {}).get("city")
    if report.failed and isinstance(city, City):
        report.sections += [(f"{name} said", city.log(name)[-_LOG_SHOWN:]) for name in city.processes]
    return report
