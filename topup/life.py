"""An order's life, as one table. docs/life.md is drawn from it, and the database is seeded with it.

Nothing else in Redial decides what may follow what. A row says: an order that is in `source`, when `event` happens,
is from then on in `target`; the ledger makes the transfers `books`; and the effects `then` are owed from that moment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from topup.errors import RedialError
from topup.ledger import Books


class IllegalEvent(RedialError):
    """An order that is {source} cannot have {event}."""


class RepeatedEvent(RedialError):
    """{event} has already been recorded for this order."""


class LifeIsBroken(RedialError):
    """The table of an order's life is wrong: {why}."""


class State(Enum):
    """Where an order stands. The sentence says what is true of the money."""

    ASKED = "ASKED"  # Somebody has been asked whether they will pay; nothing has been agreed to.
    CREATED = "CREATED"  # Agreed to by the person; nobody has been asked for money yet.
    CHARGING = "CHARGING"  # The payer may have been asked; the money may have moved.
    PAID = "PAID"  # The money is here; the line has not been credited.
    CREDITING = "CREDITING"  # The money is here; the line may have been credited.
    CREDITED = "CREDITED"  # The line has the credit; whether it is back is being looked at.
    REFUNDING = "REFUNDING"  # The money is here and is owed to the payer; it has not been sent back.
    RETURNING = "RETURNING"  # The money may have gone back to the payer.
    REVIEW_CHARGE = "REVIEW_CHARGE"  # A person must find out whether the payer was charged.
    REVIEW_CREDIT = "REVIEW_CREDIT"  # A person must find out whether the line was credited.
    REVIEW_REFUND = "REVIEW_REFUND"  # A person must find out whether the money went back.
    UNREDEEMED = "UNREDEEMED"  # The voucher is here; it has not been used.
    REDEEMING = "REDEEMING"  # The voucher may have been used.
    REVIEW_VOUCHER = "REVIEW_VOUCHER"  # A person must find out whether the voucher was used.
    PROMISED = "PROMISED"  # An advance was agreed to; it is not on the line yet.
    LENDING = "LENDING"  # The line may have the advance.
    REVIEW_ADVANCE = "REVIEW_ADVANCE"  # A person must find out whether the line got the advance.
    DONE = "DONE"  # The line has the credit. The end.
    UNPAID = "UNPAID"  # No money moved. The end.
    REFUNDED = "REFUNDED"  # The money is back with the payer. The end.

    @property
    def is_end(self) -> bool:
        """Whether nothing more is owed to anybody."""
        return self in ENDS

    @property
    def in_review(self) -> bool:
        """Whether a person must decide."""
        return self in REVIEWS


