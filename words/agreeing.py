"""What is offered and agreed to before somebody pays, in every channel alike."""

from topup.line import Line, LineState
from topup.money import Money
from topup.vouchers import Pin
from words.accounts import line_in_words
from words.text import Text, ToTheCent, say


def headline(line: Line, *, care_number: str) -> Text:
    """What the line is; and where nobody knows, that it can be topped up all the same."""
    state = line_in_words(line, care_number=care_number)
    return say("{line_state} You can still top up.", line_state=state) if line.state is LineState.UNKNOWN else state


def offer(amount: Money, *, clearing: Money | None) -> Text:
    """An amount on offer. `clearing` is the one that brings the line back."""
    return say("{amount} (line comes back)", amount=amount) if amount == clearing else say("{amount}", amount=amount)


def who_pays(*, amount: Money, own_wallet_down: str | None) -> Text:
    """Whose mobile money pays. `own_wallet_down` is what one's own is called where it does not answer just now."""
    if own_wallet_down:
        return say("{amount}. {wallet} does not answer now. Who pays?", amount=amount, wallet=own_wallet_down)
    return say("{amount}. Who pays?", amount=amount)


def what_will_happen(
    *, amount: Money, owed: Money | None, line: str, wallet: str, payer: str, is_down: bool = False
) -> Text:
    """What is agreed to, before it is. `owed` is what the line owes; `line` and `payer` are in the national form.

    `is_down`: the wallet does not answer just now. It is asked all the same by whoever wants that.
    """
    if is_down:
        return _what_will_wait(amount=amount, owed=owed, line=line, wallet=wallet, payer=payer)
    if owed and amount < owed:
        return say(
            "{amount} will not bring {line} back: it owes {owed}. {wallet} of {payer} pays.",
            amount=amount,
            wallet=wallet,
            line=line,
            owed=ToTheCent(owed),
            payer=payer,
        )
    return say(
        "Top up {line} with {amount}. {wallet} of {payer} pays.", amount=amount, line=line, wallet=wallet, payer=payer
    )


def _what_will_wait(*, amount: Money, owed: Money | None, line: str, wallet: str, payer: str) -> Text:
    """The same where the wallet does not answer just now; what is owed was told before, and there is no room for it."""
    if owed and amount < owed:
        return say(
            "{amount} will not bring {line} back. {wallet} of {payer} does not answer now.",
            amount=amount,
            line=line,
            wallet=wallet,
            payer=payer,
        )
    return say(
        "Top up {line} with {amount}. {wallet} of {payer} does not answer now.",
        amount=amount,
        line=line,
        wallet=wallet,
        payer=payer,
    )


def asked_of_another(*, amount: Money, line: str, payer: str, wallet_down: str | None) -> Text:
    """What will be asked of whom, before it is. The numbers are in the national form.

    `wallet_down` is what the payer's wallet is called where it does not answer just now. They are asked all the same by
    whoever wants that: they have an hour, in which it may answer again.
    """
    if wallet_down:
        return say(
            "We ask {payer} by SMS to pay {amount} for {line}. Their {wallet} does not answer now.",
            payer=payer,
            amount=amount,
            line=line,
            wallet=wallet_down,
        )
    return say("We ask {payer} by SMS to pay {amount} for {line}.", payer=payer, amount=amount, line=line)


def on_its_way(*, amount: Money, wallet: str, payer: str) -> Text:
    """What happens once somebody has agreed to be asked. `payer` is in the national form."""
    return say(
        "{amount}: in a moment {wallet} asks {payer} for the PIN. When it is paid, an SMS tells your balance.",
        amount=amount,
        wallet=wallet,
        payer=payer,
    )


def another_was_asked(*, amount: Money, payer: str) -> Text:
    """What happens once somebody was asked to pay. `payer` is in the national form."""
    return say(
        "We have asked {payer} to pay {amount}. They have an hour to say yes. An SMS tells you the end.",
        payer=payer,
        amount=amount,
    )


def same_again(amount: Money) -> Text:
    """The same was ordered a moment ago: twice is asked, never assumed."""
    return say("You have just ordered {amount} for this line, and it is on its way. Pay once more?", amount=amount)


def asked_already(*, amount: Money, payer: str) -> Text:
    """The same person was asked for the same a moment ago. `payer` is in the national form."""
    return say("You have asked {payer} for {amount} already. An SMS tells you the answer.", payer=payer, amount=amount)


def load_this_voucher(pin: Pin, *, line: str) -> Text:
    """Which voucher goes on which line, before it does. `line` is in the national form."""
    return say("Load voucher ...{tail} on {line}?", tail=pin.tail, line=line)


def loading_voucher(tail: str, *, line: str | None) -> Text:
    """What happens once it was agreed to. `tail` is the end of its number; `line` another's, in the national form."""
    if line is None:
        return say("We are loading your voucher ...{tail}. An SMS tells your balance.", tail=tail)
    return say("We are loading your voucher ...{tail} on {line}. An SMS tells you the end.", tail=tail, line=line)
