"""The orders in PostgreSQL: the port topup.orders.Book, and the questions that screens and people ask."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnClause,
    Connection,
    Row,
    Text,
    any_,
    bindparam,
    column,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert

from store import moves, vouchers
from store.advances import UNPLEDGED
from store.attempts import REFILLS, AttemptNotFound, Kept, kept_of
from store.changes import Change
from store.order_rows import order_of
from store.tables import attempts, order_moves, orders
from store.tables import outbox as outbox_rows
from topup.kinds import Kind
from topup.life import Event, State, duty_of
from topup.limits import Today
from topup.money import Money
from topup.orders import Move, Order, OrderNotFound, Past

# In these states an order may just now raise the balance of its line.
_RAISING_A_BALANCE = [State.CREDITING.value, State.REDEEMING.value, State.LENDING.value]

# In these nobody knows whether it has raised the balance, or will.
_IN_DOUBT = [State.REVIEW_CREDIT.value, State.REVIEW_VOUCHER.value, State.REVIEW_ADVANCE.value]

# Made once, since every job asks these. What is locked is about to be moved, so its past comes with it.
_MOVES = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_array(order_moves.c.event, order_moves.c.detail), order_moves.c.seq.asc()
            )
        )
    )
    .where(order_moves.c.order_id == orders.c.id)
    .correlate(orders)
    .scalar_subquery()
    .label("moves")
)
_PURPOSES = func.array(
    select(attempts.c.purpose).where(attempts.c.order_id == orders.c.id).correlate(orders).scalar_subquery()
).label("purposes")
_PAST = (_MOVES, _PURPOSES)
_ONE = select(orders).where(orders.c.id == bindparam("order_id"))
_LOCKED = select(orders, *_PAST).where(orders.c.id == bindparam("order_id")).with_for_update(of=orders)

# Both are locked: who has waited for an order would else be told of its attempt as it was before.
_LOCKED_WITH_ATTEMPT = (
    select(orders, *_PAST, func.to_jsonb(literal_column("attempts")).label("attempt"))
    .join(attempts, attempts.c.order_id == orders.c.id)
    .where(attempts.c.reference == bindparam("reference"))
    .with_for_update(of=[orders, attempts])
)
_LOCKED_OWING = (
    select(orders, *_PAST)
    .join(outbox_rows, (outbox_rows.c.id == bindparam("owing_id")) & outbox_rows.c.done_at.is_(None))
    .where(orders.c.id == bindparam("order_id"))
    .with_for_update(of=[orders, outbox_rows])
)
_HISTORY = (
    select(order_moves.c.event).where(order_moves.c.order_id == bindparam("order_id")).order_by(order_moves.c.seq)
)
_LAST_DETAIL = (
    select(order_moves.c.detail)
    .where(order_moves.c.order_id == bindparam("order_id"))
    .order_by(order_moves.c.seq.desc())
    .limit(1)
)
_LAST_DETAIL_OF = _LAST_DETAIL.where(order_moves.c.event == bindparam("event"))
_ADD = upsert(orders).on_conflict_do_nothing().returning(orders.c.id)
_OF_ONE = (
    select(orders)
    .where(orders.c.id == any_(bindparam("order_ids", type_=ARRAY(Text))), orders.c.asked_by == bindparam("asked_by"))
    .order_by(orders.c.placed_at.desc())
    .limit(1)
)
_LOCK_PERSON = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("msisdn"), 1)))

# What was undone counts towards no limit, nor what nobody has agreed to pay yet.
_TODAY = """
    SELECT sum(amount_minor) FILTER (WHERE line = :line) AS for_line,
           sum(amount_minor) FILTER (WHERE payer = :payer AND kind <> 'advance') AS by_payer
      FROM orders
     WHERE (line = :line OR payer = :payer) AND placed_at >= :since AND currency = :currency
       AND kind <> 'stray' AND state NOT IN ('ASKED', 'UNPAID', 'REFUNDED')
"""
_TODAY_ALONE = text(_TODAY).columns(column("for_line"), column("by_payer"))
_TODAY_AND_SAME = text(f"""
    SELECT today.*,
           EXISTS (
               SELECT FROM orders
                WHERE line = :line AND payer = :payer AND amount_minor = :amount_minor AND placed_at >= :same_since
                  AND kind NOT IN ('stray', 'advance') AND state NOT IN ('UNPAID', 'REFUNDED')
                  AND (state <> 'ASKED' OR :is_ask))
      FROM ({_TODAY}) AS today
""").columns(column("for_line"), column("by_payer"), column("has_same"))  # noqa: S608
_LOCK_LINE = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("line"), 0)))
_REFILLS = """
    SELECT (SELECT count(*) FROM attempts WHERE msisdn = :line AND purpose = ANY(:refills)) AS sent,
           EXISTS (SELECT FROM orders WHERE line = :line AND id <> :order_id AND state = ANY(:raising))
               AS another_is_on_its_way,
           EXISTS (SELECT FROM orders WHERE line = :line AND id <> :order_id AND state = ANY(:in_doubt))
               AS another_may_land
