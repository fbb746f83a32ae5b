"""The real PostgreSQL and Redis that tests run on. Each pytest-xdist worker has its own pair, up in half a second."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine

from runtime.services import Services
from store.schema import upgrade

TEMPLATE = "template_of_tests"

# How long an example takes says something of the machine and nothing of Redial.
settings.register_profile(
    "redial", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("redial")


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """A PostgreSQL and a Redis of this worker's own, thrown away at the end."""
    with tempfile.TemporaryDirectory(prefix="redial-") as folder, Services(folder=Path(folder)) as running:
        yield running


@pytest.fixture(scope="session")
def new_database(services: Services) -> Callable[[], str]:
    """Makes a database with Redial's tables and nothing in them, and gives its URL. A copy takes some 30 ms."""
    engine = create_engine(services.create_database(name=TEMPLATE))
    upgrade(engine)
    engine.dispose()
    numbers = itertools.count(1)
    return lambda: services.create_database(name=f"copy_{next(numbers)}", template=TEMPLATE)


@pytest.fixture
def database_url(new_database: Callable[[], str], services: Services) -> Iterator[str]:
    """A migrated, empty database of this test's own."""
    url = new_database()
    yield url
    services.drop_database(name=services.name_of(url))


@pytest.fixture
def empty_database_url(services: Services) -> Iterator[str]:
    """A database of this test's own without any table, for the tests of migrations."""
    name = "without_tables"
    yield services.create_database(name=name)
    services.drop_database(name=name)


@pytest.fixture
def redis_url(services: Services) -> str:
    """This worker's Redis, empty. FLUSHALL harms nobody else."""
    with redis.Redis.from_url(services.redis_url) as client:
        client.flushall()
    return services.redis_url
