"""The worlds that the menu is walked in: what a caller can find, and what a desk can answer.

A world is a line, what was ordered before, what the operator sells, and whether an order is refused. What is typed in
it is one entry of each kind that people type, right and wrong; every screen that reads gets all of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from topup.advances import History
from topup.auto import Running, Terms, Weekday
from topup.caller import Caller, Recent
from topup.errors import RedialError
from topup.kinds import Kind
from topup.life import State
from topup.limits import Limits, LineHasEnough, PayerHasPaidEnough, SameAgain
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money
from topup.orders import Order, Wanted
from topup.phone import national
from topup.vouchers import VoucherOnItsWay, VouchersLocked, VoucherWasUsed
from topup.wallets import WALLETS, NoWalletHere, Wallet
from ussd.map import LENDING, SampleDesk
from words import widest
from words.show import show_typed
from words.text import SOURCE

_AT = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)


def _kes(shillings: int) -> Money:
    return Money(shillings * 100, "KES")


_ORDINARY = Limits(
    smallest=_kes(10),
    largest=_kes(10_000),
    step_minor=100,
    presets=(_kes(50), _kes(100), _kes(250), _kes(500)),
    line_a_day=_kes(20_000),
    payer_a_day=_kes(30_000),
)
_WIDEST = Limits(
    smallest=widest.AMOUNT - Money(5, "KES"),
    largest=widest.AMOUNT,
    step_minor=1,
    presets=tuple(widest.AMOUNT - Money(less, "KES") for less in range(1, 5)),
    line_a_day=widest.BALANCE,
    payer_a_day=widest.BALANCE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`line` is read at the dial, `line_later` when it is asked for again. `refusal` answers whoever orders.

    `down` are the providers that do not answer. `is_ordinary`: nothing in it is wider than what most callers see on
    most days.
    """

    name: str
    line: Line
    line_later: Line
    limits: Limits
    msisdn: str
    friends: Sequence[str]
    recent: Sequence[Recent] = ()
    refusal: type[RedialError] | None = None
    under_way: Recent | None = None
    standing: Sequence[Running] = ()
    history: History | None = None
    care_number: str = "100"
    short_code: str = "*384*55#"
    has_wallet: bool = True
    down: frozenset[str] = frozenset()
    is_ordinary: bool = True

    @property
    def entries(self) -> Sequence[str]:
        """What is typed where something can be: one of each kind, right and wrong."""
        step, limits = Money(self.limits.step_minor, "KES"), self.limits
        amounts = (limits.smallest, limits.largest, limits.smallest - step, limits.largest + step)
        return (
            *(show_typed(amount) for amount in amounts),
            f"{limits.smallest.whole}.01",
            *(national(friend, country="KE") for friend in self.friends),
            *WRONG_KEYS,
            "1234 5678-9012 34",
            "0711",
        )


# What is a key of no screen.
WRONG_KEYS = ("", "*", "#", "x", "-1", "99", "\x00", "abc def", "9" * 30)


# What a top-up is refused for, and what a voucher is, in the same world.
_REFUSALS: Mapping[type[RedialError], type[RedialError]] = {
    SameAgain: VouchersLocked,
    LineHasEnough: VoucherOnItsWay,
    PayerHasPaidEnough: VoucherWasUsed,
}

_LONGEST_NAMED = max(WALLETS.values(), key=lambda wallet: len(wallet.name))


@dataclass
class WalkDesk(SampleDesk):
    """The desk of a world. It keeps count of the orders, and which language was chosen last."""

    world: World = field(kw_only=True)
    language: str = field(kw_only=True)
    orders: int = 0
    is_dialling: bool = False

    def caller(self, msisdn: str) -> Caller:
        """Somebody who has chosen the language, and has ordered what the world says."""
        world = self.world
        return Caller(
            self.language,
            world.recent,
            under_way=world.under_way,
            standing=world.standing,
            history=world.history,
            lent=world.recent,
        )

    def read_line(self, msisdn: str) -> Line:
        """The line as the dial finds it, and as it is when it is asked for again."""
        is_first, self.is_dialling = self.is_dialling, False
        return self.world.line if is_first else self.world.line_later

    def place(self, wanted: Wanted) -> Order:
        """An order, or the world's refusal."""
        self.orders += 1
        refusal = self.world.refusal
        if refusal is not None and wanted.kind is Kind.VOUCHER:
            raise _REFUSALS[refusal](times=3)
        may_be_same = wanted.again or wanted.kind is Kind.ADVANCE
        if refusal is not None and not (refusal is SameAgain and may_be_same):
            raise refusal(amount=wanted.amount, largest=self.limits.line_a_day)
        return Order(
            id="w" * 20,
            kind=wanted.kind,
            channel=wanted.channel,
            asked_by=wanted.asked_by,
            line=wanted.line or wanted.asked_by,
            payer=wanted.payer,
            amount=wanted.amount,
            language=wanted.language,
            line_was=wanted.line_was,
            payment_provider="daraja",
            credit_provider="ucip",
            placed_at=_AT,
        )

    def placed_in(self, *, channel: str, conversation: str, asked_by: str) -> Order | None:
        """Nothing yet: an order ends its call."""
        return None

    def wallet_of(self, payer: str) -> Wallet:
        """What everybody has, save a caller whose number the world gives none."""
        if payer == self.world.msisdn and not self.world.has_wallet:
            raise NoWalletHere(payer=payer)
        return super().wallet_of(payer) if self.world.is_ordinary else _LONGEST_NAMED

    def close_line(self, msisdn: str, *, closed: bool) -> None:
        """Nothing that could be seen."""

    def debt_of(self, msisdn: str) -> Money:
        """The other line owes as much as the caller's own."""
        return self.world.history.owed if self.world.history else Money(0, self.currency)

    def write(self, msisdn: str, text: str, *, purpose: str, not_within: timedelta) -> None:
        """Nothing that could be seen."""

    @property
    def auto(self) -> "WalkDesk":
        """Auto top-ups are agreed to here as well."""
        return self

    def agree(self, payer: str, terms: Terms, *, channel: str, conversation: str, language: str) -> None:
        """As good as an order: nothing that may be played."""
        self.orders += 1

    def stop(self, payer: str, standing_id: str) -> None:
        """Nothing that could be seen."""

    def choose_language(self, msisdn: str, language: str) -> None:
        """Remember it."""
        self.language = language


