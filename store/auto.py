"""Standing orders in PostgreSQL: which run, which is to be looked at next, and what each has placed.

What was agreed to is never changed. Another agreement for the same line stops the one before it.
"""

from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, or_, select, update

from store import subscribers
from store.book import SqlBook
from store.tables import orders, standing_orders, standing_slots
from topup.asks import LineIsClosed
from topup.auto import MOST_RUNNING, Rhythm, Running, Standing, Terms, TooManyAutoTopUps, Weekday
from topup.clock import Clock
from topup.ids import mint_order_id
from topup.life import ENDS, State
from topup.limits import Limits
from topup.money import Money

# What is in these states was undone, and counts towards no cap.
_UNDONE = [State.UNPAID.value, State.REFUNDED.value]


class AutoTopUps:
    """Agrees to standing orders and stops them, on behalf of a payer."""

    def __init__(
        self, engine: Engine, *, limits: Limits, rhythm: Rhythm, zone: tzinfo, secret: str, clock: Clock
    ) -> None:
        self._engine = engine
        self._limits = limits
        self._rhythm = rhythm
        self._zone = zone
        self._secret = secret
        self._clock = clock

    def agree(self, payer: str, terms: Terms, *, channel: str, conversation: str, language: str) -> None:
        """Keep what was agreed to in a conversation, once. Raises what `agree_in` raises."""
        with self._engine.begin() as connection:
            self.agree_in(connection, payer, terms, channel=channel, conversation=conversation, language=language)

    def agree_in(
        self, connection: Connection, payer: str, terms: Terms, *, channel: str, conversation: str, language: str
    ) -> None:
        """The same within a transaction of the caller's.

        Raises an error of topup.limits, CapTooSmall, TooManyAutoTopUps, or LineIsClosed when the owner of another line
        lets nobody else top it up.
        """
        terms.check(self._limits)
        now = self._clock()
        standing_id = mint_order_id(
            secret=self._secret, channel=f"{channel}:auto", conversation=conversation, asked_by=payer
        )
        SqlBook(connection).lock_people(payer)
        if _is_kept(connection, standing_id):
            return
        if terms.line != payer and subscribers.is_closed(connection, terms.line):
            raise LineIsClosed()
        others = [one for one in running_of(connection, payer) if one.terms.line != terms.line]
        if len(others) >= MOST_RUNNING:
            raise TooManyAutoTopUps(count=len(others))
        _stop(connection, payer, now=now, why="replaced", line=terms.line)
        next_look_at = self._rhythm.next_look(standing_id, terms.when, after=now, zone=self._zone)
        connection.execute(
            insert(standing_orders).values(
                id=standing_id,
                channel=channel,
                payer=payer,
                **_columns(terms),
                language=language,
                agreed_at=now,
                next_look_at=next_look_at,
            )
        )

    def stop(self, payer: str, standing_id: str) -> None:
        """Let this one of the payer's not ask any more."""
        with self._engine.begin() as connection:
            _stop(connection, payer, now=self._clock(), why="stopped by menu", standing_id=standing_id)


def stop_all_of(connection: Connection, payer: str, *, now: datetime, why: str) -> int:
    """Let none of the payer's ask any more. Returns how many did."""
    return _stop(connection, payer, now=now, why=why)


def running_of(connection: Connection, payer: str) -> list[Running]:
    """What runs for this payer, the oldest first."""
    found = select(standing_orders).where(standing_orders.c.payer == payer, standing_orders.c.stopped_at.is_(None))
    rows = connection.execute(found.order_by(standing_orders.c.agreed_at))
    return [Running(row.id, terms_of(row._asdict())) for row in rows]


def terms_of(row: dict[str, Any]) -> Terms:
    """The terms that a row of the table (or the JSON of one) says."""
    below, currency = row["below_minor"], row["currency"]
    return Terms(
        line=row["line"],
        amount=Money(row["amount_minor"], currency),
        when=Money(below, currency) if below is not None else Weekday(row["weekday"]),
        cap=Money(row["cap_a_week_minor"], currency),
    )


# What the clock does with them.


