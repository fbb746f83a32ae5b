"""The calls that may move money, each written down before it is made."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Row, RowMapping, Text, bindparam, column, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from store.changes import Change, make
from store.tables import attempts, orders
from topup.errors import RedialError
from topup.ids import attempt_references, short_reference
from topup.kinds import Kind
from topup.life import State
from topup.money import Money
from topup.orders import Order
from topup.ports import Attempt
from topup.wallets import WALLETS

# The fact by which a provider says that a receipt is only a name for one that it did not tell.
RECEIPT_IS_DERIVED = "receipt_is_derived"

# The purposes of the calls that put credit on a line.
REFILLS = ("credit", "lend", "redeem")


class AttemptNotFound(RedialError):
    """There is no attempt {reference}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An attempt as it is kept: the port's view of it, and whose it is."""

    attempt: Attempt
    order_id: str
    purpose: str
    number: int
    provider: str
    receipt: str | None
    outcome: str | None

    @property
    def has_true_receipt(self) -> bool:
        """Whether the provider, or a person with its statement, has told the receipt."""
        return self.receipt is not None and not self.attempt.facts.get(RECEIPT_IS_DERIVED)


# Made once, since every job says some of these.
_ONE = select(attempts).where(attempts.c.reference == bindparam("reference"))
_TAKEN_ON = (
    update(attempts)
    .where(attempts.c.reference == bindparam("reference_is"))
    .values(
        outcome=func.coalesce(attempts.c.outcome, "accepted"),
        outcome_at=bindparam("now"),
        provider_ref=bindparam("name"),
    )
)
_RECEIPT_IS_TAKEN = text("""
    SELECT EXISTS (
        SELECT FROM attempts
         WHERE provider = :provider AND receipt = :receipt AND purpose = 'charge' AND reference <> :reference
    ) AS is_taken
""").columns(column("is_taken"))
_NOTED = """
    UPDATE attempts
       SET outcome = :noted_outcome, outcome_at = :noted_at,
           provider_ref = coalesce(:noted_provider_ref, provider_ref), receipt = coalesce(:noted_receipt, receipt),
           facts = facts || :noted_facts
     WHERE reference = :noted_reference
"""
_NOTED_TYPES = (
    bindparam("noted_at", type_=DateTime(timezone=True)),
    bindparam("noted_provider_ref", type_=Text()),
    bindparam("noted_receipt", type_=Text()),
    bindparam("noted_facts", type_=JSONB),
)


_BEGUN = """
    INSERT INTO attempts
        (reference, order_id, purpose, number, provider, msisdn, amount_minor, currency, sent_at, facts)
    VALUES (:begun_reference, :begun_order_id, :begun_purpose, :begun_number,
            :begun_provider, :begun_msisdn, :begun_amount_minor, :begun_currency, :begun_sent_at, :begun_facts)
"""
_BEGUN_TYPES = (bindparam("begun_sent_at", type_=DateTime(timezone=True)), bindparam("begun_facts", type_=JSONB))


def begun(
    connection: Connection,
    *,
    order: Order,
    purpose: str,
    provider: str,
    msisdn: str,
    facts: Mapping[str, object],
    now: datetime,
    amount: Money | None = None,
) -> tuple[Attempt, Change]:
    """The order's next attempt for `purpose`, to be written down along with the move that says that it was sent.

    The order must be locked. `amount` is what the call moves, when that is not the whole of the order's.
    """
    number = _count(connection, order, purpose) + 1
    moved = amount or order.amount
    values = {
        "begun_reference": f"{attempt_references(order_id=order.id, purpose=purpose)}{number}",
        "begun_order_id": order.id,
        "begun_purpose": purpose,
        "begun_number": number,
        "begun_provider": provider,
        "begun_msisdn": msisdn,
        "begun_amount_minor": moved.minor,
        "begun_currency": moved.currency,
        "begun_sent_at": now,
        "begun_facts": dict(facts),
    }
    attempt = Attempt(
        reference=str(values["begun_reference"]),
        label=short_reference(order.id),
        msisdn=msisdn,
        amount=moved,
        facts=facts,
    )
    return attempt, Change(name="begun", sql=_BEGUN, values=values, typed=_BEGUN_TYPES)


def _count(connection: Connection, order: Order, purpose: str) -> int:
    """How many calls were begun for the order until now."""
    if order.past is not None:
        return order.past.attempts.count(purpose)
    found = select(func.count()).where(attempts.c.order_id == order.id, attempts.c.purpose == purpose)
    return connection.scalar(found) or 0


def begin(
    connection: Connection,
    *,
    order: Order,
    purpose: str,
    provider: str,
    msisdn: str,
    facts: Mapping[str, object],
    now: datetime,
    amount: Money | None = None,
) -> Attempt:
    """Write down the order's next attempt for `purpose` at once: charge, credit, lend, refund or redeem.

    The order must be locked.
    """
    attempt, change = begun(
        connection,
        order=replace(order, past=None),  # Others may have been begun since it was read.
        purpose=purpose,
        provider=provider,
        msisdn=msisdn,
        facts=facts,
        now=now,
        amount=amount,
    )
    make(connection, [change])
    return attempt


