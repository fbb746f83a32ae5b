"""A voucher (scratch card) is loaded, on the caller's own line or on another."""

from topup.kinds import Kind
from topup.money import Money
from topup.phone import example_number, read_msisdn
from topup.vouchers import Pin, VouchersLocked, read_pin
from ussd.call import Call
from ussd.journeys import menu
from ussd.journeys.common import shown
from ussd.screens import Choice, Option, Wrong
from words.agreeing import load_this_voucher, loading_voucher
from words.text import Text, say


@menu.ask("confirm_voucher", "cannot_help")
def voucher(call: Call) -> Text:
    """The digits of a voucher."""
    return say("Type the digits of the voucher.")


@voucher.answer
def read_voucher(call: Call, typed: str) -> str:
    """Eight to twenty digits, however they are grouped."""
    call.pin = read_pin(typed)
    return "cannot_help" if call.its_line.is_beyond_help else "confirm_voucher"


@menu.choice("voucher_sent", "vouchers_locked", "voucher_line", "voucher", "home")
def confirm_voucher(call: Call) -> Choice:
    """Which voucher goes on which line, before it does."""
    return Choice(
        load_this_voucher(_pin(call), line=shown(call, call.line_to_top_up)),
        [
            Option(say("Load"), "voucher_sent", does=_load, pays=True),
            Option(say("Another line"), "voucher_line"),
            Option(say("Another voucher"), "voucher"),
            Option(say("Cancel"), "home"),
        ],
    )


@menu.ask("confirm_voucher", "cannot_top_up_that")
def voucher_line(call: Call) -> Text:
    """Whose line the voucher is loaded on."""
    return say("Type the number of the line, like {example}.", example=example_number(country=call.desk.country))


@voucher_line.answer
def read_voucher_line(call: Call, typed: str) -> str:
    """A number of this country. The caller's own is just that."""
    msisdn = read_msisdn(typed, country=call.desk.country)
    call.other_line = None if msisdn == call.msisdn else msisdn
    call.other_line_is = call.desk.read_line(msisdn) if call.other_line else None
    return "cannot_top_up_that" if call.its_line.is_beyond_help else "confirm_voucher"


@menu.end(tells=Kind.VOUCHER)
def voucher_sent(call: Call) -> Text:
    """What happens now. A call that was forgotten since has no digits of the voucher any more."""
    if call.pin is None:
        return say("We are loading your voucher. An SMS tells you the end.")
    return loading_voucher(call.pin.tail, line=shown(call, call.other_line) if call.other_line else None)


@menu.pages()
def vouchers_locked(call: Call) -> list[Text]:
    """Too many wrong ones today: until when vouchers do not work, and what does."""
    return [say("Too many of your vouchers were wrong today. Try again tomorrow. A top-up works at any time.")]


def _load(call: Call) -> str | None:
    """Loading twice in one call is loading once. Raises an error of topup.vouchers, or LineIsClosed."""
    wanted = call.wanted(Money(0, call.desk.currency), kind=Kind.VOUCHER, pin=_pin(call))
    try:
        order = call.desk.place(wanted)
    except VouchersLocked:
        return "vouchers_locked"
    call.other_line = order.line if order.is_for_another else None
    return None


def _pin(call: Call) -> Pin:
    if call.pin is None:
        raise Wrong(say("Please type the voucher first."))
    return call.pin
