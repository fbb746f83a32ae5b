"""The desk: where every channel asks and orders, so that USSD, SMS and the web can never differ in what they do."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from store import advances, asks, callers, messages, outbox, results, subscribers, vouchers
from store.asks import Ask
from store.auto import AutoTopUps
from store.book import SqlBook
from store.engine import alone
from store.placed import placed_in
from store.seal import seal_of
from topup.advances import FEE, Lending, NoAdvancesHere
from topup.asks import A_DAY, AskedOfOneself, AskedTooOften, LineIsClosed, NothingAsked, WantsNoAsks, WhichAsk, code_of
from topup.auto import Rhythm
from topup.caller import Caller, Result
from topup.clock import Clock
from topup.ids import mint_order_id
from topup.kinds import Kind
from topup.life import Event
from topup.limits import Limits, SameAgain
from topup.line import Line
from topup.money import Money
from topup.orders import Order, Wanted, advance, place
from topup.outcomes import Reason
from topup.ports import LineReader
from topup.schedule import Timing
from topup.wallets import Wallet, wallet_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What this installation sells, and how it calls itself.

    `payments` are the payment providers on offer; `zone` is the one that times are shown in; `lending` are the terms of
    advances, absent where none are offered.
    """

    limits: Limits
    country: str
    currency: str
    zone: tzinfo
    short_code: str
    sms_code: str
    care_number: str
    payments: frozenset[str]
    credit_provider: str
    order_secret: str
    again_within: timedelta
    voucher_provider: str = "ucip"
    auto: Rhythm = field(default_factory=Rhythm)
    lending: Lending | None = None

    def wallet_of(self, payer: str) -> Wallet:
        """The wallet by which `payer` (E.164) is asked. Raises NoWalletHere."""
        return wallet_of(payer, offered=self.payments, currency=self.currency)


