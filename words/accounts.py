"""A line and a top-up in a sentence, for every channel alike."""

from topup.caller import Recent, Result
from topup.life import State
from topup.line import Line, LineState
from words.states import advance_state_in_words, state_in_words, voucher_state_in_words
from words.text import Text, ToTheCent, say


def line_in_words(line: Line, *, care_number: str) -> Text:
    """What a line is, and what is owed or left."""
    match line.state:
        case LineState.SUSPENDED if line.owes:
            return say("Line suspended. You owe {owed}.", owed=ToTheCent(line.owes))
        case LineState.SUSPENDED:
            return say("Line suspended.")
        case LineState.ACTIVE if line.balance:
            return say("Line active. Balance {balance}.", balance=ToTheCent(line.balance))
        case LineState.ACTIVE:
            return say("Line active.")
        case LineState.BARRED:
            return say("Your line is barred by the operator. A top-up will not help. Call {care}.", care=care_number)
        case LineState.GONE:
            return say("The operator does not know this number. Nothing was paid. Call {care}.", care=care_number)
        case LineState.UNKNOWN:
            return say("We cannot see your line just now.")


def top_up_in_words(found: Recent) -> Text:
    """When, how much, what became of the money, and the reference that a support agent needs.

    What a voucher is worth is not known before it is loaded.
    """
    if not found.amount.minor:
        return say(
            "{at} Voucher: {state}. Ref {reference}",
            at=found.at,
            state=voucher_state_in_words(found.state),
            reference=found.reference,
        )
    return say(
        "{at} {amount}: {state}. Ref {reference}",
        at=found.at,
        amount=found.amount,
        state=state_in_words(found.state),
        reference=found.reference,
    )


def advance_in_words(found: Recent) -> Text:
    """The same of an advance."""
    return say(
        "{at} {amount}: {state}. Ref {reference}",
        at=found.at,
        amount=found.amount,
        state=advance_state_in_words(found.state),
        reference=found.reference,
    )


def result_in_words(result: Result, *, line: Line) -> Text:
    """An end that the person has missed. What is said of the line is what it is now."""
    if not result.amount.minor:
        return say("Voucher of {at}: {end}", at=result.at, end=_end_of_voucher(result, line))
    return say("{amount} of {at}: {end}", amount=result.amount, at=result.at, end=_end(result, line))


def _end_of_voucher(result: Result, line: Line) -> Text:
    if result.state is State.UNPAID:
        return say("not loaded.")
    if line.state is LineState.ACTIVE and not result.is_for_another:
        return say("loaded, your line is back.")
    return say("loaded.")


def _end(result: Result, line: Line) -> Text:
    if result.is_advance:
        return say("your advance was added.") if result.state is State.DONE else say("your advance was not added.")
    if result.state is State.UNPAID:
        return say("not paid.")
    if result.state is State.REFUNDED:
        return say("not done, the money went back.")
    if result.repaid:  # Whoever paid for another need not know what that line owes.
        return say("paid.") if result.is_for_another else say("paid, and it repaid your advance first.")
    if line.state is LineState.ACTIVE and not result.is_for_another:
        return say("paid, your line is back.")
    return say("paid, and added to the line.")
