"""A move of an order with all that is committed together with it, as one statement.

An order makes six moves or so, each while its row is locked and a person waits, so what belongs together travels
together: the move, its transfers, where the order stands then, the enquiries that have nothing left to ask, and what is
owed next.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, DateTime, bindparam
from sqlalchemy.dialects.postgresql import JSONB

from store.changes import Change, make
from store.outbox import QUEUES, asks
from topup.life import LIFE, Effect
from topup.orders import Move

# Orders in these states have an enquiry open, which ends with the state.
ENQUIRED = frozenset({rule.target for rule in LIFE if Effect.ENQUIRE in rule.then})

_MOVE = """
    INSERT INTO order_moves (order_id, seq, prev_seq, source, event, target, at, detail)
    VALUES (:order_id, :seq, :prev_seq, :source, :event, :target, :at, :detail)
"""
_TRANSFERS = """
    INSERT INTO transfers (order_id, seq, leg, source, target, amount_minor, currency, at)
    SELECT :order_id, :seq, leg, source, target, amount_minor, currency, :at
      FROM jsonb_to_recordset(:legs) AS legs (leg int, source text, target text, amount_minor bigint, currency text)
"""
_OWED = """
    INSERT INTO outbox (effect, subject, seq, queue, due_at, provider)
    SELECT effect, id, :seq, queue, due_at,
           CASE asks WHEN 'payment' THEN payment_provider WHEN 'credit' THEN credit_provider ELSE '' END
      FROM orders, jsonb_to_recordset(:owed) AS owed (effect text, queue text, asks text, due_at timestamptz)
     WHERE id = :order_id
"""
_ANSWERED = """
    UPDATE outbox SET done_at = :at, note = 'answered'
     WHERE subject = :order_id AND effect = :enquiry AND done_at IS NULL
"""
_STAND = "UPDATE orders SET state = :target, seq = :seq, state_at = :at WHERE id = :order_id"
_MOVE_TYPES = (bindparam("detail", type_=JSONB), bindparam("at", type_=DateTime(timezone=True)))
_LEGS_TYPES = (bindparam("legs", type_=JSONB),)
_OWED_TYPES = (bindparam("owed", type_=JSONB),)


def record(connection: Connection, move: Move, *, along: Sequence[Change] = ()) -> None:
    """Keep the move with all that belongs to it, and what goes along with it.

    The guards of the database refuse what LIFE does not have.
    """
    make(connection, [*_parts(move), *along, Change(name="stand", sql=_STAND, values={})])


def _parts(move: Move) -> Iterator[Change]:
    rule = move.rule
    values = {
        "order_id": move.order_id,
        "seq": move.seq,
        "prev_seq": max(move.seq - 1, 0),
        "source": rule.source.value,
        "event": rule.event.value,
        "target": rule.target.value,
        "at": move.at,
        "detail": dict(move.detail),
    }
    yield Change(name="move", sql=_MOVE, values=values, typed=_MOVE_TYPES)
    if move.transfers:
        yield Change(name="legs", sql=_TRANSFERS, values={"legs": _legs_of(move)}, typed=_LEGS_TYPES)
    if move.owed:
        yield Change(name="owed", sql=_OWED, values={"owed": _owed_by(move)}, typed=_OWED_TYPES)
    if rule.source in ENQUIRED:
        yield Change(name="answered", sql=_ANSWERED, values={"enquiry": Effect.ENQUIRE.value})


def _legs_of(move: Move) -> list[dict[str, object]]:
    return [
        {
            "leg": leg,
            "source": transfer.source,
            "target": transfer.target,
            "amount_minor": transfer.amount.minor,
            "currency": transfer.amount.currency,
        }
        for leg, transfer in enumerate(move.transfers, start=1)
    ]


def _owed_by(move: Move) -> list[dict[str, object]]:
    return [
        {
            "effect": owed.effect.value,
            "queue": QUEUES[owed.effect.value],
            "asks": asks(owed.effect, state=move.rule.target),
            "due_at": owed.due_at.isoformat(),
        }
        for owed in move.owed
    ]
