"""A walk through every screen and every SMS in every language, with the widest values: nothing is cut off, ever."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import pytest

from sms import advance_messages, messages
from tests.unit import widest
from tests.unit.desks import LIMITS, WIDTH, FakeDesk
from tests.unit.orders import an_order
from topup import advances
from topup.advances import OFFERED
from topup.asks import AskedOfOneself, AskedTooOften, LineIsClosed, WantsNoAsks
from topup.errors import RedialError
from topup.life import State
from topup.limits import AmountNotWhole, AmountTooLarge, AmountTooSmall, LineHasEnough, PayerHasPaidEnough
from topup.line import Line, LineState
from topup.money import UnableToReadAmount
from topup.outcomes import Reason
from topup.phone import UnableToReadNumber
from ussd.call import Call, Dropped
from ussd.drawing import drawn_pages
from ussd.menu import menu
from ussd.screens import Kind, NotAnOption
from words import mistakes
from words.mistakes import sentence_for
from words.text import LANGUAGES, Text, rendered, say
from words.width import septets_of, sms_segments

# What may be long is turned by pages; everything else is seen at once.
PAGED = {"recent", "guide", "advances", "my_advances"}

# Where it is shown how things stand, each of the states is.
STATES = {"recent": State, "my_advances": State}

WIDE_LIMITS = replace(
    LIMITS,
    smallest=widest.AMOUNT,
    largest=widest.BALANCE,
    presets=tuple(replace(widest.AMOUNT, minor=widest.AMOUNT.minor - number) for number in range(4)),
)

MISTAKES: list[RedialError] = [
    UnableToReadAmount(typed="x"),
    AmountTooSmall(amount=widest.AMOUNT, smallest=widest.AMOUNT),
    AmountTooLarge(amount=widest.AMOUNT, largest=widest.AMOUNT),
    AmountNotWhole(amount=widest.AMOUNT, step=widest.AMOUNT),
    LineHasEnough(amount=widest.AMOUNT, largest=widest.AMOUNT),
    PayerHasPaidEnough(amount=widest.AMOUNT, largest=widest.AMOUNT),
    advances.NoAdvancesHere(),
    advances.AdvanceUnpaid(owed=widest.AMOUNT),
    advances.StillUnderWay(),
    advances.LineNotSeen(),
    advances.LineCannotBorrow(state="barred"),
    advances.HasCredit(below=widest.AMOUNT),
    advances.TooFewTopUps(more=99),
    advances.LineTooNew(days=999),
    advances.ToppedUpTooLittle(more=widest.AMOUNT, days=30),
    advances.AdvanceTooSmallForLine(owed=widest.BALANCE),
    advances.AdvanceNotOffered(amount=widest.AMOUNT),
    UnableToReadNumber(typed="x"),
    AskedOfOneself(),
    AskedTooOften(times=5),
    WantsNoAsks(),
    LineIsClosed(),
]


def said_of(mistake: RedialError) -> Text:
    sentence = sentence_for(mistake)
    assert sentence is not None
    return sentence


WHYS = [NotAnOption().why, *map(said_of, MISTAKES)]


def calls_on(screen: str, language: str) -> Iterator[Call]:
    """Calls that have got to the screen, with every state of the line and, where it is shown, of earlier top-ups."""
    for line in widest.LINES[:1] if screen in STATES else widest.LINES:
        for payer in (None, widest.FOREIGN):
            for state, history in product(STATES.get(screen, (State.DONE,)), widest.HISTORIES):
                yield Call(
                    desk=FakeDesk(
                        limits=WIDE_LIMITS,
                        lending=widest.LENDING,
                        care_number=widest.CARE,
                        short_code=widest.CODE,
                        line=line,
                    ),
                    channel="ussd:africastalking",
                    conversation="widest",
                    msisdn=widest.FOREIGN,
                    language=language,
                    screen=screen,
                    line=line,
                    amount=widest.AMOUNT,
                    payer=payer,
                    recent=[widest.recent(state)] * 3,
                    dropped=Dropped("confirm", (), widest.AMOUNT, payer),
                    history=history,
                    lent=[widest.recent(state)] * 3,
                )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", menu.screens)
def test_every_screen_is_seen_whole(screen: str, language: str) -> None:
    for call in calls_on(screen, language):
        pages = drawn_pages(menu, call, WIDTH)
        assert all(WIDTH.holds(page) for page in pages), pages
        assert all(septets_of(page) is not None for page in pages), pages
        assert len(pages) == 1 or screen in PAGED, pages


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", [name for name, found in menu.screens.items() if found.kind is not Kind.END])
def test_every_screen_is_seen_whole_with_what_was_wrong(screen: str, language: str) -> None:
    for call in calls_on(screen, language):
        plain = "\n".join(drawn_pages(menu, call, WIDTH))
        for why in WHYS:
            call.why = rendered(why, language)
            pages = drawn_pages(menu, call, WIDTH)
            assert all(WIDTH.holds(page) for page in pages), pages
            assert pages[0].startswith(call.why)
            lines = [line for page in pages for line in page.split("\n")]
            assert set(plain.split("\n")) <= set(lines) or screen in PAGED, lines
        call.why = ""


def test_the_walk_knows_every_mistake_of_a_person() -> None:
    assert {type(mistake) for mistake in MISTAKES} == set(mistakes._SENTENCES)


LAST_WORDS = [
    say("That did not work three times. Nothing was paid. Dial {code} to start again.", code=widest.CODE),
    say("You pressed very many keys. Nothing was paid. Please wait a minute and dial {code}.", code=widest.CODE),
    say("We could not read that. Nothing was paid. Please dial again."),
    say("This code is not served here. Please dial {code}.", code=widest.CODE),
    say("Sorry, something went wrong on our side. Please dial {code} again in a minute.", code=widest.CODE),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("words", LAST_WORDS, ids=lambda words: words.msgid[:30])
def test_the_last_words_that_are_no_screen_fit_too(words: Text, language: str) -> None:
    assert WIDTH.holds(rendered(words, language))


# SMS.

ORDER = an_order(id="w" * 20, amount=widest.AMOUNT)
WAS_ACTIVE = replace(ORDER, line_was=LineState.ACTIVE)
BACK = [Line(LineState.ACTIVE, widest.BALANCE), Line(LineState.ACTIVE, -widest.BALANCE), Line(LineState.ACTIVE)]

SENT: dict[Callable[..., Text], list[Text]] = {
    messages.balance_told: [messages.balance_told(order, line=line) for order in (ORDER, WAS_ACTIVE) for line in BACK],
    messages.credited: [messages.credited(ORDER, short_code=widest.CODE)],
    messages.credited_in_part: [messages.credited_in_part(ORDER, owed=widest.BALANCE, short_code=widest.CODE)],
    messages.declined: [messages.declined(ORDER, reason=why, short_code=widest.CODE) for why in (None, *Reason)],
    messages.checked_not_paid: [messages.checked_not_paid(ORDER, short_code=widest.CODE)],
    messages.checked_unpaid: [messages.checked_unpaid(ORDER, short_code=widest.CODE)],
    messages.refunded: [messages.refunded(ORDER, payer=widest.FOREIGN)],
    messages.checking: [messages.checking(ORDER, care_number=widest.CARE)],
    messages.asked_to_pay: [messages.asked_to_pay(ORDER, payer=widest.FOREIGN)],
    messages.ordered_just_now: [
        messages.ordered_just_now(widest.AMOUNT, payer=payer, line=line)
        for payer in (None, widest.FOREIGN)
        for line in (None, widest.FOREIGN)
    ],
    messages.asked_just_now: [messages.asked_just_now(widest.AMOUNT, payer=widest.FOREIGN)],
    messages.topped_up_by_another: [
        messages.topped_up_by_another(ORDER, by=widest.FOREIGN, line=line) for line in BACK
    ],
    messages.other_line_topped_up: [messages.other_line_topped_up(ORDER, line=widest.FOREIGN)],
    messages.line_beyond_help: [messages.line_beyond_help(line=widest.FOREIGN, care_number=widest.CARE)],
    messages.please_pay: [messages.please_pay(ORDER, asked_by=widest.FOREIGN, code=999)],
    messages.asked: [messages.asked(ORDER, payer=widest.FOREIGN)],
    messages.accepted: [messages.accepted(ORDER)],
    messages.said_no: [messages.said_no(ORDER, asked_by=widest.FOREIGN)],
    messages.paid_for_another: [messages.paid_for_another(ORDER, asked_by=widest.FOREIGN)],
    messages.refunded_to_you: [messages.refunded_to_you(ORDER, asked_by=widest.FOREIGN)],
    messages.not_paid_for_another: [messages.not_paid_for_another(ORDER, asked_by=widest.FOREIGN)],
    messages.nothing_asked: [messages.nothing_asked(short_code=widest.CODE)],
    messages.which_ask: [messages.which_ask([999])],
    messages.line_closed: [messages.line_closed()],
    messages.line_opened: [messages.line_opened()],
    messages.ask_instructions: [messages.ask_instructions()],
    messages.line_state: [
        messages.line_state(line, short_code=widest.CODE, care_number=widest.CARE) for line in widest.LINES
    ],
    messages.last_top_up: [messages.last_top_up([widest.recent(state)]) for state in State]
    + [messages.last_top_up([])],
    messages.instructions: [messages.instructions(short_code=widest.CODE)],
    messages.top_up_instructions: [messages.top_up_instructions()],
    messages.mistaken: [messages.mistaken(said_of(mistake), short_code=widest.CODE) for mistake in MISTAKES],
    messages.language_changed: [messages.language_changed()],
    messages.unknown_language: [messages.unknown_language()],
    messages.stopped: [messages.stopped()],
    messages.started: [messages.started()],
    advance_messages.lent: [
        advance_messages.lent(ORDER, owed=widest.AMOUNT, line=line, short_code=widest.CODE) for line in BACK
    ],
    advance_messages.not_lent: [advance_messages.not_lent(ORDER, short_code=widest.CODE)],
    advance_messages.checking_advance: [advance_messages.checking_advance(ORDER, care_number=widest.CARE)],
    advance_messages.repaid: [
        advance_messages.repaid(order, repaid=widest.AMOUNT, line=line, short_code=widest.CODE)
        for order in (ORDER, WAS_ACTIVE)
        for line in BACK
    ],
    advance_messages.repaid_and_line_owes: [
        advance_messages.repaid_and_line_owes(ORDER, repaid=widest.AMOUNT, owed=widest.BALANCE, short_code=widest.CODE)
    ],
    advance_messages.repaid_all: [
        advance_messages.repaid_all(ORDER, left=left) for left in (widest.AMOUNT, replace(widest.AMOUNT, minor=0))
    ],
    advance_messages.repaid_by_another: [
        advance_messages.repaid_by_another(ORDER, by=widest.FOREIGN, repaid=widest.AMOUNT, line=line) for line in BACK
    ],
    advance_messages.received_for: [advance_messages.received_for(ORDER, line=widest.FOREIGN)],
    advance_messages.offered: [advance_messages.offered([widest.AMOUNT] * OFFERED, lending=widest.LENDING)],
    advance_messages.please_confirm: [advance_messages.please_confirm(widest.AMOUNT, lending=widest.LENDING)],
    advance_messages.promised: [advance_messages.promised(ORDER, lending=widest.LENDING)],
    advance_messages.no_advance: [
        advance_messages.no_advance(said_of(mistake), short_code=widest.CODE) for mistake in MISTAKES
    ],
    advance_messages.debt: [advance_messages.debt(owed) for owed in (widest.AMOUNT, replace(widest.AMOUNT, minor=0))],
    advance_messages.terms: [advance_messages.terms(widest.LENDING)],
}

# What people have asked to read may be longer.
LONGER = {advance_messages.terms: 2}


def test_the_walk_knows_every_sms() -> None:
    made_here = {
        made
        for module in (messages, advance_messages)
        for name, made in inspect.getmembers(module, inspect.isfunction)
        if made.__module__ == module.__name__ and not name.startswith("_")
    }
    assert made_here == set(SENT)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("made_by", SENT, ids=lambda made: made.__name__)
def test_every_sms_is_one_segment_in_the_alphabet_of_an_sms(made_by: Callable[..., Text], language: str) -> None:
    for text in SENT[made_by]:
        shown = rendered(text, language)
        assert sms_segments(shown) <= LONGER.get(made_by, 1), shown
        assert septets_of(shown) is not None, shown
        assert "{" not in shown
