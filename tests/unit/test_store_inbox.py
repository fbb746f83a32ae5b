"""Callbacks as they came, messages as they went, and what is remembered of people."""

from datetime import timedelta

from sqlalchemy import Connection, Engine, select

from store import inbox, messages, outbox, subscribers
from store.inbox import Callback
from store.messages import DELIVERED, HANDED, UNKNOWN, WRITTEN, Message
from store.tables import inbox as inbox_rows
from tests.unit.books import place_in
from tests.unit.orders import NOW, OWNER, STRANGER

RAW = Callback(
    provider="daraja",
    topic="stk",
    reference="abc-charge-1",
    content_type="application/json",
    body=b'{"x": "\xff\x00"}',
    remote_address="196.201.214.200",
)


def test_a_callback_is_kept_byte_for_byte_and_its_settling_is_owed(engine: Engine) -> None:
    with engine.begin() as connection:
        kept = inbox.keep_to_settle(connection, RAW, now=NOW)
        found = inbox.get(connection, kept)
        (owing,) = outbox.open_of(connection, str(kept))
    assert (found.body, found.reference, found.remote_address) == (RAW.body, RAW.reference, RAW.remote_address)
    assert (found.id, found.verdict) == (kept, None)
    assert (owing.effect, owing.queue) == ("settle", "settle")


def test_only_the_first_callback_with_a_key_is_the_first(engine: Engine) -> None:
    def is_first(connection: Connection, inbox_id: int, provider: str = "daraja") -> bool:
        return inbox.is_first(connection, provider=provider, key="R1", inbox_id=inbox_id, now=NOW)

    with engine.begin() as connection:
        one, other = (inbox.keep(connection, RAW, now=NOW) for _ in range(2))
        assert is_first(connection, one)
        assert is_first(connection, one)  # A job that runs twice still has the first callback in hand.
        assert not is_first(connection, other)
        assert is_first(connection, other, provider="momo")


def test_what_was_made_of_a_callback_is_written_beside_it(engine: Engine) -> None:
    with engine.begin() as connection:
        kept = inbox.keep(connection, RAW, now=NOW)
        inbox.settle(connection, kept, verdict="confirmed", now=NOW, order_id="abc")
        found = inbox.get(connection, kept)
        settled = connection.scalar(select(inbox_rows.c.settled_at).where(inbox_rows.c.id == kept))
    assert (found.verdict, found.order_id, settled) == ("confirmed", "abc", NOW)


def write(connection: Connection, purpose: str = "help", order_id: str | None = None, **values: str) -> Message:
    return messages.write(
        connection,
        purpose=purpose,
        msisdn=values.get("msisdn", OWNER),
        text=values.get("text", "Hello"),
        now=NOW,
        order_id=order_id,
    )


def test_an_order_has_one_message_of_a_purpose_to_a_person(engine: Engine) -> None:
    order = place_in(engine)
    with engine.begin() as connection:
        first = write(connection, "tell_balance", order.id, text="Balance 50")
        assert write(connection, "tell_balance", order.id, text="Balance 60") == first
        assert write(connection, "tell_refunded", order.id).id != first.id
        assert write(connection, "tell_balance", order.id, msisdn=STRANGER).id != first.id


def test_answers_that_belong_to_no_order_are_each_their_own(engine: Engine) -> None:
    with engine.begin() as connection:
        assert write(connection).id != write(connection).id


def test_a_message_goes_from_written_to_handed_to_its_end(engine: Engine) -> None:
    with engine.begin() as connection:
        message = write(connection)
        assert (message.status, message.resends) == (WRITTEN, 0)
        messages.handed(connection, message.id, gateway="africastalking", gateway_id="AT1", now=NOW)
        found = messages.by_gateway_id(connection, gateway="africastalking", gateway_id="AT1")
        assert found is not None
        assert (found.id, found.status) == (message.id, HANDED)
        messages.ended(connection, message.id, status=DELIVERED, reason=None, now=NOW)
        assert messages.get(connection, message.id).status == DELIVERED
        assert messages.by_gateway_id(connection, gateway="africastalking", gateway_id="AT2") is None


def test_a_message_that_goes_out_once_more_counts_it_and_keeps_the_reason(engine: Engine) -> None:
    with engine.begin() as connection:
        message = write(connection)
        messages.ended(connection, message.id, status=UNKNOWN, reason="timeout", now=NOW)
        messages.to_resend(connection, message.id, now=NOW)
        found = messages.get(connection, message.id)
    assert (found.status, found.resends, found.reason) == (WRITTEN, 1, "timeout")


def test_messages_are_counted_by_number_time_and_purpose(engine: Engine) -> None:
    with engine.begin() as connection:
        write(connection)
        write(connection, "instructions")
        write(connection, msisdn=STRANGER)
        hour = timedelta(hours=1)
        assert messages.count_since(connection, msisdn=OWNER, since=NOW - hour) == 2
        assert messages.count_since(connection, msisdn=OWNER, since=NOW - hour, purpose="instructions") == 1
        assert messages.count_since(connection, msisdn=OWNER, since=NOW + hour) == 0


def test_a_number_is_remembered_by_its_language_and_its_stop(engine: Engine) -> None:
    with engine.begin() as connection:
        assert subscribers.language_of(connection, OWNER) is None
        assert not subscribers.has_stopped(connection, OWNER)
        subscribers.stop(connection, OWNER, now=NOW)
        subscribers.choose_language(connection, OWNER, language="sw", now=NOW)
        assert subscribers.has_stopped(connection, OWNER)
        subscribers.start(connection, OWNER, now=NOW)
        subscribers.choose_language(connection, OWNER, language="en", now=NOW)
        assert subscribers.language_of(connection, OWNER) == "en"
        assert not subscribers.has_stopped(connection, OWNER)
        assert subscribers.language_of(connection, STRANGER) is None
