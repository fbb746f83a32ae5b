"""Money that comes and belongs to no order: a second payment for one, a payment of another amount.

It gets an order of its own, of kind `stray`, which stands in review until a person has looked at the provider's
statement: then it is sent back like any other refund, or closed because it never came. So it is listed, booked and
reconciled by the same means as everything else, and cannot be forgotten.
"""

from sqlalchemy import Connection

from store import attempts
from store.attempts import Kept
from store.book import SqlBook
from store.strays import HOLDS, note_stray
from topup.ids import attempt_references, mint_order_id
from topup.kinds import Kind
from topup.life import Event, State
from topup.money import Money
from topup.orders import Order, history_of, place
from workers.house import House


def hold(
    house: House,
    connection: Connection,
    *,
    order: Order,
    kept: Kept,
    amount: Money,
    receipt: str,
    why: str,
    is_derived: bool = False,
) -> str:
    """Make an order of its own for money that `order` has no place for.

    `is_derived`: the receipt only stands for one that the provider did not tell. When that comes it is the same money.
    Returns its id, which is the same for the same receipt.
    """
    if not is_derived and (known := attempts.held_without_receipt(connection, kept, amount)) is not None:
        attempts.note(
            connection,
            known.attempt.reference,
            outcome="stray",
            now=house.clock(),
            receipt=receipt,
            facts={attempts.RECEIPT_IS_DERIVED: False, HOLDS: [*_names_of(known), receipt]},
        )
        return known.order_id
    channel = f"{Kind.STRAY.value}:{kept.provider}"
    stray = Order(
        id=mint_order_id(secret=house.shop.order_secret, channel=channel, conversation=receipt),
        kind=Kind.STRAY,
        channel=channel,
        asked_by=order.payer,
        line=order.line,
        payer=order.payer,
        amount=amount,
        language=order.language,
        line_was=order.line_was,
        payment_provider=order.payment_provider,
        credit_provider=order.credit_provider,
        placed_at=house.clock(),
    )
    if place(SqlBook(connection), order=stray, now=house.clock(), timing=house.timing):
        _write_down_payment(house, connection, stray, kept, receipt, is_derived=is_derived)
        placed = SqlBook(connection).lock(stray.id)
        house.move(connection, placed, Event.CHARGE_STRAY, {"why": why, "receipt": receipt, "came_to": order.id})
    elif (closed := SqlBook(connection).lock(stray.id)).state is State.UNPAID:
        _tell_again(house, connection, closed, receipt)
    return stray.id


def _names_of(holder: Kept) -> list[str]:
    """The receipts by which money that is held apart is known. The one of its charge is none once it was closed."""
    names = holder.attempt.facts.get(HOLDS)
    return names if isinstance(names, list) else [str(holder.receipt)]


def _write_down_payment(
    house: House, connection: Connection, stray: Order, kept: Kept, receipt: str, *, is_derived: bool
) -> None:
    attempt = attempts.begin(
        connection,
        order=stray,
        purpose="charge",
        provider=kept.provider,
        msisdn=stray.payer,
        facts={"came_to": kept.attempt.reference, attempts.RECEIPT_IS_DERIVED: is_derived, HOLDS: [receipt]},
        now=house.clock(),
    )
    attempts.note(connection, attempt.reference, outcome="stray", now=house.clock(), receipt=receipt)


def _tell_again(house: House, connection: Connection, stray: Order, receipt: str) -> None:
    """A person found that it never came, and now it is told once more: perhaps the statement was not yet complete.

    It may have been reopened and closed again since it was told so before, which is another matter.
    """
    times = history_of(SqlBook(connection), stray).count(Event.OPERATOR_CLOSE)
    note_stray(
        connection,
        attempt_references(order_id=stray.id, purpose="charge") + "1",
        what=f"told again after a person closed it{f' {times} times' if times > 1 else ''}",
        receipt=receipt,
        now=house.clock(),
    )
