"""Whatever happens next, and next: the house agrees with a model of it, and in the end with the world's books.

Hypothesis draws several orders and a story of them, step by step, and shrinks one that goes wrong to its shortest.
Time passes only in the story, so a story goes the same way whenever it is told. `SAFETY=long` draws others each time,
and many.
"""

import itertools
from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from runtime.services import Services
from store import ledger
from tests.safety import drawn
from tests.safety.checks import faults
from tests.safety.drill import IS_LONG, live_on
from tests.safety.model import MEANING, MEANING_OF_ADVANCES, Model
from tests.safety.steps import Placed, Scene, Step
from tests.safety.town import Town
from topup.life import State

settings.register_profile(
    "safety",
    max_examples=45,
    stateful_step_count=16,
    deadline=None,
    derandomize=True,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
)
settings.register_profile(
    "safety-long", settings.get_profile("safety"), max_examples=5000, stateful_step_count=40, derandomize=False
)
settings.register_profile("safety-lending", settings.get_profile("safety"), max_examples=15)

_numbers = itertools.count(80_000_001, 2)


class Story(RuleBasedStateMachine):
    """One story, in a town of its own."""

    def __init__(self, services: Services, database_url: str) -> None:
        super().__init__()
        self._services, self._url = services, database_url
        self._town = Town(database_url)
        self._scene = Scene.of(self._town, first_line=next(_numbers))
        self._model = Model()
        self._is_right = True

    @initialize(first=drawn.placed, second=drawn.placed)
    def begins(self, first: Placed, second: Placed) -> None:
        """Two order."""
        first.happen(self._scene)
        second.happen(self._scene)

    @rule(step=drawn.steps)
    def happens(self, step: Step) -> None:
        """Something happens."""
        self._is_right = False
        step.happen(self._scene)

    @invariant()
    def the_house_agrees_with_the_model(self) -> None:
        """Now, and not only in the end."""
        wrong = self._model.wrong(self._town)
        assert wrong == []
        self._is_right = True

    def teardown(self) -> None:
        """Everything comes to its end, when all was right so far; the world's books are held against it."""
        try:
            if self._is_right and self._scene.orders:
                self._end()
        finally:
            self._town.close()
            self._services.drop_database(name=self._services.name_of(self._url))

    def _end(self) -> None:
        live_on(self._town)
        assert self._model.wrong(self._town) == []
        assert faults(self._town, *self._scene.people) == []
        with self._town.outside.connect() as connection:
            assert ledger.check(connection) == []


class StoryOfLending(Story):
    """The same with advances, which the top-ups of their lines repay."""

    @initialize(first=drawn.borrowed, second=drawn.placed)
    def begins(self, first: Placed, second: Placed) -> None:
        """One borrows, and one orders a top-up."""
        super().begins(first, second)

    @rule(step=drawn.steps_of_lending)
    def happens(self, step: Step) -> None:
        """Something happens."""
        super().happens(step)


def test_the_model_knows_what_every_state_means() -> None:
    assert set(MEANING) | set(MEANING_OF_ADVANCES) == set(State)


def test_whatever_happens_the_house_agrees_with_the_model(new_database: Callable[[], str], services: Services) -> None:
    profile = settings.get_profile("safety-long" if IS_LONG else "safety")
    run_state_machine_as_test(lambda: Story(services, new_database()), settings=profile)  # type: ignore[arg-type]


def test_whatever_is_lent_and_repaid_the_house_agrees_with_the_model(
    new_database: Callable[[], str], services: Services
) -> None:
    profile = settings.get_profile("safety-long" if IS_LONG else "safety-lending")
    run_state_machine_as_test(lambda: StoryOfLending(services, new_database()), settings=profile)  # type: ignore[arg-type]
