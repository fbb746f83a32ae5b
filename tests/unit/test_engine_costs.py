"""What a hop costs: round trips to Redis, and statements to PostgreSQL, counted on the real desk."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import Engine as Database
from sqlalchemy import event

from store.desk import Desk
from tests.unit.books import order_in
from tests.unit.desks import OWES_50, SEAL, Handset
from tests.unit.lending import LENDING
from tests.unit.shops import LineOf, a_shop
from topup.clock import utc_now
from topup.life import State
from topup.schedule import Timing
from ussd.engine import Engine
from ussd.menu import menu
from ussd.session import Lifetimes, Sessions


@dataclass
class Bill:
    """What was spent since it was last asked for."""

    sent_to_redis: list[bytes] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)

    def since(self) -> tuple[int, int]:
        """(round trips to Redis, SQL statements), and begin anew."""
        spent = len(self.sent_to_redis), len(self.statements)
        self.sent_to_redis.clear()
        self.statements.clear()
        return spent


@pytest.fixture
def bill() -> Bill:
    return Bill()


@pytest.fixture
def client(redis_url: str, bill: Bill) -> Iterator[redis.Redis]:
    """A Redis of which every packet that is sent is counted, pipelines and all."""
    with redis.Redis.from_url(redis_url) as made:
        ordinary = made.connection_pool.connection_class

        class Counted(ordinary):  # type: ignore[valid-type,misc]
            def send_packed_command(self, command: Any, check_health: bool = True) -> None:
                bill.sent_to_redis.append(b"".join(command) if isinstance(command, list) else command)
                super().send_packed_command(command, check_health)

        made.connection_pool.connection_class = Counted
        yield made


@pytest.fixture
def phone(engine: Database, client: redis.Redis, bill: Bill) -> Handset:
    """A phone at the real desk, after a first call of somebody else's: connections and scripts are there."""
    return a_phone(engine, client, bill)


@pytest.fixture
def lending_phone(engine: Database, client: redis.Redis, bill: Bill) -> Handset:
    """The same where advances are offered."""
    return a_phone(engine, client, bill, lending=LENDING)


def a_phone(engine: Database, client: redis.Redis, bill: Bill, **shop: Any) -> Handset:
    @event.listens_for(engine, "before_cursor_execute")
    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        bill.statements.append(statement)

    desk = Desk(
        engine, shop=a_shop(again_within=timedelta(0), **shop), lines=LineOf(OWES_50), timing=Timing(), clock=utc_now
    )
    sessions = Sessions(client, lifetimes=Lifetimes(), seal=SEAL)
    made = Engine(menu, sessions=sessions, desk=desk, hops_a_minute=1000)
    Handset(made, msisdn="+254711999999").dial()
    bill.since()
    return Handset(made)


def test_a_dial_asks_the_database_once_and_redis_twice(phone: Handset, bill: Bill) -> None:
    phone.dial()
    assert bill.since() == (2, 1)


@pytest.mark.parametrize(
    "keys",
    ["1", "1*2", "1*5", "1*5*75", "1*2*2", "1*2*2*0711000002", "1*2*1", "2", "3", "4", "5", "6*3*1*1*1*3", "6*3*2"],
)
def test_a_hop_that_places_nothing_asks_redis_twice_and_the_database_never(
    phone: Handset, bill: Bill, keys: str
) -> None:
    phone.dial()
    bill.since()
    for key in keys.split("*"):
        phone.key(key)
        assert bill.since() == (2, 0), key


def test_a_dial_that_finds_something_on_its_way_or_missed_asks_the_database_no_oftener(
    phone: Handset, bill: Bill, engine: Database
) -> None:
    order_in(engine, State.UNPAID, now=utc_now())
    order_in(engine, State.CHARGING, now=utc_now())
    bill.since()
    assert phone.dial().screen == "under_way"
    assert bill.since() == (2, 1)
    assert "not paid." in phone.key("2").text
    assert bill.since() == (2, 0)


@pytest.mark.parametrize("keys", ["6*5", "6*5*1", "1", "1*2*1"])
def test_where_advances_are_offered_a_dial_still_reads_once_and_a_hop_never(
    lending_phone: Handset, bill: Bill, keys: str
) -> None:
    lending_phone.dial()
    assert bill.since() == (2, 1)
    for key in keys.split("*"):
        lending_phone.key(key)
        assert bill.since() == (2, 0), key


def test_a_wrong_key_and_a_page_turned_back_cost_no_more(phone: Handset, bill: Bill) -> None:
    phone.dial("1*2")
    bill.since()
    for key in ("x", "9", "0", "00", "98"):
        phone.key(key)
        assert bill.since() == (2, 0), key


def test_a_hop_that_comes_again_is_answered_from_one_read(phone: Handset, bill: Bill) -> None:
    phone.dial()
    phone.key("1", "2")
    bill.since()
    phone.send()
    assert bill.since() == (1, 0)


def test_a_call_that_is_played_asks_the_database_once(phone: Handset, bill: Bill) -> None:
    phone.dial("1*2")
    assert bill.since() == (2, 1)


def test_placing_is_one_hop_like_another_for_redis(phone: Handset, bill: Bill) -> None:
    phone.dial("100")
    bill.since()
    assert phone.key("1").screen == "placed"
    round_trips, statements = bill.since()
    assert round_trips == 2
    assert statements > 0


def test_the_busiest_session_takes_less_than_500_bytes(phone: Handset, client: redis.Redis) -> None:
    for amount in ("100", "250", "500"):
        phone.dial(amount)
        phone.key("1")
    phone.dial()
    phone.key("2", "1", "5", "2500", "2", "0711000002")
    sessions = list(client.scan_iter("ussd:ussd:*"))
    assert sessions
    assert max(client.strlen(key) for key in sessions) < 500
