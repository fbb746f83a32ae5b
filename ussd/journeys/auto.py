"""Auto top-up: agreeing to be asked for the PIN by itself, seeing what runs, and stopping it."""

from dataclasses import replace

from topup.auto import Running, Terms, Weekday
from topup.money import Money, read_amount
from topup.phone import example_number, read_msisdn
from ussd.call import Call, Draft
from ussd.journeys import menu
from ussd.journeys.common import shown
from ussd.screens import Choice, NotAnOption, Option, Wrong
from words.auto import terms_in_words
from words.text import Text, say

# The balances on offer and the most a week, as multiples of the smallest top-up and of the amount.
_FLOORS, _CAPS = (2, 5), (1, 2, 4)


@menu.choice("auto_one", "auto_line")
def auto(call: Call) -> Choice:
    """What runs, each to be looked at and stopped, and how to begin another."""
    return Choice(
        say("Auto top-up"),
        [*(_running(call, one) for one in call.standing), Option(say("Begin a new one"), "auto_line")],
    )


@menu.choice("auto_stopped")
def auto_one(call: Call) -> Choice:
    """One that runs, with everything that was agreed to."""
    terms = terms_in_words(_terms(call), country=call.desk.country)
    return Choice(terms, [Option(say("Stop it"), "auto_stopped", does=_stop)])


@menu.pages()
def auto_stopped(call: Call) -> list[Text]:
    """It asks no more, from this moment on."""
    return [say("It has stopped. You are not asked any more.")]


@menu.choice("auto_amount", "auto_other_line")
def auto_line(call: Call) -> Choice:
    """Whose line."""
    return Choice(
        say("Auto top-up for which line?"),
        [
            Option(say("My line"), "auto_amount", {"draft": Draft(call.msisdn)}),
            Option(say("Another line"), "auto_other_line"),
        ],
    )


@menu.ask("auto_amount")
def auto_other_line(call: Call) -> Text:
    """The number of another line."""
    return say("Type the number to top up, like {example}.", example=example_number(country=call.desk.country))


@auto_other_line.answer
def read_auto_line(call: Call, typed: str) -> str:
    """A number of this country."""
    call.draft = Draft(read_msisdn(typed, country=call.desk.country))
    return "auto_amount"


@menu.choice("auto_when")
def auto_amount(call: Call) -> Choice:
    """How much each time."""
    draft = _draft(call)
    offers = [
        Option(say("{amount}", amount=amount), "auto_when", {"draft": replace(draft, amount=amount)})
        for amount in call.desk.limits.presets
    ]
    return Choice(say("How much each time? Choose, or type an amount."), offers)


@auto_amount.answer
def read_auto_amount(call: Call, typed: str) -> str:
    """Another amount, within what the operator sells."""
    call.draft = replace(_draft(call), amount=call.desk.limits.check(_typed_amount(call, typed)))
    return "auto_when"


@menu.choice("auto_cap", "auto_day")
def auto_when(call: Call) -> Choice:
    """At which balance, or every week."""
    smallest = call.desk.limits.smallest
    floors = [Money(smallest.minor * times, smallest.currency) for times in _FLOORS]
    draft = _draft(call)
    return Choice(
        say("When?"),
        [
            *(
                Option(say("Balance below {below}", below=floor), "auto_cap", {"draft": replace(draft, when=floor)})
                for floor in floors
            ),
            Option(say("Once a week"), "auto_day"),
        ],
    )


@auto_when.answer
def read_auto_floor(call: Call, typed: str) -> str:
    """Another balance."""
    call.draft = replace(_draft(call), when=_typed_amount(call, typed))
    return "auto_cap"


@menu.choice("auto_confirm")
def auto_day(call: Call) -> Choice:
    """On which day. Once a week needs no further most than the amount."""
    draft = _draft(call)
    return Choice(
        say("Every week on which day?"),
        [
            Option(say("{day}", day=day), "auto_confirm", {"draft": replace(draft, when=day, cap=draft.amount)})
            for day in Weekday
        ],
    )


@menu.choice("auto_confirm")
def auto_cap(call: Call) -> Choice:
    """The most that may be asked for in a week."""
    draft, amount = _draft(call), _amount(call)
    caps = [Money(amount.minor * times, amount.currency) for times in _CAPS]
    offers = [Option(say("{amount}", amount=cap), "auto_confirm", {"draft": replace(draft, cap=cap)}) for cap in caps]
    return Choice(say("At most how much a week? Choose, or type an amount."), offers)


@auto_cap.answer
def read_auto_cap(call: Call, typed: str) -> str:
    """Another most, with which at least one can be paid."""
    draft = replace(_draft(call), cap=_typed_amount(call, typed))
    _terms_of(draft).check(call.desk.limits)
    call.draft = draft
    return "auto_confirm"


@menu.choice("auto_agreed", "home")
def auto_confirm(call: Call) -> Choice:
    """All of it, before it is agreed to."""
    return Choice(
        say("{terms} Each time you enter your PIN.", terms=terms_in_words(_terms(call), country=call.desk.country)),
        [Option(say("Agree"), "auto_agreed", does=_agree, pays=True), Option(say("Cancel"), "home")],
    )


@menu.end()
def auto_agreed(call: Call) -> Text:
    """What happens from now on, and how it is ended."""
    return say("Agreed. An SMS tells you each time before you are asked for your PIN. To stop, send STOPAUTO.")


def _running(call: Call, one: Running) -> Option:
    terms = one.terms
    return Option(
        say("{amount} for {line}", amount=terms.amount, line=shown(call, terms.line)),
        "auto_one",
        {"draft": Draft(terms.line, terms.amount, terms.when, terms.cap, one.id)},
    )


def _draft(call: Call) -> Draft:
    if call.draft is None:
        raise Wrong(say("Please choose the amount first."))
    return call.draft


def _amount(call: Call) -> Money:
    amount = _draft(call).amount
    if amount is None:
        raise Wrong(say("Please choose the amount first."))
    return amount


def _terms(call: Call) -> Terms:
    return _terms_of(_draft(call))


def _terms_of(draft: Draft) -> Terms:
    if draft.amount is None or draft.when is None or draft.cap is None:
        raise Wrong(say("Please choose the amount first."))
    return Terms(draft.line, draft.amount, draft.when, draft.cap)


def _typed_amount(call: Call, typed: str) -> Money:
    """What was typed, where one digit is an option and never an amount."""
    if len(typed) < 2:
        raise NotAnOption()
    return read_amount(typed, currency=call.desk.currency)


def _agree(call: Call) -> None:
    """Agreeing twice in one call is agreeing once."""
    call.desk.auto.agree(
        call.msisdn,
        _terms(call),
        channel=call.channel,
        conversation=call.conversation,
        language=call.language,
    )


def _stop(call: Call) -> None:
    standing_id = _draft(call).standing_id
    if standing_id is not None:
        call.desk.auto.stop(call.msisdn, standing_id)
    call.standing = [one for one in call.standing if one.id != standing_id]
