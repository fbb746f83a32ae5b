"""The call itself, after it was committed as sent.

A worker may stand still between the two: a suspended machine, a process that is stopped. Meanwhile the enquiries find
nothing, give up, and a person decides: whoever then wakes up and calls would credit the line a second time.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from topup.outcomes import Answer, NotSent, Sent
from workers.house import House

# Of the house's own time, whatever the schedule is stretched by. It lies far below the hour and more after which the
# enquiries give up, and far above what a commit takes.
WITHIN = timedelta(seconds=60)


def in_time(house: House, call: Callable[[], Sent | Answer], *, begun_at: datetime) -> Sent | Answer:
    """Make the call that was committed as sent in a transaction begun at `begun_at`; NotSent when that is too long ago.

    It cannot be perfect, for a process may also stand still right after it has looked at the clock.
    """
    held_up = house.clock() - begun_at
    if held_up > WITHIN:
        return NotSent(f"held up for {held_up.total_seconds():.0f} s before it was sent")
    return call()
