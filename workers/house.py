"""What every worker works with, put together once for a process."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from sms.gateways.port import Report
from store import outbox
from store.book import SqlBook
from store.changes import Change
from store.desk import Shop
from store.gate import GateMemory
from store.gate_events import LineEvents
from store.outbox import Owing
from topup.clock import Clock
from topup.gate import PacketGateway
from topup.life import Event
from topup.orders import Order, OrderNotFound, move_on
from topup.ports import CreditProvider, LineReader, PaymentProvider, SmsGateway, VoucherProvider
from topup.schedule import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The packet gateways that are told when a line is back: by what is kept for them, by the stream, by a webhook.

    `active_s`: for how long a line that is back passes without being read again.
    """

    memory: GateMemory
    events: LineEvents
    active_s: float
    webhook: PacketGateway | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The parts of the house that work needs. `clock` tells the time, with its zone.

    Messages go out by `sms`; reports come from every gateway that was ever used, and `reports` reads each one's (it
    raises UnableToReadMessage). `gate` stands where there are packet gateways to tell.
    """

    engine: Engine
    shop: Shop
    timing: Timing
    clock: Clock
    payments: Mapping[str, PaymentProvider]
    credits: Mapping[str, CreditProvider]
    vouchers: Mapping[str, VoucherProvider]
    lines: LineReader
    sms: SmsGateway
    reports: Mapping[str, Callable[[bytes], Report]]
    gate: Gate | None = None

    def move(
        self,
        connection: Connection,
        order: Order,
        event: Event,
        detail: Mapping[str, object] | None = None,
        *,
        along: Sequence[Change] = (),
    ) -> Order:
        """Move an order on that the connection's transaction has locked, and write what goes along with the move.

        Raises what topup.orders.move_on raises.
        """
        book = SqlBook(connection, along=along)
        return move_on(book, order=order, event=event, now=self.clock(), timing=self.timing, detail=detail)

    def done(self, connection: Connection, owing: Owing, note: str | None = None) -> None:
        """Strike the effect out."""
        outbox.done(connection, owing.id, now=self.clock(), note=note)

    def struck(self, owing: Owing, note: str | None = None) -> Change:
        """The same, to go along with a move."""
        return outbox.struck(owing.id, now=self.clock(), note=note)


def order_seen(owing: Owing) -> Order:
    """The effect's order, as it stood when the effect was read. Raises OrderNotFound."""
    if owing.order is None:
        raise OrderNotFound(order_id=owing.subject)
    return owing.order


def locked(connection: Connection, owing: Owing) -> Order | None:
    """The effect's order, locked, when the effect is still owed. The order is always locked before the effect."""
    return SqlBook(connection).lock_owing(owing.subject, owing_id=owing.id)