def desk_of(world: World, *, language: str) -> WalkDesk:
    """The desk of a world, for somebody who has chosen this language."""
    return WalkDesk(
        limits=world.limits,
        care_number=world.care_number,
        short_code=world.short_code,
        world=world,
        language=language,
        lending=LENDING if world.is_ordinary else widest.LENDING,
    )


def worlds_in(language: str) -> Iterator[World]:
    """What is walked in a language: in the source's all worlds; in the others all that are widest, and an ordinary one.

    Where keys lead does not depend on the language, and what is widest has every state of a line.
    """
    if language == SOURCE:
        yield from _with_everything(_ordinary())
    else:
        yield _ordinary()
    yield from _with_everything(_widest())


def _with_everything(base: World) -> Iterator[World]:
    """Each line, a line that is known at the second look, each refusal, and whoever has ordered, agreed or borrowed."""
    yield from _by_line(base)
    yield base
    yield replace(base, name=f"{base.name}, known at a second look", line=NOT_KNOWN)
    yield replace(base, name=f"{base.name}, no wallet", has_wallet=False)
    yield replace(base, name=f"{base.name}, wallets down", down=frozenset(WALLETS))
    amount = base.limits.presets[0]
    running = Running("standing", Terms(base.msisdn, amount, Weekday.WEDNESDAY, base.limits.largest))
    yield replace(base, name=f"{base.name}, auto top-ups", standing=[running])
    on_its_way = Recent("H4DAUEHN", base.limits.largest, State.PAID, _AT)
    gone = Line(LineState.GONE)
    yield replace(base, name=f"{base.name}, on its way, other lines gone", under_way=on_its_way, line_later=gone)
    owing, may_borrow = Line(LineState.SUSPENDED, -amount), widest.HISTORIES[0]
    yield replace(base, name=f"{base.name}, may borrow", line=owing, line_later=owing, history=may_borrow)
    yield replace(base, name=f"{base.name}, owes an advance", history=replace(may_borrow, owed=amount))
    for refusal in _REFUSALS:
        yield replace(base, name=f"{base.name}, {refusal.__name__}", refusal=refusal)


def _by_line(base: World) -> Iterator[World]:
    amount = base.limits.largest
    balances = (None, amount, -amount, -base.limits.presets[0], -(amount + amount))
    for state in LineState:
        for balance in balances if state in (LineState.ACTIVE, LineState.SUSPENDED) else (None,):
            line = Line(state, balance)
            yield replace(base, name=f"{base.name}, {_name_of(line)}", line=line, line_later=line, recent=())


def _name_of(line: Line) -> str:
    return line.state.value if line.balance is None else f"{line.state.value} {show_typed(line.balance)}"


def _ordinary() -> World:
    return World(
        name="ordinary",
        line=Line(LineState.SUSPENDED, -_kes(50)),
        line_later=Line(LineState.SUSPENDED, -_kes(50)),
        limits=_ORDINARY,
        msisdn="+254711000001",
        friends=("+254711000002",),
        recent=(Recent("H4DAUEHN", _kes(100), State.DONE, _AT),),
    )


def _widest() -> World:
    return World(
        name="widest",
        line=Line(LineState.SUSPENDED, -widest.BALANCE),
        line_later=Line(LineState.SUSPENDED, -widest.BALANCE),
        limits=_WIDEST,
        msisdn=widest.FOREIGN,
        friends=(widest.FRIEND,),
        recent=tuple(widest.recent(state) for state in State),
        care_number=widest.CARE,
        short_code=widest.CODE,
        is_ordinary=False,
    )
