"""A town for each module of these tests, whose ledger is checked as a whole when they are through."""

import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from runtime.services import Services
from store import ledger
from tests.safety.town import Town


@pytest.fixture(scope="module", autouse=True)
def silence() -> Iterator[None]:
    """Thousands of deaths would fill the log."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def town(new_database: Callable[[], str], services: Services) -> Iterator[Town]:
    """A town with nobody in it."""
    url = new_database()
    town = Town(url)
    yield town
    with town.outside.connect() as connection:
        wrong = [(town.stories.get(fault.order_id), fault) for fault in ledger.check(connection)]
    town.close()
    services.drop_database(name=services.name_of(url))
    assert wrong == []
