"""Auto top-up: the clock looks at standing orders when they are due, and places ordinary orders for them.

A look takes three steps: a claim, so that other clocks leave this one alone; the line is read, with no transaction
open; and one transaction holds the order, the SMS that announces it, and when to look next. Whoever dies in between is
followed after the claim has run out. That nothing is placed twice does not hang on the claim: an order's id is minted
from the standing order and its slot, and the database keeps one order for a slot.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from sms.messages import auto as sentences
from store import auto, messages, outbox, subscribers
from store.book import SqlBook
from store.desk import Desk
from topup.asks import LineIsClosed
from topup.auto import CHANNEL, REST, UNPAID_ALLOWED, Standing, is_below, nobody_wants_it, week_of
from topup.errors import RedialError
from topup.limits import LineHasEnough, PayerHasPaidEnough, SameAgain
from topup.line import Line
from topup.money import Money
from topup.orders import Order, Wanted
from words.text import Text, rendered
from workers.house import House

log = structlog.get_logger(__name__)

# Longer than a line is waited for, and short beside any slot.
_CLAIM = timedelta(minutes=1)

_IN_THE_WAY = "another top-up is on its way"


def run(house: House, *, a_minute: float, stop: threading.Event) -> None:
    """Look at what is due, at most `a_minute` of them, until `stop` is set."""
    while not stop.wait(60 / a_minute):
        try:
            look_at_next(house)
        except SQLAlchemyError as error:
            log.warning("auto_waits", why=type(error).__name__)
        except Exception:
            # This one is looked at again when its claim has run out; the others must not wait for it.
            log.exception("auto_failed")


def look_at_next(house: House) -> str | None:
    """Look at the standing order that has been due longest. What came of it; None when none is due."""
    now = house.clock()
    until = now + _CLAIM
    with house.engine.begin() as connection:
        standing = auto.claim_due(connection, now=now, until=until)
    if standing is None:
        return None
    line = house.lines.read_line(standing.terms.line)
    with house.engine.begin() as connection:
        # Before the standing order, as whoever agrees anew does; and both at once, as whoever orders does.
        SqlBook(connection).lock_people(standing.payer, standing.terms.line)
        if not auto.lock_claimed(connection, standing.id, until=until):
            return "stopped, or somebody else's"
        verdict = Look(house, connection, standing, line, now).act()
    log.info("auto_looked", standing=standing.id, verdict=verdict)
    return verdict


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a standing order and its line, in a transaction that holds its lock. `now` is when it was claimed."""

    house: House
    connection: Connection
    standing: Standing
    line: Line
    now: datetime

    def act(self) -> str:
        """Place what is due, and say when to look again. Returns what came of it, for the record."""
        verdict = self._why_not() or self._place()
        auto.look_again(self.connection, self.standing.id, at=self._next_look(verdict))
        return verdict

    def _why_not(self) -> str | None:
        """Why nothing is to be asked now; None when something is."""
        connection, standing, shop = self.connection, self.standing, self.house.shop
        terms, floor = standing.terms, standing.terms.when
        if not shop.auto.is_due(terms.when, now=self.now, zone=shop.zone):
            return "not now"
        if self.line.is_beyond_help:
            return "no top-up helps the line"
        if isinstance(floor, Money) and not is_below(self.line, floor):
            return "the line has enough"
        if auto.has_placed(connection, standing.id, slot=self._slot):
            return "asked already"
        # One that has ended since the line was read may have raised the balance that was seen.
        if auto.has_open_order(connection, terms.line, since=self.now):
            return _IN_THE_WAY
        if auto.came_to_nothing_since(connection, standing.id, self.now - REST):
            return "came to nothing a moment ago"
        if terms.cap < auto.spent_since(connection, standing, week_of(self.now, zone=shop.zone)) + terms.amount:
            return "the week's most is reached"
        return None

    def _place(self) -> str:
        house, standing = self.house, self.standing
        desk = Desk(house.engine, shop=house.shop, lines=house.lines, timing=house.timing, clock=house.clock)
        try:
            order = desk.place_in(self.connection, self._wanted())
        except (SameAgain, LineHasEnough, PayerHasPaidEnough) as error:
            return type(error).__name__
        except LineIsClosed:
            self._end("the line is closed", sentences.closed_to_you(standing, country=house.shop.country))
            return "stopped: the line is closed"
        except RedialError as error:
            # What was agreed to is not sold any more: the operator has changed the limits.
            log.exception("auto_not_sold", standing=standing.id)
            return type(error).__name__
        auto.keep_placed(self.connection, standing.id, slot=self._slot, order_id=order.id, now=self.now)
        self._announce(order)
        return "placed"

    def _wanted(self) -> Wanted:
        standing = self.standing
        return Wanted(
            channel=CHANNEL,
            conversation=f"{standing.id}:{self._slot}",
            asked_by=standing.payer,
            payer=standing.payer,
            line=standing.terms.line,
            amount=standing.terms.amount,
            language=self._language,
            line_was=self.line.state,
        )

    def _announce(self, order: Order) -> None:
        """Say why M-PESA will ask, before it does: the prompt is due some seconds after the order."""
        text = sentences.will_ask(self.standing, line=self.line, country=self.house.shop.country)
        _write(self.house, self.connection, self.standing, text, purpose="auto_notice", order_id=order.id)

    def _end(self, why: str, text: Text) -> None:
        auto.stop_one(self.connection, self.standing, now=self.house.clock(), why=why)
        _write(self.house, self.connection, self.standing, text, purpose="auto_stopped")

    def _next_look(self, verdict: str) -> datetime:
        shop, standing = self.house.shop, self.standing
        at = shop.auto.next_look(standing.id, standing.terms.when, after=self.now, zone=shop.zone)
        # A whole week need not be lost because something else was on its way at the wrong moment.
        return min(at, self.now + shop.auto.every) if verdict == _IN_THE_WAY else at

    @property
    def _slot(self) -> str:
        shop, standing = self.house.shop, self.standing
        return shop.auto.slot(standing.id, standing.terms.when, now=self.now, zone=shop.zone)

    @property
    def _language(self) -> str:
        return subscribers.language_of(self.connection, self.standing.payer) or self.standing.language


def after_unpaid(house: House, connection: Connection, order: Order) -> None:
    """Stop the standing order that placed this one when nobody has paid it so often in a row, and say so.

    It is called in the transaction that tells the end of the order.
    """
    standing = auto.that_placed(connection, order.id)
    if standing is None or not nobody_wants_it(auto.ends_of(connection, standing.id, count=UNPAID_ALLOWED)):
        return
    auto.stop_one(connection, standing, now=house.clock(), why="not paid several times in a row")
    text = sentences.given_up(standing, country=house.shop.country, short_code=house.shop.short_code)
    _write(house, connection, standing, text, purpose="auto_stopped", order_id=order.id)


def _write(
    house: House, connection: Connection, standing: Standing, text: Text, *, purpose: str, order_id: str | None = None
) -> None:
    language = subscribers.language_of(connection, standing.payer) or standing.language
    message = messages.write(
        connection,
        purpose=purpose,
        msisdn=standing.payer,
        text=rendered(text, language),
        now=house.clock(),
        order_id=order_id,
    )
    outbox.owe_once(connection, effect=outbox.SEND, subject=message.id, due_at=house.clock())
