"""What the code should never do, the database refuses: every illegal write, one by one, past all code of ours."""

from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from tests.unit.books import closed_stray_in, move, order_in, order_now, place_in
from tests.unit.lending import lent_in
from topup.kinds import Kind
from topup.life import Event, State
from topup.orders import Order

MOVE = """
    INSERT INTO order_moves (order_id, seq, prev_seq, source, event, target, at, detail)
    VALUES (:id, {seq}, {prev_seq}, {source}, {event}, {target}, {at}, {detail})
"""
NEXT_MOVE = {
    "seq": "3",
    "prev_seq": "2",
    "source": "'PAID'",
    "event": "'CREDIT_SENT'",
    "target": "'CREDITING'",
    "at": "now()",
    "detail": "'{}'",
}
TRANSFER = """
    INSERT INTO transfers (order_id, seq, leg, source, target, amount_minor, currency, at)
    VALUES (:id, {seq}, {leg}, {source}, {target}, {amount_minor}, {currency}, {at})
"""
NEXT_TRANSFER = {
    "seq": "2",
    "leg": "2",
    "source": "'holding'",
    "target": "'suspense'",
    "amount_minor": "100",
    "currency": "'KES'",
    "at": "now()",
}
LIKE_IT = "INSERT INTO orders SELECT (jsonb_populate_record(orders, '{changes}')).* FROM orders WHERE id = :id"
GIVEN_UP = {"source": "'CHARGING'", "event": "'GAVE_UP'", "target": "'REVIEW_CHARGE'"}
BEGINNING = {"source": "'CREATED'", "event": "'PLACED'", "target": "'CREATED'"}
ATTEMPT = """
    INSERT INTO attempts
        (reference, order_id, purpose, number, provider, msisdn, amount_minor, currency, sent_at, facts, receipt)
    VALUES
        (:id || '{reference}', :id, '{purpose}', {number}, 'daraja', '+254711000001', {amount_minor}, 'KES', now(),
         '{{}}', '{receipt}')
"""
CHANGE = "UPDATE {table} SET {name} = {value} WHERE {key} = :id"
RULE = "INSERT INTO legal_moves VALUES ('{state}', '{event}', '{state}')"
FIRST_ATTEMPT = {"reference": "-1", "purpose": "charge", "number": 1, "amount_minor": 100, "receipt": "R1"}


def a_move(**changes: str) -> str:
    return MOVE.format(**{**NEXT_MOVE, **changes})


def a_transfer(**changes: str) -> str:
    return TRANSFER.format(**{**NEXT_TRANSFER, **changes})


def an_attempt(**changes: Any) -> str:
    return ATTEMPT.format(**{**FIRST_ATTEMPT, **changes})


def an_order_like_it(changes: str) -> str:
    return LIKE_IT.format(changes=changes)


def changed(table: str, **columns: str) -> dict[str, tuple[str, str]]:
    key = "id" if table == "orders" else "order_id"
    return {
        f"{table}.{name} is changed": (CHANGE.format(table=table, name=name, value=value, key=key), APPEND_ONLY)
        for name, value in columns.items()
    }


APPEND_ONLY = "is append-only: (UPDATE|DELETE|TRUNCATE) is refused"
NOT_LEGAL = "order_moves_source_event_target_fkey"
NOT_NEXT = "order_moves_order_id_prev_seq_source_fkey"
NOT_THERE = "stands_where_its_moves_led"
ONLY_A_VOUCHER = "only_a_voucher_may_be_of_nothing"