class Event(Enum):
    """What can happen to an order. `*_SENT` is recorded before the call that it names."""

    PLACED = "PLACED"
    ASK_PLACED = "ASK_PLACED"
    ADVANCE_PLACED = "ADVANCE_PLACED"
    ASK_ACCEPTED = "ASK_ACCEPTED"
    ASK_DECLINED = "ASK_DECLINED"
    VOUCHER_PLACED = "VOUCHER_PLACED"
    REDEEM_SENT = "REDEEM_SENT"
    REDEEM_NOT_SENT = "REDEEM_NOT_SENT"
    REDEEM_CONFIRMED = "REDEEM_CONFIRMED"
    REDEEM_REFUSED = "REDEEM_REFUSED"
    CHARGE_SENT = "CHARGE_SENT"
    CHARGE_NOT_SENT = "CHARGE_NOT_SENT"  # The call surely did not leave this house.
    CHARGE_BUSY = "CHARGE_BUSY"  # The payer's phone was in a session, so no prompt was shown.
    CHARGE_CONFIRMED = "CHARGE_CONFIRMED"
    CHARGE_REFUSED = "CHARGE_REFUSED"
    CHARGE_STRAY = "CHARGE_STRAY"  # The provider tells of money that belongs to no order: this one is made to hold it.
    CHARGE_DIFFERS = "CHARGE_DIFFERS"  # The provider tells of another amount, or contradicts itself.
    CREDIT_SENT = "CREDIT_SENT"
    CREDIT_NOT_SENT = "CREDIT_NOT_SENT"
    CREDIT_CONFIRMED = "CREDIT_CONFIRMED"
    CREDIT_REFUSED = "CREDIT_REFUSED"
    CREDIT_DIFFERS = "CREDIT_DIFFERS"  # Another amount, a contradiction, or an earlier credit after all.
    LEND_SENT = "LEND_SENT"
    LEND_NOT_SENT = "LEND_NOT_SENT"
    LEND_CONFIRMED = "LEND_CONFIRMED"
    LEND_REFUSED = "LEND_REFUSED"
    LEND_DIFFERS = "LEND_DIFFERS"
    REPAID = "REPAID"  # All of the money repaid an advance, and nothing was left to put on the line.
    LINE_SEEN = "LINE_SEEN"  # The line was read, and it is active.
    REFUND_SENT = "REFUND_SENT"
    REFUND_NOT_SENT = "REFUND_NOT_SENT"
    REFUND_CONFIRMED = "REFUND_CONFIRMED"
    REFUND_REFUSED = "REFUND_REFUSED"
    GAVE_UP = "GAVE_UP"  # Everything that may be tried or asked has been.
    OPERATOR_HOLD = "OPERATOR_HOLD"  # A person: it may have gone on unseen, as after a restore.
    OPERATOR_REOPEN = "OPERATOR_REOPEN"  # A person: money held apart, which was closed as never come, came after all.
    OPERATOR_CREDIT = "OPERATOR_CREDIT"  # A person: the money is here, credit the line.
    OPERATOR_REFUND = "OPERATOR_REFUND"  # A person: the money is here, send it back.
    OPERATOR_CLOSE = "OPERATOR_CLOSE"  # A person: what was unknown has ended, and nothing is owed.
    OPERATOR_VOID = "OPERATOR_VOID"  # A person: the voucher was not used, and is not to be.
    OPERATOR_DROP = "OPERATOR_DROP"  # A person: what was unknown did not happen, and shall not be tried again.


