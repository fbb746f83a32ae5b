"""Other ways than topping up one's own line with one's own money."""

from topup.phone import example_number, read_msisdn
from ussd.call import Call
from ussd.journeys import menu
from ussd.journeys.advances import ways_to_borrow
from ussd.journeys.common import shown
from ussd.screens import Choice, Option
from words.text import Text, say

# What was typed on one of these ways is nothing to the others.
_ANEW = {"other_line": None, "other_line_is": None, "pin": None}


@menu.choice("other_line", "strangers", "auto", "auto_line", "voucher", "advances")
def other_ways(call: Call) -> Choice:
    """What else can be done."""
    return Choice(
        say("Other ways"),
        [
            Option(say("Top up another line"), "other_line", _ANEW),
            Option(say("Who may top up my line"), "strangers", _ANEW),
            Option(say("Auto top-up"), "auto" if call.standing else "auto_line", _ANEW),
            Option(say("Voucher"), "voucher", _ANEW),
            *ways_to_borrow(call),
        ],
    )


@menu.ask("amounts", "cannot_top_up_that")
def other_line(call: Call) -> Text:
    """Whose line is topped up."""
    return say("Type the number to top up, like {example}.", example=example_number(country=call.desk.country))


@other_line.answer
def read_other_line(call: Call, typed: str) -> str:
    """A number of this country. The caller's own is just that."""
    msisdn = read_msisdn(typed, country=call.desk.country)
    if msisdn == call.msisdn:
        call.other_line, call.other_line_is = None, None
        return "amounts"
    # What it owes of advances counts too: nobody is told that a line comes back which then does not.
    call.other_line, call.other_line_is = msisdn, call.desk.read_line(msisdn).after(call.desk.debt_of(msisdn))
    return "cannot_top_up_that" if call.other_line_is.is_beyond_help else "amounts"


@menu.pages()
def cannot_top_up_that(call: Call) -> list[Text]:
    """Another line, which no top-up brings back."""
    return [
        say(
            "{line} cannot be topped up. Nothing was paid. Help: call {care}.",
            line=shown(call, call.line_to_top_up),
            care=call.desk.care_number,
        )
    ]


@menu.choice("line_closed", "line_opened")
def strangers(call: Call) -> Choice:
    """Whether others may top up the caller's line."""
    return Choice(
        say("Who may top up your line?"),
        [
            Option(say("Anybody"), "line_opened", does=_open),
            Option(say("Only this phone"), "line_closed", does=_close),
        ],
    )


@menu.pages()
def line_closed(call: Call) -> list[Text]:
    """Nobody else may top up the line from now on."""
    return [say("From now on nobody else can top up your line.")]


@menu.pages()
def line_opened(call: Call) -> list[Text]:
    """Others may top up the line again."""
    return [say("From now on others can top up your line too.")]


def _open(call: Call) -> None:
    call.desk.close_line(call.msisdn, closed=False)


def _close(call: Call) -> None:
    call.desk.close_line(call.msisdn, closed=True)