"""
_REFILLS_COLUMNS: tuple[ColumnClause[Any], ...] = (
    column("sent"),
    column("another_is_on_its_way"),
    column("another_may_land"),
)
_REFILLS_ALONE = text(_REFILLS).columns(*_REFILLS_COLUMNS)
_REFILLS_AND_DEBT = text(f"{_REFILLS}, {UNPLEDGED} AS debt_minor").columns(*_REFILLS_COLUMNS, column("debt_minor"))


@dataclass(frozen=True, slots=True)
class Refills:
    """How many credits and vouchers were ever sent to a line, and what of other orders may still come to it.

    `another_is_on_its_way`: soon, and its end is asked after. `another_may_land`: nobody knows, and a person decides.
    """

    sent: int
    another_is_on_its_way: bool
    another_may_land: bool


class SqlBook:
    """The book of orders within the transaction of `connection`."""

    def __init__(self, connection: Connection, *, along: Sequence[Change] = ()) -> None:
        """`along` is written with the next move, in the same statement."""
        self._connection = connection
        self._along = along

    def add(self, order: Order) -> bool:
        """Keep a new order; False when one of this id is kept already."""
        values = {
            "id": order.id,
            "kind": order.kind.value,
            "channel": order.channel,
            "asked_by": order.asked_by,
            "line": order.line,
            "payer": order.payer,
            "amount_minor": order.amount.minor,
            "currency": order.amount.currency,
            "language": order.language,
            "line_was": order.line_was.value,
            "payment_provider": order.payment_provider,
            "credit_provider": order.credit_provider,
            "placed_at": order.placed_at,
            "state": order.state.value,
            "seq": order.seq,
            "state_at": order.placed_at,
        }
        return self._connection.scalar(_ADD, values) is not None

    def lock(self, order_id: str) -> Order:
        """The order, locked until the transaction ends. Raises OrderNotFound."""
        row = self._connection.execute(_LOCKED, {"order_id": order_id}).one_or_none()
        if row is None:
            raise OrderNotFound(order_id=order_id)
        return _locked(row)

    def lock_with_attempt(self, reference: str) -> tuple[Order, Kept]:
        """The attempt with this reference and its order, both locked until the transaction ends.

        Raises AttemptNotFound.
        """
        row = self._connection.execute(_LOCKED_WITH_ATTEMPT, {"reference": reference}).one_or_none()
        if row is None:
            raise AttemptNotFound(reference=reference)
        return _locked(row), kept_of(row.attempt)

    def lock_owing(self, order_id: str, *, owing_id: int) -> Order | None:
        """The order, locked, and after it this effect of it, while that is still owed; else None."""
        row = self._connection.execute(_LOCKED_OWING, {"order_id": order_id, "owing_id": owing_id}).one_or_none()
        return _locked(row) if row else None

    def find(self, order_id: str) -> Order | None:
        """The order as it is now, if there is one."""
        row = self._connection.execute(_ONE, {"order_id": order_id}).one_or_none()
        return order_of(row) if row else None

    def find_of(self, asked_by: str, order_ids: Sequence[str]) -> Order | None:
        """The order of one of these ids that this person asked for; the newest if there are several."""
        values = {"order_ids": list(order_ids), "asked_by": asked_by}
        row = self._connection.execute(_OF_ONE, values).one_or_none()
        return order_of(row) if row else None

    def get(self, order_id: str) -> Order:
        """The order as it is now. Raises OrderNotFound."""
        row = self._connection.execute(_ONE, {"order_id": order_id}).one_or_none()
        if row is None:
            raise OrderNotFound(order_id=order_id)
        return order_of(row)

    def history(self, order_id: str) -> Sequence[Event]:
        """The events of its moves, oldest first."""
        return [Event(event) for event in self._connection.scalars(_HISTORY, {"order_id": order_id})]

    def last_detail(self, order_id: str, *, event: Event | None = None) -> dict[str, Any]:
        """The detail of the newest move (of this event); empty when there is none."""
        if event is None:
            return dict(self._connection.scalar(_LAST_DETAIL, {"order_id": order_id}) or {})
        return dict(self._connection.scalar(_LAST_DETAIL_OF, {"order_id": order_id, "event": event.value}) or {})

    def record(self, move: Move) -> None:
        """Keep a move with all that belongs to it."""
        moves.record(self._connection, move, along=self._along)
        rule = move.rule
        if rule.source in vouchers.NEEDED_IN and rule.target not in vouchers.NEEDED_IN:
            vouchers.forget(self._connection, move.order_id, was_used=rule.target is State.CREDITED)

    def moved_at(self, order_id: str, *, event: Event) -> datetime | None:
        """When this last happened to the order; None when it never did."""
        found = select(order_moves.c.at).where(order_moves.c.order_id == order_id, order_moves.c.event == event.value)
        at: datetime | None = self._connection.scalar(found.order_by(order_moves.c.seq.desc()).limit(1))
        return at

    def recent(self, msisdn: str, *, count: int) -> list[Order]:
        """The newest `count` orders that this number asked for or that were for its line, newest first."""
        found = select(orders).where(or_(orders.c.asked_by == msisdn, orders.c.line == msisdn))
        rows = self._connection.execute(found.order_by(orders.c.placed_at.desc()).limit(count))
        return [order_of(row) for row in rows]

    def agreed_at(self, order: Order) -> datetime:
        """When somebody agreed to pay: at once, or when they were asked and said yes."""
        accepted = select(order_moves.c.at).where(
            order_moves.c.order_id == order.id, order_moves.c.event == Event.ASK_ACCEPTED.value
        )
        found: datetime | None = self._connection.scalar(accepted) if order.kind is Kind.ASK else None
        return found or order.placed_at

    def lock_people(self, *msisdns: str) -> None:
        """Let nobody else place orders for or by these numbers until the transaction ends.

        All that a transaction needs are to be named together: in their order nobody waits for each other for ever.
        """
        for msisdn in sorted(set(msisdns)):
            self._connection.execute(_LOCK_PERSON, {"msisdn": msisdn})

    def ordered_since(self, since: datetime, *, order: Order) -> Today:
        """What was ordered since then and not undone: for the line and by the payer of `order`, in its currency."""
        return _today(self._connection.execute(_TODAY_ALONE, _today_of(order, since)).one(), order)

    def ordered_before(self, order: Order, *, since: datetime, same_since: datetime) -> tuple[Today, bool]:
        """The same, and whether the same line, payer and amount was ordered since `same_since`, and not undone.

        An ask counts for another ask, once it is asked.
        """
        values = {
            **_today_of(order, since),
            "amount_minor": order.amount.minor,
            "same_since": same_since,
            "is_ask": order.kind is Kind.ASK,
        }
        row = self._connection.execute(_TODAY_AND_SAME, values).one()
        return _today(row, order), bool(row.has_same)

    def without_duty(self, *, before: datetime, count: int) -> list[Order]:
        """Orders that have stood since `before`, are not at an end or in review, and have nothing owed for them."""
        owed = select(outbox_rows.c.id).where(outbox_rows.c.subject == orders.c.id, outbox_rows.c.done_at.is_(None))
        resting = [state.value for state in State if duty_of(state) is None]
        found = select(orders).where(orders.c.state.not_in(resting), orders.c.state_at < before, ~owed.exists())
        return [order_of(row) for row in self._connection.execute(found.limit(count))]

    def lock_refills(self, order: Order) -> tuple[Refills, Money]:
        """What was ever sent to the order's line, and how much of the line's debt to advances the order may repay:
        what no other credit may have repaid already. The transaction holds the line's lock from here on, so that no
        two credits are promised the same.
        """
        # In a statement of its own: what is read next must be what stands once the lock is ours.
        self._connection.execute(_LOCK_LINE, {"line": order.line})
        values = {**_refills_of(order), "currency": order.amount.currency}
        row = self._connection.execute(_REFILLS_AND_DEBT, values).one()
        return _refills(row), Money(row.debt_minor, order.amount.currency)

    def refills_of(self, order: Order) -> Refills:
        """What was sent to the order's line until now; more may be sent at any moment."""
        return _refills(self._connection.execute(_REFILLS_ALONE, _refills_of(order)).one())


