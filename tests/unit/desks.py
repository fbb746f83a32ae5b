"""A desk at the menu's port that remembers what was asked of it, and the keys of a phone as a gateway sends them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import redis

from store.seal import Seal
from tests.unit.orders import OWNER, an_order, kes
from topup.advances import Lending
from topup.auto import Terms
from topup.caller import Caller, Recent, Result
from topup.errors import RedialError
from topup.life import State
from topup.limits import Limits, SameAgain
from topup.line import Line, LineState
from topup.money import Money
from topup.orders import Order, Wanted
from topup.wallets import Wallet, wallet_of
from ussd.engine import Engine, Hop, Reply
from ussd.menu import menu
from ussd.screens import Menu
from ussd.session import Lifetimes, Sessions
from ussd.told import Whole
from words.width import Width

CHANNEL = "ussd:africastalking"
WIDTH = Width(septets=160, ucs2=70)
OWES_50 = Line(LineState.SUSPENDED, Money(-5000, "KES"))

SEAL = Seal("a secret of the tests")

_AT = datetime(2026, 9, 30, 23, 59, tzinfo=UTC)

# Somebody whose last top-ups take more than one page to tell.
LONG = Caller(recent=[Recent(f"H4DAUEH{n}", kes(10_000), State.CREDITING, _AT) for n in range(1, 4)])

LIMITS = Limits(
    smallest=kes(10),
    largest=kes(10_000),
    step_minor=100,
    presets=(kes(50), kes(100), kes(250), kes(500)),
    line_a_day=kes(20_000),
    payer_a_day=kes(30_000),
)


@dataclass
class FakeAuto:
    """Where auto top-ups are agreed to. What was agreed to is kept by conversation; `stopped` are ids."""

    agreed: dict[str, tuple[str, Terms]] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)

    def agree(self, payer: str, terms: Terms, *, channel: str, conversation: str, language: str) -> None:
        self.agreed.setdefault(conversation, (payer, terms))

    def stop(self, payer: str, standing_id: str) -> None:
        self.stopped.append(standing_id)


@dataclass
class FakeDesk:
    """Everybody's line is `line`. `asked` counts what would have cost a read of the database or of the line."""

    limits: Limits = LIMITS
    country: str = "KE"
    currency: str = "KES"
    care_number: str = "100"
    short_code: str = "*384*55#"
    payments: frozenset[str] = frozenset({"daraja", "airtel_money"})
    lending: Lending | None = None

    line: Line = OWES_50
    known: Caller = field(default_factory=Caller)
    placed: dict[str, Order] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)
    closed: dict[str, bool] = field(default_factory=dict)
    agreements: FakeAuto = field(default_factory=FakeAuto)
    seen: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refuses: RedialError | None = None
    written: list[tuple[str, str]] = field(default_factory=list)

    def caller(self, msisdn: str) -> Caller:
        self.asked.append("caller")
        known = replace(self.known, language=self.languages.get(msisdn, self.known.language))
        return replace(known, missed=None) if known.missed and known.missed.order_id in self.seen else known

    def read_line(self, msisdn: str) -> Line:
        self.asked.append("line")
        return self.line

    def wallet_of(self, payer: str) -> Wallet:
        return wallet_of(payer, offered=self.payments, currency=self.currency)

    def place(self, wanted: Wanted) -> Order:
        self.asked.append("place")
        if self.refuses is not None:
            raise self.refuses
        order = an_order(
            kind=wanted.kind,
            asked_by=wanted.asked_by,
            line=wanted.line or wanted.asked_by,
            payer=wanted.payer,
            amount=wanted.amount,
            language=wanted.language,
        )
        same = [(order.line, order.payer, order.amount) == (one.line, one.payer, one.amount) for one in self.orders]
        if wanted.conversation not in self.placed and any(same) and not wanted.again:
            raise SameAgain(amount=wanted.amount)
        return self.placed.setdefault(wanted.conversation, order)

    def placed_in(self, *, channel: str, conversation: str, asked_by: str) -> Order | None:
        self.asked.append("placed_in")
        return self.placed.get(conversation)

    @property
    def auto(self) -> "FakeAuto":
        return self.agreements

    def keep_seen(self, result: Result) -> None:
        self.asked.append("keep_seen")
        self.seen.append(result.order_id)

    def close_line(self, msisdn: str, *, closed: bool) -> None:
        self.asked.append("close_line")
        self.closed[msisdn] = closed

    def debt_of(self, msisdn: str) -> Money:
        self.asked.append("debt_of")
        return Money(0, self.currency)

    def write(self, msisdn: str, text: str, *, purpose: str, not_within: timedelta) -> None:
        self.asked.append("write")
        self.written.append((msisdn, text))

    def choose_language(self, msisdn: str, language: str) -> None:
        self.asked.append("choose_language")
        self.languages[msisdn] = language

    @property
    def orders(self) -> list[Order]:
        """Every order, in the order of its placing."""
        return list(self.placed.values())


def an_engine(client: redis.Redis, desk: FakeDesk, *, of: Menu = menu, hops_a_minute: int = 1000) -> Engine:
    """An engine whose sessions are in this Redis."""
    return Engine(
        of, sessions=Sessions(client, lifetimes=Lifetimes(), seal=SEAL), desk=desk, hops_a_minute=hops_a_minute
    )


class Handset:
    """A phone whose gateway sends everything typed so far with every hop."""

    def __init__(self, engine: Engine, *, msisdn: str = OWNER, width: Width = WIDTH) -> None:
        self.engine = engine
        self.msisdn = msisdn
        self.width = width
        self.calls = 0
        self.text = ""

    @property
    def conversation(self) -> str:
        """The session id of the call that is under way."""
        return f"ATUid_{self.msisdn}_{self.calls}"

    def dial(self, behind: str = "") -> Reply:
        """Dial the short code, with `behind` before its end, as in `*384*55*100#`."""
        self.calls += 1
        self.text = behind
        return self.send()

    def key(self, *typed: str) -> Reply:
        """Type and send, once for each of `typed`; the last answer."""
        assert typed
        for keys in typed:
            self.text = f"{self.text}*{keys}" if self.text else keys
            reply = self.send()
        return reply

    def send(self, text: str | None = None) -> Reply:
        """Send what was typed so far (once more), or another text."""
        return self.engine.hop(
            Hop(
                channel=CHANNEL,
                conversation=self.conversation,
                msisdn=self.msisdn,
                told=Whole(self.text if text is None else text),
                width=self.width,
            )
        )
