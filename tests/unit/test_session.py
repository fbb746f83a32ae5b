"""What a call remembers: packed small, unpacked the same, saved by whoever is first."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.desks import CHANNEL, OWES_50, SEAL
from tests.unit.orders import OWNER, PAYER, STRANGER, kes
from topup.advances import History
from topup.auto import Running, Terms, Weekday
from topup.caller import Recent, Result
from topup.life import State
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import MINOR_DIGITS, Money
from topup.vouchers import Pin
from ussd.call import Draft, Dropped
from ussd.session import VERSION, Lifetimes, Session, Sessions, packed, unpacked

moneys = st.builds(Money, st.integers(min_value=-(10**12), max_value=10**12), st.sampled_from(sorted(MINOR_DIGITS)))
lines = st.builds(Line, st.sampled_from(LineState), st.none() | moneys)
times = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone.
    max_value=datetime(2060, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=3))]),
).map(lambda at: at.replace(second=0, microsecond=0))
words = st.text(max_size=20)
texts = st.text(st.characters(codec="utf-8"), max_size=200)
trails = st.lists(words, max_size=5).map(tuple)
pins = st.from_regex(r"[0-9]{8,20}", fullmatch=True).map(Pin)
recents = st.lists(st.builds(Recent, words, moneys, st.sampled_from(State), times), max_size=3).map(tuple)
counts = st.integers(min_value=0, max_value=10**6)
histories = st.builds(
    lambda lately, owed_minor, **counted: History(lately=lately, owed=Money(owed_minor, lately.currency), **counted),
    moneys,
    counts,
    days=counts,
    top_ups=counts,
    is_open=st.booleans(),
)
dropped_calls = st.builds(Dropped, words, trails, moneys, st.none() | words)
whens = moneys | st.sampled_from(Weekday)
sessions = st.builds(
    Session,
    seen=texts,
    reply=texts,
    open=st.booleans(),
    language=words,
    screen=words,
    trail=trails,
    page=st.integers(min_value=0, max_value=9),
    wrong=st.integers(min_value=0, max_value=3),
    why=texts,
    line=lines,
    amount=st.none() | moneys,
    payer=st.none() | words,
    other_line=st.none() | words,
    other_line_is=st.none() | lines,
    pin=st.none() | pins,
    recent=recents,
    dropped=st.none() | dropped_calls,
    under_way=st.none() | moneys,
    missed=st.none() | st.builds(Result, words, moneys, st.sampled_from(State), times, *[st.booleans()] * 3),
    standing=st.lists(st.builds(Running, words, st.builds(Terms, words, moneys, whens, moneys)), max_size=3).map(tuple),
    draft=st.none()
    | st.builds(Draft, words, st.none() | moneys, st.none() | whens, st.none() | moneys, st.none() | words),
    history=st.none() | histories,
    lent=recents,
)

FRESH = Session(
    seen="",
    reply="Line suspended. You owe KES 50.00.\n1 Top up\n2 Balance\n3 My top-ups\n4 Language\n5 Help\n6 Other ways",
    open=True,
    language="en",
    screen="home",
    trail=(),
    page=0,
    wrong=0,
    why="",
    line=OWES_50,
    amount=None,
    payer=None,
    other_line=None,
    other_line_is=None,
    pin=None,
    recent=(),
    dropped=None,
    history=None,
    lent=(),
)


@given(sessions)
def test_what_is_packed_is_unpacked_the_same(session: Session) -> None:
    assert unpacked(packed(session, seal=SEAL).encode(), seal=SEAL) == session


def test_nothing_and_another_versions_session_are_no_session() -> None:
    assert unpacked(b"", seal=SEAL) is None
    assert unpacked(json.dumps([VERSION + 1, "anything"]).encode(), seal=SEAL) is None


def test_a_long_call_with_much_behind_it_takes_less_than_500_bytes() -> None:
    at = datetime(2026, 11, 3, 14, 5, tzinfo=timezone(timedelta(hours=3)))
    session = replace(
        FRESH,
        seen="1*5*2500*2*0711000002",
        reply="Top up 0711000001 with KES 2,500. M-PESA of 0711000002 pays.\n1 Pay\n2 Another payer\n3 Cancel\n"
        "0 Back 00 Home",
        screen="confirm",
        trail=("home", "amounts", "other_amount", "payer", "other_payer"),
        amount=kes(2500),
        payer=PAYER,
        recent=tuple(Recent(f"H4DAUEH{n}", kes(1000), State.REFUNDED, at) for n in range(3)),
    )
    assert len(packed(session, seal=SEAL).encode()) < 500


@pytest.fixture
def kept(client: redis.Redis) -> Sessions:
    return Sessions(client, lifetimes=Lifetimes(), seal=SEAL)


WHO = {"channel": CHANNEL, "conversation": "s1", "msisdn": OWNER}


def test_nothing_is_known_of_a_call_that_begins(kept: Sessions) -> None:
    loaded = kept.load(**WHO)
    assert (loaded.raw, loaded.session, loaded.dropped, loaded.line, loaded.hops) == (b"", None, None, None, 1)


def test_a_session_is_saved_and_found(kept: Sessions) -> None:
    assert kept.save(FRESH, **WHO, raw=b"", line_is_new=True) is None
    loaded = kept.load(**WHO)
    assert (loaded.session, loaded.line, loaded.hops) == (FRESH, OWES_50, 1)
    assert kept.load(**WHO).hops == 2


def test_of_two_that_save_over_the_same_the_first_wins_and_the_second_sees_its_session(kept: Sessions) -> None:
    first, second = replace(FRESH, reply="one"), replace(FRESH, reply="two")
    assert kept.save(first, **WHO, raw=b"", line_is_new=False) is None
    standing = kept.save(second, **WHO, raw=b"", line_is_new=False)
    assert standing is not None
    assert standing.session == first
    assert kept.save(second, **WHO, raw=standing.raw, line_is_new=False) is None
    assert kept.load(**WHO).session == second


def test_who_saves_over_a_session_that_redis_lost_sees_that_nothing_stands_there(
    kept: Sessions, client: redis.Redis
) -> None:
    kept.save(FRESH, **WHO, raw=b"", line_is_new=False)
    raw = kept.load(**WHO).raw
    client.flushall()
    standing = kept.save(replace(FRESH, seen="1"), **WHO, raw=raw, line_is_new=False)
    assert standing is not None
    assert (standing.raw, standing.session) == (b"", None)


def test_a_call_is_worth_going_on_with_from_its_amount_to_its_end(kept: Sessions) -> None:
    chosen = replace(FRESH, screen="confirm", trail=("home", "amounts", "payer"), amount=kes(100), payer=PAYER)
    for session, expected in (
        (FRESH, None),
        (chosen, Dropped("confirm", ("home", "amounts", "payer"), kes(100), PAYER)),
        (replace(chosen, screen="placed", open=False), None),
    ):
        kept.save(session, **WHO, raw=kept.load(**WHO).raw, line_is_new=False)
        assert kept.load(**{**WHO, "conversation": "s2"}).dropped == expected
        assert kept.load(**{**WHO, "msisdn": STRANGER}).dropped is None


def test_everything_is_forgotten_after_its_time(kept: Sessions, client: redis.Redis) -> None:
    chosen = replace(FRESH, amount=kes(100))
    kept.load(**WHO)
    kept.save(chosen, **WHO, raw=b"", line_is_new=True)
    names = [f"{CHANNEL}:s1", f"dropped:{OWNER}", f"line:{OWNER}", f"hops:{OWNER}"]
    assert client.dbsize() == len(names)
    lives = {name: client.ttl(f"ussd:{name}") for name in names}
    assert all(0 < life <= 600 for life in lives.values())
    assert lives[f"line:{OWNER}"] <= 5


def test_a_line_that_is_not_known_is_remembered_as_such(kept: Sessions) -> None:
    kept.save(replace(FRESH, line=NOT_KNOWN), **WHO, raw=b"", line_is_new=True)
    assert kept.load(**WHO).line == NOT_KNOWN
