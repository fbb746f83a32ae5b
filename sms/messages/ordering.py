"""Ordering a top-up by SMS: it is taken, it is asked whether twice is meant, or it is said why nothing was ordered.

And whoever's call dropped is asked here whether to go on.
"""

from topup.money import Money
from topup.orders import Order
from topup.wallets import WALLETS
from words.text import AsTyped, Text, say


def top_up_instructions() -> Text:
    """The answer to TOPUP without an amount."""
    return say("Send TOPUP and the amount, like TOPUP 100. To let another number pay: TOPUP 100 0711000002.")


def asked_to_pay(order: Order, *, payer: str) -> Text:
    """A top-up by SMS was taken. `payer` is in the national form."""
    return say(
        "{amount}: in a moment {wallet} asks {payer} for the PIN.",
        amount=order.amount,
        wallet=WALLETS[order.payment_provider].name,
        payer=payer,
    )


def ordered_just_now(amount: Money, *, payer: str | None, line: str | None = None) -> Text:
    """The same top-up twice within a moment: it is asked, never assumed.

    `payer` and `line`, where they are not the sender's own, as the sender wrote them.
    """
    if line is not None and payer is not None:
        return say(
            "You have just ordered {amount}. To pay once more send TOPUP {typed} {payer} FOR {line} AGAIN.",
            amount=amount,
            typed=AsTyped(amount),
            payer=payer,
            line=line,
        )
    if line is not None:
        return say(
            "You have just ordered {amount}. To pay once more send TOPUP {typed} FOR {line} AGAIN.",
            amount=amount,
            typed=AsTyped(amount),
            line=line,
        )
    if payer is not None:
        return say(
            "You have just ordered {amount}, paid by {payer}. To pay once more send TOPUP {typed} {payer} AGAIN.",
            amount=amount,
            typed=AsTyped(amount),
            payer=payer,
        )
    return say(
        "You have just ordered {amount}, and it is on its way. To pay once more send TOPUP {typed} AGAIN.",
        amount=amount,
        typed=AsTyped(amount),
    )


def mistaken(why: Text, *, short_code: str) -> Text:
    """What was wrong with a top-up by SMS."""
    return say("{why} Nothing was taken. Send TOPUP 100, or dial {code}.", why=why, code=short_code)


def wallet_down(wallet: str, amount: Money, *, payer: str | None, line: str | None) -> Text:
    """To somebody whose top-up was not ordered, since the payer's wallet does not answer just now.

    `payer` and `line`, where they are not the sender's own, as the sender wrote them.
    """
    typed = AsTyped(amount)
    if payer is None and line is None:
        return say(
            "{wallet} does not answer now. Nothing was ordered. Another number can pay: send TOPUP {typed} and that "
            "number. To try send TOPUP {typed} AGAIN.",
            wallet=wallet,
            typed=typed,
        )
    if payer is None:
        return _try_again(wallet, written=say("TOPUP {typed} FOR {line}", typed=typed, line=line or ""))
    if line is None:
        return _try_again(wallet, written=say("TOPUP {typed} {payer}", typed=typed, payer=payer))
    return _try_again(wallet, written=say("TOPUP {typed} {payer} FOR {line}", typed=typed, payer=payer, line=line))


def wallet_down_to_ask(wallet: str, amount: Money, *, payer: str) -> Text:
    """To somebody who wants another asked whose wallet does not answer just now. `payer` as the sender wrote it."""
    return _try_again(wallet, written=say("ASK {typed} {payer}", typed=AsTyped(amount), payer=payer))


def call_dropped(amount: Money, *, line: str, payer: str) -> Text:
    """To somebody whose call dropped before they agreed. `line` and `payer` are in the national form."""
    return say(
        "Your call ended. Reply 1 to go on with {amount} for {line}, paid by {payer}.",
        amount=amount,
        line=line,
        payer=payer,
    )


def nothing_to_go_on_with(*, short_code: str) -> Text:
    """To somebody who replies 1 to nothing, or too late."""
    return say("There is nothing to go on with any more. To top up dial {code}.", code=short_code)


def _try_again(wallet: str, *, written: Text) -> Text:
    return say(
        "{wallet} does not answer now. Nothing was ordered. Another number can pay, or send {written} AGAIN to try.",
        wallet=wallet,
        written=written,
    )
