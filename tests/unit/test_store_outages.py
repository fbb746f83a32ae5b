"""What does not answer just now, in a real Redis."""

import pytest
import redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.retry import Retry

from store.outages import DOWN, Outages


def test_nothing_is_down_until_somebody_says_so(client: redis.Redis) -> None:
    assert Outages(client).down() == frozenset()


def test_what_is_down_stands_until_it_is_well_again(client: redis.Redis) -> None:
    outages = Outages(client)
    outages.note("daraja", True)
    outages.note("airtel_money", True)
    outages.note("daraja", False)
    assert outages.down() == {"airtel_money"}


def test_what_nobody_renews_fades_by_itself(client: redis.Redis) -> None:
    Outages(client, fades_after_s=-1).note("daraja", True)
    assert client.zcard(DOWN) == 1
    assert Outages(client).down() == frozenset()


def test_whoever_has_no_redis_knows_of_no_outage_and_does_not_fail() -> None:
    away = redis.Redis(port=1, socket_connect_timeout=0.1, retry=Retry(NoBackoff(), 0))
    outages = Outages(away)
    with pytest.raises(NoConnection):
        away.ping()
    outages.note("daraja", True)
    outages.note("daraja", False)
    assert outages.down() == frozenset()
