"""Scripts on connections of their own: what was lost on the way to Redis is left to redis-py."""

import threading
import time
from collections.abc import Iterator

import pytest
import redis

from ussd.scripts import Script, Scripts

ADD = "return redis.call('INCRBY', KEYS[1], ARGV[1])"


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as made:
        yield made


@pytest.fixture
def add(client: redis.Redis) -> Script:
    """A script that has run once, so that this thread has its connection."""
    script = Scripts(client).register(ADD)
    script(keys=["sum"], args=[1])
    return script


def connections(client: redis.Redis) -> set[str]:
    """The connections that Redis has now, by their ids."""
    return {found["id"] for found in client.client_list()}


def test_a_thread_keeps_one_connection_for_all_its_scripts(client: redis.Redis) -> None:
    scripts = Scripts(client)
    add, read = scripts.register(ADD), scripts.register("return redis.call('GET', KEYS[1])")
    add(keys=["sum"], args=[1])
    before = connections(client)
    assert [add(keys=["sum"], args=[2]), read(keys=["sum"], args=[])] == [3, b"3"]
    assert connections(client) <= before


def test_another_thread_has_another_connection_and_takes_it_along_when_it_ends(
    client: redis.Redis, add: Script
) -> None:
    before, seen = connections(client), set[str]()

    def call() -> None:
        assert add(keys=["sum"], args=[1]) == 2
        seen.update(connections(client) - before)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert len(seen) == 1
    give_up_at = time.monotonic() + 30
    while seen & connections(client) and time.monotonic() < give_up_at:
        time.sleep(0.01)  # Redis sees in its own time that a connection was closed.
    assert not seen & connections(client)


def test_a_connection_that_was_ended_is_made_anew(client: redis.Redis, add: Script) -> None:
    client.client_kill_filter(_type="normal", skipme=True)
    assert [add(keys=["sum"], args=[1]), add(keys=["sum"], args=[1])] == [2, 3]


def test_a_redis_that_has_forgotten_its_scripts_is_told_them_again(client: redis.Redis, add: Script) -> None:
    client.script_flush()
    assert add(keys=["sum"], args=[1]) == 2


def test_what_the_script_refuses_is_said_and_not_tried_again(client: redis.Redis, add: Script) -> None:
    with pytest.raises(redis.ResponseError, match="not an integer"):
        add(keys=["sum"], args=["many"])
    assert add(keys=["sum"], args=[1]) == 2