class Effect(Enum):
    """What is owed to the world because of a move. Each is done by the worker of that name."""

    ASK = "ask"
    LAPSE = "lapse"  # Not wait any longer for an answer.
    REDEEM = "redeem"
    CHARGE = "charge"
    CREDIT = "credit"
    LEND = "lend"
    LOOK = "look"
    REFUND = "refund"
    ENQUIRE = "enquire"
    ALERT = "alert"
    TELL_DECLINED = "tell_declined"
    TELL_BALANCE = "tell_balance"
    TELL_CREDITED = "tell_credited"
    TELL_REFUNDED = "tell_refunded"
    TELL_CHECKING = "tell_checking"
    TELL_REPAID = "tell_repaid"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of LIFE."""

    source: State
    event: Event
    target: State
    books: Books | None
    then: tuple[Effect, ...]


def _rules() -> Iterable[Rule]:
    s, e, b, f = State, Event, Books, Effect
    # fmt: off
    rows: tuple[tuple[State, Event, State, Books | None, tuple[Effect, ...]], ...] = (
        (s.CREATED,       e.PLACED,           s.CREATED,       None,        (f.CHARGE,)),
        (s.CREATED,       e.CHARGE_SENT,      s.CHARGING,      None,        (f.ENQUIRE,)),
        (s.CREATED,       e.CHARGE_CONFIRMED, s.PAID,          b.TAKE,      (f.CREDIT,)),         # "busy", and yet paid
        (s.CREATED,       e.GAVE_UP,          s.UNPAID,        None,        (f.TELL_DECLINED,)),  # never charge late
        (s.CREATED,       e.CHARGE_STRAY,     s.REVIEW_CHARGE, None,        (f.ALERT,)),
        (s.CREATED,       e.CHARGE_DIFFERS,   s.REVIEW_CHARGE, None,        (f.ALERT, f.TELL_CHECKING)),  # paid, or no?
        (s.CHARGING,      e.CHARGE_NOT_SENT,  s.CREATED,       None,        (f.CHARGE,)),         # try again, later
        (s.CHARGING,      e.CHARGE_BUSY,      s.CREATED,       None,        (f.CHARGE,)),         # ask again, later
        (s.CHARGING,      e.CHARGE_CONFIRMED, s.PAID,          b.TAKE,      (f.CREDIT,)),
        (s.CHARGING,      e.CHARGE_REFUSED,   s.UNPAID,        None,        (f.TELL_DECLINED,)),
        (s.CHARGING,      e.CHARGE_DIFFERS,   s.REVIEW_CHARGE, None,        (f.ALERT, f.TELL_CHECKING)),
        (s.CHARGING,      e.GAVE_UP,          s.REVIEW_CHARGE, None,        (f.ALERT, f.TELL_CHECKING)),
        (s.UNPAID,        e.CHARGE_CONFIRMED, s.REFUNDING,     b.TAKE_BACK, (f.REFUND,)),         # late money goes back
        (s.PAID,          e.CREDIT_SENT,      s.CREDITING,     None,        (f.ENQUIRE,)),
        (s.PAID,          e.GAVE_UP,          s.REFUNDING,     b.OWE_BACK,  (f.REFUND,)),         # surely not sent
        (s.PAID,          e.CREDIT_DIFFERS,   s.REVIEW_CREDIT, None,        (f.ALERT, f.TELL_CHECKING)),
        (s.CREDITING,     e.CREDIT_NOT_SENT,  s.PAID,          None,        (f.CREDIT,)),
        (s.CREDITING,     e.CREDIT_CONFIRMED, s.CREDITED,      b.GIVE,      (f.LOOK,)),
        (s.CREDITING,     e.CREDIT_REFUSED,   s.REFUNDING,     b.OWE_BACK,  (f.REFUND,)),
        (s.CREDITING,     e.CREDIT_DIFFERS,   s.REVIEW_CREDIT, None,        (f.ALERT, f.TELL_CHECKING)),
        (s.CREDITING,     e.GAVE_UP,          s.REVIEW_CREDIT, None,        (f.ALERT, f.TELL_CHECKING)),
        (s.CREDITED,      e.LINE_SEEN,        s.DONE,          None,        (f.TELL_BALANCE,)),
        (s.CREDITED,      e.GAVE_UP,          s.DONE,          None,        (f.TELL_CREDITED,)),
        (s.REFUNDING,     e.REFUND_SENT,      s.RETURNING,     None,        (f.ENQUIRE,)),
        (s.REFUNDING,     e.REFUND_CONFIRMED, s.REFUNDED,      b.GIVE_BACK, (f.TELL_REFUNDED,)),  # by an earlier try
        (s.REFUNDING,     e.GAVE_UP,          s.REVIEW_REFUND, None,        (f.ALERT, f.TELL_CHECKING)),
        (s.RETURNING,     e.REFUND_NOT_SENT,  s.REFUNDING,     None,        (f.REFUND,)),
        (s.RETURNING,     e.REFUND_CONFIRMED, s.REFUNDED,      b.GIVE_BACK, (f.TELL_REFUNDED,)),
        (s.RETURNING,     e.REFUND_REFUSED,   s.REVIEW_REFUND, None,        (f.ALERT, f.TELL_CHECKING)),
        (s.RETURNING,     e.GAVE_UP,          s.REVIEW_REFUND, None,        (f.ALERT, f.TELL_CHECKING)),

        (s.REVIEW_CHARGE, e.CHARGE_CONFIRMED, s.PAID,          b.TAKE,      (f.CREDIT,)),
        (s.REVIEW_CHARGE, e.CHARGE_REFUSED,   s.UNPAID,        None,        (f.TELL_DECLINED,)),
        (s.REVIEW_CHARGE, e.OPERATOR_CREDIT,  s.PAID,          b.TAKE,      (f.CREDIT,)),
        (s.REVIEW_CHARGE, e.OPERATOR_REFUND,  s.REFUNDING,     b.TAKE_BACK, (f.REFUND,)),
        (s.REVIEW_CHARGE, e.OPERATOR_CLOSE,   s.UNPAID,        None,        (f.TELL_DECLINED,)),  # no money came
        (s.REVIEW_CREDIT, e.CREDIT_CONFIRMED, s.CREDITED,      b.GIVE,      (f.LOOK,)),
        (s.REVIEW_CREDIT, e.CREDIT_REFUSED,   s.REFUNDING,     b.OWE_BACK,  (f.REFUND,)),
        (s.REVIEW_CREDIT, e.OPERATOR_CREDIT,  s.PAID,          None,        (f.CREDIT,)),         # it did not land
        (s.REVIEW_CREDIT, e.OPERATOR_REFUND,  s.REFUNDING,     b.OWE_BACK,  (f.REFUND,)),
        (s.REVIEW_CREDIT, e.OPERATOR_CLOSE,   s.CREDITED,      b.GIVE,      (f.LOOK,)),           # it landed
        (s.REVIEW_REFUND, e.REFUND_CONFIRMED, s.REFUNDED,      b.GIVE_BACK, (f.TELL_REFUNDED,)),
        (s.REVIEW_REFUND, e.OPERATOR_CREDIT,  s.PAID,          b.KEEP,      (f.CREDIT,)),
        (s.REVIEW_REFUND, e.OPERATOR_REFUND,  s.REFUNDING,     None,        (f.REFUND,)),
        (s.REVIEW_REFUND, e.OPERATOR_CLOSE,   s.REFUNDED,      b.GIVE_BACK, (f.TELL_REFUNDED,)),  # it went back

        (s.CREATED,       e.OPERATOR_HOLD,    s.REVIEW_CHARGE, None,        (f.ALERT,)),
        (s.CHARGING,      e.OPERATOR_HOLD,    s.REVIEW_CHARGE, None,        (f.ALERT,)),
        (s.PAID,          e.OPERATOR_HOLD,    s.REVIEW_CREDIT, None,        (f.ALERT,)),
        (s.CREDITING,     e.OPERATOR_HOLD,    s.REVIEW_CREDIT, None,        (f.ALERT,)),
        (s.REFUNDING,     e.OPERATOR_HOLD,    s.REVIEW_REFUND, None,        (f.ALERT,)),
        (s.RETURNING,     e.OPERATOR_HOLD,    s.REVIEW_REFUND, None,        (f.ALERT,)),
        (s.ASKED,         e.OPERATOR_HOLD,    s.REVIEW_CHARGE, None,        (f.ALERT,)),          # perhaps a yes came
        (s.UNPAID,        e.OPERATOR_REOPEN,  s.REVIEW_CHARGE, None,        (f.ALERT,)),          # a closed stray only

        (s.ASKED,         e.ASK_PLACED,       s.ASKED,         None,        (f.LAPSE, f.ASK)),
        (s.ASKED,         e.ASK_ACCEPTED,     s.CREATED,       None,        (f.CHARGE,)),
        (s.ASKED,         e.ASK_DECLINED,     s.UNPAID,        None,        (f.TELL_DECLINED,)),
        (s.ASKED,         e.GAVE_UP,          s.UNPAID,        None,        (f.TELL_DECLINED,)),  # nobody answered

        # A voucher was paid for in a shop: no money of ours moves, and there is none to send back.
        (s.UNREDEEMED,     e.VOUCHER_PLACED,   s.UNREDEEMED,     None,      (f.REDEEM,)),
        (s.UNREDEEMED,     e.REDEEM_SENT,      s.REDEEMING,      None,      (f.ENQUIRE,)),
        (s.UNREDEEMED,     e.GAVE_UP,          s.UNPAID,         None,      (f.TELL_DECLINED,)),  # surely not sent
        (s.REDEEMING,      e.REDEEM_NOT_SENT,  s.UNREDEEMED,     None,      (f.REDEEM,)),
        (s.REDEEMING,      e.REDEEM_CONFIRMED, s.CREDITED,       None,      (f.LOOK,)),
        (s.REDEEMING,      e.REDEEM_REFUSED,   s.UNPAID,         None,      (f.TELL_DECLINED,)),
        (s.REDEEMING,      e.GAVE_UP,          s.REVIEW_VOUCHER, None,      (f.ALERT, f.TELL_CHECKING)),
        (s.REVIEW_VOUCHER, e.REDEEM_CONFIRMED, s.CREDITED,       None,      (f.LOOK,)),
        (s.REVIEW_VOUCHER, e.REDEEM_REFUSED,   s.UNPAID,         None,      (f.TELL_DECLINED,)),
        (s.REVIEW_VOUCHER, e.OPERATOR_CREDIT,  s.UNREDEEMED,     None,      (f.REDEEM,)),         # not used: try again
        (s.REVIEW_VOUCHER, e.OPERATOR_CLOSE,   s.CREDITED,       None,      (f.LOOK,)),           # it was used
        (s.REVIEW_VOUCHER, e.OPERATOR_VOID,    s.UNPAID,         None,      (f.TELL_DECLINED,)),  # nor shall it be
        (s.UNREDEEMED,     e.OPERATOR_HOLD,    s.REVIEW_VOUCHER, None,      (f.ALERT,)),
        (s.REDEEMING,      e.OPERATOR_HOLD,    s.REVIEW_VOUCHER, None,      (f.ALERT,)),

        # An advance is paid from our own float: nobody is charged, and the line's next top-ups repay it.
        (s.PROMISED,      e.ADVANCE_PLACED,   s.PROMISED,      None,        (f.LEND,)),
        (s.PROMISED,      e.LEND_SENT,        s.LENDING,       None,        (f.ENQUIRE,)),
        (s.PROMISED,      e.GAVE_UP,          s.UNPAID,        None,        (f.TELL_DECLINED,)),  # surely not sent
        (s.PROMISED,      e.LEND_DIFFERS,     s.REVIEW_ADVANCE, None,       (f.ALERT, f.TELL_CHECKING)),
        (s.LENDING,       e.LEND_NOT_SENT,    s.PROMISED,      None,        (f.LEND,)),
        (s.LENDING,       e.LEND_CONFIRMED,   s.CREDITED,      b.LEND,      (f.LOOK,)),
        (s.LENDING,       e.LEND_REFUSED,     s.UNPAID,        None,        (f.TELL_DECLINED,)),
        (s.LENDING,       e.LEND_DIFFERS,     s.REVIEW_ADVANCE, None,       (f.ALERT, f.TELL_CHECKING)),
        (s.LENDING,       e.GAVE_UP,          s.REVIEW_ADVANCE, None,       (f.ALERT, f.TELL_CHECKING)),
        (s.REVIEW_ADVANCE, e.LEND_CONFIRMED,  s.CREDITED,      b.LEND,      (f.LOOK,)),
        (s.REVIEW_ADVANCE, e.LEND_REFUSED,    s.UNPAID,        None,        (f.TELL_DECLINED,)),
        (s.REVIEW_ADVANCE, e.OPERATOR_CREDIT, s.PROMISED,      None,        (f.LEND,)),           # it did not land
        (s.REVIEW_ADVANCE, e.OPERATOR_CLOSE,  s.CREDITED,      b.LEND,      (f.LOOK,)),           # it landed
        (s.REVIEW_ADVANCE, e.OPERATOR_DROP,   s.UNPAID,        None,        (f.TELL_DECLINED,)),
        (s.PROMISED,      e.OPERATOR_HOLD,    s.REVIEW_ADVANCE, None,       (f.ALERT,)),
        (s.LENDING,       e.OPERATOR_HOLD,    s.REVIEW_ADVANCE, None,       (f.ALERT,)),
        (s.PAID,          e.REPAID,           s.DONE,          b.REPAY,     (f.TELL_REPAID,)),    # a debt took it all
    )
    # fmt: on
    return (Rule(*row) for row in rows)


def duty_of(state: State) -> Effect | None:
    """The effect that an order in `state` must have open, or it would stand still; None for ends and reviews."""
    if state.is_end or state.in_review:
        return None
    return next(rule.then[0] for rule in LIFE if rule.target is state)


def may_happen(*, source: State, event: Event) -> bool:
    """Whether LIFE has a row for `event` in `source`."""
    return (source, event) in _BY_SOURCE_AND_EVENT


ENDS = frozenset({State.DONE, State.UNPAID, State.REFUNDED})
REVIEWS = frozenset(
    {State.REVIEW_CHARGE, State.REVIEW_CREDIT, State.REVIEW_REFUND, State.REVIEW_VOUCHER, State.REVIEW_ADVANCE}
)

# With these an order begins. Nothing comes before them, and they come but once.
BEGINNINGS = frozenset({Event.PLACED, Event.ASK_PLACED, Event.VOUCHER_PLACED, Event.ADVANCE_PLACED})

# What a provider confirmed once cannot be confirmed again: money moves once.
ONCE = BEGINNINGS | {
    Event.CHARGE_CONFIRMED,
    Event.CREDIT_CONFIRMED,
    Event.REFUND_CONFIRMED,
    Event.REDEEM_CONFIRMED,
    Event.LEND_CONFIRMED,
}

LIFE: tuple[Rule, ...] = tuple(_rules())
_BY_SOURCE_AND_EVENT = {(rule.source, rule.event): rule for rule in LIFE}


def rule_for(*, source: State, event: Event, history: Iterable[Event]) -> Rule:
    """The rule by which an order moves.

    `history` is every event already recorded for it. Raises RepeatedEvent for an event that this order has had and
    cannot have again, and IllegalEvent for one that it cannot have at all.
    """
    rule = _BY_SOURCE_AND_EVENT.get((source, event))
    seen = event in history
    if rule is not None and not (seen and event in ONCE):
        return rule
    if seen:
        raise RepeatedEvent(event=event.value)
    raise IllegalEvent(source=source.value, event=event.value)


def check(rules: Iterable[Rule] = LIFE) -> None:
    """Raise LifeIsBroken unless every state can be reached, and every state but the ends can be left."""
    table = list(rules)
    if len({(rule.source, rule.event) for rule in table}) != len(table):
        raise LifeIsBroken(why="an event leads from one state to two")
    reached, grew = {rule.target for rule in table if rule.event in BEGINNINGS}, True
    while grew:
        further = {rule.target for rule in table if rule.source in reached}
        grew = not further <= reached
        reached |= further
    if lost := set(State) - reached:
        raise LifeIsBroken(why=f"nothing leads to {sorted(state.value for state in lost)}")
    left = {rule.source for rule in table if rule.target != rule.source}
    if stuck := set(State) - ENDS - left:
        raise LifeIsBroken(why=f"nothing leads out of {sorted(state.value for state in stuck)}")
    if astray := [rule for rule in table if rule.event in BEGINNINGS and rule.source is not rule.target]:
        raise LifeIsBroken(why=f"an order would begin by {astray[0].event.value} in two states")
    if idle := [rule for rule in table if not rule.then and not rule.target.is_end]:
        raise LifeIsBroken(why=f"nothing is owed after {idle[0].event.value}, so the order would stand still")


check()
