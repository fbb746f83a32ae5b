"""Engines on real, migrated, empty databases."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from runtime.services import Services
from store.engine import make_engine


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database of this test's own."""
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def shared_engine(new_database: Callable[[], str], services: Services) -> Iterator[Engine]:
    """A database of this module's own, for tests that do not mind each other's orders."""
    url = new_database()
    made = make_engine(url)
    yield made
    made.dispose()
    services.drop_database(name=services.name_of(url))
