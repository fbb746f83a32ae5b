"""The outbox: what is owed to the world, committed together with the reason for it.

A row is done when `done_at` stands. Until then the relay hands it to RQ when it is due, leases it for a while, and
hands it over again when the lease has run out: so a lost Redis, a killed worker or a dropped job only costs time. How
often it was tried, and when it is due next, stand in the row: the outbox is also the schedule of every enquiry. How
often its job failed in a row is counted apart, since a bug of ours says nothing of what was tried or asked.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    func,
    insert,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.dml import ReturningUpdate

from store.changes import Change
from store.order_rows import BESIDE, order_beside
from store.tables import orders, outbox
from topup.life import Effect, State
from topup.orders import Order

# What of the outbox waits together: a queue, and whom its work asks.
Lane = tuple[str, str]

# Effects that are no order's next step: a message of its own, a callback to settle, and a packet gateway to tell.
SEND = "send"
SETTLE = "settle"
TELL_GATEWAY = "tell_gateway"

# Which queue serves what, so that a slow payment provider does not hold up messages.
QUEUES: dict[str, str] = {
    Effect.ASK.value: "tell",
    Effect.LAPSE.value: "tell",
    Effect.REDEEM.value: "credit",
    Effect.CHARGE.value: "charge",
    SETTLE: "settle",
    Effect.CREDIT.value: "credit",
    Effect.LEND.value: "credit",
    Effect.LOOK.value: "look",
    Effect.REFUND.value: "refund",
    Effect.ENQUIRE.value: "enquire",
    Effect.ALERT.value: "tell",
    Effect.TELL_DECLINED.value: "tell",
    Effect.TELL_BALANCE.value: "tell",
    Effect.TELL_CREDITED.value: "tell",
    Effect.TELL_REFUNDED.value: "tell",
    Effect.TELL_CHECKING.value: "tell",
    Effect.TELL_REPAID.value: "tell",
    SEND: "tell",
    TELL_GATEWAY: "gate",
}


_ASK_FOR_PAYMENT = frozenset({Effect.CHARGE, Effect.REFUND})
_ASK_FOR_CREDIT = frozenset({Effect.CREDIT, Effect.LEND, Effect.REDEEM})
_CREDIT_IS_OUT = frozenset({State.CREDITING, State.LENDING, State.REDEEMING})


def asks(effect: Effect, *, state: State) -> str:
    """Which provider of an order in `state` the effect asks: that of the `payment`, of the `credit`, or none ("")."""
    if effect in _ASK_FOR_CREDIT or (effect is Effect.ENQUIRE and state in _CREDIT_IS_OUT):
        return "credit"
    return "payment" if effect in _ASK_FOR_PAYMENT or effect is Effect.ENQUIRE else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owing:
    """A row of the outbox. `subject` is the id of an order, a message or an inbox row, by `effect`.

    `tried` counts the tries that ended without an end, `failed` the failures of its job since the last of them.
    `provider` is whom its work asks, where that differs within a queue; else nothing. `is_leased`: it has been handed
    over, and neither done nor put off since. `was_leased`: it was handed over before, and that lease has run out (told
    to the relay only). `order` is the order that it is about, as it stood when the row was read (told to all but the
    relay).
    """

    id: int
    effect: str
    subject: str
    queue: str
    tried: int
    failed: int
    due_at: datetime
    provider: str
    is_leased: bool
    was_leased: bool = False
    order: Order | None = field(default=None, compare=False, repr=False)


# Made once, since every job says these.
_DONE = (
    update(outbox)
    .where(outbox.c.id == bindparam("owing_id"))
    .values(done_at=bindparam("now"), leased_until=None, note=bindparam("why"))
)
_STRUCK_TYPES = (bindparam("struck_at", type_=DateTime(timezone=True)), bindparam("struck_note", type_=Text()))
_OWE = insert(outbox)
_WITH_ORDER = select(outbox, *BESIDE).outerjoin(orders, orders.c.id == outbox.c.subject)
_OPEN = _WITH_ORDER.where(outbox.c.id == bindparam("owing_id"), outbox.c.done_at.is_(None))
_OPEN_LOCKED = _OPEN.with_for_update(of=outbox)


def owe_again(connection: Connection, order: Order, *, effect: Effect, due_at: datetime) -> None:
    """Write, or open once more, what an order in need of it does not have open."""
    asked = {"payment": order.payment_provider, "credit": order.credit_provider}
    row = upsert(outbox).values(
        effect=effect.value,
        subject=order.id,
        seq=order.seq,
        queue=QUEUES[effect.value],
        provider=asked.get(asks(effect, state=order.state), ""),
        due_at=due_at,
    )
    opened = {"done_at": None, "leased_until": None, "due_at": due_at, "failed": 0}
    connection.execute(row.on_conflict_do_update(index_elements=["subject", "seq", "effect"], set_=opened))


def owe_one(connection: Connection, *, effect: str, subject: str, due_at: datetime, provider: str = "") -> None:
    """Write an effect of SEND (a message id), SETTLE (an inbox id, of this provider) or TELL_GATEWAY (an order id)."""
    values = {"effect": effect, "subject": subject, "queue": QUEUES[effect], "due_at": due_at, "provider": provider}
    connection.execute(_OWE, values)


def owe_once(connection: Connection, *, effect: str, subject: str, due_at: datetime) -> None:
    """The same, unless it was written before, done or not."""
    if connection.scalar(select(outbox.c.id).where(outbox.c.subject == subject, outbox.c.effect == effect)) is None:
        owe_one(connection, effect=effect, subject=subject, due_at=due_at)


def take_due(
    connection: Connection, *, now: datetime, lease: timedelta, count: int, but_not: Collection[Lane] = ()
) -> list[Owing]:
    """Lease up to `count` rows that are due and not leased, the longest due first. Relays take different rows.

    What waits in one of the lanes `but_not` is left for later.
    """
    values = {"now": now, "until": now + lease, "most": count}
    rows = connection.execute(_take_due(tuple(sorted(but_not))), values)
    owed = [replace(_owing(row), was_leased=row.was_leased) for row in rows]
    return sorted(owed, key=lambda owing: (owing.due_at, owing.id))


def next_due(connection: Connection, *, but_not: Collection[Lane] = ()) -> datetime | None:
    """When the next row may be taken; None when nothing is owed, or only in the lanes `but_not`."""
    found: datetime | None = connection.scalar(_next_due(tuple(sorted(but_not))))
    return found


# What is open is of one of these two, each with an index of its own.
_NEW = and_(outbox.c.done_at.is_(None), outbox.c.leased_until.is_(None))
_LEASED = and_(outbox.c.done_at.is_(None), outbox.c.leased_until.is_not(None))


# Made once for each choice of lanes, of which there are few: making it takes longer than asking it.
@lru_cache(maxsize=64)
def _take_due(but_not: tuple[Lane, ...]) -> ReturningUpdate[Any]:
    due = union_all(
        _taken_first(_NEW, outbox.c.due_at, but_not=but_not),
        _taken_first(_LEASED, outbox.c.leased_until, but_not=but_not),
    ).cte("due")
    first = select(due).order_by(due.c.due_at).limit(bindparam("most")).cte("first")
    taken = update(outbox).where(outbox.c.id == first.c.id).values(leased_until=bindparam("until"))
    return taken.returning(outbox, first.c.was_leased)


@lru_cache(maxsize=64)
def _next_due(but_not: tuple[Lane, ...]) -> Select[Any]:
    new = select(func.min(outbox.c.due_at)).where(_NEW, *_except(but_not)).scalar_subquery()
    leased = select(func.min(outbox.c.leased_until)).where(_LEASED, *_except(but_not)).scalar_subquery()
    return select(func.least(new, leased))  # Of the two, the one that is.


def _taken_first(which: ColumnElement[bool], at: Column[datetime], *, but_not: tuple[Lane, ...]) -> Select[Any]:
    """Up to `most` rows whose time (`at`) has come, locked, the earliest first; without those that others hold."""
    columns = outbox.c.id, outbox.c.due_at, outbox.c.leased_until.is_not(None).label("was_leased")
    has_come = which, at <= bindparam("now"), *_except(but_not)
    found = select(*columns).where(*has_come).order_by(at).limit(bindparam("most"))
    return select(found.with_for_update(skip_locked=True).subquery())


def _except(lanes: tuple[Lane, ...]) -> list[ColumnElement[bool]]:
    return [tuple_(outbox.c.queue, outbox.c.provider).not_in(lanes)] if lanes else []


def get(connection: Connection, owing_id: int) -> Owing | None:
    """The row as it is now; None when it is done (or never was)."""
    row = connection.execute(_OPEN, {"owing_id": owing_id}).one_or_none()
    return _owing_of(row) if row else None


def lock(connection: Connection, owing_id: int) -> Owing | None:
    """The row, locked until the transaction ends; None when it is done (or never was)."""
    row = connection.execute(_OPEN_LOCKED, {"owing_id": owing_id}).one_or_none()
    return _owing_of(row) if row else None


def done(connection: Connection, owing_id: int, *, now: datetime, note: str | None = None) -> None:
    """Strike the row out."""
    connection.execute(_DONE, {"owing_id": owing_id, "now": now, "why": note})


def struck(owing_id: int, *, now: datetime, note: str | None = None) -> Change:
    """The same, to go along with another change."""
    return Change(
        name="struck",
        sql="UPDATE outbox SET done_at = :struck_at, leased_until = NULL, note = :struck_note WHERE id = :struck_id",
        values={"struck_id": owing_id, "struck_at": now, "struck_note": note},
        typed=_STRUCK_TYPES,
    )


def later(connection: Connection, owing_id: int, *, due_at: datetime, note: str) -> None:
    """Let the row be tried again at `due_at`, one try older. `note` says why, for people."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == owing_id, outbox.c.done_at.is_(None))
        .values(due_at=due_at, tried=outbox.c.tried + 1, failed=0, leased_until=None, note=note)
    )


