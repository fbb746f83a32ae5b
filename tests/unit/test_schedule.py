"""When things are done or asked again."""

from datetime import timedelta

import pytest

from tests.unit.orders import NOW
from topup.life import LIFE, Effect, Event, Rule, State
from topup.schedule import BUSY_WAITS_S, CHARGE_WITHIN_S, Timing

TIMING = Timing()
ENQUIRED = [State.CHARGING, State.CREDITING, State.RETURNING, State.REDEEMING, State.LENDING]


def waits(effect: Effect, state: State, timing: Timing = TIMING) -> list[float]:
    found: list[float] = []
    for tried in range(1, 100):
        wait = timing.next_wait(effect, state=state, tried=tried)
        if wait is None:
            return found
        found.append(wait.total_seconds())
    raise AssertionError(f"{effect} is never given up")


@pytest.mark.parametrize("effect", [effect for effect in Effect if effect is not Effect.ENQUIRE])
def test_waits_grow_and_end(effect: Effect) -> None:
    found = waits(effect, State.CREATED)
    assert found
    assert found == sorted(found)
    assert min(found) > 0


@pytest.mark.parametrize("state", ENQUIRED)
def test_what_is_unknown_is_asked_after_for_a_long_time(state: State) -> None:
    first = TIMING.first_wait(Effect.ENQUIRE, state=state, history=[Event.CHARGE_SENT]).total_seconds()
    found = [first, *waits(Effect.ENQUIRE, state)]
    assert found == sorted(found)
    assert len(set(found)) == len(found)
    assert sum(found) > 3600


def test_a_prompt_waits_until_the_call_has_ended() -> None:
    wait = TIMING.first_wait(Effect.CHARGE, state=State.CREATED, history=[Event.PLACED])
    assert wait == timedelta(seconds=TIMING.prompt_s)


def test_a_busy_payer_is_asked_again_after_ever_longer_waits() -> None:
    history = [Event.PLACED]
    found = []
    for _ in range(len(BUSY_WAITS_S) + 1):
        history += [Event.CHARGE_SENT, Event.CHARGE_BUSY]
        found.append(TIMING.first_wait(Effect.CHARGE, state=State.CREATED, history=history).total_seconds())
    assert found == [*BUSY_WAITS_S, BUSY_WAITS_S[-1]]


def test_what_was_not_sent_waits_as_long_as_its_effect_says() -> None:
    history = [Event.PLACED, Event.CHARGE_SENT, Event.CHARGE_NOT_SENT]
    first = TIMING.first_wait(Effect.CHARGE, state=State.CREATED, history=history)
    again = TIMING.first_wait(
        Effect.CHARGE, state=State.CREATED, history=[*history, Event.CHARGE_SENT, Event.CHARGE_NOT_SENT]
    )
    assert first.total_seconds() == waits(Effect.CHARGE, State.CREATED)[0]
    assert again.total_seconds() == waits(Effect.CHARGE, State.CREATED)[1]


@pytest.mark.parametrize("rule", LIFE, ids=lambda rule: f"{rule.source.value}-{rule.event.value}")
def test_every_effect_of_every_move_has_a_first_wait(rule: Rule) -> None:
    for effect in rule.then:
        wait = TIMING.first_wait(effect, state=rule.target, history=[Event.PLACED, rule.event])
        assert wait >= timedelta(0)


def test_a_scale_stretches_every_wait() -> None:
    slow = Timing(scale=3, prompt_s=2)
    assert waits(Effect.REFUND, State.REFUNDING, slow) == [3 * wait for wait in waits(Effect.REFUND, State.REFUNDING)]
    assert slow.first_wait(Effect.CHARGE, state=State.CREATED, history=[Event.PLACED]) == timedelta(seconds=6)
    one, three = TIMING.next_message_wait(tried=1), slow.next_message_wait(tried=1)
    assert one is not None
    assert three == 3 * one


def test_a_message_is_given_up_in_the_end() -> None:
    assert TIMING.next_message_wait(tried=100) is None


def test_a_prompt_that_would_come_as_a_surprise_is_too_late() -> None:
    late = timedelta(seconds=CHARGE_WITHIN_S)
    assert not TIMING.is_too_late_to_charge(agreed_at=NOW, now=NOW + late)
    assert TIMING.is_too_late_to_charge(agreed_at=NOW, now=NOW + late + timedelta(seconds=1))
