"""Vouchers at the desk and in the database: sealed, one order each, and three wrong ones a day."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from store import subscribers, vouchers
from store.book import SqlBook
from store.desk import Desk
from store.seal import Seal, UnableToOpen, seal_of
from store.tables import vouchers as kept
from tests.unit.books import move, order_now
from tests.unit.clocks import FakeClock
from tests.unit.desks import CHANNEL, OWES_50
from tests.unit.orders import NOW, OWNER, STRANGER, TIMING, kes
from tests.unit.shops import ORDINARY, LineOf
from topup.asks import LineIsClosed
from topup.kinds import Kind
from topup.life import Event, State
from topup.line import LineState
from topup.money import Money
from topup.orders import Order, Wanted, advance
from topup.outcomes import Reason
from topup.vouchers import WRONG, Pin, TooManyAtOnce, VoucherOnItsWay, VouchersLocked, VoucherWasUsed

PIN = Pin("12345678901234")
SEAL = seal_of(ORDINARY.order_secret)


class Counter:
    """Somebody's vouchers, each in a conversation of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clock = FakeClock()
        self.desk = Desk(engine, shop=ORDINARY, lines=LineOf(OWES_50), timing=TIMING, clock=self.clock)
        self.calls = 0

    def wanted(self, pin: Pin, **changes: Any) -> Wanted:
        self.calls += 1
        ordinary = Wanted(
            channel=CHANNEL,
            conversation=f"call {self.calls}",
            asked_by=OWNER,
            payer=OWNER,
            amount=Money(0, "KES"),
            language="en",
            line_was=LineState.SUSPENDED,
            kind=Kind.VOUCHER,
            pin=pin,
        )
        return replace(ordinary, **changes)

    def send(self, pin: Pin | None = None, **changes: Any) -> Order:
        return self.desk.place(self.wanted(pin or Pin(f"{self.calls:012}"), **changes))

    def end(self, order: Order, *events: Event) -> Order:
        with self.engine.begin() as connection:
            return move(connection, order, *events, now=self.clock())

    def refuse(self, order: Order, reason: Reason) -> None:
        """The charging system does not take it."""
        self.end(order, Event.REDEEM_SENT)
        with self.engine.begin() as connection:
            advance(
                SqlBook(connection),
                order_id=order.id,
                event=Event.REDEEM_REFUSED,
                now=self.clock(),
                timing=TIMING,
                detail={"reason": reason.value},
            )

    def rows(self) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(select(kept)))


@pytest.fixture
def counter(engine: Engine) -> Counter:
    return Counter(engine)


def test_what_is_sealed_is_opened_only_for_what_it_was_sealed_for() -> None:
    sealed = SEAL.seal("secret", of="one")
    assert b"secret" not in sealed
    assert SEAL.open(sealed, of="one") == "secret"
    assert SEAL.seal("secret", of="one") != sealed
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for seal, text, of in (
        (SEAL, sealed, "another"),
        (Seal("another secret"), sealed, "one"),
        (SEAL, changed, "one"),
        (SEAL, b"", "one"),
    ):
        with pytest.raises(UnableToOpen):
            seal.open(text, of=of)


def test_a_fingerprint_is_the_same_under_the_same_secret_only() -> None:
    assert SEAL.fingerprint("1") == SEAL.fingerprint("1") != SEAL.fingerprint("2")
    assert Seal("another secret").fingerprint("1") != SEAL.fingerprint("1")


def test_a_voucher_is_an_order_of_nothing_whose_number_is_sealed(counter: Counter) -> None:
    order = counter.send(PIN)
    assert (order.kind, order.state, order.amount, order.credit_provider) == (
        Kind.VOUCHER,
        State.UNREDEEMED,
        Money(0, "KES"),
        "ucip",
    )
    (row,) = counter.rows()
    assert PIN.digits not in str(row)
    assert PIN.digits.encode() not in bytes(row.sealed)
    with counter.engine.connect() as connection:
        assert vouchers.pin_of(connection, order.id, seal=SEAL) == PIN
        assert SqlBook(connection).last_detail(order.id) == {"tail": "234"}


def test_the_same_conversation_sends_a_voucher_once(counter: Counter) -> None:
    wanted = counter.wanted(PIN)
    assert counter.desk.place(wanted) == counter.desk.place(wanted)
    assert len(counter.rows()) == 1


@pytest.mark.parametrize("sender", [OWNER, STRANGER])
def test_a_voucher_that_is_on_its_way_is_not_taken_again(counter: Counter, sender: str) -> None:
    counter.send(PIN)
    with pytest.raises(VoucherOnItsWay):
        counter.send(PIN, asked_by=sender)
    assert len(counter.rows()) == 1


