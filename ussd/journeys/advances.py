"""Advances: credit now, which the line's next top-ups repay. What it costs is said before the yes."""

from datetime import timedelta

from sms.messages.advances import terms
from topup.advances import Lending, NoAdvancesHere
from topup.errors import RedialError
from topup.kinds import Kind
from topup.money import Money
from ussd.call import Call
from ussd.journeys import menu
from ussd.journeys.common import agreed, shown
from ussd.screens import Choice, Option, Wrong
from words.accounts import advance_in_words
from words.mistakes import mistake_in_words
from words.text import Text, rendered, say

# Whoever asks for the terms again within this time has them already.
_TERMS_ONCE_IN = timedelta(minutes=10)


def ways_to_borrow(call: Call) -> list[Option]:
    """The option that leads here, where advances are offered."""
    return [Option(say("Advance"), "advances")] if call.history else []


@menu.choice("confirm_advance", "my_advances", "terms_sent")
def advances(call: Call) -> Choice:
    """What the line may borrow, or why nothing; what it owes; and the terms."""
    head, offers = _offers(call)
    return Choice(
        head,
        [
            *offers,
            Option(say("My advances"), "my_advances"),
            Option(say("Terms by SMS"), "terms_sent", does=_send_terms),
        ],
    )


@menu.choice("advance_promised", "home")
def confirm_advance(call: Call) -> Choice:
    """What will be lent and what is to be repaid, before it is."""
    amount = agreed(call)
    return Choice(
        say(
            "You get {amount} now. Your next top-ups repay {owed}: {fee} is the fee.",
            amount=amount,
            owed=_lending(call).owed_for(amount),
            fee=_lending(call).fee(amount),
        ),
        [Option(say("Take it"), "advance_promised", does=_borrow, pays=True), Option(say("Cancel"), "home")],
    )


@menu.end(tells=Kind.ADVANCE)
def advance_promised(call: Call) -> Text:
    """What happens now."""
    return say(
        "{amount} is on its way to your line. Your next top-ups repay {owed}. An SMS tells you the end.",
        amount=agreed(call),
        owed=_lending(call).owed_for(agreed(call)),
    )


@menu.pages()
def my_advances(call: Call) -> list[Text]:
    """What the line owes, and its last advances."""
    owed = call.history.owed if call.history else Money(0, call.desk.currency)
    debt = say("You owe {owed}.", owed=owed) if owed.minor else say("You owe nothing for advances.")
    return [debt, *map(advance_in_words, call.lent)]


@menu.pages()
def terms_sent(call: Call) -> list[Text]:
    """The terms are on their way."""
    return [say("The terms come by SMS.")]


def repaid_first(call: Call, amount: Money) -> Text | None:
    """What a top-up of the caller's line will do when a part of it repays an advance; None when none does."""
    debt, line = call.debt, call.its_line.owes
    if not debt.minor or call.other_line or (line and amount < line):
        return None
    wallet, payer = call.wallet, shown(call, call.payer_or_self)
    if call.wallet_is_down:
        return say(
            "{amount} repays your advance of {owed} first. {wallet} of {payer} does not answer now.",
            amount=amount,
            owed=debt,
            wallet=wallet,
            payer=payer,
        )
    return say(
        "{amount} for your line: first it repays your advance, {owed}. {wallet} of {payer} pays.",
        amount=amount,
        owed=debt,
        wallet=wallet,
        payer=payer,
    )


def _offers(call: Call) -> tuple[Text, list[Option]]:
    lending = _lending(call)
    try:
        if call.history is None:
            raise NoAdvancesHere()
        amounts = lending.offers(line=call.line, history=call.history)
    except RedialError as error:
        return mistake_in_words(error), []
    return say("Advance"), [_offer(lending, amount) for amount in amounts]


def _offer(lending: Lending, amount: Money) -> Option:
    alone = {"amount": amount, "payer": None, "other_line": None, "other_line_is": None}
    label = say("{amount}, repay {owed}", amount=amount, owed=lending.owed_for(amount))
    return Option(label, "confirm_advance", alone)


def _borrow(call: Call) -> None:
    """Agreeing twice in one call is agreeing once. The call goes on with what was agreed, whatever was played."""
    call.amount = call.desk.place(call.wanted(agreed(call), kind=Kind.ADVANCE)).amount


def _send_terms(call: Call) -> None:
    text = rendered(terms(_lending(call)), call.language)
    call.desk.write(call.msisdn, text, purpose="advance_terms", not_within=_TERMS_ONCE_IN)


def _lending(call: Call) -> Lending:
    if call.desk.lending is None:
        raise Wrong(mistake_in_words(NoAdvancesHere()))
    return call.desk.lending
