"""A walk through every screen and every SMS in every language, with the widest values: nothing is cut off, ever."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from itertools import product
from pkgutil import iter_modules

import pytest

import sms.messages
from sms.messages import advances as lent
from sms.messages import asks, auto, ordering, other_lines, replies, top_ups, vouchers
from sms.messages.line_seen import told_of_line
from tests.unit.desks import LIMITS, WIDTH, FakeDesk
from tests.unit.orders import an_order
from topup import advances
from topup.advances import OFFERED
from topup.asks import AskedOfOneself, AskedTooOften, LineIsClosed, WantsNoAsks
from topup.auto import CapTooSmall, Running, Standing, Terms, TooManyAutoTopUps, Weekday
from topup.caller import Result
from topup.errors import RedialError
from topup.life import State
from topup.limits import AmountNotWhole, AmountTooLarge, AmountTooSmall, LineHasEnough, PayerHasPaidEnough
from topup.line import Line, LineState
from topup.money import Money, UnableToReadAmount
from topup.outcomes import Reason
from topup.phone import UnableToReadNumber
from topup.vouchers import Pin, TooManyAtOnce, UnableToReadPin, VoucherOnItsWay, VouchersLocked, VoucherWasUsed
from topup.wallets import M_PESA, NoWalletHere, Wallet
from ussd.call import Call, Draft, Dropped
from ussd.drawing import FOOT, MORE_LINE, drawn_pages
from ussd.gateways import GATEWAYS, http
from ussd.map import sample_call
from ussd.menu import menu
from ussd.screens import Kind, NotAnOption
from words import mistakes, widest
from words.mistakes import sentence_for
from words.text import IN_GSM_ALPHABET, LANGUAGES, Text, rendered, say
from words.width import Width, septets_of, sms_segments

# What may be long is turned by pages; everything else is seen at once, on a screen of the usual width. The languages
# have a screen of their own, which one name in Chinese turns into UCS-2.
PAGED = {"recent", "guide", "advances", "my_advances"}
IN_UCS2 = {"language"}

# Where it is shown how things stand, each of the states is.
STATES = {"recent": State, "my_advances": State}

# What is known of a line that may borrow is told on these screens; the others count in only that it owes.
OWES = widest.HISTORIES[1:2]
HISTORIES = {"advances": widest.HISTORIES, "confirm": widest.HISTORIES}


def may_be_paged(screen: str, language: str) -> bool:
    """Whether the screen may take more than a page at its widest."""
    return screen in PAGED | IN_UCS2 or language not in IN_GSM_ALPHABET


def may_be_ucs2(screen: str, language: str) -> bool:
    """Whether the screen may be written outside of the GSM alphabet."""
    return screen in IN_UCS2 or language not in IN_GSM_ALPHABET


# The narrowest that a network may say (docs/gateways.md).
NARROWEST = Width(septets=http.FEWEST_OCTETS * 8 // 7, ucs2=http.FEWEST_OCTETS // 2)
NARROW = {width for gateway in GATEWAYS.values() if (width := gateway.LIMITS.width) != WIDTH} | {NARROWEST}

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
    UnableToReadNumber(typed="x"),
    AskedOfOneself(),
    AskedTooOften(times=5),
    WantsNoAsks(),
    LineIsClosed(),
    NoWalletHere(payer="x"),
    CapTooSmall(amount=widest.AMOUNT, cap=widest.AMOUNT),
    TooManyAutoTopUps(count=3),
    UnableToReadPin(shortest=8, longest=20),
    VoucherOnItsWay(),
    VoucherWasUsed(),
    TooManyAtOnce(times=3),
    VouchersLocked(times=3),
]

# Why there is no advance is said of nothing else.
NO_ADVANCE: list[RedialError] = [
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
]


class WideDesk(FakeDesk):
    """A desk at which everybody has the wallet with the longest name."""

    def wallet_of(self, payer: str) -> Wallet:
        return widest.WALLET


class NoWalletDesk(FakeDesk):
    """A desk at which nobody has a wallet."""

    def wallet_of(self, payer: str) -> Wallet:
        raise NoWalletHere(payer=payer)


# Where a wallet is named before it is asked, it may also be one that does not answer.
ALL_ANSWER = (frozenset[str](),)
DOWNS = dict.fromkeys(("payer", "confirm", "confirm_ask"), (*ALL_ANSWER, frozenset({widest.WALLET.provider})))

# Who has no wallet never gets to the screens that name one.
DESKS = {"other_payer": (WideDesk, NoWalletDesk)}


def said_of(mistake: RedialError) -> Text:
    sentence = sentence_for(mistake)
    assert sentence is not None
    return sentence


# What may be agreed to, by balance and on the day with the longest name of every language.
TERMS = [Terms(widest.FOREIGN, widest.AMOUNT, when, widest.AMOUNT) for when in (widest.AMOUNT, *Weekday)]
RUNNING = [Running("w" * 20, terms) for terms in TERMS[:3]]

# An end that was missed, in each of the ways in which one can be told.
MISSED = [
    Result("w" * 20, widest.AMOUNT, state, widest.TIME, *kind)
    for state in (State.DONE, State.UNPAID, State.REFUNDED)
    for kind in product((False, True), repeat=3)
] + [
    Result("w" * 20, widest.NOTHING, state, widest.TIME, is_for_another)
    for state in (State.DONE, State.UNPAID)
    for is_for_another in (False, True)
]

WHYS = [NotAnOption().why, *map(said_of, MISTAKES)]


def whys_on(screen: str) -> list[Text]:
    """What can have been wrong with what was pressed there."""
    return [*WHYS, *map(said_of, NO_ADVANCE)] if screen in {"advances", "confirm_advance"} else WHYS


def calls_on(screen: str, language: str) -> Iterator[Call]:
    """Calls that have got to the screen, with every state of the line and, where it is shown, of earlier top-ups."""
    for line in widest.LINES[:1] if screen in STATES else widest.LINES:
        for payer in (None, widest.FOREIGN):
            states, desks = STATES.get(screen, (State.DONE,)), DESKS.get(screen, (WideDesk,))
            histories, downs = HISTORIES.get(screen, OWES), DOWNS.get(screen, ALL_ANSWER)
            for state, desk, history, down in product(states, desks, histories, downs):
                yield Call(
                    desk=desk(
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
                    other_line=payer and widest.FRIEND,
                    pin=Pin("9" * 20),
                    recent=[widest.recent(state)] * 3,
                    dropped=Dropped("confirm", (), widest.AMOUNT, payer),
                    under_way=widest.AMOUNT,
                    standing=RUNNING,
                    draft=Draft(widest.FOREIGN, widest.AMOUNT, widest.AMOUNT, widest.AMOUNT),
                    history=history,
                    lent=[widest.recent(state)] * 3,
                    down=down,
                )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", menu.screens)
def test_every_screen_is_seen_whole(screen: str, language: str) -> None:
    for call in calls_on(screen, language):
        pages = drawn_pages(menu, call, WIDTH)
        assert all(WIDTH.holds(page) for page in pages), pages
        assert all(septets_of(page) is not None for page in pages) or may_be_ucs2(screen, language), pages
        assert len(pages) == 1 or may_be_paged(screen, language), pages


@pytest.mark.parametrize("amount", [Money(5000, "KES"), LIMITS.largest], ids=["what is owed", "the largest"])
@pytest.mark.parametrize("screen", [name for name in menu.screens if name not in PAGED])
def test_what_chinese_callers_see_on_most_days_is_seen_at_once(screen: str, amount: Money) -> None:
    call = sample_call(screen, "zh")
    call.amount = amount
    for call.down in (frozenset(), frozenset({M_PESA.provider})):
        assert len(drawn_pages(menu, call, WIDTH)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("missed", MISSED)
def test_what_was_missed_is_seen_whole_on_the_home_screen(missed: Result, language: str) -> None:
    for call in calls_on("home", language):
        call.missed = missed
        pages = drawn_pages(menu, call, WIDTH)
        assert all(WIDTH.holds(page) for page in pages), pages
        assert len(pages) == 1 or may_be_paged("home", language), pages


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", ["auto_one", "auto_confirm"])
@pytest.mark.parametrize("terms", TERMS)
def test_everything_that_is_agreed_to_is_seen_whole(terms: Terms, screen: str, language: str) -> None:
    for call in calls_on(screen, language):
        call.draft = Draft(terms.line, terms.amount, terms.when, terms.cap)
        pages = drawn_pages(menu, call, WIDTH)
        assert all(WIDTH.holds(page) for page in pages), pages
        assert len(pages) == 1 or may_be_paged(screen, language), pages


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", [name for name, found in menu.screens.items() if found.kind is not Kind.END])
def test_every_screen_is_seen_whole_with_what_was_wrong(screen: str, language: str) -> None:
    for call in calls_on(screen, language):
        plain = "\n".join(drawn_pages(menu, call, WIDTH))
        for why in whys_on(screen):
            call.why = rendered(why, language)
            pages = drawn_pages(menu, call, WIDTH)
            assert all(WIDTH.holds(page) for page in pages), pages
            assert pages[0].startswith(call.why)
            lines = [line for page in pages for line in page.split("\n")]
            assert set(plain.split("\n")) <= set(lines) or may_be_paged(screen, language), lines
        call.why = ""


def test_the_walk_knows_every_mistake_of_a_person() -> None:
    assert {type(mistake) for mistake in (*MISTAKES, *NO_ADVANCE)} == set(mistakes._SENTENCES)


@pytest.mark.parametrize("width", NARROW, ids=lambda width: str(width.septets))
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", menu.screens)
def test_every_screen_is_seen_whole_by_turning_pages_where_screens_are_narrow(
    screen: str, language: str, width: Width
) -> None:
    turning = {rendered(foot, language) for foot in (FOOT, MORE_LINE)}
    for call in calls_on(screen, language):
        for why in ("", *(rendered(said, language) for said in whys_on(screen))):
            call.why = why
            pages = drawn_pages(menu, call, width)
            assert all(width.holds(page) for page in pages), pages
            words = [line for page in pages for line in page.split("\n") if line not in turning]
            whole = [line for line in drawn_pages(menu, call, ENDLESS)[0].split("\n") if line not in turning]
            # Words are parted at blanks, and Chinese between any two of its characters.
            blank = " " if language in IN_GSM_ALPHABET else ""
            assert blank.join(words).replace(" ", blank) == blank.join(whole).replace(" ", blank)


ENDLESS = Width(septets=10_000, ucs2=10_000)

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
    assert all(width.holds(rendered(words, language)) for width in NARROW | {WIDTH})


# SMS.

ORDER = an_order(id="w" * 20, amount=widest.AMOUNT, payment_provider=widest.WALLET.provider)
WAS_ACTIVE = replace(ORDER, line_was=LineState.ACTIVE)
BACK = [Line(LineState.ACTIVE, widest.BALANCE), Line(LineState.ACTIVE, -widest.BALANCE), Line(LineState.ACTIVE)]

STANDING = [
    Standing(id="w" * 20, payer=widest.FOREIGN, terms=terms, language="en", agreed_at=widest.TIME) for terms in TERMS
]

SENT: dict[Callable[..., Text], list[Text]] = {
    top_ups.balance_told: [top_ups.balance_told(order, line=line) for order in (ORDER, WAS_ACTIVE) for line in BACK],
    top_ups.credited: [top_ups.credited(ORDER, short_code=widest.CODE)],
    top_ups.credited_in_part: [top_ups.credited_in_part(ORDER, owed=widest.BALANCE, short_code=widest.CODE)],
    top_ups.declined: [top_ups.declined(ORDER, reason=why, short_code=widest.CODE) for why in (None, *Reason)],
    top_ups.checked_not_paid: [top_ups.checked_not_paid(ORDER, short_code=widest.CODE)],
    top_ups.checked_unpaid: [top_ups.checked_unpaid(ORDER, short_code=widest.CODE)],
    top_ups.refunded: [top_ups.refunded(ORDER, payer=widest.FOREIGN)],
    top_ups.checking: [top_ups.checking(ORDER, care_number=widest.CARE)],
    top_ups.waiting: [top_ups.waiting(ORDER, line=line, care_number=widest.CARE) for line in (None, widest.FOREIGN)],
    ordering.asked_to_pay: [ordering.asked_to_pay(ORDER, payer=widest.FOREIGN)],
    ordering.ordered_just_now: [
        ordering.ordered_just_now(widest.AMOUNT, payer=payer, line=line)
        for payer in (None, widest.FOREIGN)
        for line in (None, widest.FOREIGN)
    ],
    asks.asked_just_now: [asks.asked_just_now(widest.AMOUNT, payer=widest.FOREIGN)],
    ordering.wallet_down: [
        ordering.wallet_down(widest.WALLET.name, widest.AMOUNT, payer=payer, line=line)
        for payer in (None, widest.FOREIGN)
        for line in (None, widest.FOREIGN)
    ],
    ordering.wallet_down_to_ask: [ordering.wallet_down_to_ask(widest.WALLET.name, widest.AMOUNT, payer=widest.FOREIGN)],
    other_lines.topped_up_by_another: [
        other_lines.topped_up_by_another(ORDER, by=widest.FOREIGN, line=line) for line in BACK
    ],
    other_lines.other_line_topped_up: [other_lines.other_line_topped_up(ORDER, line=widest.FOREIGN)],
    other_lines.line_beyond_help: [other_lines.line_beyond_help(line=widest.FOREIGN, care_number=widest.CARE)],
    asks.please_pay: [asks.please_pay(ORDER, asked_by=widest.FOREIGN, code=999)],
    asks.asked: [asks.asked(ORDER, payer=widest.FOREIGN)],
    asks.accepted: [asks.accepted(ORDER)],
    asks.wallet_down_to_accept: [asks.wallet_down_to_accept(ORDER, code=999)],
    asks.said_no: [asks.said_no(ORDER, asked_by=widest.FOREIGN)],
    asks.paid_for_another: [asks.paid_for_another(ORDER, asked_by=widest.FOREIGN)],
    asks.refunded_to_you: [asks.refunded_to_you(ORDER, asked_by=widest.FOREIGN)],
    asks.not_paid_for_another: [asks.not_paid_for_another(ORDER, asked_by=widest.FOREIGN)],
    asks.nothing_asked: [asks.nothing_asked(short_code=widest.CODE)],
    asks.which_ask: [asks.which_ask([999])],
    other_lines.line_closed: [other_lines.line_closed()],
    other_lines.line_opened: [other_lines.line_opened()],
    asks.ask_instructions: [asks.ask_instructions()],
    replies.line_state: [
        replies.line_state(line, short_code=widest.CODE, care_number=widest.CARE) for line in widest.LINES
    ],
    replies.last_top_up: [
        replies.last_top_up([replace(widest.recent(state), amount=amount)])
        for state in State
        for amount in (widest.AMOUNT, widest.NOTHING)
    ]
    + [replies.last_top_up([])],
    replies.instructions: [replies.instructions(short_code=widest.CODE)],
    ordering.top_up_instructions: [ordering.top_up_instructions()],
    ordering.mistaken: [ordering.mistaken(said_of(mistake), short_code=widest.CODE) for mistake in MISTAKES],
    replies.one_time_code: [replies.one_time_code("999999")],
    replies.language_changed: [replies.language_changed()],
    replies.unknown_language: [replies.unknown_language()],
    replies.stopped: [replies.stopped()],
    replies.started: [replies.started()],
    ordering.call_dropped: [ordering.call_dropped(widest.AMOUNT, line=widest.FOREIGN, payer=widest.FOREIGN)],
    ordering.nothing_to_go_on_with: [ordering.nothing_to_go_on_with(short_code=widest.CODE)],
    auto.agreed: [auto.agreed(terms, country="KE") for terms in TERMS],
    auto.running: [
        auto.running([one] * count, country="KE")
        for one in (Running("w" * 20, terms) for terms in TERMS)
        for count in (1, 3)
    ],
    auto.instructions: [auto.instructions()],
    auto.mistaken: [auto.mistaken(said_of(mistake)) for mistake in MISTAKES],
    auto.stopped: [auto.stopped()],
    auto.none_runs: [auto.none_runs()],
    auto.will_ask: [auto.will_ask(standing, line=line, country="KE") for standing in STANDING for line in widest.LINES],
    auto.given_up: [auto.given_up(standing, country="KE", short_code=widest.CODE) for standing in STANDING],
    auto.closed_to_you: [auto.closed_to_you(standing, country="KE") for standing in STANDING],
    lent.lent: [lent.lent(ORDER, owed=widest.AMOUNT, line=line, short_code=widest.CODE) for line in BACK],
    lent.not_lent: [lent.not_lent(ORDER, short_code=widest.CODE)],
    lent.checking_advance: [lent.checking_advance(ORDER, care_number=widest.CARE)],
    lent.repaid: [
        lent.repaid(order, repaid=widest.AMOUNT, line=line, short_code=widest.CODE)
        for order in (ORDER, WAS_ACTIVE)
        for line in BACK
    ],
    lent.repaid_and_line_owes: [
        lent.repaid_and_line_owes(ORDER, repaid=widest.AMOUNT, owed=widest.BALANCE, short_code=widest.CODE)
    ],
    lent.repaid_all: [lent.repaid_all(ORDER, left=left) for left in (widest.AMOUNT, replace(widest.AMOUNT, minor=0))],
    lent.repaid_by_another: [
        lent.repaid_by_another(ORDER, by=widest.FOREIGN, repaid=widest.AMOUNT, line=line) for line in BACK
    ],
    lent.received_for: [lent.received_for(ORDER, line=widest.FOREIGN)],
    lent.offered: [lent.offered([widest.AMOUNT] * OFFERED, lending=widest.LENDING)],
    lent.please_confirm: [lent.please_confirm(widest.AMOUNT, lending=widest.LENDING)],
    lent.promised: [lent.promised(ORDER, lending=widest.LENDING)],
    lent.no_advance: [lent.no_advance(said_of(why), short_code=widest.CODE) for why in (*MISTAKES, *NO_ADVANCE)],
    lent.debt: [lent.debt(owed) for owed in (widest.AMOUNT, replace(widest.AMOUNT, minor=0))],
    lent.terms: [lent.terms(widest.LENDING)],
}

# What people have asked to read may take two segments, in these languages.
LONGER = {lent.terms: frozenset(LANGUAGES), lent.offered: frozenset({"zh"})}


VOUCHERS: dict[Callable[..., Text], list[Text]] = {
    vouchers.loading: [vouchers.loading(Pin("9" * 20), line=line) for line in (None, widest.FOREIGN)],
    vouchers.how_to_load: [vouchers.how_to_load()],
    vouchers.not_taken: [vouchers.not_taken(said_of(mistake), short_code=widest.CODE) for mistake in MISTAKES],
    vouchers.loaded: [
        vouchers.loaded(worth, came_back=came_back, line=line)
        for worth in (None, widest.AMOUNT)
        for came_back in (True, False)
        for line in BACK
    ],
    vouchers.loaded_not_back: [
        vouchers.loaded_not_back(worth, owed=owed, short_code=widest.CODE)
        for worth in (None, widest.AMOUNT)
        for owed in (None, widest.BALANCE)
    ],
    vouchers.loaded_for_another: [
        vouchers.loaded_for_another(worth, line=widest.FOREIGN) for worth in (None, widest.AMOUNT)
    ],
    vouchers.loaded_by_another: [
        vouchers.loaded_by_another(worth, by=widest.FOREIGN, line=line)
        for worth in (None, widest.AMOUNT)
        for line in BACK
    ],
    vouchers.not_loaded: [vouchers.not_loaded("999", reason=why, short_code=widest.CODE) for why in (None, *Reason)],
    vouchers.checked_not_loaded: [vouchers.checked_not_loaded("999", short_code=widest.CODE)],
    vouchers.checking: [vouchers.checking("999", care_number=widest.CARE, reference="WWWWWWWW")],
    vouchers.waiting: [
        vouchers.waiting("999", line=line, care_number=widest.CARE, reference="WWWWWWWW")
        for line in (None, widest.FOREIGN)
    ],
}
SENT |= VOUCHERS


def test_the_walk_knows_every_sms() -> None:
    files = [import_module(f"{sms.messages.__name__}.{file.name}") for file in iter_modules(sms.messages.__path__)]
    made_here = {
        made
        for module in files
        for name, made in inspect.getmembers(module, inspect.isfunction)
        if made.__module__ == module.__name__ and not name.startswith("_")
    }
    assert made_here - {told_of_line} == set(SENT)  # That one only chooses between the sentences of the others.


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("made_by", SENT, ids=lambda made: made.__name__)
def test_every_sms_is_one_segment_in_the_alphabet_of_an_sms(made_by: Callable[..., Text], language: str) -> None:
    for text in SENT[made_by]:
        shown = rendered(text, language)
        assert sms_segments(shown) <= (2 if language in LONGER.get(made_by, ()) else 1), shown
        assert septets_of(shown) is not None or language not in IN_GSM_ALPHABET, shown
        assert "{" not in shown
