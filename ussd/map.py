"""docs/menu.md: the menu as a map, and each screen as a phone shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from topup.advances import History, Lending
from topup.auto import Running, Terms
from topup.caller import Caller, Recent, Result
from topup.life import State
from topup.limits import Limits
from topup.line import Line, LineState
from topup.money import Money
from topup.orders import Order, Wanted
from topup.vouchers import Pin
from topup.wallets import M_PESA, Wallet
from ussd.call import Auto, Call, Draft, Dropped
from ussd.drawing import drawn_pages
from ussd.gateways.africastalking import LIMITS
from ussd.screens import Kind, Menu
from words.text import LANGUAGES
from words.width import Width, septets_of, ucs2_of

_HEAD = """# The menu

This page is drawn from `ussd/menu.py` by `make docs`; a test fails when it is stale. Besides the arrows shown, 0 leads
back and 00 home from every screen but the first and the last, and 98 turns the page where there is more.
"""

_SHAPES = {Kind.CHOICE: '["{0}"]', Kind.ASK: '[/"{0}"/]', Kind.PAGES: '>"{0}"]', Kind.END: '(["{0}"])'}


# The terms of advances at the sample desk.
LENDING = Lending(
    amounts=(Money(5000, "KES"), Money(10000, "KES")),
    fee_percent=10,
    days=30,
    top_ups=3,
    share_percent=50,
    below=Money(2000, "KES"),
)


@dataclass
class SampleDesk:
    """A desk that shows how screens look. Nothing can be asked or ordered at it."""

    limits: Limits
    country: str = "KE"
    currency: str = "KES"
    care_number: str = "100"
    short_code: str = "*384*55#"
    lending: Lending | None = LENDING

    def caller(self, msisdn: str) -> Caller:
        """Nobody."""
        raise NotImplementedError

    def read_line(self, msisdn: str) -> Line:
        """The line of the sample."""
        return _line()

    def wallet_of(self, payer: str) -> Wallet:
        """The wallet of the sample."""
        return M_PESA

    def place(self, wanted: Wanted) -> Order:
        """Nothing."""
        raise NotImplementedError

    @property
    def auto(self) -> Auto:
        """Nothing."""
        raise NotImplementedError

    def keep_seen(self, result: Result) -> None:
        """Nothing."""
        raise NotImplementedError

    def placed_in(self, *, channel: str, conversation: str, asked_by: str) -> Order | None:
        """Nothing."""
        raise NotImplementedError

    def close_line(self, msisdn: str, *, closed: bool) -> None:
        """Nothing."""
        raise NotImplementedError

    def debt_of(self, msisdn: str) -> Money:
        """Nothing."""
        raise NotImplementedError

    def write(self, msisdn: str, text: str, *, purpose: str, not_within: timedelta) -> None:
        """Nothing."""
        raise NotImplementedError

    def choose_language(self, msisdn: str, language: str) -> None:
        """Nothing."""
        raise NotImplementedError


def sample_call(screen: str, language: str) -> Call:
    """A call that has got to `screen`, with ordinary values."""
    amount = Money(10000, "KES")
    below, cap = Money(2000, "KES"), Money(20000, "KES")
    at = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
    return Call(
        desk=SampleDesk(
            Limits(
                smallest=Money(1000, "KES"),
                largest=Money(1_000_000, "KES"),
                step_minor=100,
                presets=tuple(Money(minor, "KES") for minor in (5000, 10000, 25000, 50000)),
                line_a_day=Money(2_000_000, "KES"),
                payer_a_day=Money(3_000_000, "KES"),
            )
        ),
        channel="ussd:africastalking",
        conversation="sample",
        msisdn="+254711000001",
        language=language,
        screen=screen,
        pin=Pin("12345678901234"),
        line=_line(),
        amount=amount,
        payer="+254711000002",
        recent=[Recent("H4DAUEHN", amount, State.DONE, at), Recent("B5ESZUNJ", amount, State.UNPAID, at)],
        history=History(days=90, top_ups=12, lately=Money(40000, "KES"), owed=Money(0, "KES")),
        lent=[Recent("DTK4E2QH", Money(5000, "KES"), State.DONE, at)],
        dropped=Dropped("confirm", ("home", "amounts", "payer"), amount, None),
        under_way=amount,
        standing=[Running("sample", Terms("+254711000001", amount, below, cap))],
        draft=Draft("+254711000001", amount, below, cap),
    )


def menu_page(menu: Menu) -> str:
    """The page, as Markdown with a Mermaid graph."""
    return "\n".join([_HEAD, *_graph(menu), "", *(line for name in menu.screens for line in _screen(menu, name))])


def _graph(menu: Menu) -> Iterator[str]:
    yield from ("```mermaid", "flowchart TD")
    for screen in menu.screens.values():
        yield f"    {screen.name}{_SHAPES[screen.kind].format(screen.name)}"
    for screen in menu.screens.values():
        yield from (f"    {screen.name} --> {edge}" for edge in sorted(screen.edges))
    yield "```"


def _screen(menu: Menu, name: str) -> Iterator[str]:
    screen = menu.screens[name]
    yield from (f"## {name}", "", screen.title, "")
    for language, called in LANGUAGES.items():
        pages = drawn_pages(menu, sample_call(name, language), LIMITS.width)
        for number, page in enumerate(pages, start=1):
            which = f", page {number} of {len(pages)}" if len(pages) > 1 else ""
            yield from (f"{called}{which} ({_fullness(page, LIMITS.width)}):", "", "```text", page, "```", "")


def _fullness(page: str, width: Width) -> str:
    septets = septets_of(page)
    if septets is None:
        return f"{ucs2_of(page)} of {width.ucs2} UCS-2 characters"
    return f"{septets} of {width.septets}"


def _line() -> Line:
    return Line(LineState.SUSPENDED, Money(-5000, "KES"))