def test_of_two_who_send_a_voucher_at_once_one_has_it(counter: Counter) -> None:
    wanted = [counter.wanted(PIN, asked_by=sender, payer=sender) for sender in (OWNER, STRANGER)]
    with ThreadPoolExecutor(2) as threads:
        ends = [thread.exception() for thread in [threads.submit(counter.desk.place, each) for each in wanted]]
    assert [type(end) for end in ends if end] == [VoucherOnItsWay]
    assert len(counter.rows()) == 1


def test_a_used_voucher_leaves_its_fingerprint_and_no_number(counter: Counter) -> None:
    order = counter.end(counter.send(PIN), Event.REDEEM_SENT, Event.REDEEM_CONFIRMED)
    (row,) = counter.rows()
    assert row.sealed is None
    with counter.engine.connect() as connection, pytest.raises(UnableToOpen):
        vouchers.pin_of(connection, order.id, seal=SEAL)
    with pytest.raises(VoucherWasUsed):
        counter.send(PIN)


@pytest.mark.parametrize(
    "events",
    [
        [Event.GAVE_UP],
        [Event.REDEEM_SENT, Event.REDEEM_REFUSED],
        [Event.REDEEM_SENT, Event.GAVE_UP, Event.OPERATOR_VOID],
    ],
)
def test_a_voucher_that_was_not_used_leaves_nothing_and_may_come_again(counter: Counter, events: list[Event]) -> None:
    counter.end(counter.send(PIN), *events)
    assert counter.rows() == []
    assert counter.send(PIN).state is State.UNREDEEMED


@pytest.mark.parametrize(
    "events",
    [
        [Event.REDEEM_SENT],
        [Event.REDEEM_SENT, Event.REDEEM_NOT_SENT],
        [Event.REDEEM_SENT, Event.GAVE_UP],
        [Event.REDEEM_SENT, Event.GAVE_UP, Event.OPERATOR_CREDIT],
    ],
)
def test_a_number_is_kept_for_as_long_as_it_may_be_needed(counter: Counter, events: list[Event]) -> None:
    order = counter.end(counter.send(PIN), *events)
    with counter.engine.connect() as connection:
        assert vouchers.pin_of(connection, order.id, seal=SEAL) == PIN


def test_after_three_wrong_vouchers_the_sender_waits_for_the_next_day(counter: Counter) -> None:
    for line in (OWNER, STRANGER, OWNER):
        counter.refuse(counter.send(line=line), Reason.NO_VOUCHER)
    with pytest.raises(VouchersLocked):
        counter.send()
    assert counter.send(asked_by=STRANGER, payer=STRANGER, line=OWNER).state is State.UNREDEEMED
    counter.clock.now += timedelta(days=1)
    assert counter.send().state is State.UNREDEEMED


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in WRONG])
def test_what_is_nobody_s_mistake_locks_nobody(counter: Counter, reason: Reason) -> None:
    for _ in range(4):
        counter.refuse(counter.send(), reason)


def test_a_hundred_numbers_cannot_be_tried_while_the_first_is_looked_at(counter: Counter) -> None:
    first, _, _ = (counter.send() for _ in range(3))
    with pytest.raises(TooManyAtOnce):
        counter.send()
    counter.end(first, Event.REDEEM_SENT, Event.REDEEM_CONFIRMED)
    assert counter.send().state is State.UNREDEEMED


def test_nobody_loads_a_voucher_on_a_line_that_is_closed_to_them(counter: Counter) -> None:
    with counter.engine.begin() as connection:
        subscribers.close(connection, STRANGER, now=NOW)
    with pytest.raises(LineIsClosed):
        counter.send(PIN, line=STRANGER)
    assert counter.rows() == []


def test_a_caller_sees_what_a_voucher_was_worth_once_it_is_known(counter: Counter) -> None:
    order = counter.send(PIN)
    assert counter.desk.caller(OWNER).recent[0].amount == Money(0, "KES")
    counter.end(order, Event.REDEEM_SENT)
    with counter.engine.begin() as connection:
        detail = {"value_minor": 5000, "currency": "KES"}
        event = Event.REDEEM_CONFIRMED
        advance(SqlBook(connection), order_id=order.id, event=event, now=NOW, timing=TIMING, detail=detail)
    assert counter.desk.caller(OWNER).recent[0].amount == kes(50)
    assert order_now(counter.engine, order).amount == Money(0, "KES")
