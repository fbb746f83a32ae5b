"""A voucher counts once and ends rightly, wherever a process dies or is held up, and whatever the answers do."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import pytest
from sqlalchemy import text

from tests.safety.drill import IS_LONG, live_on, without_more_of_the_same
from tests.safety.moments import Death, Moment
from tests.safety.plans import Deed, End, Plan, Reply
from tests.safety.town import Town
from topup.orders import Order

# What a worker that is held up may confuse: whoever sends the voucher, and whoever sends it again.
_SENDING = frozenset({"redeem", "enquire"})
_FOREVER = 30
_HELD_UP_S = 600.0

_LOST = (Deed(Reply.UNKNOWN), Deed(Reply.UNKNOWN, End.NOTHING))

_STANDS = text("""
    SELECT state, (SELECT count(*) FROM outbox WHERE subject = orders.id AND done_at IS NULL) AS owed,
           (SELECT count(*) FROM vouchers WHERE order_id = orders.id AND sealed IS NOT NULL) AS sealed,
           (SELECT string_agg(event, ' ' ORDER BY seq) FROM order_moves WHERE order_id = orders.id) AS events
      FROM orders WHERE id = :id
""")
_MESSAGES = text("SELECT id FROM messages WHERE order_id = :id")


def _plans() -> Iterator[Plan]:
    yield Plan()
    yield Plan(has_voucher=False)
    yield Plan(redeem=(Deed(Reply.REFUSED),))
    yield Plan(redeem=(Deed(Reply.NOT_SENT),))
    yield Plan(redeem=(Deed(Reply.NOT_SENT),) * _FOREVER)
    seconds = (*_LOST, Deed(Reply.NOT_SENT), Deed(Reply.CONFIRMED))
    for first, second, has_voucher in product(_LOST, seconds, (True, False)):
        yield Plan(redeem=(first,), look=(second,), has_voucher=has_voucher)
    for first, wants_credit in product(_LOST, (True, False)):
        yield Plan(redeem=(first,), look=(Deed(Reply.REFUSED),) * 8, wants_credit=wants_credit)
        yield Plan(redeem=(first,), look=(Deed(Reply.UNKNOWN, End.NOTHING),) * 8, wants_credit=wants_credit)


def _named(plan: Plan) -> str:
    first, second = (f"{deeds[0]} x {len(deeds)}" if deeds else "plain" for deeds in (plan.redeem, plan.look))
    return f"first {first}; then {second}; voucher {plan.has_voucher}; again {plan.wants_credit}"


def _played(town: Town, plan: Plan) -> list[str]:
    """What is wrong when such a voucher has been sent and everything has come to its end."""
    order = town.send_voucher(replace(plan))
    live_on(town)
    return list(_faults(town, order))


def _faults(town: Town, order: Order) -> Iterator[str]:
    with town.outside.connect() as connection:
        stands = connection.execute(_STANDS, {"id": order.id}).one()
        ours = set(connection.scalars(_MESSAGES, {"id": order.id}))
    used = [moved for moved in town.world.credits if moved.order_id == order.id]
    if len(used) > 1 or town.world.balances[order.line] != -5000 + 10000 * len(used):
        yield f"used {len(used)} times"
    if stands.state != ("DONE" if used else "UNPAID"):
        yield f"is {stands.state} when it was used {len(used)} times: {stands.events}"
    if stands.owed or stands.sealed:
        yield f"{stands.owed} effects are owed, {stands.sealed} numbers kept"
    told = [seen for seen in town.world.sms if seen.reference.partition("-")[0] in ours]
    end = "was added" if used else "not loaded"
    if not any(end in seen.text for seen in told):
        yield f"told only {[seen.text for seen in told]}"
    for seen in told:
        before = any(moved.order_id == order.id for moved in town.world.credits[: seen.credits])
        if ("was added" in seen.text and not before) or ("not loaded" in seen.text and before):
            yield f"told {seen.text!r} when that was not so"


def _moments(town: Town, plan: Plan) -> list[Moment]:
    town.moments.begin()
    assert _played(town, plan) == []
    return without_more_of_the_same([moment for moment in town.moments.passed if moment.is_after_change])


def _die(_: Moment) -> None:
    raise Death


def _each(town: Town, plan: Plan, act: Callable[[Moment], None], *, jobs: frozenset[str] | None = None) -> list[str]:
    """What is wrong when `act` is done after each change (in these jobs), one after the other."""
    problems = []
    for moment in _moments(town, plan):
        if jobs is not None and moment.job not in jobs:
            continue
        town.moments.begin(at=moment.number, act=act)
        problems += [f"{moment}: {problem}" for problem in _played(town, plan)]
    return problems


def _plans_that_tell_most() -> Iterator[Plan]:
    """A stand-in for all of them where there is little time: each end, and each way of losing an answer, once."""
    did_it, did_nothing = _LOST
    yield Plan()
    yield Plan(redeem=(Deed(Reply.NOT_SENT),))
    yield Plan(redeem=(did_it,))
    yield Plan(redeem=(did_nothing,), look=(did_it,))
    yield Plan(redeem=(did_nothing,), has_voucher=False)
    yield Plan(redeem=(did_it,), look=(Deed(Reply.REFUSED),) * 8, wants_credit=True)


PLANS = list(_plans() if IS_LONG else _plans_that_tell_most())


@pytest.mark.parametrize("plan", PLANS, ids=_named)
def test_a_process_may_die_after_any_change(town: Town, plan: Plan) -> None:
    before = town.deaths
    assert _each(town, plan, _die) == []
    assert town.deaths > before


@pytest.mark.parametrize("plan", PLANS, ids=_named)
def test_a_worker_may_be_held_up_after_any_change_while_others_take_it_for_dead(town: Town, plan: Plan) -> None:
    assert _each(town, plan, lambda _: town.run(for_s=_HELD_UP_S), jobs=_SENDING) == []
