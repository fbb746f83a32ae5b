"""What becomes of a top-up, to whoever asked for it: the money first, then the line, then what to do."""

from collections.abc import Callable, Mapping

from sms.messages.line_seen import Told, told_of_line
from topup.ids import short_reference
from topup.line import Line
from topup.money import Money
from topup.orders import Order
from topup.outcomes import Reason
from topup.wallets import WALLETS
from words.text import Text, ToTheCent, say


def balance_told(order: Order, *, line: Line) -> Text:
    """The end that everybody hopes for. `line` was read just now, and is active."""
    amount = order.amount
    return told_of_line(
        line,
        came_back=order.line_was_away,
        back=Told(
            say("{amount} received. Your line is back.", amount=amount),
            lambda balance: say(
                "{amount} received. Your line is back. Balance {balance}.", amount=amount, balance=balance
            ),
        ),
        as_before=Told(
            say("{amount} received. Thank you.", amount=amount),
            lambda balance: say("{amount} received. Balance {balance}.", amount=amount, balance=balance),
        ),
    )


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


def waiting(order: Order, *, line: str | None, care_number: str) -> Text:
    """It is paid, and has not been added for a while. `line`: another than the reader's own, in the national form."""
    reference = short_reference(order.id)
    if line is not None:
        return say(
            "{amount} is paid and safe. Topping up {line} takes longer than usual. "
            "Please wait: we will send you an SMS. Help: call {care}, ref {reference}.",
            amount=order.amount,
            line=line,
            care=care_number,
            reference=reference,
        )
    return say(
        "{amount} is paid and safe. Topping up your line takes longer than usual. "
        "Please wait: we will send you an SMS. Help: call {care}, ref {reference}.",
        amount=order.amount,
        care=care_number,
        reference=reference,
    )


def _why(order: Order, reason: Reason | None) -> Text:
    explain = _DECLINED.get(reason, _our_fault) if reason else _our_fault
    return say("{amount} not paid. {why}", amount=order.amount, why=explain(_wallet(order)))


def _our_fault(wallet: str) -> Text:
    return say("Sorry, {wallet} cannot be reached just now.", wallet=wallet)


def _wallet(order: Order) -> str:
    """What the payer calls the wallet that is asked for this order."""
    return WALLETS[order.payment_provider].name


_DECLINED: Mapping[Reason, Callable[[str], Text]] = {
    Reason.NOT_ENOUGH: lambda wallet: say("The {wallet} balance is too low.", wallet=wallet),
    Reason.WRONG_PIN: lambda wallet: say("The {wallet} PIN was wrong.", wallet=wallet),
    Reason.CANCELLED: lambda wallet: say("The payment was cancelled."),
    Reason.NO_ANSWER: lambda wallet: say("{wallet} got no answer from the payer.", wallet=wallet),
    Reason.BUSY: lambda wallet: say("The payer's phone was busy."),
    Reason.LIMIT: lambda wallet: say("The payment is outside the limits of {wallet}.", wallet=wallet),
    Reason.SAID_NO: lambda wallet: say("Whoever you asked does not want to pay."),
    Reason.SAID_NOTHING: lambda wallet: say("Whoever you asked did not answer in time."),
    Reason.NO_WALLET: lambda wallet: say("The payer has no {wallet}.", wallet=wallet),
}
