"""Pay for me: somebody else is asked by SMS whether they will pay."""

from topup.asks import AskedOfOneself
from topup.kinds import Kind
from topup.limits import SameAgain
from topup.phone import example_number, read_payer
from ussd.call import Call
from ussd.journeys import menu
from ussd.journeys.common import agreed, shown
from ussd.screens import Choice, Option
from words.text import Text, say


@menu.ask("confirm_ask")
def asked_payer(call: Call) -> Text:
    """The number of somebody who is asked to pay."""
    return say("Type the number to ask, like {example}.", example=example_number(country=call.desk.country))


@asked_payer.answer
def read_asked_payer(call: Call, typed: str) -> str:
    """A number of this country other than the caller's own."""
    payer = read_payer(typed, country=call.desk.country)
    if payer == call.msisdn:
        raise AskedOfOneself()
    call.payer = payer
    return "confirm_ask"


@menu.choice("asked", "asked_already", "asked_payer", "home")
def confirm_ask(call: Call) -> Choice:
    """What will be asked of whom, before it is."""
    return Choice(
        say(
            "We ask {payer} by SMS to pay {amount} for {line}.",
            payer=shown(call, call.payer_or_self),
            amount=agreed(call),
            line=shown(call, call.line_to_top_up),
        ),
        [
            Option(say("Ask"), "asked", does=_ask, pays=True),
            Option(say("Another number"), "asked_payer"),
            Option(say("Cancel"), "home"),
        ],
    )


@menu.end()
def asked(call: Call) -> Text:
    """What happens now."""
    return say(
        "We have asked {payer} to pay {amount}. They have an hour to say yes. An SMS tells you the end.",
        payer=shown(call, call.payer_or_self),
        amount=agreed(call),
    )


@menu.pages()
def asked_already(call: Call) -> list[Text]:
    """The same person was asked for the same a moment ago."""
    return [
        say(
            "You have asked {payer} for {amount} already. An SMS tells you the answer.",
            payer=shown(call, call.payer_or_self),
            amount=agreed(call),
        )
    ]


def _ask(call: Call) -> str | None:
    """Asking twice in one call is asking once. The call goes on with what was asked, whatever was played."""
    try:
        order = call.desk.place(call.wanted(agreed(call), kind=Kind.ASK))
    except SameAgain:
        return "asked_already"
    call.amount, call.payer = order.amount, order.payer
    return None
