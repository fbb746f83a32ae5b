"""The breaker, by a clock that the test turns."""

import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from providers.breaker import Breaker


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def tripped(clock: Clock) -> Breaker:
    breaker = Breaker(failures=2, open_s=10, clock=clock)
    for _ in range(2):
        assert breaker.admit()
        breaker.record(well=False)
    return breaker


def test_closed_it_admits_everybody() -> None:
    breaker = Breaker(failures=2, open_s=10)
    assert [breaker.admit() for _ in range(100)] == [True] * 100


def test_only_failures_in_a_row_count() -> None:
    breaker = Breaker(failures=2, open_s=10)
    for well in (False, True, False, True, False):
        assert breaker.admit()
        breaker.record(well=well)
    assert not breaker.is_open


def test_open_it_admits_nobody_until_its_time_is_over() -> None:
    clock = Clock()
    breaker = tripped(clock)
    clock.now += 9.9
    assert breaker.is_open
    assert not breaker.admit()
    clock.now += 0.2
    assert breaker.admit()


def test_one_call_is_on_trial_and_the_others_wait_for_its_end() -> None:
    clock = Clock()
    breaker = tripped(clock)
    clock.now += 11
    assert [breaker.admit() for _ in range(5)] == [True, False, False, False, False]
    breaker.record(well=True)
    assert [breaker.admit() for _ in range(5)] == [True] * 5


def test_a_trial_that_fails_opens_it_for_as_long_again() -> None:
    clock = Clock()
    breaker = tripped(clock)
    clock.now += 11
    assert breaker.admit()
    breaker.record(well=False)
    clock.now += 9.9
    assert not breaker.admit()
    clock.now += 0.2
    assert breaker.admit()


def test_of_many_threads_exactly_one_is_on_trial() -> None:
    clock = Clock()
    breaker = tripped(clock)
    clock.now += 11
    together, admitted = threading.Barrier(16), []

    def try_it() -> None:
        together.wait()
        admitted.append(breaker.admit())

    threads = [threading.Thread(target=try_it) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(admitted) == [False] * 15 + [True]


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(min_value=0, max_value=30))))
def test_it_never_stays_open_for_good(calls: list[tuple[bool, float]]) -> None:
    clock = Clock()
    breaker = Breaker(failures=3, open_s=10, clock=clock)
    for well, waits_s in calls:
        clock.now += waits_s
        if breaker.admit():
            breaker.record(well=well)
    clock.now += 10
    assert breaker.admit()