# What somebody might write, and what refuses it.
ILLEGAL: dict[str, tuple[str, str]] = {
    # What was recorded stays.
    **changed(
        "order_moves",
        seq="9",
        prev_seq="9",
        source="'CREATED'",
        event="'GAVE_UP'",
        target="'UNPAID'",
        at="now()",
        detail="'{}'",
    ),
    **changed("transfers", amount_minor="1", source="'fees'", target="'fees'", currency="'UGX'", at="now()", leg="7"),
    "moves are deleted": ("DELETE FROM order_moves WHERE order_id = :id", APPEND_ONLY),
    "the last move is deleted": ("DELETE FROM order_moves WHERE order_id = :id AND seq = 2", APPEND_ONLY),
    "moves are emptied": ("TRUNCATE order_moves CASCADE", APPEND_ONLY),
    "transfers are deleted": ("DELETE FROM transfers WHERE order_id = :id", APPEND_ONLY),
    "transfers are emptied": ("TRUNCATE transfers", APPEND_ONLY),
    "an order is deleted": ("DELETE FROM orders WHERE id = :id", APPEND_ONLY),
    "orders are emptied": ("TRUNCATE orders CASCADE", APPEND_ONLY),
    # What was agreed stays.
    **changed(
        "orders",
        id="'other'",
        kind="'gift'",
        channel="'sms:a'",
        asked_by="'+1'",
        line="'+1'",
        payer="'+1'",
        amount_minor="1",
        currency="'UGX'",
        payment_provider="'momo'",
        credit_provider="'airtime'",
        placed_at="now()",
    ),
    # Only what LIFE has happens.
    "a move that no life has": (a_move(event="'CHARGE_SENT'", target="'CHARGING'"), NOT_LEGAL),
    "a move to another target": (a_move(target="'CREDITED'"), NOT_LEGAL),
    "an event that nobody knows": (a_move(event="'MAGIC'"), NOT_LEGAL),
    # A history is one line without a gap.
    "a move from where the last one did not end": (
        a_move(source="'CREATED'", event="'CHARGE_SENT'", target="'CHARGING'"),
        NOT_NEXT,
    ),
    "a second move of the same number": (a_move(**GIVEN_UP, seq="2", prev_seq="1"), "order_moves_pkey"),
    "a fork": (a_move(**GIVEN_UP, prev_seq="1"), "order_moves_check"),
    "a gap": (a_move(seq="4", prev_seq="3"), NOT_NEXT),
    "a gap that is stepped over": (a_move(seq="4", prev_seq="2"), "order_moves_check"),
    "a second beginning": (a_move(**BEGINNING, seq="0", prev_seq="0"), "order_moves_pkey"),
    "a beginning in the midst": (a_move(**BEGINNING), "order_moves_check1"),
    "a number below zero": (a_move(seq="-1", prev_seq="0"), "order_moves_seq_check"),
    "a move of no order": (a_move().replace(":id", "'nobody' || :id"), "order_moves_order_id_fkey"),
    **{f"a move without {name}": (a_move(**{name: "NULL"}), f'null value in column "{name}"') for name in NEXT_MOVE},
    # An order stands where its moves led.
    "an order that says it is done": ("UPDATE orders SET state = 'DONE' WHERE id = :id", NOT_THERE),
    "an order that counts its moves wrongly": ("UPDATE orders SET seq = 7 WHERE id = :id", NOT_THERE),
    "an order that goes back": ("UPDATE orders SET state = 'CHARGING', seq = 1 WHERE id = :id", APPEND_ONLY),
    "an order that stays behind its move": (a_move(), "stays behind its move 3"),
    "an order with no state": ("UPDATE orders SET state = NULL WHERE id = :id", 'null value in column "state"'),
    "an order without a move": (an_order_like_it('{"id": "other"}'), NOT_THERE),
    "an order of nothing": (an_order_like_it('{"id": "other", "amount_minor": 0}'), ONLY_A_VOUCHER),
    "a voucher of less": (
        an_order_like_it('{"id": "other", "amount_minor": -1, "kind": "voucher"}'),
        "orders_amount_minor_check",
    ),
    "an order of less": (an_order_like_it('{"id": "other", "amount_minor": -1}'), ONLY_A_VOUCHER),
    "an order in no currency": (an_order_like_it('{"id": "other", "currency": "kes"}'), "orders_currency_check"),
    # Money moves between two accounts, above zero, by a move.
    "a transfer of nothing": (a_transfer(amount_minor="0"), "transfers_amount_minor_check"),
    "a transfer of less than nothing": (a_transfer(amount_minor="-100"), "transfers_amount_minor_check"),
    "a transfer to the same account": (a_transfer(target="'holding'"), "transfers_check"),
    "a transfer from an unknown account": (a_transfer(source="'pocket'"), "transfers_source_fkey"),
    "a transfer to an unknown account": (a_transfer(target="'pocket'"), "transfers_target_fkey"),
    "a transfer in no currency": (a_transfer(currency="'shillings'"), "transfers_currency_check"),
    "a transfer of no move": (a_transfer(seq="9"), "transfers_order_id_seq_fkey"),
    "a transfer twice": (a_transfer(leg="1"), "transfers_pkey"),
    **{
        f"a transfer without {name}": (a_transfer(**{name: "NULL"}), f'null value in column "{name}"')
        for name in NEXT_TRANSFER
    },
    # The table of legal moves.
    "a rule that was used is taken away": (
        "DELETE FROM legal_moves WHERE source = 'CREATED' AND event = 'CHARGE_SENT'",
        NOT_LEGAL,
    ),
    "an event with two targets": (
        "INSERT INTO legal_moves VALUES ('CREATED', 'CHARGE_SENT', 'DONE')",
        "legal_moves_source_event_key",
    ),
    "a rule without a target": (
        "INSERT INTO legal_moves VALUES ('CREATED', 'MAGIC', NULL)",
        'null value in column "target"',
    ),
    # Calls and callbacks are known by one name each.
    "an attempt for something else": (an_attempt(purpose="bribe"), "attempts_purpose_check"),
    "an attempt number zero": (an_attempt(number=0), "attempts_number_check"),
    "an attempt of nothing": (an_attempt(amount_minor=0), ONLY_A_VOUCHER),
    "an attempt of less": (an_attempt(amount_minor=-1, purpose="redeem"), "attempts_amount_minor_check"),
    # A voucher belongs to one order.
    "a voucher of no order": ("INSERT INTO vouchers VALUES ('nobody' || :id, :id, NULL)", "vouchers_order_id_fkey"),
    "a voucher of two orders": (
        "INSERT INTO vouchers VALUES (:id, :id, NULL); INSERT INTO vouchers VALUES ('other', :id, NULL)",
        "vouchers_fingerprint_key",
    ),
    "an attempt of no order": (an_attempt().replace(":id,", "'nobody',"), "attempts_order_id_fkey"),
    "an attempt twice": (
        f"{an_attempt()}; {an_attempt(reference='-2', receipt='R2')}",
        "attempts_order_id_purpose_number_key",
    ),
    "a reference twice": (f"{an_attempt()}; {an_attempt(number=2, receipt='R2')}", "attempts_pkey"),
    "a receipt of two charges": (f"{an_attempt()}; {an_attempt(reference='-2', number=2)}", "one_charge_a_receipt"),
    "an event of no callback": (
        "INSERT INTO provider_events VALUES ('daraja', :id, 0, now())",
        "provider_events_inbox_id_fkey",
    ),
}


