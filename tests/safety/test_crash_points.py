"""A process dies between any two changes of the database or of the world, and every order still ends rightly.

Nothing outlives a process but the database and the world, so deaths with no change between them are one and the same.
The first test shows that: it tries every single moment of an ordinary order, the others one after each change.
"""

import pytest

from tests.safety.drill import dies, is_held_up, moments_of, without_more_of_the_same
from tests.safety.plans import Deed, Plan, Reply
from tests.safety.stories import Story, stories
from tests.safety.town import Town

_EVERY_JOB = frozenset(
    {"relay", "charge", "settle", "credit", "enquire", "look", "refund", "tell_balance", "tell_refunded"}
)
_ORDINARY = Story(name="ordinary", plan=Plan(), jobs=_EVERY_JOB)
_RETURNED = Story(name="returned", plan=Plan(credit=(Deed(Reply.REFUSED),)), jobs=_EVERY_JOB)


@pytest.mark.parametrize("story", [_ORDINARY, _RETURNED], ids=lambda story: story.name)
def test_any_process_may_die_at_any_moment_of_an_order(town: Town, story: Story) -> None:
    moments = moments_of(town, story)
    assert {moment.what for moment in moments} >= {"before a commit", "after a commit", "before charge", "after charge"}
    assert [problem for moment in moments for problem in dies(town, story, moment)] == []


@pytest.mark.parametrize("story", [_ORDINARY, _RETURNED], ids=lambda story: story.name)
def test_a_worker_may_be_held_up_between_any_two_transactions(town: Town, story: Story) -> None:
    between = [moment for moment in moments_of(town, story) if not moment.in_transaction and moment.job != "relay"]
    assert between
    assert [problem for moment in between for problem in is_held_up(town, story, moment)] == []


@pytest.mark.parametrize("story", stories(), ids=lambda story: story.name)
def test_a_worker_may_die_after_any_change_of_a_step(town: Town, story: Story) -> None:
    changes = without_more_of_the_same([moment for moment in moments_of(town, story) if moment.is_after_change])
    assert changes
    assert [problem for moment in changes for problem in dies(town, story, moment)] == []
