"""A city without workers, which is all that a call needs: the web, the charging system, PostgreSQL and Redis."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from store.engine import make_engine
from tests.city import City
from tests.dialogues.gateway import AFRICASTALKING, Gateway

LOG_SHOWN = 6000

SETTINGS = {"LINE_READ_DEADLINE_S": "0.5", "USSD_REPEAT_S": "1.0", "ADVANCE_PRESETS_MINOR": "5000,10000,25000"}

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def city() -> Iterator[City]:
    """One for all dialogues of this worker."""
    with (
        tempfile.TemporaryDirectory(prefix="redial-") as folder,
        City(folder=Path(folder), processes=("sandbox", "web"), **SETTINGS) as open_city,
    ):
        yield open_city


@pytest.fixture(scope="session")
def books(city: City) -> Iterator[Engine]:
    """The city's database."""
    engine = make_engine(city.env["DATABASE_URL"])
    yield engine
    engine.dispose()


@pytest.fixture
def gateway(city: City, request: pytest.FixtureRequest) -> Gateway:
    """A phone that nobody has used yet, whose line owes fifty shillings. A parameter names the gateway."""
    gateway = Gateway(city, f"+254712{next(_numbers):06}", name=getattr(request, "param", AFRICASTALKING))
    city.phone(gateway.msisdn).set_line(balance_minor=-5000)
    return gateway


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """Show what the web process wrote when a dialogue fails."""
    report = yield
    city = getattr(item, "funcargs", {}).get("city")
    if report.failed and isinstance(city, City):
        report.sections.append(("web said", city.log("web")[-LOG_SHOWN:]))
    return report
