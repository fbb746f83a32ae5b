"""What is true of an order's money at this moment, for as long as no SMS has told its end."""

from collections.abc import Callable, Mapping, Sequence

from sms.messages import vouchers
from sms.messages.advances import checking_advance
from sms.messages.top_ups import checking
from topup.ids import short_reference
from topup.kinds import Kind
from topup.life import State
from topup.orders import Order
from topup.phone import national
from topup.wallets import WALLETS
from words.agreeing import another_was_asked, loading_voucher, on_its_way
from words.states import advance_state_in_words, state_in_words, voucher_state_in_words
from words.text import Text, say


def title_of(order: Order) -> Text:
    """Where it stands, in a few words."""
    return _TITLES.get(order.kind, state_in_words)(order.state)


def true_now(order: Order, *, apart: Sequence[Order], tail: str, country: str, care_number: str) -> list[Text]:
    """What is true of it at this moment, and of the orders that hold money `apart` which is said to have come to it.

    `apart` is given where it is unpaid. `tail` is the end of the voucher's number, where the order is for one.
    """
    told = []
    for one in (order, *apart):
        says = _SAYS_OF_KIND.get(one.kind, {}).get(one.state) or _SAYS.get(one.state)
        if one is order and apart:
            says = _unpaid_in_time  # That nothing was taken would not be true.
        shown = _Shown(one, tail=tail, country=country, care_number=care_number)
        told.append(says(one, shown) if says else title_of(one))
    return told


class _Shown:
    """The parts of an order as people are shown them."""

    def __init__(self, order: Order, *, tail: str, country: str, care_number: str) -> None:
        self.line = national(order.line, country=country)
        self.payer = national(order.payer, country=country)
        self.wallet = WALLETS[order.payment_provider].name if order.payment_provider in WALLETS else ""
        self.care_number = care_number
        self.tail = tail


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


def _unpaid_in_time(order: Order, shown: _Shown) -> Text:
    return say("{amount} was not paid when {wallet} asked for it.", amount=order.amount, wallet=shown.wallet)


def _held_apart(order: Order, shown: _Shown) -> Text:
    return say(
        "{amount} may have come from {wallet} of {payer} all the same. We keep it apart and are checking it. "
        "Help: call {care}, ref {reference}.",
        amount=order.amount,
        wallet=shown.wallet,
        payer=shown.payer,
        care=shown.care_number,
        reference=short_reference(order.id),
    )


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


def _loading(order: Order, shown: _Shown) -> Text:
    return loading_voucher(shown.tail, line=shown.line if order.is_for_another else None)


def _loaded_not_seen(order: Order, shown: _Shown) -> Text:
    return say("Your voucher was added to {line}. We are looking whether it is back.", line=shown.line)


def _loaded(order: Order, shown: _Shown) -> Text:
    return vouchers.loaded_for_another(None, line=shown.line)


def _not_loaded(order: Order, shown: _Shown) -> Text:
    return say("Voucher ...{tail} was not loaded. An SMS tells you why.", tail=shown.tail)


def _checking_voucher(order: Order, shown: _Shown) -> Text:
    return vouchers.checking(shown.tail, care_number=shown.care_number, reference=short_reference(order.id))


def _lending(order: Order, shown: _Shown) -> Text:
    return say("Your advance of {amount} is on its way to {line}.", amount=order.amount, line=shown.line)


def _not_lent(order: Order, shown: _Shown) -> Text:
    return say("Your advance of {amount} was not added. You owe nothing for it.", amount=order.amount)


def _checking_advance(order: Order, shown: _Shown) -> Text:
    return checking_advance(order, care_number=shown.care_number)


_TITLES: Mapping[Kind, Callable[[State], Text]] = {
    Kind.VOUCHER: voucher_state_in_words,
    Kind.ADVANCE: advance_state_in_words,
}

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

# A voucher's amount is not known, and nobody pays for an advance: these say it in their own way. Nobody asked for what
# is held apart, either.
_SAYS_OF_KIND: Mapping[Kind, Mapping[State, _Explain]] = {
    Kind.VOUCHER: {
        State.UNREDEEMED: _loading,
        State.REDEEMING: _loading,
        State.CREDITED: _loaded_not_seen,
        State.DONE: _loaded,
        State.UNPAID: _not_loaded,
        State.REVIEW_VOUCHER: _checking_voucher,
    },
    Kind.ADVANCE: {
        State.PROMISED: _lending,
        State.LENDING: _lending,
        State.UNPAID: _not_lent,
        State.REVIEW_ADVANCE: _checking_advance,
    },
    Kind.STRAY: {State.REVIEW_CHARGE: _held_apart},
}
