"""Delivery reports, as jobs settle them: first those of a gateway with names of its own, then Kannel's with ours."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy import Engine

from store import messages, outbox
from tests.unit.callbacks import post, run
from tests.unit.houses import Gateway, Town
from topup.life import State
from topup.line import Line, LineState
from topup.outcomes import NotSent, Reason, Refused, Unknown
from topup.ports import Handed
from workers.send import send


@pytest.fixture
def town(shared_engine: Engine) -> Town:
    return Town(shared_engine)


@pytest.fixture
def kannel_town(shared_engine: Engine) -> Town:
    """A town whose gateway keeps our own name for each copy of a message."""
    return Town(shared_engine, sms=Gateway("kannel"))


def handed(town: Town, *, order_id: str | None = None) -> messages.Message:
    """A message that the gateway took."""
    with town.engine.begin() as connection:
        message = messages.write(
            connection, purpose="tell_balance", msisdn=town.owner, text="Hello", now=town.clock.now, order_id=order_id
        )
        messages.handed(
            connection, message.id, gateway="africastalking", gateway_id=f"AT_{message.id}", now=town.clock.now
        )
    return message


def report(town: Town, message: messages.Message, status: str, reason: str = "") -> str | None:
    body = f"id=AT_{message.id}&status={status}&failureReason={reason}".encode()
    return run(town, post(town, provider="africastalking", topic="delivery", body=body))


def message_now(town: Town, message: messages.Message) -> messages.Message:
    with town.engine.begin() as connection:
        return messages.get(connection, message.id)


@pytest.mark.parametrize(
    ("status", "reason", "verdict", "then"),
    [
        ("Sent", "", "Sent, noted", messages.HANDED),
        ("Buffered", "", "Buffered, noted", messages.HANDED),
        ("Success", "", "delivered", messages.DELIVERED),
        ("Failed", "UserInBlackList", "failed: UserInBlackList", messages.FAILED),
        ("Rejected", "DeliveryFailure", "failed: DeliveryFailure", messages.FAILED),
        ("Failed", "UserAccountSuspended", "failed: UserAccountSuspended", messages.FAILED),
    ],
)
def test_a_delivery_report_is_kept_against_the_message(
    town: Town, status: str, reason: str, verdict: str, then: str
) -> None:
    message = handed(town)
    assert report(town, message, status, reason) == verdict
    assert message_now(town, message).status == then


def test_a_report_that_comes_late_does_not_bring_a_message_back(town: Town) -> None:
    message = handed(town)
    report(town, message, "Success")
    assert report(town, message, "Failed", "DeliveryFailure") == "Failed, noted"
    assert message_now(town, message).status == messages.DELIVERED


def test_a_message_that_arrived_counts_as_delivered_although_another_report_said_that_it_failed(town: Town) -> None:
    message = handed(town)
    report(town, message, "Failed", "DeliveryFailure")
    assert report(town, message, "Success") == "delivered"
    assert message_now(town, message).status == messages.DELIVERED


def test_what_a_suspended_line_could_not_get_goes_out_again_when_it_is_back(town: Town) -> None:
    order = town.order_in(State.DONE)
    message = handed(town, order_id=order.id)
    verdict = report(town, message, "Failed", "UserAccountSuspended")
    assert verdict == "the line was still suspended: will be sent again"
    town.lines.line = Line(LineState.SUSPENDED)
    send(town.house, town.owing(message.id, "send"))
    assert town.sms.sent == []
    town.lines.line = Line(LineState.ACTIVE)
    send(town.house, town.owing(message.id, "send"))
    assert town.sms.sent == [(town.owner, "Hello")]
    assert message_now(town, message).status == messages.HANDED
    assert town.owed(message.id) == []


def test_a_line_that_stays_suspended_is_not_written_to_for_ever(town: Town) -> None:
    order = town.order_in(State.DONE)
    message = handed(town, order_id=order.id)
    for _ in range(20):
        verdict = report(town, message, "Failed", "UserAccountSuspended")
        if verdict == "failed: UserAccountSuspended":
            break
        send(town.house, town.owing(message.id, "send"))
        with town.engine.begin() as connection:
            messages.handed(
                connection, message.id, gateway="africastalking", gateway_id=f"AT_{message.id}", now=town.clock.now
            )
    assert verdict == "failed: UserAccountSuspended"
    assert 0 < len(town.sms.sent) < 10


@pytest.mark.parametrize("body", [b"", b"id=&status=Success", b"\xff", b"id=AT1"])
def test_a_report_that_names_nothing_is_written_down(town: Town, body: bytes) -> None:
    verdict = run(town, post(town, provider="africastalking", topic="delivery", body=body))
    assert verdict is not None
    assert "cannot be used" in verdict


def test_a_report_before_our_reply_is_waited_for(town: Town) -> None:
    kept = post(town, provider="africastalking", topic="delivery", body=b"id=AT_later&status=Success")
    assert run(town, kept) is None
    assert town.owing(str(kept), "settle").tried == 1


def test_a_report_of_a_gateway_that_we_do_not_know_is_written_down(town: Town) -> None:
    assert run(town, post(town, provider="pigeons", topic="delivery", body=b"id=1")) == "no such gateway here"


# Kannel.


def told_by_kannel(town: Town, copy_name: str, kind: int, answer: str = "") -> str | None:
    body = f"ref={copy_name}&type={kind}&answer={answer}".encode()
    return run(town, post(town, provider="kannel", topic="delivery", body=body))


def sent_by_kannel(town: Town, *answers: Handed | NotSent | Unknown, order_id: str | None = None) -> messages.Message:
    """A message after as many tries as there are answers."""
    with town.engine.begin() as connection:
        message = messages.write(
            connection, purpose="tell_balance", msisdn=town.owner, text="Hello", now=town.clock.now, order_id=order_id
        )
        outbox.owe_one(connection, effect=outbox.SEND, subject=message.id, due_at=town.clock.now)
    for answer in answers:
        town.sms.answer = answer
        send(town.house, town.owing(message.id, "send"))
    return message


def taken(message: messages.Message) -> Handed:
    """What Kannel answers to the first copy of a message."""
    return Handed(gateway_id=f"{message.id}-0")


def test_each_copy_of_a_message_has_a_name_of_its_own(kannel_town: Town) -> None:
    message = sent_by_kannel(kannel_town, Unknown("timeout"), Unknown("timeout"))
    assert kannel_town.sms.references == [f"{message.id}-0", f"{message.id}-1"]


def test_a_report_proves_that_a_message_arrived_of_which_the_reply_was_lost(kannel_town: Town) -> None:
    message = sent_by_kannel(kannel_town, Unknown("timeout"))
    assert told_by_kannel(kannel_town, f"{message.id}-0", 1) == "delivered"
    assert message_now(kannel_town, message).status == messages.DELIVERED
    send(kannel_town.house, kannel_town.owing(message.id, "send"))
    assert len(kannel_town.sms.sent) == 1  # The second copy was never needed.
    assert kannel_town.owed(message.id) == []


def test_a_message_that_was_given_up_as_unknown_can_still_prove_to_have_arrived(kannel_town: Town) -> None:
    message = sent_by_kannel(kannel_town, Unknown("timeout"), Unknown("timeout"))
    assert message_now(kannel_town, message).status == messages.UNKNOWN
    assert told_by_kannel(kannel_town, f"{message.id}-1", 1) == "delivered"
    assert message_now(kannel_town, message).status == messages.DELIVERED


def test_a_failure_of_an_earlier_copy_does_not_fail_the_newer_one(kannel_town: Town) -> None:
    message = sent_by_kannel(kannel_town, Unknown("timeout"))
    assert told_by_kannel(kannel_town, f"{message.id}-0", 2) == "not delivered, of an earlier copy, noted"
    assert message_now(kannel_town, message).status == messages.WRITTEN


def test_a_report_that_overtakes_the_reply_to_its_copy_waits_for_it(kannel_town: Town) -> None:
    message = sent_by_kannel(kannel_town)
    kept = post(kannel_town, provider="kannel", topic="delivery", body=f"ref={message.id}-0&type=1&answer=".encode())
    assert run(kannel_town, kept) is None
    kannel_town.sms.answer = taken(message)
    send(kannel_town.house, kannel_town.owing(message.id, "send"))
    assert run(kannel_town, kept) == "delivered"
    assert message_now(kannel_town, message).status == messages.DELIVERED


def test_what_a_suspended_line_could_not_get_by_kannel_goes_out_again_under_another_name(kannel_town: Town) -> None:
    order = kannel_town.order_in(State.DONE)
    message = sent_by_kannel(kannel_town, order_id=order.id)
    kannel_town.sms.answer = taken(message)
    send(kannel_town.house, kannel_town.owing(message.id, "send"))
    suspended = "stat%3AUNDELIV+err%3A013"
    verdict = told_by_kannel(kannel_town, f"{message.id}-0", 2, suspended)
    assert verdict == "the line was still suspended: will be sent again"
    assert told_by_kannel(kannel_town, f"{message.id}-0", 2, suspended) == "not delivered, of an earlier copy, noted"
    kannel_town.lines.line = Line(LineState.ACTIVE)
    send(kannel_town.house, kannel_town.owing(message.id, "send"))
    assert kannel_town.sms.references == [f"{message.id}-0", f"{message.id}-1"]
    assert message_now(kannel_town, message).status == messages.HANDED


@dataclass
class Overtaken(Gateway):
    """A gateway that reports the first copy while it is being asked to take the second."""

    town: Town = field(kw_only=True)
    first: str = field(kw_only=True)

    def send(self, *, to: str, text: str, reference: str) -> Handed | Refused | NotSent | Unknown:
        assert told_by_kannel(self.town, self.first, 1) == "delivered"
        return self.answer


@pytest.mark.parametrize("late", [Handed(gateway_id="x"), Unknown("timeout"), Refused(Reason.PROVIDER, "x")])
def test_nothing_undoes_a_delivery(kannel_town: Town, late: Handed | Unknown | Refused) -> None:
    message = sent_by_kannel(kannel_town, Unknown("timeout"))
    kannel_town.sms = Overtaken("kannel", late, town=kannel_town, first=f"{message.id}-0")
    send(kannel_town.house, kannel_town.owing(message.id, "send"))
    assert message_now(kannel_town, message).status == messages.DELIVERED