@pytest.fixture
def order(shared_engine: Engine) -> Order:
    """An order that was paid: three moves and one transfer."""
    order = place_in(shared_engine)
    with shared_engine.begin() as connection:
        return move(connection, order, Event.CHARGE_SENT, Event.CHARGE_CONFIRMED)


def run(engine: Engine, statements: str, order: Order) -> None:
    """Run the statements in one transaction, and commit."""
    with engine.begin() as connection:
        for statement in statements.split(";"):
            connection.execute(text(statement), {"id": order.id})


@pytest.mark.parametrize("what", ILLEGAL)
def test_an_illegal_write_is_refused(shared_engine: Engine, order: Order, what: str) -> None:
    statements, why = ILLEGAL[what]
    with pytest.raises(IntegrityError, match=why):
        run(shared_engine, statements, order)
    assert order_now(shared_engine, order) == order


@pytest.mark.parametrize("event", ["CHARGE_CONFIRMED", "CREDIT_CONFIRMED", "REFUND_CONFIRMED", "REDEEM_CONFIRMED"])
def test_nothing_is_confirmed_twice_even_if_a_rule_allowed_it(shared_engine: Engine, event: str) -> None:
    confirmed_from = {"REFUND_CONFIRMED": State.RETURNING, "REDEEM_CONFIRMED": State.REDEEMING}
    order = order_in(shared_engine, confirmed_from.get(event, State.CREDITED))
    if event in confirmed_from:
        with shared_engine.begin() as connection:
            order = move(connection, order, Event(event))
    rule = RULE.format(state=order.state.value, event=event)
    again = a_move(
        seq=str(order.seq + 1),
        prev_seq=str(order.seq),
        source=f"'{order.state.value}'",
        event=f"'{event}'",
        target=f"'{order.state.value}'",
    )
    with pytest.raises(IntegrityError, match="confirmed_once"):
        run(shared_engine, f"{rule}; {again}", order)


def test_an_advance_is_not_confirmed_twice_even_if_a_rule_allowed_it(shared_engine: Engine) -> None:
    order = lent_in(shared_engine, "+254711777001")
    rule = RULE.format(state="DONE", event="LEND_CONFIRMED")
    again = a_move(
        seq=str(order.seq + 1), prev_seq=str(order.seq), source="'DONE'", event="'LEND_CONFIRMED'", target="'DONE'"
    )
    with pytest.raises(IntegrityError, match="confirmed_once"):
        run(shared_engine, f"{rule}; {again}", order)


@pytest.mark.parametrize(
    ("kind", "past"),
    [
        (Kind.TOPUP, [Event.CHARGE_SENT, Event.CHARGE_REFUSED]),
        (Kind.TOPUP, [Event.CHARGE_SENT, Event.GAVE_UP, Event.OPERATOR_CLOSE]),
        (Kind.STRAY, [Event.CHARGE_STRAY, Event.CHARGE_REFUSED]),
    ],
)
def test_nothing_that_ended_comes_back_into_review_but_a_stray_that_a_person_closed(
    shared_engine: Engine, kind: Kind, past: list[Event]
) -> None:
    order = place_in(shared_engine, kind=kind)
    with shared_engine.begin() as connection:
        order = move(connection, order, *past)
    refused = pytest.raises(IntegrityError, match=f"{order.id} is no stray that a person closed")
    with refused, shared_engine.begin() as connection:
        move(connection, order, Event.OPERATOR_REOPEN)
    assert order_now(shared_engine, order).state is State.UNPAID
    closed = closed_stray_in(shared_engine)
    with shared_engine.begin() as connection:
        assert move(connection, closed, Event.OPERATOR_REOPEN).state is State.REVIEW_CHARGE


def test_the_next_move_and_a_second_leg_would_have_been_taken(shared_engine: Engine, order: Order) -> None:
    """What the refused writes are made from is refused for nothing else."""
    goes_on = "UPDATE orders SET state = 'CREDITING', seq = 3 WHERE id = :id"
    run(shared_engine, f"{a_move()}; {goes_on}; {a_transfer()}; {an_attempt(receipt=order.id)}", order)
    assert order_now(shared_engine, order).state is State.CREDITING


def test_what_was_not_agreed_may_change(shared_engine: Engine, order: Order) -> None:
    run(shared_engine, "UPDATE orders SET language = 'sw' WHERE id = :id", order)
    assert order_now(shared_engine, order).language == "sw"
