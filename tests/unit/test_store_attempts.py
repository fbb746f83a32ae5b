"""The calls that may move money, as they are written down."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, text

from store import attempts
from store.attempts import AttemptNotFound
from store.book import SqlBook
from tests.unit.books import move, order_in
from tests.unit.orders import NOW, OWNER, kes, way_to
from topup.life import State
from topup.orders import Order
from topup.ports import Attempt


def begin(connection: Connection, order: Order, purpose: str = "charge", **facts: object) -> Attempt:
    return attempts.begin(
        connection, order=order, purpose=purpose, provider="daraja", msisdn=OWNER, facts=facts, now=NOW
    )


def note(connection: Connection, attempt: Attempt, outcome: str = "accepted", **values: object) -> None:
    attempts.note(connection, attempt.reference, outcome=outcome, now=NOW, **values)  # type: ignore[arg-type]


@pytest.fixture
def order(engine: Engine) -> Order:
    return order_in(engine, State.CHARGING)


def test_attempts_are_numbered_for_each_purpose(engine: Engine, order: Order) -> None:
    with engine.begin() as connection:
        references = [begin(connection, order, purpose).reference for purpose in ("charge", "charge", "refund")]
    assert references == [f"{order.id}-charge-1", f"{order.id}-charge-2", f"{order.id}-refund-1"]


def test_an_attempt_is_found_as_it_was_begun(engine: Engine, order: Order) -> None:
    with engine.begin() as connection:
        attempt = begin(connection, order, before_minor=-5000)
        kept = attempts.get(connection, attempt.reference)
    assert kept.attempt == attempt
    assert (attempt.amount, attempt.msisdn, attempt.facts) == (kes(100), OWNER, {"before_minor": -5000})
    assert (kept.order_id, kept.purpose, kept.number, kept.provider) == (order.id, "charge", 1, "daraja")
    assert (kept.receipt, kept.outcome) == (None, None)
    assert len(attempt.label) <= 12
    assert attempt.label.isalnum()
    assert attempt.label == attempt.label.upper()


def test_what_was_known_stays_when_something_else_becomes_known(engine: Engine, order: Order) -> None:
    with engine.begin() as connection:
        attempt = begin(connection, order, one=1)
        note(connection, attempt, provider_ref="ws_CO_1", facts={"two": 2})
        note(connection, attempt, "confirmed", receipt="R1", facts={"one": 11})
        note(connection, attempt, "stray")
        kept = attempts.get(connection, attempt.reference)
    assert (kept.attempt.provider_ref, kept.receipt, kept.outcome) == ("ws_CO_1", "R1", "stray")
    assert kept.attempt.facts == {"one": 11, "two": 2}


def test_the_newest_attempt_of_a_purpose_is_the_last(engine: Engine, order: Order) -> None:
    with engine.begin() as connection:
        assert attempts.last(connection, order_id=order.id, purpose="charge") is None
        begin(connection, order)
        second = begin(connection, order)
        begin(connection, order, "refund")
        last = attempts.last(connection, order_id=order.id, purpose="charge")
    assert last is not None
    assert last.attempt.reference == second.reference


def test_an_attempt_is_found_by_the_providers_name_for_it(engine: Engine, order: Order) -> None:
    with engine.begin() as connection:
        attempt = begin(connection, order)
        note(connection, attempt, provider_ref="ws_CO_1")
        found = attempts.by_provider_ref(connection, provider="daraja", provider_ref="ws_CO_1")
        assert found is not None
        assert found.attempt.reference == attempt.reference
        assert attempts.by_provider_ref(connection, provider="momo", provider_ref="ws_CO_1") is None
        assert attempts.by_provider_ref(connection, provider="daraja", provider_ref="ws_CO_2") is None


def test_an_attempt_that_nobody_made_is_not_found(engine: Engine) -> None:
    with engine.connect() as connection:
        assert attempts.find(connection, "nothing-charge-1") is None
        with pytest.raises(AttemptNotFound, match="nothing-charge-1"):
            attempts.get(connection, "nothing-charge-1")


def test_a_receipt_is_taken_by_another_charge_only(engine: Engine, order: Order) -> None:
    with engine.begin() as connection:
        first, second = begin(connection, order), begin(connection, order)
        note(connection, first, receipt="R1")
        taken = {
            reference: attempts.receipt_is_taken(connection, provider="daraja", receipt="R1", reference=reference)
            for reference in (first.reference, second.reference)
        }
        other = attempts.receipt_is_taken(connection, provider="momo", receipt="R1", reference=second.reference)
    assert taken == {first.reference: False, second.reference: True}
    assert not other


def test_the_charge_that_paid_is_the_one_with_a_receipt(engine: Engine, order: Order) -> None:
    with engine.begin() as connection:
        first = begin(connection, order)
        begin(connection, order)
        assert attempts.confirmed_charge(connection, order.id) is None
        note(connection, first, "confirmed", receipt="R1")
        charged = attempts.confirmed_charge(connection, order.id)
    assert charged is not None
    assert charged.attempt.reference == first.reference


def test_a_credit_is_awaited_while_its_order_is_crediting(engine: Engine) -> None:
    order = order_in(engine, State.PAID)

    def is_awaited(shillings: int = 100, provider: str = "airtime", msisdn: str = OWNER) -> bool:
        return attempts.is_awaited(connection, provider=provider, msisdn=msisdn, amount=kes(shillings))

    with engine.begin() as connection:
        attempts.begin(connection, order=order, purpose="credit", provider="airtime", msisdn=OWNER, facts={}, now=NOW)
        assert not is_awaited()
        crediting = move(connection, order, way_to(State.CREDITING)[-1])
        assert is_awaited()
        assert not is_awaited(shillings=101)
        assert not is_awaited(provider="ucip")
        assert not is_awaited(msisdn="+254711000009")
        move(connection, crediting, way_to(State.CREDITED)[-1])
        assert not is_awaited()


def test_that_a_request_was_taken_on_undoes_nothing_that_a_faster_callback_told(engine: Engine, order: Order) -> None:
    with engine.begin() as connection:
        fresh, paid = begin(connection, order), begin(connection, order)
        note(connection, paid, "confirmed", receipt="R1")
        for attempt in (fresh, paid):
            attempts.taken_on(connection, attempt.reference, provider_ref="ws_CO_1", now=NOW)
        first, second = (attempts.get(connection, attempt.reference) for attempt in (fresh, paid))
    assert (first.outcome, first.attempt.provider_ref) == ("accepted", "ws_CO_1")
    assert (second.outcome, second.receipt, second.attempt.provider_ref) == ("confirmed", "R1", "ws_CO_1")


def test_who_has_waited_for_an_order_is_told_of_its_attempt_as_it_is_now(engine: Engine, order: Order) -> None:
    with engine.begin() as connection:
        attempt = begin(connection, order)

    def look() -> str | None:
        with engine.begin() as other:
            _, kept = SqlBook(other).lock_with_attempt(attempt.reference)
            return kept.outcome

    with ThreadPoolExecutor(1) as thread, engine.begin() as connection:
        SqlBook(connection).lock_with_attempt(attempt.reference)
        seen = thread.submit(look)
        _wait_until_somebody_waits(engine)
        note(connection, attempt, "confirmed", receipt="R1")
        connection.commit()
        assert seen.result(timeout=10) == "confirmed"


def test_an_attempt_that_nobody_made_locks_nothing(engine: Engine) -> None:
    with engine.begin() as connection, pytest.raises(AttemptNotFound, match="nothing-charge-1"):
        SqlBook(connection).lock_with_attempt("nothing-charge-1")


def _wait_until_somebody_waits(engine: Engine) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    until = time.monotonic() + 10
    with engine.connect() as connection:
        while not connection.scalar(waiting):
            assert time.monotonic() < until, "nobody waits for the lock"
            time.sleep(0.01)
