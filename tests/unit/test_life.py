"""The table of an order's life, pair by pair, and the check that refuses a broken one."""

import itertools
from dataclasses import replace

import pytest

from tests.unit.orders import kind_to, way_to
from topup.diagram import life_page
from topup.kinds import Kind
from topup.ledger import Books
from topup.life import (
    ENDS,
    LIFE,
    ONCE,
    Effect,
    Event,
    IllegalEvent,
    LifeIsBroken,
    RepeatedEvent,
    Rule,
    State,
    check,
    duty_of,
    rule_for,
)

PAIRS = [pytest.param(state, event, id=f"{state.value}-{event.value}") for state in State for event in Event]

LEGAL = {(rule.source, rule.event): rule for rule in LIFE}


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_every_state_takes_the_events_of_the_table_and_no_others(state: State, event: Event) -> None:
    rule = LEGAL.get((state, event))
    if rule is None:
        with pytest.raises(IllegalEvent, match=f"{state.value} cannot have {event.value}"):
            rule_for(source=state, event=event, history=[])
    else:
        assert rule_for(source=state, event=event, history=[]) is rule


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_what_has_been_before_is_repeated_unless_it_may_happen_twice(state: State, event: Event) -> None:
    may_be_twice = (state, event) in LEGAL and event not in ONCE
    if may_be_twice:
        assert rule_for(source=state, event=event, history=[event]) is LEGAL[state, event]
    else:
        with pytest.raises(RepeatedEvent, match=event.value):
            rule_for(source=state, event=event, history=[event])


def test_an_illegal_event_and_a_repeated_one_are_different_errors() -> None:
    assert not issubclass(IllegalEvent, RepeatedEvent)
    assert not issubclass(RepeatedEvent, IllegalEvent)


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_reached_by_a_new_order(state: State) -> None:
    kind = kind_to(state)
    here, history = kind.first_state, [kind.begins]
    for event in way_to(state):
        here = rule_for(source=here, event=event, history=history).target
        history.append(event)
    assert here is state


def test_nothing_follows_an_end_but_late_money_and_a_person_who_takes_their_word_of_a_stray_back() -> None:
    after_ends = {(rule.source, rule.event) for rule in LIFE if rule.source in ENDS}
    assert after_ends == {(State.UNPAID, Event.CHARGE_CONFIRMED), (State.UNPAID, Event.OPERATOR_REOPEN)}


def test_waiting_alone_never_says_that_a_call_failed() -> None:
    gave_up = {rule.source: rule.target for rule in LIFE if rule.event is Event.GAVE_UP}
    unknown = {State.CHARGING, State.CREDITING, State.RETURNING, State.REDEEMING, State.LENDING}
    assert all(gave_up[state].in_review for state in unknown)


@pytest.mark.parametrize("rule", [rule for rule in LIFE if rule.target in ENDS], ids=str)
def test_whoever_reaches_an_end_is_told(rule: Rule) -> None:
    assert any(effect.value.startswith("tell") for effect in rule.then)


@pytest.mark.parametrize("state", State)
def test_an_order_that_does_not_rest_has_a_duty(state: State) -> None:
    rests = state.is_end or state.in_review
    assert (duty_of(state) is None) == rests


def test_the_duties_are_the_work_of_the_states() -> None:
    assert {state: duty_of(state) for state in State if duty_of(state)} == {
        State.ASKED: Effect.LAPSE,
        State.CREATED: Effect.CHARGE,
        State.CHARGING: Effect.ENQUIRE,
        State.PAID: Effect.CREDIT,
        State.CREDITING: Effect.ENQUIRE,
        State.CREDITED: Effect.LOOK,
        State.REFUNDING: Effect.REFUND,
        State.RETURNING: Effect.ENQUIRE,
        State.UNREDEEMED: Effect.REDEEM,
        State.REDEEMING: Effect.ENQUIRE,
        State.PROMISED: Effect.LEND,
        State.LENDING: Effect.ENQUIRE,
    }


BROKEN = {
    "an event leads from one state to two": [*LIFE, replace(LIFE[1], target=State.PAID)],
    "nothing leads to": [rule for rule in LIFE if rule.target is not State.RETURNING],
    "nothing leads out of": [rule for rule in LIFE if rule.source is not State.REVIEW_REFUND],
    "nothing is owed after": [
        replace(rule, then=()) if (rule.source, rule.event) == (State.PAID, Event.CREDIT_SENT) else rule
        for rule in LIFE
    ],
}


@pytest.mark.parametrize("why", BROKEN)
def test_a_broken_table_is_refused(why: str) -> None:
    check(LIFE)
    with pytest.raises(LifeIsBroken, match=why):
        check(BROKEN[why])


def test_a_loop_that_nothing_leads_into_does_not_count_as_reached() -> None:
    island = [rule for rule in LIFE if rule.target is not State.RETURNING]
    island.append(Rule(State.RETURNING, Event.REFUND_SENT, State.RETURNING, None, (Effect.ENQUIRE,)))
    with pytest.raises(LifeIsBroken, match="nothing leads to"):
        check(island)


BALANCE_OF = {  # What a transfer does to what is held for an order, and to what is owed to its payer.
    None: (0, 0),
    Books.TAKE: (1, 0),
    Books.GIVE: (-1, 0),
    Books.OWE_BACK: (-1, 1),
    Books.TAKE_BACK: (0, 1),
    Books.GIVE_BACK: (0, -1),
    Books.KEEP: (1, -1),
    Books.LEND: (0, 0),
    Books.REPAY: (-1, 0),
}


def test_by_whatever_way_an_order_reaches_a_state_the_same_is_held_for_it() -> None:
    held: dict[State, tuple[int, int]] = {kind.first_state: (0, 0) for kind in Kind}
    for _ in range(len(LIFE)):
        for rule in LIFE:
            if rule.source in held:
                change = BALANCE_OF[rule.books]
                then = (held[rule.source][0] + change[0], held[rule.source][1] + change[1])
                assert held.setdefault(rule.target, then) == then, rule
    assert set(held) == set(State)
    assert all(held[end] == (0, 0) for end in ENDS)
    assert all(part in (0, 1) for part in itertools.chain.from_iterable(held.values()))


def test_the_page_of_the_life_names_every_rule() -> None:
    page = life_page()
    for rule in LIFE:
        assert f"| {rule.source.value} | {rule.event.value} | {rule.target.value} |" in page
    assert all(f"{end.value} --> [*]" in page for end in ENDS)
