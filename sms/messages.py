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
from words.text import AsTyped, Text, ToTheCent, say


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


def topped_up_by_another(order: Order, *, by: str, line: Line) -> Text:
    """To the owner of a line that somebody else topped up. `by` is in the national form."""
    if line.balance is not None:
        return say(
            "{by} topped up your line with {amount}. Balance {balance}.",
            by=by,
            amount=order.amount,
            balance=ToTheCent(line.balance),
        )
    return say("{by} topped up your line with {amount}.", by=by, amount=order.amount)


def other_line_topped_up(order: Order, *, line: str) -> Text:
    """To whoever topped up a line that is not their own. `line` is in the national form."""
    return say("{amount} was added to {line}. Thank you.", amount=order.amount, line=line)


def line_beyond_help(*, line: str, care_number: str) -> Text:
    """To somebody who wants to top up a line that no top-up brings back. `line` is in the national form."""
    return say("{line} cannot be topped up. Nothing was taken. Help: call {care}.", line=line, care=care_number)


def please_pay(order: Order, *, asked_by: str, code: int) -> Text:
    """To somebody who is asked to pay, who has not asked for anything: who asks, how much, and how to say no."""
    return say(
        "{asked_by} asks you to top up {amount} for them. Reply YES {code} to pay, or NO {code}.",
        asked_by=asked_by,
        amount=order.amount,
        code=code,
    )


def asked(order: Order, *, payer: str) -> Text:
    """To whoever asked by SMS that somebody else pays. `payer` is in the national form."""
    return say(
        "We have asked {payer} to pay {amount} for you. They have an hour. We will tell you by SMS.",
        payer=payer,
        amount=order.amount,
    )


def accepted(order: Order) -> Text:
    """To somebody who said yes."""
    return say("Thank you. {amount}: in a moment you are asked for your PIN.", amount=order.amount)


def wallet_down_to_accept(order: Order, *, code: int) -> Text:
    """To somebody whose yes was not taken, since their wallet does not answer just now: the ask waits for another."""
    return say(
        "{wallet} does not answer now. {amount} was not taken. Please send YES {code} again in a few minutes.",
        wallet=_wallet(order),
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


def nothing_asked(*, short_code: str) -> Text:
    """To somebody who says yes or no when nothing was asked of them, or not any more."""
    return say(
        "There is nothing for you to answer just now. Nothing was taken. To top up dial {code}.", code=short_code
    )


def which_ask(codes: Sequence[int]) -> Text:
    """To somebody who was asked more than once, and did not say which they mean."""
    return say("You were asked more than once. Reply YES or NO with the number, like YES {code}.", code=codes[0])


def line_closed() -> Text:
    """The answer to BLOCK."""
    return say("From now on nobody else can top up your line. Send UNBLOCK to change this.")


def line_opened() -> Text:
    """The answer to UNBLOCK."""
    return say("Others can top up your line again. Send BLOCK to change this.")


def ask_instructions() -> Text:
    """The answer to ASK without an amount or a number."""
    return say("To let another pay send ASK, the amount and their number, like ASK 100 0711000002.")


def asked_to_pay(order: Order, *, payer: str) -> Text:
    """A top-up by SMS was taken. `payer` is in the national form."""
    return say(
        "{amount}: in a moment {wallet} asks {payer} for the PIN.",
        amount=order.amount,
        wallet=_wallet(order),
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


def asked_just_now(amount: Money, *, payer: str) -> Text:
    """The same person asked for the same twice within a moment."""
    return say(
        "You have just asked for {amount}. To ask once more send ASK {typed} {payer} AGAIN.",
        amount=amount,
        typed=AsTyped(amount),
        payer=payer,
    )


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
    return say("Send TOPUP 100, VOUCHER, BAL, STATUS, LANG or STOP. To top up by menu dial {code}.", code=short_code)


def top_up_instructions() -> Text:
    """The answer to TOPUP without an amount."""
    return say("Send TOPUP and the amount, like TOPUP 100. To let another number pay: TOPUP 100 0711000002.")


def mistaken(why: Text, *, short_code: str) -> Text:
    """What was wrong with a top-up by SMS."""
    return say("{why} Nothing was taken. Send TOPUP 100, or dial {code}.", why=why, code=short_code)


def one_time_code(code: str) -> Text:
    """To somebody who wants to use the recharge page, to prove that the number is theirs."""
    return say("{code} is your code for the recharge page. It works for 10 minutes. Tell it to nobody.", code=code)


def language_changed() -> Text:
    """The answer to LANG. It goes out in the new language."""
    return say("From now on we write to you in English.")


def unknown_language() -> Text:
    """The answer to LANG with a language that we do not have."""
    return say("For another language send LANG EN, LANG SW (Kiswahili), LANG FR (Francais) or LANG ZH (Chinese).")


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
    Reason.SAID_NO: lambda wallet: say("Whoever you asked does not want to pay."),
    Reason.SAID_NOTHING: lambda wallet: say("Whoever you asked did not answer in time."),
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


def _try_again(wallet: str, *, written: Text) -> Text:
    return say(
        "{wallet} does not answer now. Nothing was ordered. Another number can pay, or send {written} AGAIN to try.",
        wallet=wallet,
        written=written,
    )
