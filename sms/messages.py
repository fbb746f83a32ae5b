"""Every SMS that we can send. Each fits in one segment at its widest, in every language; a test proves it.

A message says first what happened to the money, then what to do. It is read once, on a small screen, by somebody who
waits for it.
"""

from collections.abc import Callable, Mapping, Sequence

from topup.caller import Recent
from topup.ids import short_reference
from topup.line import Line, LineState
from topup.money import Money
from topup.orders import Order
from topup.outcomes import Reason
from topup.wallets import WALLETS
from words.accounts import line_in_words, top_up_in_words
from words.text import Text, ToTheCent, say


def balance_told(order: Order, *, line: Line) -> Text:
    """The end that everybody hopes for. `line` was read just now, and is active."""
    came_back = order.line_was is not LineState.ACTIVE
    if line.balance is None:
        return _received_back(order) if came_back else say("{amount} received. Thank you.", amount=order.amount)
    balance = ToTheCent(line.balance)
    if came_back:
        return say("{amount} received. Your line is back. Balance {balance}.", amount=order.amount, balance=balance)
    return say("{amount} received. Balance {balance}.", amount=order.amount, balance=balance)


def credited(order: Order, *, short_code: str) -> Text:
    """The credit is on the line, but nobody has seen the line come back yet."""
    return say(
        "{amount} was added to your line. It may take some minutes to come back. Dial {code} for your balance.",
        amount=order.amount,
        code=short_code,
    )


def credited_in_part(order: Order, *, owed: Money, short_code: str) -> Text:
    """The credit is on the line, and was less than what the line owes."""
    return say(
        "{amount} received. You still owe {owed}, so your line stays suspended. Dial {code} to top up.",
        amount=order.amount,
        owed=ToTheCent(owed),
        code=short_code,
    )


def declined(order: Order, *, reason: Reason | None, short_code: str) -> Text:
    """No money moved, and why."""
    return say(
        "{why} Nothing was taken. Dial {code} to try again.",
        why=_why(order, reason),
        code=short_code,
    )


def checked_unpaid(order: Order, *, short_code: str) -> Text:
    """A person has found out that no money moved."""
    return say(
        "We have checked your top-up of {amount}: nothing was taken. Dial {code} to try again.",
        amount=order.amount,
        code=short_code,
    )


def checked_not_paid(order: Order, *, short_code: str) -> Text:
    """A person has found out that the top-up was not paid, although other money came, which is told of apart."""
    return say(
        "We have checked your top-up of {amount}: it was not paid. Dial {code} to try again.",
        amount=order.amount,
        code=short_code,
    )


def refunded(order: Order, *, payer: str) -> Text:
    """The money is back with the payer. `payer` is in the national form."""
    return say(
        "Sorry, we could not top up your line. {amount} went back to {wallet} of {payer}.",
        amount=order.amount,
        wallet=_wallet(order),
        payer=payer,
    )


def checking(order: Order, *, care_number: str) -> Text:
    """Nobody knows yet. A person looks at it."""
    return say(
        "We are checking your top-up of {amount}. You will not pay twice. We will send you an SMS. "
        "Help: call {care}, ref {reference}.",
        amount=order.amount,
        care=care_number,
        reference=short_reference(order.id),
    )


def asked_to_pay(order: Order, *, payer: str) -> Text:
    """A top-up by SMS was taken. `payer` is in the national form."""
    return say(
        "{amount}: in a moment {wallet} asks {payer} for the PIN.",
        amount=order.amount,
        wallet=_wallet(order),
        payer=payer,
    )


def ordered_just_now(amount: Money, *, payer: str | None) -> Text:
    """The same top-up twice within a moment: it is asked, never assumed. `payer`, where another pays, in their form."""
    if payer is not None:
        return say(
            "You have just ordered {amount}, paid by {payer}. To pay once more send TOPUP {amount} {payer} AGAIN.",
            amount=amount,
            payer=payer,
        )
    return say(
        "You have just ordered {amount}, and it is on its way. To pay once more send TOPUP {amount} AGAIN.",
        amount=amount,
    )


def line_state(line: Line, *, short_code: str, care_number: str) -> Text:
    """The answer to BAL."""
    state = line_in_words(line, care_number=care_number)
    if line.state in (LineState.SUSPENDED, LineState.UNKNOWN):
        return say("{line_state} Dial {code} to top up.", line_state=state, code=short_code)
    return state


def last_top_up(recent: Sequence[Recent]) -> Text:
    """The answer to STATUS."""
    return top_up_in_words(recent[0]) if recent else say("You have no top-ups yet.")


def instructions(*, short_code: str) -> Text:
    """The answer to HELP, and the one answer to what we cannot read."""
    return say("Send TOPUP 100, BAL, STATUS, LANG SW or STOP. To top up by menu dial {code}.", code=short_code)


def top_up_instructions() -> Text:
    """The answer to TOPUP without an amount."""
    return say("Send TOPUP and the amount, like TOPUP 100. To let another number pay: TOPUP 100 0711000002.")


def mistaken(why: Text, *, short_code: str) -> Text:
    """What was wrong with a top-up by SMS."""
    return say("{why} Nothing was taken. Send TOPUP 100, or dial {code}.", why=why, code=short_code)


def language_changed() -> Text:
    """The answer to LANG. It goes out in the new language."""
    return say("From now on we write to you in English.")


def unknown_language() -> Text:
    """The answer to LANG with a language that we do not have."""
    return say("Send LANG EN for English or LANG SW for Kiswahili.")


def stopped() -> Text:
    """The answer to STOP."""
    return say("We will not write to you again, save about top-ups that you make. Send START to change this.")


def started() -> Text:
    """The answer to START."""
    return say("Welcome back. Send STOP when you want no messages.")


_DECLINED: Mapping[Reason, Callable[[str], Text]] = {
    Reason.NOT_ENOUGH: lambda wallet: say("The {wallet} balance is too low.", wallet=wallet),
    Reason.WRONG_PIN: lambda wallet: say("The {wallet} PIN was wrong.", wallet=wallet),
    Reason.CANCELLED: lambda wallet: say("The payment was cancelled."),
    Reason.NO_ANSWER: lambda wallet: say("{wallet} got no answer from the payer.", wallet=wallet),
    Reason.BUSY: lambda wallet: say("The payer's phone was busy."),
    Reason.LIMIT: lambda wallet: say("The payment is outside the limits of {wallet}.", wallet=wallet),
    Reason.NO_WALLET: lambda wallet: say("The payer has no {wallet}.", wallet=wallet),
}


def _why(order: Order, reason: Reason | None) -> Text:
    explain = _DECLINED.get(reason, _our_fault) if reason else _our_fault
    return say("{amount} not paid. {why}", amount=order.amount, why=explain(_wallet(order)))


def _our_fault(wallet: str) -> Text:
    return say("Sorry, {wallet} cannot be reached just now.", wallet=wallet)


def _wallet(order: Order) -> str:
    """What the payer calls the wallet that is asked for this order."""
    return WALLETS[order.payment_provider].name


def _received_back(order: Order) -> Text:
    return say("{amount} received. Your line is back.", amount=order.amount)