class Desk:
    """Asks and orders on behalf of a person."""

    def __init__(self, engine: Engine, *, shop: Shop, lines: LineReader, timing: Timing, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop
        self._lines = lines
        self._timing = timing
        self._clock = clock
        self.limits = shop.limits
        self.country = shop.country
        self.currency = shop.currency
        self.short_code = shop.short_code
        self.care_number = shop.care_number
        self.lending = shop.lending
        self.auto = AutoTopUps(
            engine, limits=shop.limits, rhythm=shop.auto, zone=shop.zone, secret=shop.order_secret, clock=clock
        )

    def caller(self, msisdn: str) -> Caller:
        """What is remembered of a person, in one read."""
        with alone(self._engine) as connection:
            return callers.caller_of(
                connection,
                msisdn,
                currency=self.currency,
                zone=self._shop.zone,
                may_borrow=self.lending is not None,
                now=self._clock(),
            )

    def keep_seen(self, result: Result) -> None:
        """Remember that the person has seen this end. Without the database it will be shown once more."""
        try:
            with self._engine.begin() as connection:
                results.keep_seen(connection, result.order_id, now=self._clock())
        except SQLAlchemyError as error:
            log.warning("result_will_be_shown_again", order=result.order_id, why=type(error).__name__)

    def read_line(self, msisdn: str) -> Line:
        """The line as the charging system tells it now, or NOT_KNOWN after its deadline."""
        return self._lines.read_line(msisdn)

    def wallet_of(self, payer: str) -> Wallet:
        """The wallet by which `payer` (E.164) is asked. Raises NoWalletHere."""
        return self._shop.wallet_of(payer)

    def place(self, wanted: Wanted) -> Order:
        """Place the order of this conversation; the one that it placed before, if it did.

        Raises an error of topup.limits when the amount is not sold, or is too much for a day, NoWalletHere when the
        payer has no wallet that can be asked, and one of topup.vouchers when the voucher may not be sent. Raises
        SameAgain when the same was ordered a moment ago and it is not said to be meant.
        """
        with self._engine.begin() as connection:
            return self.place_in(connection, wanted)

    def place_in(self, connection: Connection, wanted: Wanted) -> Order:
        """The same within a transaction of the caller's."""
        now, book = self._clock(), SqlBook(connection)
        # Two copies of one request, too, come one after the other; and so do those who pay for one line.
        book.lock_people(wanted.asked_by, wanted.payer, wanted.line or wanted.asked_by)
        order = self._order(wanted, now=now)
        if (before := self._placed_in(connection, wanted.channel, wanted.conversation, wanted.asked_by)) is not None:
            return before
        if order.is_for_another and subscribers.is_closed(connection, order.line):
            raise LineIsClosed()
        if wanted.pin is not None:
            vouchers.check_sender(connection, order.asked_by, since=self._midnight(now))
            detail = vouchers.keep(connection, order, wanted.pin, seal=seal_of(self._shop.order_secret))
        else:
            self._check_others(book, order, now=now, again=wanted.again or order.kind is Kind.ADVANCE)
            detail = self._check_kind(connection, order, wanted, now=now)
        place(book, order=order, now=now, timing=self._timing, detail=detail)
        return replace(order, state=order.kind.first_state)

    def _order(self, wanted: Wanted, *, now: datetime) -> Order:
        # A voucher was paid for in a shop, and what is lent is paid from our own float: nobody's wallet is asked.
        credited_by = self._shop.voucher_provider if wanted.pin else self._shop.credit_provider
        is_free = wanted.pin is not None or wanted.kind is Kind.ADVANCE
        paid_by = credited_by if is_free else self._shop.wallet_of(wanted.payer).provider
        return Order(
            id=mint_order_id(
                secret=self._shop.order_secret,
                channel=wanted.channel,
                conversation=wanted.conversation,
                asked_by=wanted.asked_by,
            ),
            kind=wanted.kind,
            channel=wanted.channel,
            asked_by=wanted.asked_by,
            line=wanted.line or wanted.asked_by,
            payer=wanted.payer,
            amount=wanted.amount if wanted.pin else self.limits.check(wanted.amount),
            language=wanted.language,
            line_was=wanted.line_was,
            payment_provider=paid_by,
            credit_provider=credited_by,
            placed_at=now,
        )

    def _check_others(self, book: SqlBook, order: Order, *, now: datetime, again: bool) -> None:
        """Look at what else was ordered for the line and by the payer. Nobody orders for them meanwhile."""
        today, has_same = book.ordered_before(
            order, since=self._midnight(now), same_since=now - self._shop.again_within
        )
        self.limits.check_day(order.amount, today=today)
        if has_same and not again:
            raise SameAgain(amount=order.amount)

    def _check_kind(self, connection: Connection, order: Order, wanted: Wanted, *, now: datetime) -> dict[str, object]:
        """What only this kind of order needs. Returns what its first move keeps."""
        match order.kind:
            case Kind.ASK:
                return self._check_ask(connection, order, now=now)
            case Kind.ADVANCE:
                return self._check_advance(connection, order, line=wanted.line_seen, now=now)
            case _:
                return {}

    def _check_ask(self, connection: Connection, order: Order, *, now: datetime) -> dict[str, object]:
        """Whether the payer may be asked. Returns what the order's first move keeps: the number of the answer."""
        if order.payer == order.asked_by:
            raise AskedOfOneself()
        if (times := asks.count_since(connection, self._midnight(now), asked_by=order.asked_by)) >= A_DAY:
            raise AskedTooOften(times=times)
        if subscribers.has_stopped(connection, order.payer):
            raise WantsNoAsks()
        return {"code": code_of(order.id, taken={ask.code for ask in asks.open_of(connection, order.payer)})}

    def _check_advance(self, connection: Connection, order: Order, *, line: Line, now: datetime) -> dict[str, object]:
        """Whether the line may borrow. Returns what the order's first move keeps: the fee that was agreed to."""
        if self.lending is None or order.is_for_another:
            raise NoAdvancesHere()
        history = advances.history_of(connection, order.line, currency=order.amount.currency, now=now)
        self.lending.check(order.amount, line=line, history=history)
        return {FEE: self.lending.fee(order.amount).minor}

    def asked_of(self, connection: Connection, payer: str, *, code: int | None) -> Ask:
        """What `payer` was asked to pay and has not answered; the only thing, when no `code` names it.

        Raises NothingAsked or WhichAsk.
        """
        return _the_one(asks.open_of(connection, payer), code)

    def answer_ask(self, connection: Connection, payer: str, *, code: int | None, yes: bool) -> Order:
        """Let `payer` say yes or no to what they were asked to pay; the only thing, when no `code` names it.

        Within a transaction of the caller's. Raises NothingAsked, WhichAsk, LineHasEnough or PayerHasPaidEnough.
        """
        now, book = self._clock(), SqlBook(connection)
        book.lock_people(payer, self.asked_of(connection, payer, code=code).order.line)
        order = self.asked_of(connection, payer, code=code).order  # It may have been answered while we waited.
        if yes:
            self.limits.check_day(order.amount, today=book.ordered_since(self._midnight(now), order=order))
        event = Event.ASK_ACCEPTED if yes else Event.ASK_DECLINED
        detail = {} if yes else {"reason": Reason.SAID_NO.value}
        return advance(book, order_id=order.id, event=event, now=now, timing=self._timing, detail=detail)

    def _midnight(self, now: datetime) -> datetime:
        return now.astimezone(self._shop.zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def debt_of(self, msisdn: str) -> Money:
        """What a line owes of advances; zero where none are offered."""
        if self.lending is None:
            return Money(0, self.currency)
        with alone(self._engine) as connection:
            return advances.debt_of(connection, msisdn, currency=self.currency)

    def write(self, msisdn: str, text: str, *, purpose: str, not_within: timedelta) -> None:
        """Send somebody a message that they have asked for, unless they got one of this purpose `not_within` long."""
        with self._engine.begin() as connection:
            now = self._clock()
            SqlBook(connection).lock_people(msisdn)
            if messages.count_since(connection, msisdn=msisdn, since=now - not_within, purpose=purpose):
                return
            message = messages.write(connection, purpose=purpose, msisdn=msisdn, text=text, now=now)
            outbox.owe_one(connection, effect=outbox.SEND, subject=message.id, due_at=now)

    def is_closed(self, msisdn: str) -> bool:
        """Whether the owner of this line lets nobody else top it up."""
        with alone(self._engine) as connection:
            return subscribers.is_closed(connection, msisdn)

    def close_line(self, msisdn: str, *, closed: bool) -> None:
        """Let nobody else top this line up, or let them again."""
        with self._engine.begin() as connection:
            (subscribers.close if closed else subscribers.open_up)(connection, msisdn, now=self._clock())

    def placed_in(self, *, channel: str, conversation: str, asked_by: str) -> Order | None:
        """The order that `asked_by` (E.164) has placed in this conversation."""
        with alone(self._engine) as connection:
            return self._placed_in(connection, channel, conversation, asked_by)

    def choose_language(self, msisdn: str, language: str) -> None:
        """Remember a language for this number."""
        with self._engine.begin() as connection:
            subscribers.choose_language(connection, msisdn, language=language, now=self._clock())

    def _placed_in(self, connection: Connection, channel: str, conversation: str, asked_by: str) -> Order | None:
        secret = self._shop.order_secret
        return placed_in(connection, secret=secret, channel=channel, conversation=conversation, asked_by=asked_by)


def _the_one(found: list[Ask], code: int | None) -> Ask:
    """The one that an answer means."""
    meant = [ask for ask in found if code in (None, ask.code)]
    if not meant:
        raise NothingAsked()
    if len(meant) > 1:
        raise WhichAsk(codes=[ask.code for ask in meant])
    return meant[0]
