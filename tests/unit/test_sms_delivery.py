"""Delivery reports, as the route takes them: the usual one is settled at once, every other is left to the workers."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from sms.gateways.africastalking import AfricasTalking
from sms.gateways.kannel import Kannel
from sms.routes import make_blueprint
from store import messages
from store.tables import inbox, outbox
from tests.unit.houses import Town


@pytest.fixture
def town(engine: Engine) -> Town:
    return Town(engine)


def teller(town: Town) -> FlaskClient:
    """Whoever may call the routes of both gateways."""
    app = Flask(__name__)
    app.register_blueprint(
        make_blueprint(
            engine=town.engine,
            desk=None,  # type: ignore[arg-type]  # No report asks it anything.
            answers=None,  # type: ignore[arg-type]
            clock=town.clock,
            gateways=[AfricasTalking(), Kannel()],
        )
    )
    return app.test_client()


def tell(town: Town, body: str) -> int:
    """Post a report as Africa's Talking does. Returns the status of the answer."""
    where = "/sms/africastalking/secret/delivery"
    return teller(town).post(where, data=body, content_type="application/x-www-form-urlencoded").status_code


def message(town: Town, *, gateway: str = "africastalking", status: str = messages.HANDED) -> messages.Message:
    """A message that the gateway took under the name AT1."""
    with town.engine.begin() as connection:
        made = messages.write(connection, purpose="told", msisdn=town.owner, text="Hello", now=town.clock.now)
        messages.handed(connection, made.id, gateway=gateway, gateway_id="AT1", now=town.clock.now)
        if status != messages.HANDED:
            messages.ended(connection, made.id, status=status, reason="Absent", now=town.clock.now)
    return made


def status_of(town: Town, made: messages.Message) -> str:
    with town.engine.begin() as connection:
        return messages.get(connection, made.id).status


def kept(town: Town) -> list[tuple[bytes, str | None]]:
    """What is kept of what came: each body and its verdict."""
    with town.engine.begin() as connection:
        return [(row.body, row.verdict) for row in connection.execute(select(inbox).order_by(inbox.c.id))]


def left_to_workers(town: Town) -> int:
    with town.engine.begin() as connection:
        return len(connection.execute(select(outbox).where(outbox.c.effect == "settle")).all())


def test_a_message_that_arrived_is_known_to_have_arrived_at_once(town: Town) -> None:
    made = message(town)
    assert tell(town, "id=AT1&status=Success") == 200
    assert status_of(town, made) == messages.DELIVERED
    assert kept(town) == [(b"id=AT1&status=Success", "delivered")]
    assert left_to_workers(town) == 0


def test_told_again_it_is_kept_again_and_changes_nothing(town: Town) -> None:
    made = message(town)
    for _ in range(2):
        assert tell(town, "id=AT1&status=Success") == 200
    assert status_of(town, made) == messages.DELIVERED
    assert [verdict for _, verdict in kept(town)] == ["delivered", None]
    assert left_to_workers(town) == 1


@pytest.mark.parametrize(
    "body",
    ["id=AT1&status=Failed&failureReason=UserAccountSuspended", "id=AT1&status=Buffered", "id=AT2&status=Success", "x"],
)
def test_any_other_report_is_kept_for_the_workers(town: Town, body: str) -> None:
    made = message(town)
    assert tell(town, body) == 200
    assert status_of(town, made) == messages.HANDED
    assert kept(town) == [(body.encode(), None)]
    assert left_to_workers(town) == 1


def test_a_gateway_has_no_say_in_messages_that_another_took(town: Town) -> None:
    made = message(town, gateway="kannel")
    assert tell(town, "id=AT1&status=Success") == 200
    assert status_of(town, made) == messages.HANDED
    assert left_to_workers(town) == 1


def test_a_message_that_was_said_to_have_failed_is_left_to_the_workers(town: Town) -> None:
    made = message(town, status=messages.FAILED)
    assert tell(town, "id=AT1&status=Success") == 200
    assert status_of(town, made) == messages.FAILED
    assert left_to_workers(town) == 1


def test_a_report_by_our_own_name_is_left_to_the_workers_who_know_its_copies(town: Town) -> None:
    made = message(town, gateway="kannel")
    where = f"/sms/kannel/secret/delivery?ref={made.copy_name}&type=1&answer="
    assert teller(town).get(where).status_code == 200
    assert status_of(town, made) == messages.HANDED
    assert left_to_workers(town) == 1
