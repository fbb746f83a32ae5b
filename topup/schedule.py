"""When something that did not end is done or asked again, and when it is given up.

Waits grow: most ends come within seconds, and a provider that is down is not helped by being asked every second. How
often something was tried is kept in the database, so a restart neither forgets nor hurries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from topup import asks
from topup.life import Effect, Event, State

# A phone that is still in the USSD session cannot show the payment prompt, so the first wait lets it end.
PROMPT_S = 3.0

# A prompt that comes later than this after the call was agreed to long ago: it is not shown at all.
CHARGE_WITHIN_S = 600.0

# Whoever has paid, and whose line has nothing after so long, is told once that it takes longer: else they would wonder
# where their money is, for as long as an answer is lost or another credit is in the way.
TOLD_TO_WAIT_AFTER_S = 60.0

# How often a payer whose phone was busy is asked again before the order ends unpaid, and after how long.
BUSY_WAITS_S = (8.0, 15.0, 30.0)

# The waits after the first, second ... try of an effect. After the last one it is given up.
_WAITS_S: Mapping[Effect, tuple[float, ...]] = {
    Effect.CHARGE: (2, 4, 8, 15, 30),
    Effect.CREDIT: (1, 2, 5, 10, 30, 60, 120, 300, 600),
    Effect.REDEEM: (1, 2, 5, 10, 30, 60, 120, 300, 600),
    Effect.LEND: (1, 2, 5, 10, 30, 60, 120, 300, 600),
    Effect.LOOK: (0.5, 1, 2, 4, 8, 15, 30, 60, 120),
    Effect.REFUND: (5, 15, 60, 300, 900, 3600, 10800),
    Effect.ALERT: (5, 30, 300, 1800),
}
_TELL_WAITS_S = (2, 5, 15, 60, 300, 900, 3600)

# The waits after a job has failed once, twice ... in a row, for a reason that is ours. The last one stays.
_FAILURE_WAITS_S = (1, 2, 4, 8, 16, 32, 64, 128, 256, 300)

# After so many failures in a row, a quarter of an hour, an order whose next step fails is given up like any other.
MOST_FAILURES = 12

# What an enquiry waits for differs with what is unknown: a prompt lives a minute, a reversal may take a day.
_ENQUIRY_WAITS_S: Mapping[State, tuple[float, ...]] = {
    State.CHARGING: (10, 15, 30, 60, 120, 300, 600, 1200, 1800),
    State.CREDITING: (2, 4, 8, 15, 30, 60, 120, 300, 600, 1800, 3600),
    State.LENDING: (2, 4, 8, 15, 30, 60, 120, 300, 600, 1800, 3600),
    State.RETURNING: (15, 30, 60, 300, 900, 3600, 10800, 21600, 43200),
    # A second look sends the voucher again, so it waits until the first call has surely ended.
    State.REDEEMING: (30, 60, 120, 300, 600, 1800, 3600, 10800),
}

_NOT_SENT = frozenset(
    {
        Event.CHARGE_NOT_SENT,
        Event.CREDIT_NOT_SENT,
        Event.REFUND_NOT_SENT,
        Event.REDEEM_NOT_SENT,
        Event.LEND_NOT_SENT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The schedule of one installation. `scale` stretches every wait (tests and drills shrink it)."""

    scale: float = 1.0
    prompt_s: float = PROMPT_S

    def first_wait(self, effect: Effect, *, state: State, history: Sequence[Event]) -> timedelta:
        """How long after the move that owes it an effect is due. `history` ends with that move's own event."""
        if history[-1] is Event.CHARGE_BUSY:
            return self.stretched(BUSY_WAITS_S[min(history.count(Event.CHARGE_BUSY), len(BUSY_WAITS_S)) - 1])
        if history[-1] in _NOT_SENT:
            waits = _WAITS_S[effect]
            return self.stretched(waits[min(history.count(history[-1]), len(waits)) - 1])
        if effect is Effect.LAPSE:
            return self.stretched(asks.LASTS_S)
        if effect is Effect.CHARGE:
            return self.stretched(self.prompt_s)
        if effect is Effect.ENQUIRE:
            return self.stretched(_ENQUIRY_WAITS_S[state][0])
        return timedelta(0)

    def next_wait(self, effect: Effect, *, state: State, tried: int) -> timedelta | None:
        """How long to wait after the `tried`th try (from 1); None when it is to be given up."""
        waits = _ENQUIRY_WAITS_S[state][1:] if effect is Effect.ENQUIRE else _WAITS_S.get(effect, _TELL_WAITS_S)
        return self.stretched(waits[tried - 1]) if tried <= len(waits) else None

    def next_message_wait(self, *, tried: int) -> timedelta | None:
        """How long a message waits after its `tried`th try (from 1); None when it is to be given up."""
        return self.stretched(_TELL_WAITS_S[tried - 1]) if tried <= len(_TELL_WAITS_S) else None

    def wait_after_failure(self, *, failed: int) -> timedelta:
        """How long a job waits that has failed `failed` times in a row (from 1)."""
        return self.stretched(_FAILURE_WAITS_S[min(failed, len(_FAILURE_WAITS_S)) - 1])

    def is_too_late_to_charge(self, *, agreed_at: datetime, now: datetime) -> bool:
        """Whether the person who agreed to pay would no longer know what the prompt is for."""
        return now - agreed_at > timedelta(seconds=CHARGE_WITHIN_S)

    def stretched(self, seconds: float) -> timedelta:
        """A wait, at the scale of this installation."""
        return timedelta(seconds=seconds * self.scale)
