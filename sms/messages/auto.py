"""Auto top-ups: what is agreed to and what runs, before each is asked for, and when one has ended."""

from collections.abc import Sequence

from topup.auto import Running, Standing, Terms
from topup.line import Line
from topup.money import Money
from topup.phone import national
from words.auto import terms_in_words
from words.text import Text, say


def agreed(terms: Terms, *, country: str) -> Text:
    """The answer to AUTO 50 BELOW 20 MAX 200: all that is agreed to, and how to end it."""
    return say(
        "Agreed: {terms} Each time you enter your PIN. To stop send STOPAUTO.",
        terms=terms_in_words(terms, country=country),
    )


def running(found: Sequence[Running], *, country: str) -> Text:
    """The answer to AUTO: what runs. The menu has all of it."""
    first = terms_in_words(found[0].terms, country=country)
    if len(found) == 1:
        return say("{terms} To stop send STOPAUTO.", terms=first)
    return say("{terms} And {count} more.", terms=first, count=len(found) - 1)


def instructions() -> Text:
    """The answer to AUTO when nothing runs, and to what we cannot read behind it."""
    return say("Send AUTO 50 BELOW 20 MAX 200, or AUTO 50 MON. For another line add FOR 0711000002.")


def mistaken(why: Text) -> Text:
    """What was wrong with an AUTO."""
    return say("{why} Nothing was agreed. Send AUTO 50 BELOW 20 MAX 200, or AUTO 50 MON.", why=why)


def stopped() -> Text:
    """The answer to STOPAUTO."""
    return say("Auto top-up has stopped. You are not asked any more. To begin again send AUTO.")


def none_runs() -> Text:
    """The answer to STOPAUTO when nothing runs."""
    return say("You have no auto top-up. To begin one send AUTO.")


def will_ask(standing: Standing, *, line: Line, country: str) -> Text:
    """Before the prompt: how much, for whom, and why just now."""
    return say(
        "Auto top-up: {amount} for {line}, {why} Enter your PIN when asked, or send STOPAUTO.",
        amount=standing.terms.amount,
        line=national(standing.terms.line, country=country),
        why=_why(standing.terms, line),
    )


def given_up(standing: Standing, *, country: str, short_code: str) -> Text:
    """It was not paid several times in a row."""
    return say(
        "Auto top-up of {amount} for {line} was not paid three times and has stopped. To begin again dial {code}.",
        amount=standing.terms.amount,
        line=national(standing.terms.line, country=country),
        code=short_code,
    )


def closed_to_you(standing: Standing, *, country: str) -> Text:
    """The owner of the line lets nobody else top it up any more."""
    return say(
        "Auto top-up of {amount} for {line} has stopped: its owner lets nobody else top it up.",
        amount=standing.terms.amount,
        line=national(standing.terms.line, country=country),
    )


def _why(terms: Terms, line: Line) -> Text:
    if not isinstance(terms.when, Money):
        return say("as every {day}.", day=terms.when)
    if line.owes:
        return say("because it owes {owed}.", owed=line.owes)
    if line.balance is not None:
        return say("because its balance is {balance}.", balance=line.balance)
    return say("because it is suspended.")
