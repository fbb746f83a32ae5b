"""Whether what is about to be told of an order is still so.

Between a move and the SMS about it lies as long as it takes: a queue, or a gateway that is down for an hour. An order
that was not paid may be paid meanwhile, since money comes late; then whatever follows tells its own end.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from store import strays, waiting
from store.messages import TELL_WAITING
from topup.life import REVIEWS, Effect, State
from topup.orders import Order

# What is noted where nothing is said, since the order has gone on.
OVERTAKEN = "overtaken"

# The purposes of messages beside those that are called like their effect: that the top-up was not paid, where other
# money came; and what the payer who was asked is told when nothing came of it.
TELL_NOT_PAID = "tell_not_paid"
TELL_PAYER_DECLINED = "tell_payer_declined"

# Where an order must stand for what a message says to be so. What all others tell is an end that stays, or what has
# been done.
_SO_IN: Mapping[str, frozenset[State]] = {
    Effect.TELL_DECLINED.value: frozenset({State.UNPAID}),
    TELL_NOT_PAID: frozenset({State.UNPAID}),
    TELL_PAYER_DECLINED: frozenset({State.UNPAID}),
    TELL_WAITING: waiting.STATES,
    Effect.TELL_CHECKING.value: REVIEWS,  # "We are checking", after the end was told, would only confuse.
}

_NOTHING_WAS_TAKEN = frozenset({Effect.TELL_DECLINED.value, TELL_PAYER_DECLINED})


def purpose_of(connection: Connection, order: Order, effect: Effect) -> str:
    """The purpose of the message that tells whoever asked of `effect`.

    While money is held apart it is another than that of what was written before, which says that nothing was taken.
    """
    is_held = effect is Effect.TELL_DECLINED and bool(strays.held_for(connection, order))
    return TELL_NOT_PAID if is_held else effect.value


def is_overtaken(connection: Connection, order: Order, purpose: str) -> bool:
    """Whether the order has gone on from where a message of this purpose would be true.

    Nothing is said to be taken only while no money is held apart that is said to have come for the order. Nobody is
    told to wait once they were told that a person looks at it, even where it waits again after that.
    """
    if purpose in _SO_IN and order.state not in _SO_IN[purpose]:
        return True
    if purpose == TELL_WAITING:
        return waiting.was_in_review(connection, order.id)
    return purpose in _NOTHING_WAS_TAKEN and bool(strays.held_for(connection, order))
