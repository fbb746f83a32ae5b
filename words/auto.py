"""A standing order in a sentence, for every channel alike."""

from topup.auto import Terms
from topup.money import Money
from topup.phone import national
from words.text import Text, say


def terms_in_words(terms: Terms, *, country: str) -> Text:
    """Everything that was, or is to be, agreed to."""
    line = national(terms.line, country=country)
    if isinstance(terms.when, Money):
        return say(
            "{amount} for {line} when below {below}, at most {cap} a week.",
            amount=terms.amount,
            line=line,
            below=terms.when,
            cap=terms.cap,
        )
    return say("{amount} for {line} every {day}.", amount=terms.amount, line=line, day=terms.when)
