"""The engine behind gateways that tell the last entry alone, on a real Redis: copies, races, and what is forgotten."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import redis

from tests.unit.desks import FakeDesk, an_engine
from tests.unit.orders import OWNER, PAYER, kes
from topup.caller import Caller
from ussd.engine import Engine, Hop, Reply
from ussd.told import Numbered, Told, Unnumbered
from words.width import Width

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NARROW = Width(septets=100, ucs2=50)
LOST = "We lost your place. Please choose again.\n"


class Handset:
    """A phone behind a gateway that tells the last entry alone, numbered or not; a key is pressed every ten seconds."""

    def __init__(self, engine: Engine, *, numbered: bool, width: Width | None = None) -> None:
        self.engine = engine
        self.numbered = numbered
        self.width = width or Width()
        self.hops: list[str] = []
        self.conversation = f"{OWNER}-{'numbered' if numbered else 'unnumbered'}"

    def dial(self, behind: str = "") -> Reply:
        self.hops = [behind]
        return self.send()

    def key(self, *typed: str) -> Reply:
        for keys in typed:
            self.hops.append(keys)
            reply = self.send()
        return reply

    def told(self, hop: int, *, late_s: float = 0) -> Told:
        keys, first = self.hops[hop - 1], hop == 1
        if self.numbered:
            return Numbered(keys=keys, hop=hop, first=first)
        at = AT + timedelta(seconds=10 * hop + late_s)
        return Unnumbered(keys=keys, first=first, at=at, within=timedelta(seconds=1))

    def send(self, hop: int | None = None, *, late_s: float = 0) -> Reply:
        """Send the last hop (once more), or an older one."""
        told = self.told(hop or len(self.hops), late_s=late_s)
        who = {"channel": "ussd:test", "conversation": self.conversation, "msisdn": OWNER}
        return self.engine.hop(Hop(**who, told=told, width=self.width))


@pytest.fixture(params=[True, False], ids=["numbered", "unnumbered"])
def handset(request: pytest.FixtureRequest, client: redis.Redis, desk: FakeDesk) -> Handset:
    return Handset(an_engine(client, desk), numbered=request.param)


def test_a_top_up_by_entries_alone(handset: Handset, desk: FakeDesk) -> None:
    screens = [handset.dial().screen, *(handset.key(key).screen for key in ("1", "2", "1", "1"))]
    assert screens == ["home", "amounts", "payer", "confirm", "placed"]
    assert [order.amount for order in desk.orders] == [kes(100)]


def test_a_copy_of_each_hop_does_nothing_twice(handset: Handset, desk: FakeDesk) -> None:
    for key in ("", "1", "2", "1", "1"):
        reply = handset.key(key) if key else handset.dial()
        assert handset.send(late_s=0.9) == reply
    assert len(desk.orders) == 1


def test_of_many_copies_at_once_all_get_one_answer(handset: Handset, desk: FakeDesk) -> None:
    handset.dial("100")
    handset.hops.append("1")
    with ThreadPoolExecutor(8) as threads:
        replies = set(threads.map(lambda late: handset.send(late_s=late / 10), range(8)))
    assert {reply.screen for reply in replies} == {"placed"}
    assert len(desk.orders) == 1


def test_a_numbered_hop_that_comes_late_is_known(client: redis.Redis, desk: FakeDesk) -> None:
    handset = Handset(an_engine(client, desk), numbered=True)
    handset.dial()
    confirm = handset.key("1", "2", "1")
    assert [handset.send(hop, late_s=60) for hop in (1, 2, 3, 4)] == [confirm] * 4


def test_the_dial_that_comes_late_is_known_without_a_number(handset: Handset) -> None:
    handset.dial()
    amounts = handset.key("1")
    assert handset.send(1, late_s=60) == amounts


def test_a_call_that_was_forgotten_begins_again_and_says_so(
    handset: Handset, desk: FakeDesk, client: redis.Redis
) -> None:
    handset.dial()
    handset.key("1", "2", "1")
    client.flushdb()
    reply = handset.key("1")
    assert reply.screen == "home"
    assert reply.text.startswith(f"{LOST}Line suspended.")
    assert desk.orders == []
    assert handset.key("1").screen == "amounts"


def test_a_forgotten_call_is_offered_where_it_dropped(handset: Handset, client: redis.Redis) -> None:
    handset.dial("100")
    client.delete(f"ussd:ussd:test:{handset.conversation}")
    reply = handset.key("1")
    assert (reply.screen, reply.text.startswith(f"{LOST}Go on with KES 100?")) == ("resume", True)


def test_a_forgotten_call_that_has_ordered_says_what_it_ordered(
    handset: Handset, desk: FakeDesk, client: redis.Redis
) -> None:
    handset.dial(f"100*{PAYER}")
    placed = handset.key("1")
    client.flushdb()
    assert handset.send() == placed
    assert not placed.open
    assert len(desk.orders) == 1


def test_a_forgotten_call_that_has_asked_somebody_says_whom(
    handset: Handset, desk: FakeDesk, client: redis.Redis
) -> None:
    handset.dial()
    asked = handset.key("1", "2", "3", "0711000002", "1")
    assert (asked.screen, asked.open) == ("asked", False)
    client.flushdb()
    assert handset.send() == asked
    assert len(desk.orders) == 1


def test_a_call_that_has_ended_repeats_its_last_words(handset: Handset, desk: FakeDesk) -> None:
    handset.dial("100")
    placed = handset.key("1")
    assert [handset.key("1"), handset.key("7"), handset.send(1)] == [placed] * 3
    assert len(desk.orders) == 1


def test_last_words_that_a_narrow_screen_cannot_hold_are_turned_before_the_call_ends(
    client: redis.Redis, desk: FakeDesk
) -> None:
    handset = Handset(an_engine(client, desk), numbered=True, width=NARROW)
    handset.dial("100")
    handset.key("98")
    first = handset.key("1")
    assert (first.screen, first.open, first.text.endswith("\n98 More")) == ("placed", True, True)
    for wrong in ("0", "00"):
        assert handset.key(wrong).screen == "placed"
    last = handset.key("98")
    while last.open:
        last = handset.key("98")
    assert last.text.endswith("your balance.")
    assert len(desk.orders) == 1


def test_a_call_in_another_language_is_lost_in_that_language(client: redis.Redis) -> None:
    desk = FakeDesk(known=Caller(language="sw"))
    handset = Handset(an_engine(client, desk), numbered=True)
    handset.dial()
    client.flushdb()
    assert handset.key("1").text.startswith("Tumepoteza mahali ulipofika.")
