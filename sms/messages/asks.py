"""Asking somebody else to pay: what the one who asks is told, and what the one who is asked."""

from collections.abc import Sequence

from topup.money import Money
from topup.orders import Order
from topup.wallets import WALLETS
from words.text import AsTyped, Text, say


def ask_instructions() -> Text:
    """The answer to ASK without an amount or a number."""
    return say("To let another pay send ASK, the amount and their number, like ASK 100 0711000002.")


def asked_just_now(amount: Money, *, payer: str) -> Text:
    """The same person asked for the same twice within a moment."""
    return say(
        "You have just asked for {amount}. To ask once more send ASK {typed} {payer} AGAIN.",
        amount=amount,
        typed=AsTyped(amount),
        payer=payer,
    )


def asked(order: Order, *, payer: str) -> Text:
    """To whoever asked by SMS that somebody else pays. `payer` is in the national form."""
    return say(
        "We have asked {payer} to pay {amount} for you. They have an hour. We will tell you by SMS.",
        payer=payer,
        amount=order.amount,
    )


def please_pay(order: Order, *, asked_by: str, code: int) -> Text:
    """To somebody who is asked to pay, who has not asked for anything: who asks, how much, and how to say no."""
    return say(
        "{asked_by} asks you to top up {amount} for them. Reply YES {code} to pay, or NO {code}.",
        asked_by=asked_by,
        amount=order.amount,
        code=code,
    )


def which_ask(codes: Sequence[int]) -> Text:
    """To somebody who was asked more than once, and did not say which they mean."""
    return say("You were asked more than once. Reply YES or NO with the number, like YES {code}.", code=codes[0])


def nothing_asked(*, short_code: str) -> Text:
    """To somebody who says yes or no when nothing was asked of them, or not any more."""
    return say(
        "There is nothing for you to answer just now. Nothing was taken. To top up dial {code}.", code=short_code
    )


def accepted(order: Order) -> Text:
    """To somebody who said yes."""
    return say("Thank you. {amount}: in a moment you are asked for your PIN.", amount=order.amount)


def wallet_down_to_accept(order: Order, *, code: int) -> Text:
    """To somebody whose yes was not taken, since their wallet does not answer just now: the ask waits for another."""
    return say(
        "{wallet} does not answer now. {amount} was not taken. Please send YES {code} again in a few minutes.",
        wallet=WALLETS[order.payment_provider].name,
        amount=order.amount,
        code=code,
    )


def said_no(order: Order, *, asked_by: str) -> Text:
    """To somebody who said no."""
    return say("All right. You pay nothing, and we tell {asked_by}.", asked_by=asked_by)


def paid_for_another(order: Order, *, asked_by: str) -> Text:
    """To the payer who said yes: it is done."""
    return say(
        "{amount} from you was added to the line of {asked_by}. Thank you.", amount=order.amount, asked_by=asked_by
    )


def refunded_to_you(order: Order, *, asked_by: str) -> Text:
    """To the payer who said yes: it could not be done."""
    return say(
        "Sorry, {asked_by} could not be topped up. {amount} went back to you.", asked_by=asked_by, amount=order.amount
    )


def not_paid_for_another(order: Order, *, asked_by: str) -> Text:
    """To the payer who said yes: nothing came of it."""
    return say("{amount} for {asked_by} was not paid. Nothing was taken.", amount=order.amount, asked_by=asked_by)
