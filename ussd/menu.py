"""The whole menu: topping up one's own line here, in walking order, and the other journeys of ussd.journeys.

docs/menu.md is drawn from it.
"""

from functools import partial

from topup.kinds import Kind
from topup.limits import SameAgain
from topup.line import LineState
from topup.money import Money, UnableToReadAmount, read_amount
from topup.phone import example_number, read_msisdn
from topup.vouchers import is_as_long_as_a_pin
from ussd.call import Call
from ussd.journeys import advances, asking, auto, menu, other_lines, under_way, vouchers
from ussd.journeys.common import agreed, shown
from ussd.screens import DOORS, Choice, NotAnOption, Option, Wrong
from words.accounts import result_in_words, top_up_in_words
from words.agreeing import headline, offer, on_its_way, same_again, what_will_happen, who_pays
from words.text import LANGUAGES, Text, say

__all__ = ["advances", "asking", "auto", "menu", "other_lines", "under_way", "vouchers"]


@menu.choice(
    *("amounts", "confirm", "other_payer", "cannot_help", "balance", "recent", "language", "guide", "other_ways"),
    "confirm_voucher",
)
def home(call: Call) -> Choice:
    """What the line is, and what can be done."""
    top_up = [] if call.line.is_beyond_help else [Option(say("Top up"), "amounts")]
    return Choice(
        result_in_words(call.news, line=call.line) if call.news else _headline(call),
        [
            *top_up,
            Option(say("Balance"), "balance"),
            Option(say("My top-ups"), "recent"),
            Option(say("Language"), "language"),
            Option(say("Help"), "guide"),
            Option(say("Other ways"), "other_ways"),
        ],
    )


@home.answer
def read_direct_dial(call: Call, typed: str) -> str:
    """An amount or a voucher instead of an option goes straight to its confirmation: `*384*55*100#` arrives so."""
    if len(typed) < 2:
        raise NotAnOption()
    if is_as_long_as_a_pin(typed):
        return vouchers.read_voucher(call, typed)
    try:
        amount = _amount(call, typed)
    except UnableToReadAmount as error:
        raise NotAnOption() from error
    if call.line.is_beyond_help:
        return "cannot_help"
    call.amount, call.payer = call.desk.limits.check(amount), None
    return "confirm" if call.has_wallet else "other_payer"


@menu.choice("home", "payer", "other_payer", "confirm", "asked_payer", "confirm_ask", "confirm_advance")
def resume(call: Call) -> Choice:
    """A call that dropped is offered again."""
    dropped = call.dropped
    if dropped is None:
        raise Wrong(say("There is nothing to go on with."))
    onward = {
        "amount": dropped.amount,
        "payer": dropped.payer,
        "other_line": dropped.other_line,
        "other_line_is": dropped.other_line_is,
        "trail": list(dropped.trail),
        "dropped": None,
    }
    return Choice(
        say("Go on with {amount}?", amount=dropped.amount),
        [Option(say("Yes"), dropped.screen, onward), Option(say("Start over"), "home", {"dropped": None})],
    )


@menu.choice("payer", "other_amount")
def amounts(call: Call) -> Choice:
    """How much: first what brings the line back, then the usual amounts, then any other."""
    limits = call.desk.limits
    clearing = limits.clearing_amount(call.its_line)
    offers = [
        Option(offer(amount, clearing=clearing), "payer", {"amount": amount}) for amount in limits.offers(call.its_line)
    ]
    return Choice(say("How much?"), [*offers, Option(say("Another amount"), "other_amount")])


@amounts.answer
def read_amount_at_once(call: Call, typed: str) -> str:
    """An amount instead of an option is that amount."""
    if len(typed) < 2:
        raise NotAnOption()
    return read_other_amount(call, typed)


@menu.ask("payer")
def other_amount(call: Call) -> Text:
    """Another amount than those offered."""
    limits = call.desk.limits
    return say("Type the amount, {smallest} to {largest}.", smallest=limits.smallest, largest=limits.largest)


@other_amount.answer
def read_other_amount(call: Call, typed: str) -> str:
    """The amount, within what the operator sells."""
    call.amount = call.desk.limits.check(_amount(call, typed))
    return "payer"


@menu.choice("confirm", "other_payer", "asked_payer")
def payer(call: Call) -> Choice:
    """Whose mobile money pays."""
    return Choice(
        who_pays(amount=agreed(call), own_wallet_down=call.own_wallet_down),
        [
            Option(say("This number"), "confirm", {"payer": None}, does=_check_own_wallet),
            Option(say("Another number"), "other_payer"),
            Option(say("Ask somebody to pay"), "asked_payer"),
        ],
    )