def claim_due(connection: Connection, *, now: datetime, until: datetime) -> Standing | None:
    """The one that has been due longest; nobody else gets it before `until`, when it is due again."""
    due = (
        select(standing_orders.c.id)
        .where(standing_orders.c.stopped_at.is_(None), standing_orders.c.next_look_at <= now)
        .order_by(standing_orders.c.next_look_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    claimed = update(standing_orders).where(standing_orders.c.id == due).values(next_look_at=until)
    row = connection.execute(claimed.returning(standing_orders)).one_or_none()
    return _standing(row) if row else None


def lock_claimed(connection: Connection, standing_id: str, *, until: datetime) -> bool:
    """Whether it still runs and is still ours by the claim `until`; it is locked until the transaction ends."""
    found = select(standing_orders.c.id).where(
        standing_orders.c.id == standing_id,
        standing_orders.c.stopped_at.is_(None),
        standing_orders.c.next_look_at == until,
    )
    return connection.scalar(found.with_for_update()) is not None


def look_again(connection: Connection, standing_id: str, *, at: datetime) -> None:
    """Let it be looked at then."""
    connection.execute(
        update(standing_orders)
        .where(standing_orders.c.id == standing_id, standing_orders.c.stopped_at.is_(None))
        .values(next_look_at=at)
    )


def look_past_what_is_due(connection: Connection, *, rhythm: Rhythm, zone: tzinfo, now: datetime) -> int:
    """Let each that runs be looked at next in a slot that has not begun. Returns how many run.

    As after a restore: an order of the present slot may have been placed and lost, and a second one would have its id.
    """
    running = select(standing_orders).where(standing_orders.c.stopped_at.is_(None)).with_for_update()
    rows = connection.execute(running).all()
    for row in rows:
        when = terms_of(row._asdict()).when
        look_again(connection, row.id, at=rhythm.next_look(row.id, when, after=now, zone=zone))
    return len(rows)


def stop_one(connection: Connection, standing: Standing, *, now: datetime, why: str) -> bool:
    """Let it not ask any more. Whether it did until now."""
    return _stop(connection, standing.payer, now=now, why=why, standing_id=standing.id) > 0


def keep_placed(connection: Connection, standing_id: str, *, slot: str, order_id: str, now: datetime) -> None:
    """Remember that it placed this order for this slot."""
    connection.execute(insert(standing_slots).values(standing_id=standing_id, slot=slot, order_id=order_id, at=now))


def has_placed(connection: Connection, standing_id: str, *, slot: str) -> bool:
    """Whether it has placed an order for this slot."""
    found = select(standing_slots.c.order_id).where(
        standing_slots.c.standing_id == standing_id, standing_slots.c.slot == slot
    )
    return connection.scalar(found) is not None


def spent_since(connection: Connection, standing: Standing, since: datetime) -> Money:
    """What was asked for by itself since then and was not undone, of its payer for its line.

    What the same payer had agreed to before counts too: who agrees anew does not begin a new week.
    """
    total = select(func.sum(orders.c.amount_minor))
    total = total.join(standing_slots, standing_slots.c.order_id == orders.c.id)
    total = total.join(standing_orders, standing_orders.c.id == standing_slots.c.standing_id)
    total = total.where(
        standing_orders.c.payer == standing.payer,
        standing_orders.c.line == standing.terms.line,
        standing_slots.c.at >= since,
        orders.c.state.not_in(_UNDONE),
    )
    return Money(int(connection.scalar(total) or 0), standing.terms.amount.currency)


def ends_of(connection: Connection, standing_id: str, *, count: int) -> list[State]:
    """Where its newest `count` orders stand, newest first."""
    found = select(orders.c.state).join(standing_slots, standing_slots.c.order_id == orders.c.id)
    found = found.where(standing_slots.c.standing_id == standing_id).order_by(standing_slots.c.at.desc())
    return [State(state) for state in connection.scalars(found.limit(count))]


def came_to_nothing_since(connection: Connection, standing_id: str, since: datetime) -> bool:
    """Whether an order that it placed since then ended unpaid, or with the money back."""
    found = select(orders.c.id).join(standing_slots, standing_slots.c.order_id == orders.c.id)
    found = found.where(
        standing_slots.c.standing_id == standing_id,
        standing_slots.c.at >= since,
        orders.c.state.in_([State.UNPAID.value, State.REFUNDED.value]),
    )
    return connection.scalar(found.limit(1)) is not None


def has_open_order(connection: Connection, line: str, *, since: datetime) -> bool:
    """Whether any order for this line, whoever placed it, has not ended, or has moved since then."""
    is_open = orders.c.state.not_in([state.value for state in ENDS])
    found = select(orders.c.id).where(orders.c.line == line, or_(is_open, orders.c.state_at >= since))
    return connection.scalar(found.limit(1)) is not None


def that_placed(connection: Connection, order_id: str) -> Standing | None:
    """The standing order that placed this order, if it runs still. It is locked until the transaction ends."""
    found = select(standing_orders).join(standing_slots, standing_slots.c.standing_id == standing_orders.c.id)
    found = found.where(standing_slots.c.order_id == order_id, standing_orders.c.stopped_at.is_(None))
    row = connection.execute(found.with_for_update(of=standing_orders)).one_or_none()
    return _standing(row) if row else None


def _is_kept(connection: Connection, standing_id: str) -> bool:
    return connection.scalar(select(standing_orders.c.id).where(standing_orders.c.id == standing_id)) is not None


def _stop(
    connection: Connection,
    payer: str,
    *,
    now: datetime,
    why: str,
    standing_id: str | None = None,
    line: str | None = None,
) -> int:
    """Stop those of a payer that run: all, the one of this id, or the one for this line."""
    stopped = update(standing_orders).where(standing_orders.c.payer == payer, standing_orders.c.stopped_at.is_(None))
    if standing_id is not None:
        stopped = stopped.where(standing_orders.c.id == standing_id)
    if line is not None:
        stopped = stopped.where(standing_orders.c.line == line)
    return connection.execute(stopped.values(stopped_at=now, why_stopped=why)).rowcount


def _columns(terms: Terms) -> dict[str, Any]:
    when = terms.when
    return {
        "line": terms.line,
        "amount_minor": terms.amount.minor,
        "currency": terms.amount.currency,
        "below_minor": when.minor if isinstance(when, Money) else None,
        "weekday": when.value if isinstance(when, Weekday) else None,
        "cap_a_week_minor": terms.cap.minor,
    }


def _standing(row: Row[Any]) -> Standing:
    return Standing(
        id=row.id,
        payer=row.payer,
        terms=terms_of(row._asdict()),
        language=row.language,
        agreed_at=row.agreed_at,
    )
