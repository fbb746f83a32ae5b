"""Reminding of a call that dropped: one SMS, and only to who did not go on, end it or hear of it a moment ago."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from sqlalchemy import Engine, select

from store import subscribers
from store.tables import messages
from store.unfinished import DUE, UnfinishedCalls
from tests.unit.books import place_in
from tests.unit.desks import CHANNEL, SEAL, FakeDesk, Handset
from tests.unit.houses import Town
from tests.unit.orders import OWNER
from topup.ids import mint_order_id
from ussd.engine import Engine as MenuEngine
from ussd.menu import menu
from ussd.session import Lifetimes, Sessions
from workers.remind import remind_next


@pytest.fixture
def town(engine: Engine) -> Town:
    return Town(engine)


@pytest.fixture
def calls(client: redis.Redis) -> UnfinishedCalls:
    return UnfinishedCalls(client)


def a_phone(client: redis.Redis, *, remind_s: int | None = 0) -> Handset:
    sessions = Sessions(client, lifetimes=Lifetimes(remind_s=remind_s), seal=SEAL)
    return Handset(MenuEngine(menu, sessions=sessions, desk=FakeDesk(), hops_a_minute=1000))


@pytest.fixture
def phone(client: redis.Redis) -> Handset:
    """A phone at an installation that reminds at once."""
    return a_phone(client)


def written(town: Town) -> list[str]:
    with town.engine.connect() as connection:
        return list(connection.scalars(select(messages.c.text).where(messages.c.msisdn == OWNER)))


def test_who_drops_at_the_confirming_screen_is_reminded_once(
    town: Town, calls: UnfinishedCalls, phone: Handset
) -> None:
    phone.dial("100*0711000002")
    assert [remind_next(town.house, calls) for _ in range(2)] == ["reminded", None]
    assert written(town) == ["Your call ended. Reply 1 to go on with KES 100 for 0711000001, paid by 0711000002."]


@pytest.mark.parametrize("keys", ["", "1", "1*5", "2", "1*2*2", "1*2*3", "1*2*3*0711000002", "6*3*1*1*1*3"])
def test_who_drops_where_something_is_still_to_be_said_is_not(
    town: Town, calls: UnfinishedCalls, phone: Handset, keys: str
) -> None:
    phone.dial(keys)
    assert remind_next(town.house, calls) is None
    assert written(town) == []


def test_who_has_not_chosen_the_payer_is_reminded_of_paying_by_themselves(
    town: Town, calls: UnfinishedCalls, phone: Handset
) -> None:
    phone.dial("1*2")
    remind_next(town.house, calls)
    assert written(town)[0].endswith("for 0711000001, paid by 0711000001.")


@pytest.mark.parametrize("keys", ["1", "00", "3", "2"])
def test_who_pays_or_turns_away_is_not_reminded(town: Town, calls: UnfinishedCalls, phone: Handset, keys: str) -> None:
    phone.dial("100")
    phone.key(keys)
    assert remind_next(town.house, calls) is None


def test_a_key_puts_the_reminder_off(town: Town, calls: UnfinishedCalls, client: redis.Redis) -> None:
    phone = a_phone(client, remind_s=60)
    phone.dial("100")
    client.zadd(DUE, {OWNER: 1})  # A minute has passed.
    phone.key("x")
    assert remind_next(town.house, calls) is None
    client.zadd(DUE, {OWNER: 1})
    assert phone.dial().screen == "resume"
    assert remind_next(town.house, calls) is None


def test_an_installation_that_does_not_want_it_reminds_nobody(
    town: Town, calls: UnfinishedCalls, client: redis.Redis
) -> None:
    a_phone(client, remind_s=None).dial("100")
    assert remind_next(town.house, calls) is None
    assert not list(client.scan_iter("unfinished:*"))


def test_two_clocks_remind_once(town: Town, calls: UnfinishedCalls, phone: Handset) -> None:
    phone.dial("100")
    ready = threading.Barrier(4)

    def remind(_: int) -> str | None:
        ready.wait()
        return remind_next(town.house, calls)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(map(str, threads.map(remind, range(4)))) == ["None"] * 3 + ["reminded"]
    assert len(written(town)) == 1


def test_nobody_is_reminded_twice_within_an_hour(town: Town, calls: UnfinishedCalls, phone: Handset) -> None:
    verdicts = []
    for minutes in (0, 59, 2):
        town.clock.turn(minutes=minutes)
        phone.dial("100")
        verdicts.append(remind_next(town.house, calls))
    assert verdicts == ["reminded", "reminded a moment ago", "reminded"]


def test_who_said_stop_is_not_reminded(town: Town, calls: UnfinishedCalls, phone: Handset) -> None:
    with town.engine.begin() as connection:
        subscribers.stop(connection, OWNER, now=town.clock())
    phone.dial("100")
    assert remind_next(town.house, calls) == "wants no messages"


def test_what_was_ordered_after_all_is_not_reminded_of(town: Town, calls: UnfinishedCalls, phone: Handset) -> None:
    """Pay was pressed, and Redis forgot the call's end."""
    phone.dial("100")
    call = {"channel": CHANNEL, "conversation": phone.conversation, "asked_by": OWNER}
    order_id = mint_order_id(secret=town.house.shop.order_secret, **call)
    place_in(town.engine, id=order_id)
    assert remind_next(town.house, calls) == "ordered already"


def test_the_gateways_word_that_the_call_is_over_hastens_its_reminder_and_no_other(
    calls: UnfinishedCalls, client: redis.Redis
) -> None:
    phone = a_phone(client, remind_s=60)
    phone.dial("100")
    due = client.zscore(DUE, OWNER)
    calls.hasten(OWNER, conversation="another")
    assert client.zscore(DUE, OWNER) == due
    calls.hasten(OWNER, conversation=phone.conversation)
    sooner = client.zscore(DUE, OWNER)
    assert isinstance(due, float)
    assert isinstance(sooner, float)
    assert sooner < due
    phone.key("00")
    calls.hasten(OWNER, conversation=phone.conversation)
    assert client.zcard(DUE) == 0
