"""The numbers of vouchers, for as long as they are needed: sealed, in a table of their own.

A number is there from the moment when its order is placed until it is known what became of it. Of a used voucher a
fingerprint stays, so that the same one is not sent again; of one that was not used nothing does.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from store.seal import Seal, UnableToOpen
from store.tables import order_moves, orders, vouchers
from topup.kinds import Kind
from topup.life import Event, State
from topup.orders import Order
from topup.vouchers import WRONG, Pin, VoucherOnItsWay, VoucherWasUsed, check_wrong

# In these states the number may still have to be sent.
NEEDED_IN = frozenset({State.UNREDEEMED, State.REDEEMING, State.REVIEW_VOUCHER})

_NEEDED = [state.value for state in NEEDED_IN]
_WRONG = [reason.value for reason in WRONG]


def keep(connection: Connection, order: Order, pin: Pin, *, seal: Seal) -> dict[str, object]:
    """Seal the number of an order that is about to be placed. Returns what the order's first move keeps of it.

    Raises VoucherOnItsWay or VoucherWasUsed when another order has it; then nothing was written. Two orders at once
    for one voucher wait for each other here.
    """
    row = upsert(vouchers).values(
        order_id=order.id,
        fingerprint=seal.fingerprint(pin.digits),
        sealed=seal.seal(pin.digits, of=order.id),
    )
    if connection.scalar(row.on_conflict_do_nothing().returning(vouchers.c.order_id)) is None:
        found = select(vouchers.c.sealed.is_(None)).where(vouchers.c.fingerprint == seal.fingerprint(pin.digits))
        raise VoucherWasUsed() if connection.scalar(found) else VoucherOnItsWay()
    return {"tail": pin.tail}


def check_sender(connection: Connection, msisdn: str, *, since: datetime) -> None:
    """Whether this number may send one more voucher. Raises what topup.vouchers.check_wrong raises."""
    of_today = (orders.c.asked_by == msisdn) & (orders.c.kind == Kind.VOUCHER.value) & (orders.c.placed_at >= since)
    refused = (order_moves.c.event == Event.REDEEM_REFUSED.value) & order_moves.c.detail["reason"].astext.in_(_WRONG)
    wrong = select(func.count()).join_from(orders, order_moves).where(of_today, refused)
    under_way = select(func.count()).where(of_today, orders.c.state.in_(_NEEDED))
    check_wrong(wrong=connection.scalar(wrong) or 0, open_=connection.scalar(under_way) or 0)


def pin_of(connection: Connection, order_id: str, *, seal: Seal) -> Pin:
    """The number of the order's voucher. Raises UnableToOpen when it is not kept, or was sealed otherwise."""
    sealed = connection.scalar(select(vouchers.c.sealed).where(vouchers.c.order_id == order_id))
    if sealed is None:
        raise UnableToOpen()
    return Pin(seal.open(bytes(sealed), of=order_id))


def tail_of(connection: Connection, order_id: str) -> str:
    """The last digits of the order's voucher, by which a person knows it. They stay when the number is let go of."""
    placed = (order_moves.c.order_id == order_id) & (order_moves.c.event == Event.VOUCHER_PLACED.value)
    return str(connection.scalar(select(order_moves.c.detail["tail"].astext).where(placed)))


def forget(connection: Connection, order_id: str, *, was_used: bool) -> None:
    """Let go of the number: its end is known."""
    ours = vouchers.c.order_id == order_id
    connection.execute(update(vouchers).where(ours).values(sealed=None) if was_used else delete(vouchers).where(ours))
