"""What the commands for orders in review print, and what they refuse."""

from types import SimpleNamespace

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import Engine

from cli import orders
from tests.unit.houses import Town, confirmed
from tests.unit.orders import TIMING
from topup.life import Event, State
from topup.outcomes import Reason, Refused


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


RECORD = ("--reason", "seen", "--by", "Amina")


def run(town: Town, *words: str) -> Result:
    """One of the commands, against the town's database."""
    app = Flask(__name__)
    app.extensions["redial"] = SimpleNamespace(engine=town.engine, timing=TIMING)
    return app.test_cli_runner().invoke(orders, words)


def listed(town: Town, about: str) -> str:
    """The name under which the listing has what begins so."""
    found = [line.split() for line in run(town, "review").output.splitlines() if line.startswith(about)]
    return found[0][1] if "/" in found[0][1] else found[0][0]


def test_what_the_listing_names_is_what_a_decision_takes_while_it_is_so(town: Town) -> None:
    order = town.order_in(State.REVIEW_CHARGE)
    seen = listed(town, order.id)
    assert seen == "REVIEW_CHARGE/2"
    town.settle(f"{order.id}-charge-1", confirmed(amount=order.amount))
    town.after(town.now(order), Event.CREDIT_SENT, Event.GAVE_UP)
    late = run(town, "decide", order.id, "--close", "--seen", seen, *RECORD)
    assert (late.exit_code, late.output) == (
        1,
        f"Error: Order {order.id} is REVIEW_CREDIT/5 by now, and REVIEW_CHARGE/2 is what you saw: "
        "look again with `orders review`, then decide.\n",
    )
    assert run(town, "decide", order.id, "--close", "--seen", listed(town, order.id), *RECORD).exit_code == 0


def test_a_decision_must_name_what_was_seen(town: Town) -> None:
    assert "--seen" in run(town, "decide", town.order_in(State.REVIEW_CREDIT).id, "--close", *RECORD).output


def test_a_name_that_stands_for_a_receipt_is_not_listed_as_one(town: Town) -> None:
    order = town.order_in(State.CHARGING)
    town.settle(f"{order.id}-charge-1", confirmed(f"checkout:{order.id}", derived=True), evidence="enquiry")
    town.after(town.now(order), Event.CREDIT_SENT, Event.GAVE_UP)
    assert f"checkout:{order.id}" not in run(town, "review").output


def test_what_belongs_to_no_order_is_listed_until_somebody_acknowledges_it(town: Town) -> None:
    order = town.order_in(State.DONE)
    town.settle(f"{order.id}-charge-1", Refused(Reason.CANCELLED, "1032"))
    name = listed(town, f"{order.id}-charge-1/")
    assert run(town, "acknowledge", name, *RECORD).output == f"{name} is acknowledged.\n"
    assert run(town, "acknowledge", name, *RECORD).exit_code == 1
    assert name not in run(town, "review").output


def test_money_that_was_closed_comes_back_into_the_listing_and_nothing_else_does(town: Town) -> None:
    order = town.order_in(State.DONE)
    town.settle(f"{order.id}-charge-1", confirmed(amount=order.amount))
    (stray,) = town.strays_of(order)
    assert run(town, "decide", stray.id, "--close", "--seen", listed(town, stray.id), *RECORD).exit_code == 0
    assert run(town, "reopen", stray.id, *RECORD).output == f"{stray.id} is now REVIEW_CHARGE.\n"
    assert listed(town, stray.id) == "REVIEW_CHARGE/3"
    refused = run(town, "reopen", order.id, *RECORD)
    assert (refused.exit_code, order.id in refused.output) == (1, True)
    assert "--reason" in run(town, "reopen", stray.id, "--by", "Amina").output
