"""Agreeing to a standing order, and what stops one."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from store import auto, subscribers
from store.auto import AutoTopUps
from tests.unit.houses import Town
from tests.unit.orders import kes
from tests.unit.shops import a_shop
from tests.unit.standing import LOW, Standing
from topup.asks import LineIsClosed
from topup.auto import Rhythm, Terms, TooManyAutoTopUps
from topup.line import Line


@pytest.fixture
def standing(engine: Engine) -> Standing:
    return Standing(Town(engine))


def test_the_same_conversation_agrees_once(standing: Standing) -> None:
    for _ in range(2):
        standing.agree(conversation="the same")
    assert standing.runs == 1


def test_a_conversation_whose_name_comes_again_may_be_somebody_else_s(engine: Engine) -> None:
    first, second = Standing(Town(engine)), Standing(Town(engine))
    for standing in (first, second):
        standing.agree(conversation="4711")
    assert (first.runs, second.runs) == (1, 1)


def test_another_agreement_for_the_line_takes_the_place_of_the_first(standing: Standing) -> None:
    standing.agree()
    standing.agree(amount=kes(100))
    with standing.town.engine.connect() as connection:
        assert [one.terms.amount for one in auto.running_of(connection, standing.payer)] == [kes(100)]


def test_nobody_has_more_than_three(standing: Standing) -> None:
    for number in range(3):
        standing.agree(line=f"+25471190000{number}")
    with pytest.raises(TooManyAutoTopUps):
        standing.agree(line="+254711900009")
    standing.agree(line="+254711900002", amount=kes(100))
    assert standing.runs == 3


def test_a_line_whose_owner_lets_nobody_top_it_up_is_not_agreed_to_and_stops_what_runs(standing: Standing) -> None:
    line = "+254711900011"
    standing.agree(line=line)
    with standing.town.engine.begin() as connection:
        subscribers.close(connection, line, now=standing.town.clock())
    with pytest.raises(LineIsClosed):
        standing.agree(line=line, amount=kes(100))
    assert standing.look() == "stopped: the line is closed"
    assert (standing.runs, standing.orders) == (0, [])
    assert standing.written == [
        "Auto top-up of KES 50 for 0711900011 has stopped: its owner lets nobody else top it up."
    ]


def test_what_is_stopped_while_the_line_is_read_places_nothing(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing.agree()

    def read(_: str) -> Line:
        with standing.town.engine.begin() as connection:
            auto.stop_all_of(connection, standing.payer, now=standing.town.clock(), why="STOPAUTO")
        return LOW

    monkeypatch.setattr(standing.town.lines, "read_line", read)
    assert standing.look() == "stopped, or somebody else's"
    assert standing.orders == []


@pytest.mark.parametrize(
    "change", ["amount_minor = 9900", "payer = '+254711999009'", "stopped_at = NULL, why_stopped = NULL"]
)
def test_the_database_lets_nobody_change_what_was_agreed_or_run_what_was_stopped(
    standing: Standing, change: str
) -> None:
    standing.agree()
    if change.startswith("stopped_at"):
        with standing.town.engine.begin() as connection:
            auto.stop_all_of(connection, standing.payer, now=standing.town.clock(), why="STOPAUTO")
    with pytest.raises(IntegrityError, match="is refused"), standing.town.engine.begin() as connection:
        connection.execute(text(f"UPDATE standing_orders SET {change}"))  # noqa: S608


def test_hours_and_rhythm_are_the_installations(standing: Standing) -> None:
    rhythm = Rhythm(begins=0, ends=24, every=timedelta(seconds=1))
    shop = a_shop()
    desk = AutoTopUps(
        standing.town.engine,
        limits=shop.limits,
        rhythm=rhythm,
        zone=shop.zone,
        secret=shop.order_secret,
        clock=standing.town.clock,
    )
    terms = Terms(standing.payer, kes(50), kes(20), kes(200))
    desk.agree(standing.payer, terms, channel="sms:africastalking", conversation="quick", language="en")
    before = standing.town.clock.now
    standing.due()
    assert standing.town.clock.now - before <= timedelta(seconds=1)
