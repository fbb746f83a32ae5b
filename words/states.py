"""Where an order stands, in the words of the person who asks."""

from collections.abc import Mapping

from topup.life import State
from words.text import Text, say

_WORDS: Mapping[State, Text] = {
    State.ASKED: say("waiting for a yes"),
    State.CREATED: say("waiting for payment"),
    State.CHARGING: say("waiting for payment"),
    State.PAID: say("paid, credit on its way"),
    State.CREDITING: say("paid, credit on its way"),
    State.CREDITED: say("done"),
    State.DONE: say("done"),
    State.PROMISED: say("on its way"),
    State.LENDING: say("on its way"),
    State.REVIEW_ADVANCE: say("being checked"),
    State.UNPAID: say("not paid"),
    State.REFUNDING: say("money going back"),
    State.RETURNING: say("money going back"),
    State.REFUNDED: say("money given back"),
    State.REVIEW_CHARGE: say("being checked"),
    State.REVIEW_CREDIT: say("paid, being checked"),
    State.REVIEW_REFUND: say("refund being checked"),
    State.UNREDEEMED: say("on its way"),
    State.REDEEMING: say("on its way"),
    State.REVIEW_VOUCHER: say("being checked"),
}


def state_in_words(state: State) -> Text:
    """The state as the end of a sentence, saying first what became of the money."""
    return _WORDS[state]


def advance_state_in_words(state: State) -> Text:
    """The same of an advance, for which nobody pays."""
    return say("not added") if state is State.UNPAID else _WORDS[state]


def voucher_state_in_words(state: State) -> Text:
    """The same of a voucher, which was paid for in a shop."""
    return say("not loaded") if state is State.UNPAID else _WORDS[state]