def note(
    connection: Connection,
    reference: str,
    *,
    outcome: str,
    now: datetime,
    provider_ref: str | None = None,
    receipt: str | None = None,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Add what has become known of an attempt. What was known before and is not given again stays."""
    told = noted(reference, outcome=outcome, now=now, provider_ref=provider_ref, receipt=receipt, facts=facts)
    make(connection, [told])


def noted(
    reference: str,
    *,
    outcome: str,
    now: datetime,
    provider_ref: str | None = None,
    receipt: str | None = None,
    facts: Mapping[str, object] | None = None,
) -> Change:
    """The same, to go along with another change."""
    values = {
        "noted_reference": reference,
        "noted_outcome": outcome,
        "noted_at": now,
        "noted_provider_ref": provider_ref,
        "noted_receipt": receipt,
        "noted_facts": dict(facts or {}),
    }
    return Change(name="noted", sql=_NOTED, values=values, typed=_NOTED_TYPES)


def taken_on(connection: Connection, reference: str, *, provider_ref: str, now: datetime) -> None:
    """The provider has taken the request on, under this name. What a faster callback has told of it stays."""
    connection.execute(_TAKEN_ON, {"reference_is": reference, "name": provider_ref, "now": now})


def find(connection: Connection, reference: str) -> Kept | None:
    """The attempt of this reference, if there is one."""
    return _kept(connection.execute(_ONE, {"reference": reference}).one_or_none())


def get(connection: Connection, reference: str) -> Kept:
    """The attempt of this reference. Raises AttemptNotFound."""
    kept = find(connection, reference)
    if kept is None:
        raise AttemptNotFound(reference=reference)
    return kept


def by_provider_ref(connection: Connection, *, provider: str, provider_ref: str) -> Kept | None:
    """The attempt that the provider knows by this name."""
    found = select(attempts).where(attempts.c.provider == provider, attempts.c.provider_ref == provider_ref)
    return _kept(connection.execute(found.order_by(attempts.c.sent_at.desc()).limit(1)).one_or_none())


def last(connection: Connection, *, order_id: str, purpose: str) -> Kept | None:
    """The order's newest attempt for `purpose`."""
    found = select(attempts).where(attempts.c.order_id == order_id, attempts.c.purpose == purpose)
    return _kept(connection.execute(found.order_by(attempts.c.number.desc()).limit(1)).one_or_none())


def receipt_is_taken(connection: Connection, *, provider: str, receipt: str, reference: str) -> bool:
    """Whether another charge already has this receipt, so that it cannot be this one's too."""
    values = {"provider": provider, "receipt": receipt, "reference": reference}
    return bool(connection.scalar(_RECEIPT_IS_TAKEN, values))


def is_awaited(connection: Connection, *, provider: str, msisdn: str, amount: Money) -> bool:
    """Whether a credit of ours of this amount may just now be on its way to this number."""
    found = (
        select(attempts.c.reference)
        .join(orders, orders.c.id == attempts.c.order_id)
        .where(attempts.c.provider == provider, attempts.c.purpose.in_(REFILLS), attempts.c.msisdn == msisdn)
        .where(attempts.c.amount_minor == amount.minor, attempts.c.currency == amount.currency)
        .where(orders.c.state.in_([State.CREDITING.value, State.LENDING.value]))
    )
    return connection.scalar(found.limit(1)) is not None


def held_without_receipt(connection: Connection, came_to: Kept, amount: Money) -> Kept | None:
    """The charge of an order in review that holds money which came to this one, under a name that is no true receipt.

    Its order is locked from here on, so that nobody decides it meanwhile.
    """
    is_it = {"came_to": came_to.attempt.reference, RECEIPT_IS_DERIVED: True}
    found = (
        select(attempts)
        .join(orders, orders.c.id == attempts.c.order_id)
        .where(orders.c.payer == came_to.attempt.msisdn, orders.c.kind == Kind.STRAY.value)
        .where(orders.c.state == State.REVIEW_CHARGE.value)
        .where(attempts.c.facts.contains(is_it), attempts.c.amount_minor == amount.minor)
    )
    return _kept(connection.execute(found.limit(1).with_for_update(of=orders)).one_or_none())


def confirmed_charge(connection: Connection, order_id: str) -> Kept | None:
    """The charge that paid the order."""
    found = select(attempts).where(
        attempts.c.order_id == order_id, attempts.c.purpose == "charge", attempts.c.receipt.is_not(None)
    )
    return _kept(connection.execute(found.order_by(attempts.c.number.desc()).limit(1)).one_or_none())


def refunded_instead(connection: Connection, charged: Kept) -> Kept | None:
    """The charge that the provider would give back in place of `charged`, which came to it by another receipt."""
    wallet = WALLETS.get(charged.provider)
    came_to = charged.attempt.facts.get("came_to")
    if wallet is None or not wallet.refunds_by_reference or not isinstance(came_to, str):
        return None
    other = get(connection, came_to)
    return other if other.receipt not in (None, charged.receipt) else None


def _kept(row: Row[Any] | None) -> Kept | None:
    return None if row is None else kept_of(row._mapping)


def kept_of(told: RowMapping | Mapping[str, Any]) -> Kept:
    """The attempt that a row of the table says, or its JSON."""
    attempt = Attempt(
        reference=told["reference"],
        label=short_reference(told["order_id"]),
        msisdn=told["msisdn"],
        amount=Money(told["amount_minor"], told["currency"]),
        provider_ref=told["provider_ref"],
        facts=told["facts"],
    )
    return Kept(
        attempt=attempt,
        order_id=told["order_id"],
        purpose=told["purpose"],
        number=told["number"],
        provider=told["provider"],
        receipt=told["receipt"],
        outcome=told["outcome"],
    )
