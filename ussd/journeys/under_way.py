"""Dialling again while a top-up runs: most people only want to know whether it comes."""

from ussd.call import Call
from ussd.journeys import menu
from ussd.screens import Choice, Option, Wrong
from words.text import Text, say


@menu.choice("wait", "home", "resume")
def under_way(call: Call) -> Choice:
    """A top-up is on its way."""
    if call.under_way is None:
        raise Wrong(say("There is nothing to go on with."))
    return Choice(
        say("You have {amount} on its way.", amount=call.under_way),
        [Option(say("Wait"), "wait"), Option(say("New"), "resume" if call.dropped else "home", {"under_way": None})],
    )


@menu.end()
def wait(call: Call) -> Text:
    """Nothing more is to be done."""
    return say("All right. An SMS tells you the end. You need not pay again.")
