"""A standing order places one top-up at a time, however many clocks look, and whatever dies between."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from store import auto
from store.book import SqlBook
from tests.unit.houses import Town
from tests.unit.orders import kes
from tests.unit.standing import LOW, Standing
from topup.auto import Terms
from topup.life import State
from topup.line import Line
from workers import auto as work


@pytest.fixture
def standing(engine: Engine) -> Standing:
    return Standing(Town(engine))


def test_two_clocks_place_one(standing: Standing) -> None:
    standing.agree()
    standing.due()
    ready = threading.Barrier(4)

    def look(_: int) -> str | None:
        ready.wait()
        return work.look_at_next(standing.town.house)

    with ThreadPoolExecutor(4) as threads:
        verdicts = list(threads.map(look, range(4)))
    assert sorted(verdicts, key=str) == [None, None, None, "placed"]
    assert (len(standing.orders), len(standing.written)) == (1, 1)


def test_two_clocks_whose_claims_overlap_place_one(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first reads the line for so long that its claim runs out, and another looks meanwhile."""
    standing.agree()
    standing.due()
    house, lines = standing.town.house, standing.town.lines

    def read_slowly(msisdn: str) -> Line:
        monkeypatch.setattr(lines, "read_line", lambda _: LOW)
        standing.town.clock.turn(minutes=2)
        assert work.look_at_next(house) == "placed"
        return LOW

    monkeypatch.setattr(lines, "read_line", read_slowly)
    assert work.look_at_next(house) == "stopped, or somebody else's"
    assert (len(standing.orders), len(standing.written)) == (1, 1)


def test_a_clock_that_dies_after_its_claim_is_followed_when_the_claim_has_run_out(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing.agree()
    standing.due()

    def die(_: str) -> Line:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(standing.town.lines, "read_line", die)
        with pytest.raises(RuntimeError):
            work.look_at_next(standing.town.house)
    assert work.look_at_next(standing.town.house) is None
    assert standing.look() == "placed"
    assert len(standing.orders) == 1


def test_a_look_that_fails_at_its_very_end_leaves_nothing_behind_and_is_made_again(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing.agree()
    standing.due()

    def die(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(auto, "look_again", die)
        with pytest.raises(RuntimeError):
            work.look_at_next(standing.town.house)
    assert (standing.orders, standing.written) == ([], [])
    assert standing.look() == "placed"
    assert (len(standing.orders), len(standing.written)) == (1, 1)


def test_who_agrees_anew_while_the_clock_looks_stops_the_old_one_and_neither_fails(standing: Standing) -> None:
    standing.agree()
    standing.due()
    waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    terms = Terms(standing.payer, kes(100), kes(20), kes(200))
    with ThreadPoolExecutor(1) as threads:
        with standing.town.engine.begin() as connection:
            SqlBook(connection).lock_people(standing.payer)
            looking = threads.submit(work.look_at_next, standing.town.house)
            with standing.town.engine.connect() as watching:
                while not watching.scalar(waits):
                    watching.rollback()
            standing.desk.agree_in(
                connection, standing.payer, terms, channel="sms:x", conversation="anew", language="en"
            )
        assert looking.result(timeout=30) == "stopped, or somebody else's"
    assert (standing.runs, standing.orders) == (1, [])


def test_the_database_keeps_one_order_for_a_slot(standing: Standing) -> None:
    standing.agree()
    standing.look()
    other = standing.town.order_in(State.CREATED)
    copied = text("INSERT INTO standing_slots SELECT standing_id, slot, :order, at FROM standing_slots")
    with pytest.raises(IntegrityError, match="standing_slots_pkey"), standing.town.engine.begin() as connection:
        connection.execute(copied, {"order": other.id})