def put_off(connection: Connection, owing_id: int, *, due_at: datetime, note: str) -> None:
    """Let the row wait until `due_at` without counting it as a try."""
    connection.execute(
        update(outbox).where(outbox.c.id == owing_id).values(due_at=due_at, failed=0, leased_until=None, note=note)
    )


def after_failure(connection: Connection, owing_id: int, *, due_at: datetime, note: str) -> None:
    """Let the row be tried again at `due_at`, because its job failed once more in a row."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == owing_id)
        .values(due_at=due_at, failed=outbox.c.failed + 1, leased_until=None, note=note)
    )


def release_all(connection: Connection) -> int:
    """End every lease, because the queue that the rows were handed to has been lost. Returns how many."""
    freed = update(outbox).where(outbox.c.done_at.is_(None), outbox.c.leased_until.is_not(None))
    return connection.execute(freed.values(leased_until=None)).rowcount


def open_of(connection: Connection, subject: str) -> Sequence[Owing]:
    """What is still owed for a subject."""
    found = _WITH_ORDER.where(outbox.c.subject == subject, outbox.c.done_at.is_(None))
    return [_owing_of(row) for row in connection.execute(found)]


def _owing_of(row: Row[Any]) -> Owing:
    """The row with the order that was read beside it."""
    return replace(_owing(row), order=order_beside(row))


def _owing(row: Row[Any]) -> Owing:
    return Owing(
        id=row.id,
        effect=row.effect,
        subject=row.subject,
        queue=row.queue,
        tried=row.tried,
        failed=row.failed,
        due_at=row.due_at,
        provider=row.provider,
        is_leased=row.leased_until is not None,
    )
