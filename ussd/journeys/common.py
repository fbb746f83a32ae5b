"""What several journeys say and ask."""

from topup.money import Money
from topup.phone import national
from ussd.call import Call
from ussd.screens import Wrong
from words.text import say


def agreed(call: Call) -> Money:
    """The amount that was chosen earlier in the call. Raises Wrong when there is none."""
    if call.amount is None:
        raise Wrong(say("Please choose the amount first."))
    return call.amount


def shown(call: Call, msisdn: str) -> str:
    """A number as people of the country write it."""
    return national(msisdn, country=call.desk.country)
