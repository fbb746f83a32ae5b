"""Playing a story: plainly, with a death at one of its moments, or with a worker that is held up there."""

import os
from collections import defaultdict
from datetime import timedelta

from tests.safety.checks import faults
from tests.safety.moments import Death, Moment
from tests.safety.person import decide_all
from tests.safety.plans import Plan
from tests.safety.stories import ADVANCE, Story
from tests.safety.town import Town
from topup.kinds import Kind

# SAFETY=long tries what would take too long in every run of the tests.
IS_LONG = os.environ.get("SAFETY") == "long"

# Who decides reviews comes when nothing has happened for so long.
_PATIENCE = timedelta(hours=2)

# How long a worker is held up: its lease lapses, and others do its work.
_HELD_UP_S = 600.0


class MomentMissed(AssertionError):
    """The story did not come to the moment that it came to before."""


def moments_of(town: Town, story: Story) -> list[Moment]:
    """The moments of the step that the story is about, found by playing it plainly."""
    town.moments.begin()
    problems = _play(town, story)
    assert not problems, f"{story.name}: {problems}"
    passed = town.moments.passed
    begins = next((moment.number for moment in passed if moment.job == (story.after or moment.job)), 0)
    return [moment for moment in passed if moment.number >= begins and moment.job in story.jobs]


def without_more_of_the_same(moments: list[Moment]) -> list[Moment]:
    """Of what a job repeats (an enquiry is made eleven times) the first and the last; all with IS_LONG."""
    alike: defaultdict[tuple[str, str], list[Moment]] = defaultdict(list)
    for moment in moments:
        alike[moment.job, moment.what].append(moment)
    kept = {moment.number for same in alike.values() for moment in (same[0], same[-1])}
    return [moment for moment in moments if IS_LONG or moment.number in kept]


def dies(town: Town, story: Story, moment: Moment) -> list[str]:
    """What is wrong in the end when the process dies at that moment."""
    before = town.deaths
    town.moments.begin(at=moment.number, act=_die)
    problems = _play(town, story)
    if town.deaths != before + 1:
        raise MomentMissed(f"{story.name}: {moment}")
    return [f"{story.name}: died at {moment}: {problem}" for problem in problems]


def is_held_up(town: Town, story: Story, moment: Moment) -> list[str]:
    """What is wrong in the end when the worker stands still there, while the others take it for dead."""
    was_held: list[Moment] = []

    def hold_up(at: Moment) -> None:
        was_held.append(at)
        town.run(for_s=_HELD_UP_S)

    town.moments.begin(at=moment.number, act=hold_up)
    problems = _play(town, story)
    if not was_held:
        raise MomentMissed(f"{story.name}: {moment}")
    return [f"{story.name}: held up at {moment}: {problem}" for problem in problems]


def live_on(town: Town, *, is_decided_last: bool = False) -> None:
    """Let everything come to its end, the decisions of a person too."""
    while True:
        town.run(patience=None if is_decided_last else _PATIENCE)
        if decide_all(town):
            continue
        due = town.next_due()
        if due is None:
            return
        town.clock.pass_to(due)
        town.work_off()


def _die(_: Moment) -> None:
    raise Death


def _play(town: Town, story: Story) -> list[str]:
    line = _line_that_owes(town) if story.owes else None
    order = town.place(
        story.plan, credit_provider=story.credit_provider, line=line, amount=story.amount, kind=story.kind
    )
    town.stories[order.id] = story.name
    live_on(town, is_decided_last=story.is_decided_last)
    return faults(town, order.line, in_turn=True)


def _line_that_owes(town: Town) -> str:
    """A line that had an advance of KES 50 and owes 55."""
    advance = town.place(Plan(), amount=ADVANCE, kind=Kind.ADVANCE)
    live_on(town)
    return advance.line
