"""The language of somebody whose call could not begin, or broke: known within a moment, or English."""

from dataclasses import replace
from threading import Event

import pytest
import redis

from tests.unit.desks import SEAL, FakeDesk
from tests.unit.test_session import FRESH, WHO
from topup.caller import Caller
from ussd.languages import Languages
from ussd.session import Lifetimes, Sessions


class BrokenDesk(FakeDesk):
    """The database is away."""

    def caller(self, msisdn: str) -> Caller:
        raise ConnectionError(msisdn)


class SlowDesk(FakeDesk):
    """The database hangs until it is let go."""

    go = Event()

    def caller(self, msisdn: str) -> Caller:
        self.asked.append("caller")
        self.go.wait(30)
        return Caller("sw")


def test_the_language_of_the_call_comes_first(client: redis.Redis) -> None:
    sessions = Sessions(client, lifetimes=Lifetimes(), seal=SEAL)
    sessions.save(replace(FRESH, language="sw"), **WHO, raw=b"", line_is_new=False)
    assert Languages(sessions=sessions, desk=BrokenDesk()).of(**WHO) == "sw"


@pytest.mark.parametrize(("chosen", "spoken"), [("sw", "sw"), ("en", "en"), (None, "en"), ("xx", "en")])
def test_else_the_language_that_the_number_chose(client: redis.Redis, chosen: str | None, spoken: str) -> None:
    sessions = Sessions(client, lifetimes=Lifetimes(), seal=SEAL)
    assert Languages(sessions=sessions, desk=FakeDesk(known=Caller(chosen))).of(**WHO) == spoken


def test_redis_may_be_away() -> None:
    sessions = Sessions(redis.Redis(port=1), lifetimes=Lifetimes(), seal=SEAL)
    assert Languages(sessions=sessions, desk=FakeDesk(known=Caller("sw"))).of(**WHO) == "sw"


def test_everything_may_be_away() -> None:
    sessions = Sessions(redis.Redis(port=1), lifetimes=Lifetimes(), seal=SEAL)
    assert Languages(sessions=sessions, desk=BrokenDesk()).of(**WHO) == "en"


def test_nobody_waits_for_a_database_that_hangs(client: redis.Redis) -> None:
    desk = SlowDesk()
    languages = Languages(sessions=Sessions(client, lifetimes=Lifetimes(), seal=SEAL), desk=desk, deadline_s=0.01)
    spoken = [languages.of(**WHO) for _ in range(9)]
    asked = len(desk.asked)
    desk.go.set()
    assert spoken == ["en"] * 9
    assert asked <= 4, "what hangs must not hold more and more threads"
