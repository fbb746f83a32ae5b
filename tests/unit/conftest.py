"""Real, migrated, empty databases, a real Redis, and a phone at a desk that is none."""

from collections.abc import Callable, Iterator

import pytest
import redis
from sqlalchemy import Engine

from runtime.services import Services
from store.engine import make_engine
from tests.unit.desks import OWES_50, FakeDesk, Handset, an_engine
from tests.unit.guides import Browser, Open, a_guide, new_msisdn
from topup.line import Line


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


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """An empty Redis."""
    with redis.Redis.from_url(redis_url) as made:
        yield made


@pytest.fixture
def desk() -> FakeDesk:
    """A desk that remembers what was asked of it."""
    return FakeDesk()


@pytest.fixture
def phone(client: redis.Redis, desk: FakeDesk) -> Handset:
    """A phone that walks the real menu, at that desk."""
    return Handset(an_engine(client, desk))


@pytest.fixture
def msisdn() -> str:
    """A number that nobody has yet."""
    return new_msisdn()


@pytest.fixture
def opened(shared_engine: Engine, client: redis.Redis, msisdn: str) -> Open:
    """Opens browsers at the recharge guide, of a line that owes KES 50 unless another is given."""

    def a_browser(line: Line = OWES_50, **how: str) -> Browser:
        return Browser(a_guide(shared_engine, client, line), **{"msisdn": msisdn, **how})

    return a_browser
