"""The answers to whoever wants to know something, or to have it otherwise: BAL, STATUS, HELP, LANG, STOP and START.

The recharge page asks for one too: the code that proves whose number was typed there.
"""

from collections.abc import Sequence

from topup.caller import Recent
from topup.line import Line, LineState
from words.accounts import line_in_words, top_up_in_words
from words.text import Text, say


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


def one_time_code(code: str) -> Text:
    """To somebody who wants to use the recharge page, to prove that the number is theirs."""
    return say("{code} is your code for the recharge page. It works for 10 minutes. Tell it to nobody.", code=code)
