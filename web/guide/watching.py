"""The page to look at until the line is back: it asks for itself again, ever more slowly, and comes to an end."""

from collections.abc import Callable, Mapping

from sms.messages import checking
from store.desk import Desk
from topup.ids import short_reference
from topup.life import State
from topup.orders import Order
from topup.phone import national
from topup.wallets import WALLETS
from web.guide.page import Again, Link, Page
from words.agreeing import another_was_asked, on_its_way
from words.states import state_in_words
from words.text import Text, say

# The waits between two looks, seconds: a PIN takes half a minute, what takes longer takes much longer. After a quarter
# of an hour the page stands still; the SMS comes all the same.
_WAITS_S = (3, 3, 3, 3, 5, 5, 5, 8, 8, 13, 13, 20, 20, 30, 30, 60, 60, 120, 120, 180, 180)

_GOOD, _WAITS, _BAD = "good", "wait", "bad"
_TONES = {State.DONE: _GOOD, State.UNPAID: _BAD}


def watched(order: Order, *, told: str | None, looks: int, desk: Desk, href: Callable[[int], str], home: str) -> Page:
    """The page of an order. `told` is the newest SMS about it to whoever looks; `looks` counts how often they have.

    `href` is the page's address for the next look, `home` the guide's first page.
    """
    is_over = order.state.in_review or (order.state.is_end and told is not None)
    may_look = not is_over and looks < len(_WAITS_S)
    foot = [say("Ref {reference}", reference=short_reference(order.id))]
    if not is_over:
        foot.insert(0, _LOOKS_AGAIN if may_look else _LOOKS_NO_MORE)
    return Page(
        title=state_in_words(order.state),
        says=[told if told and is_over else _now(order, desk)],
        tone=_TONES.get(order.state, _WAITS),
        foot=foot,
        links=[Link(href=home, label=say("Begin again"))] if is_over else [Link(href=href(0), label=say("Look again"))],
        again=Again(href=href(looks + 1), after_s=_WAITS_S[looks]) if may_look else None,
    )


def _now(order: Order, desk: Desk) -> Text:
    """What is true of the money at this moment."""
    explain = _SAYS.get(order.state)
    return explain(order, _Shown(order, desk)) if explain else state_in_words(order.state)


class _Shown:
    """The parts of an order as people are shown them."""

    def __init__(self, order: Order, desk: Desk) -> None:
        self.line = national(order.line, country=desk.country)
        self.payer = national(order.payer, country=desk.country)
        self.wallet = WALLETS[order.payment_provider].name if order.payment_provider in WALLETS else ""
        self.care_number = desk.care_number


_Explain = Callable[[Order, _Shown], Text]


def _asked(order: Order, shown: _Shown) -> Text:
    return another_was_asked(amount=order.amount, payer=shown.payer)


def _prompting(order: Order, shown: _Shown) -> Text:
    return on_its_way(amount=order.amount, wallet=shown.wallet, payer=shown.payer)


def _paid(order: Order, shown: _Shown) -> Text:
    return say("{amount} is paid. We are adding it to {line}.", amount=order.amount, line=shown.line)


def _credited(order: Order, shown: _Shown) -> Text:
    return say("{amount} was added to {line}. We are looking whether it is back.", amount=order.amount, line=shown.line)


def _done(order: Order, shown: _Shown) -> Text:
    return say("{amount} was added to {line}. Thank you.", amount=order.amount, line=shown.line)


def _unpaid(order: Order, shown: _Shown) -> Text:
    return say("{amount} was not paid. Nothing was taken.", amount=order.amount)


def _going_back(order: Order, shown: _Shown) -> Text:
    return say(
        "We could not top up {line}. {amount} is going back to {wallet} of {payer}.",
        line=shown.line,
        amount=order.amount,
        wallet=shown.wallet,
        payer=shown.payer,
    )


def _went_back(order: Order, shown: _Shown) -> Text:
    return say(
        "We could not top up {line}. {amount} went back to {wallet} of {payer}.",
        line=shown.line,
        amount=order.amount,
        wallet=shown.wallet,
        payer=shown.payer,
    )


def _checking(order: Order, shown: _Shown) -> Text:
    return checking(order, care_number=shown.care_number)


_SAYS: Mapping[State, _Explain] = {
    State.ASKED: _asked,
    State.CREATED: _prompting,
    State.CHARGING: _prompting,
    State.PAID: _paid,
    State.CREDITING: _paid,
    State.CREDITED: _credited,
    State.DONE: _done,
    State.UNPAID: _unpaid,
    State.REFUNDING: _going_back,
    State.RETURNING: _going_back,
    State.REFUNDED: _went_back,
    State.REVIEW_CHARGE: _checking,
    State.REVIEW_CREDIT: _checking,
    State.REVIEW_REFUND: _checking,
}

_LOOKS_AGAIN = say("This page looks again by itself.")
_LOOKS_NO_MORE = say("This page looks no more by itself. An SMS tells you the end.")
