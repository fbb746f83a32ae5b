"""What an order costs: round trips to PostgreSQL, counted for each job of a top-up that goes well.

The speed of a machine cannot fool this: who makes an order dearer sees it here, who makes it cheaper lowers the figure.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from store import inbox, reports
from store.desk import Desk
from store.engine import alone
from store.inbox import Callback
from tests.unit.houses import Town, confirmed
from tests.unit.orders import TIMING, kes
from topup.life import Effect
from topup.line import LineState
from topup.orders import Wanted
from topup.ports import Event as Told
from workers import jobs

# A transaction of one statement is three: BEGIN, the statement, COMMIT.
ROUND_TRIPS = {
    "placing": 7,
    "charge": 6,
    "keep": 1,
    "settle": 9,
    "credit": 12,
    "look": 5,
    "tell_balance": 7,
    "report": 1,
}


class Bill:
    """What is sent to PostgreSQL, counted."""

    def __init__(self, engine: Engine) -> None:
        self.spent: dict[str, int] = {}
        self._count = 0
        event.listen(engine, "before_cursor_execute", self._add_one)
        event.listen(engine, "commit", self._add_two)

    def _add_one(self, *_: Any) -> None:
        self._count += 1

    def _add_two(self, *_: Any) -> None:
        self._count += 2

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """What is sent meanwhile is for this."""
        self._count = 0
        yield
        self.spent[what] = self._count


@pytest.fixture
def town(engine: Engine) -> Iterator[Town]:
    made = Town(engine)
    jobs.move_in(made.house)
    yield made
    jobs._house.clear()


def test_an_order_takes_no_more_round_trips_than_it_did(town: Town, engine: Engine) -> None:
    bill = Bill(engine)
    desk = Desk(engine, shop=town.house.shop, lines=town.lines, timing=TIMING, clock=town.clock)
    wanted = Wanted(
        channel="ussd:africastalking",
        conversation="s1",
        asked_by=town.owner,
        payer=town.owner,
        amount=kes(100),
        language="en",
        line_was=LineState.SUSPENDED,
    )
    with bill.of("placing"):
        order = desk.place(wanted)

    def work(effect: Effect) -> None:
        owing = town.owing(order.id, effect)
        town.clock.now = owing.due_at
        with bill.of(effect.value):
            jobs.run(owing.id)

    def settle(called: str, callback: Callback) -> None:
        with bill.of("keep"), alone(engine) as connection:
            kept = inbox.keep_to_settle(connection, callback, now=town.clock())
        row = town.owing(str(kept), "settle").id
        with bill.of(called):
            jobs.run(row)

    work(Effect.CHARGE)
    reference = f"{order.id}-charge-1"
    paid = confirmed(amount=order.amount)
    town.payments.told = Told(key="paid", reference=reference, provider_ref="ws_CO_1", answer=paid)
    town.payments.asked = confirmed(derived=True)
    settle("settle", _posted("daraja", "stk", reference=reference))
    town.credits.sent = confirmed()
    work(Effect.CREDIT)
    work(Effect.LOOK)
    work(Effect.TELL_BALANCE)
    with bill.of("report"), alone(engine) as connection:
        delivered = _posted("africastalking", "delivery", body=b"id=AT1&status=Success")
        assert reports.keep_delivered(connection, delivered, gateway_id="AT1", now=town.clock())
    assert [text for _, text in town.sms.sent] == ["KES 100 received. Your line is back. Balance KES 50.00."]
    assert bill.spent == ROUND_TRIPS


def _posted(provider: str, topic: str, *, reference: str | None = None, body: bytes = b"") -> Callback:
    return Callback(
        provider=provider,
        topic=topic,
        reference=reference,
        content_type="application/x-www-form-urlencoded",
        body=body,
        remote_address="196.201.214.200",
    )