def _today_of(order: Order, since: datetime) -> dict[str, object]:
    return {"line": order.line, "payer": order.payer, "since": since, "currency": order.amount.currency}


def _today(row: Row[Any], order: Order) -> Today:
    currency = order.amount.currency
    return Today(for_line=Money(int(row.for_line or 0), currency), by_payer=Money(int(row.by_payer or 0), currency))


def _refills_of(order: Order) -> dict[str, object]:
    return {
        "line": order.line,
        "order_id": order.id,
        "refills": list(REFILLS),
        "raising": _RAISING_A_BALANCE,
        "in_doubt": _IN_DOUBT,
    }


def _refills(row: Row[Any]) -> Refills:
    return Refills(
        sent=row.sent, another_is_on_its_way=row.another_is_on_its_way, another_may_land=row.another_may_land
    )


def _locked(row: Row[Any]) -> Order:
    """The order that a locked row says, with its past.

    Whoever waited for the lock sees the order as it is now, but its moves as they were when the waiting began: then the
    past is left to be read again.
    """
    order = order_of(row)
    is_whole = len(row.moves) == order.seq + 1
    return replace(order, past=_past(row)) if is_whole else order


def _past(row: Row[Any]) -> Past:
    moves = [(Event(event), detail) for event, detail in row.moves]
    return Past(events=tuple(event for event, _ in moves), details=dict(moves), attempts=tuple(row.purposes))
