"""What hypothesis draws for the model: how the world treats an order, and what happens next."""

from dataclasses import replace

from hypothesis import strategies as st

from tests.safety.plans import Asked, Deed, End, Plan, Reply, Told
from tests.safety.steps import (
    Breaks,
    CallbackComesAgain,
    CarryOn,
    Dies,
    Fate,
    Forged,
    IsHeldUp,
    JobKeepsFailing,
    PersonDecides,
    Placed,
    ProviderFallsSilent,
    RedisIsLost,
    Relayed,
    Step,
    Swept,
    TimePasses,
    Works,
)
from topup.kinds import Kind

_FOREVER = 11

_WAYS = (Told.COMES, Told.NEVER, Told.EARLY, Told.TWICE, Told.LATE)
_ODD = tuple(told for told in Told if told not in _WAYS)  # Only of money that was paid.
_TAKEN = st.sampled_from((Reply.ACCEPTED, Reply.UNKNOWN))
_AFTER_S = st.sampled_from((5.0, 1.0, 40.0))

_NOT_TAKEN = st.builds(Deed, st.sampled_from((Reply.REFUSED, Reply.NOT_SENT)))
_LOST = st.just(Deed(Reply.UNKNOWN, End.NOTHING, Told.NEVER))


def _taken(*ends: End) -> st.SearchStrategy[Deed]:
    return st.builds(Deed, _TAKEN, st.sampled_from(ends), st.sampled_from(_WAYS), _AFTER_S)


_CHARGES = st.one_of(
    _taken(End.HAPPENS),
    _taken(End.HAPPENS, End.REFUSED, End.BUSY),
    *[st.builds(Deed, _TAKEN, st.just(End.HAPPENS), st.sampled_from(_ODD), _AFTER_S)] * 2,
    _NOT_TAKEN,
    _LOST,
)
_REFILLS = st.one_of(
    st.sampled_from((Deed(Reply.CONFIRMED), Deed(Reply.REFUSED), Deed(Reply.NOT_SENT))),
    st.builds(Deed, st.just(Reply.UNKNOWN), st.just(End.HAPPENS), st.just(Told.NEVER), st.sampled_from((0.0, 20.0))),
    _LOST,
)
_AIRTIME = st.one_of(_taken(End.HAPPENS, End.REFUSED), _NOT_TAKEN, _LOST)
_REFUNDS = st.one_of(
    _taken(End.HAPPENS, End.REFUSED), st.builds(Deed, st.sampled_from((Reply.CONFIRMED,))), _NOT_TAKEN, _LOST
)
_SMS = st.one_of(
    st.builds(Deed, st.sampled_from((Reply.ACCEPTED, Reply.REFUSED, Reply.NOT_SENT, Reply.UNKNOWN))), _LOST
)


def _some(deeds: st.SearchStrategy[Deed]) -> st.SearchStrategy[tuple[Deed, ...]]:
    """The first two calls; now and then none leaves this house until everything has been tried."""
    few = st.lists(deeds, max_size=2).map(tuple)
    return few | few | st.just(Deed(Reply.NOT_SENT)).map(lambda deed: (deed,) * _FOREVER)


def _placed(credit_provider: str, credit: st.SearchStrategy[Deed]) -> st.SearchStrategy[Placed]:
    plans = st.builds(
        Plan,
        charge=_some(_CHARGES),
        credit=_some(credit),
        refund=_some(_REFUNDS),
        sms=st.lists(_SMS, max_size=2).map(tuple),
        asked=st.sampled_from(Asked),
        unreadable=st.sampled_from((0, 0, 2, _FOREVER)),
        line_returns=st.booleans(),
        wants_credit=st.booleans(),
    )
    return st.builds(
        Placed,
        plan=plans,
        line=st.integers(0, 1),
        payer=st.integers(0, 1),
        amount_minor=st.sampled_from((10000, 3000)),
        credit_provider=st.just(credit_provider),
    )


_WHICH = st.integers(0, 5)
_AT = st.integers(0, 12)

placed = st.one_of(_placed("ucip", _REFILLS), _placed("airtime", _AIRTIME))

fates: st.SearchStrategy[Fate | None] = st.one_of(
    st.none(),
    st.builds(Dies, at=_AT),
    st.builds(Breaks, at=_AT),
    st.builds(
        IsHeldUp,
        at=_AT,
        passes_s=st.sampled_from((0, 61, 600)),
        meanwhile=st.lists(_WHICH, max_size=4).map(tuple),
        dies=st.booleans(),
    ),
)

_works = st.builds(Works, which=_WHICH, again=st.booleans(), fate=fates)

_forged = st.builds(
    Forged,
    which=_WHICH,
    purpose=st.sampled_from(("charge", "charge", "refund")),
    end=st.sampled_from((End.HAPPENS, End.HAPPENS, End.REFUSED, End.BUSY)),
    is_amount_right=st.booleans(),
)

steps: st.SearchStrategy[Step] = st.one_of(
    *[_works] * 6,
    st.builds(CarryOn, times=st.integers(1, 8)),
    *[_forged] * 2,
    st.builds(TimePasses, seconds=st.sampled_from((1, 10, 61, 700, 5000, 200_000))),
    st.builds(Relayed, dies_at=st.none() | st.integers(0, 1)),
    st.builds(CallbackComesAgain, which=st.integers(0, 12)),
    st.builds(ProviderFallsSilent, which=_WHICH, speaks_again=st.booleans()),
    st.builds(PersonDecides, which=_WHICH),
    st.builds(JobKeepsFailing, which=_WHICH, times=st.integers(1, 13)),
    st.sampled_from((RedisIsLost(), Swept())),
    placed,
)

# An advance is refilled as a top-up is, and nobody is charged for it.
borrowed = st.one_of(_placed("ucip", _REFILLS), _placed("airtime", _AIRTIME)).map(
    lambda placed: replace(placed, kind=Kind.ADVANCE)
)

steps_of_lending: st.SearchStrategy[Step] = st.one_of(*[steps] * 8, borrowed)
