"""Pay for me: somebody else is asked by SMS whether they will pay."""

import words.agreeing
from topup.asks import AskedOfOneself
from topup.kinds import Kind
from topup.limits import SameAgain
from topup.phone import example_number, read_msisdn
from ussd.call import Call
from ussd.journeys import menu
from ussd.journeys.common import agreed, shown
from ussd.screens import Choice, Option
from words.agreeing import another_was_asked, asked_of_another
from words.text import Text, say


@menu.ask("confirm_ask")
def asked_payer(call: Call) -> Text:
    """The number of somebody who is asked to pay."""
    return say("Type the number to ask, like {example}.", example=example_number(country=call.desk.country))


@asked_payer.answer
def read_asked_payer(call: Call, typed: str) -> str:
    """A number of this country other than the caller's own."""
    payer = read_msisdn(typed, country=call.desk.country)
    if payer == call.msisdn:
        raise AskedOfOneself()
    call.desk.wallet_of(payer)
    call.payer = payer
    return "confirm_ask"


@menu.choice("asked", "asked_already", "asked_payer", "home")
def confirm_ask(call: Call) -> Choice:
    """What will be asked of whom, before it is."""
    return Choice(
        asked_of_another(
            amount=agreed(call),
            line=shown(call, call.line_to_top_up),
            payer=shown(call, call.payer_or_self),
            wallet_down=call.wallet if call.wallet_is_down else None,
        ),
        [
            Option(say("Ask"), "asked", does=_ask, pays=True),
            Option(say("Another number"), "asked_payer"),
            Option(say("Cancel"), "home"),
        ],
    )


@menu.end(tells=Kind.ASK)
def asked(call: Call) -> Text:
    """What happens now."""
    return another_was_asked(amount=agreed(call), payer=shown(call, call.payer_or_self))


@menu.pages()
def asked_already(call: Call) -> list[Text]:
    """The same person was asked for the same a moment ago."""
    return [words.agreeing.asked_already(amount=agreed(call), payer=shown(call, call.payer_or_self))]


def _ask(call: Call) -> str | None:
    """Asking twice in one call is asking once. The call goes on with what was asked, whatever was played."""
    try:
        order = call.desk.place(call.wanted(agreed(call), kind=Kind.ASK))
    except SameAgain:
        return "asked_already"
    call.amount, call.payer = order.amount, order.payer
    return None