@menu.ask("confirm")
def other_payer(call: Call) -> Text:
    """The number of somebody else who pays; the only way for a caller whose own number has no wallet."""
    example = example_number(country=call.desk.country)
    if call.has_wallet:
        return say("Type the number that pays, like {example}.", example=example)
    return say("Your number has no mobile money that we can ask. Type one that pays, like {example}.", example=example)


@other_payer.answer
def read_other_payer(call: Call, typed: str) -> str:
    """A number with a wallet, however it is written."""
    payer = read_msisdn(typed, country=call.desk.country)
    call.desk.wallet_of(payer)
    call.payer = payer
    return "confirm"


@menu.choice("placed", "again", "other_payer", "confirm", "home")
def confirm(call: Call) -> Choice:
    """Everything that will happen, before it does."""
    return Choice(
        _what_will_happen(call),
        [
            Option(say("Pay"), "placed", does=_place_once, pays=True),
            Option(say("Another payer"), "other_payer"),
            Option(say("Cancel"), "home"),
        ],
    )


@confirm.answer
def read_direct_payer(call: Call, typed: str) -> str:
    """A number instead of an option is the payer: it is how `*384*55*100*0711000002#` arrives."""
    if len(typed) < 7:
        raise NotAnOption()
    return read_other_payer(call, typed)


@menu.choice("placed", "home")
def again(call: Call) -> Choice:
    """The same was ordered a moment ago: twice is asked, never assumed."""
    return Choice(
        same_again(agreed(call)),
        [Option(say("No"), "home"), Option(say("Pay once more"), "placed", does=_place_again, pays=True)],
    )


@menu.end(tells=Kind.TOPUP)
def placed(call: Call) -> Text:
    """What happens now."""
    if call.payer_or_self == call.msisdn:
        return say(
            "{amount}: in a moment {wallet} asks for your PIN on this phone. "
            "When it is paid, an SMS tells your balance.",
            amount=agreed(call),
            wallet=call.wallet,
        )
    return on_its_way(amount=agreed(call), wallet=call.wallet, payer=shown(call, call.payer_or_self))


@menu.pages()
def balance(call: Call) -> list[Text]:
    """The balance; read again when it was not known at the dial."""
    if call.line.state is LineState.UNKNOWN:
        call.line = call.desk.read_line(call.msisdn)
    return [_headline(call)]


@menu.pages()
def recent(call: Call) -> list[Text]:
    """The caller's last top-ups: where is my money?"""
    if not call.recent:
        return [say("You have no top-ups yet.")]
    return [top_up_in_words(found) for found in call.recent]


@menu.choice("home")
def language(call: Call) -> Choice:
    """The languages, each by its own name."""
    return Choice(
        say("Choose a language"),
        [
            Option(say(name), "home", {"language": code}, does=partial(_remember_language, language=code))
            for code, name in LANGUAGES.items()
        ],
    )


@menu.pages()
def guide(call: Call) -> list[Text]:
    """How it works, and who else can help."""
    return [
        say("Choose an amount and who pays. The payer is asked for the PIN. Your line then comes back by itself."),
        say(
            "Dial {code} at any time. Help: call {care}.",
            code=call.desk.short_code,
            care=call.desk.care_number,
        ),
    ]


@menu.end()
def cannot_help(call: Call) -> Text:
    """A line that no top-up brings back."""
    return _headline(call)


menu.check(entries=DOORS)


def _place_once(call: Call) -> str | None:
    try:
        _place(call, again=False)
    except SameAgain:
        return "again"
    return None


def _place_again(call: Call) -> None:
    _place(call, again=True)


def _place(call: Call, *, again: bool) -> None:
    """Placing twice in one call gives the same order. The call goes on with what was ordered, whatever was played."""
    order = call.desk.place(call.wanted(agreed(call), again=again))
    call.amount, call.payer = order.amount, order.payer


def _remember_language(call: Call, *, language: str) -> None:
    call.desk.choose_language(call.msisdn, language)


def _what_will_happen(call: Call) -> Text:
    amount = agreed(call)
    if (told := advances.repaid_first(call, amount)) is not None:
        return told
    return what_will_happen(
        amount=amount,
        owed=call.its_line.owes,
        line=shown(call, call.line_to_top_up),
        wallet=call.wallet,
        payer=shown(call, call.payer_or_self),
        is_down=call.wallet_is_down,
    )


def _check_own_wallet(call: Call) -> None:
    """Who has no wallet that can be asked stays where another payer can be chosen, and reads why."""
    call.desk.wallet_of(call.msisdn)


def _headline(call: Call) -> Text:
    return headline(call.line, care_number=call.desk.care_number)


def _amount(call: Call, typed: str) -> Money:
    return read_amount(typed, currency=call.desk.currency)
