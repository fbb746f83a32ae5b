"""settle: find out what a callback means, and let it act once.

Nobody signs these callbacks. One is believed when it stands under an address that only the provider was told, names an
attempt of ours, fits what the provider told us about that attempt before, and is not contradicted when the provider is
asked. What does not fit is kept, with the reason, and changes nothing.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from sms.gateways.port import LINE_SUSPENDED, Report, UnableToReadMessage
from store import attempts, inbox, messages, outbox
from store.attempts import RECEIPT_IS_DERIVED, Kept
from store.changes import Change
from store.engine import alone
from store.inbox import Callback
from store.outbox import Owing
from topup.outcomes import Answer, Confirmed, Refused, Unknown, is_plain
from topup.ports import CreditProvider, Event, PaymentProvider, UnableToReadEvent
from workers.house import House
from workers.settling import Case

# A callback may be faster than the reply that tells us the provider's name for the attempt.
_WAITS_FOR_OUR_REPLY_S = (1, 2, 5, 15, 60)

# A provider that gives no plain word when asked is asked again after these waits, before its callback alone counts.
_WAITS_FOR_A_PLAIN_WORD_S = (1, 2, 5, 15)

# One that tells no end says nothing alone, and it may be the only one for an order that nobody asks after any more.
_WAITS_FOR_AN_END_S = (1, 2, 5, 15, 60, 300, 900, 3600)
_RESENDS_WHILE_SUSPENDED = 5

# How many other callbacks for an attempt are listened to; whoever knows its address could post any number.
_OTHERS_HEARD = 20


def settle(house: House, owing: Owing) -> None:
    """Settle the callback of inbox row `owing.subject`."""
    with alone(house.engine) as connection:
        callback, named = inbox.get_with_attempt(connection, int(owing.subject))
    if callback.topic == "delivery":
        return _report(house, owing, callback)
    provider = house.payments.get(callback.provider) or house.credits.get(callback.provider)
    if provider is None:
        return _conclude(house, owing, "no such provider here")
    try:
        event = _read(provider, callback)
    except UnableToReadEvent as error:
        return _conclude(house, owing, str(error))
    return _event(house, owing, callback, provider, event, named=named)


def _event(
    house: House,
    owing: Owing,
    callback: Callback,
    provider: PaymentProvider | CreditProvider,
    event: Event,
    *,
    named: Kept | None,
) -> None:
    with alone(house.engine) as connection:
        kept = _find(connection, callback, event, named=named)
        stranger = kept and (_does_not_fit(kept, event) or _is_anothers_name(connection, kept, event))
    if kept is None:
        return _wait_for_our_reply(house, owing, "no attempt of ours has this reference")
    if stranger:
        return _conclude(house, owing, stranger, order_id=kept.order_id)
    asked = _asked(house, kept, event)
    waits = _waits(kept, event)
    if not is_plain(asked) and owing.tried < len(waits):
        return _later(house, owing, waits[owing.tried], "the provider gives no plain word yet")
    with house.engine.begin() as connection:
        is_first = inbox.is_first(
            connection, provider=callback.provider, key=event.key, inbox_id=callback.id, now=house.clock()
        )
        case = Case.of(house, connection, reference=kept.attempt.reference, evidence="callback")
        if not is_first:
            verdict = _repeated(case, event, asked)
        elif is_plain(asked):
            verdict = _with_a_plain_word(case, event, asked)
        else:
            verdict = _alone(case, callback, provider, event)
        _write_down(house, connection, owing, verdict, kept.order_id)
    return None


def _waits(kept: Kept, event: Event) -> tuple[float, ...]:
    """How long to wait, each time, for the provider's plain word."""
    if not is_plain(event.answer):
        return _WAITS_FOR_AN_END_S
    return _WAITS_FOR_OUR_REPLY_S if kept.attempt.provider_ref is None else _WAITS_FOR_A_PLAIN_WORD_S


def _repeated(case: Case, event: Event, asked: Answer) -> str:
    """An event that another callback has brought before, perhaps at a time when the provider could not be asked.

    What the provider itself confirms counts whenever it is heard. What the callback says has had its turn.
    """
    if isinstance(asked, Confirmed) and asked is not event.answer:
        return replace(case, evidence="enquiry").settle(asked)
    return "a repetition"


def _read(provider: PaymentProvider | CreditProvider, callback: Callback) -> Event:
    return provider.read_event(
        topic=callback.topic,
        reference=callback.reference,
        body=callback.body,
        content_type=callback.content_type,
    )


def _find(connection: Connection, callback: Callback, event: Event, *, named: Kept | None) -> Kept | None:
    """The attempt that an event is about. `named` is the one that the callback's address names."""
    if event.reference is not None:
        kept = named if event.reference == callback.reference else attempts.find(connection, event.reference)
        # Who knows the address of one provider's callbacks has no say in what another does.
        return kept if kept is not None and kept.provider == callback.provider else None
    if event.provider_ref is not None:
        return attempts.by_provider_ref(connection, provider=callback.provider, provider_ref=event.provider_ref)
    return None


def _does_not_fit(kept: Kept, event: Event) -> str | None:
    """Why an event cannot be about this attempt; None when it can."""
    known = kept.attempt.provider_ref
    if known is not None and event.provider_ref is not None and event.provider_ref != known:
        return f"names {event.provider_ref}, but the provider calls this attempt {known}"
    if event.msisdn is not None and not _may_be(event.msisdn, kept.attempt.msisdn):
        return "is about another number"
    return None


def _may_be(told: str, msisdn: str) -> bool:
    """Whether a number that a provider told, perhaps with stars in it, may be `msisdn`."""
    one, other = told.lstrip("+"), msisdn.lstrip("+")
    return len(one) == len(other) and all(a in (b, "*") for a, b in zip(one, other, strict=True))


def _is_anothers_name(connection: Connection, kept: Kept, event: Event) -> str | None:
    """What speaks against an event that names something which the provider calls another attempt of ours by."""
    if event.provider_ref in (None, kept.attempt.provider_ref):
        return None
    named = attempts.by_provider_ref(connection, provider=kept.provider, provider_ref=event.provider_ref)
    if named is None or named.attempt.reference == kept.attempt.reference:
        return None
    return f"names {event.provider_ref}, by which the provider calls another attempt"


def _asked(house: House, kept: Kept, event: Event) -> Answer:
    """What the provider itself says when it is asked; the event's own word where it cannot be asked.

    That a line was credited is believed without the provider's word, for somebody waits; that it was not moves money.
    """
    known = kept.attempt.provider_ref
    if kept.purpose == "charge":
        named = replace(kept.attempt, provider_ref=known or event.provider_ref)
        return house.payments[kept.provider].enquire_charge(named)
    if known is None:
        return Unknown("the provider's name for this attempt is not known")
    if kept.purpose == "refund":
        asked = house.payments[kept.provider].enquire_refund(kept.attempt)
        return asked if is_plain(asked) else event.answer  # Most tell the end of a refund by callback only.
    asked = house.credits[kept.provider].enquire_credit(kept.attempt)
    return event.answer if isinstance(event.answer, Confirmed) and not is_plain(asked) else asked


def _with_a_plain_word(case: Case, event: Event, asked: Answer) -> str:
    """What is told, and what the provider itself plainly says when it is asked."""
    told, is_nameless = event.answer, case.kept.attempt.provider_ref is None
    if is_nameless and isinstance(asked, Confirmed) and not asked.facts.get(RECEIPT_IS_DERIVED):
        return _vouched_for(case, told, asked)
    if is_nameless and event.provider_ref is not None:
        case.learn_name(event.provider_ref)
    if isinstance(told, Confirmed) and isinstance(asked, Refused):
        return case.denied(told, code=asked.code)
    if isinstance(told, Refused) and isinstance(asked, Confirmed):
        return replace(case, evidence="enquiry").settle(asked)
    if not is_plain(told):  # It tells no end, only that there is one to be asked after.
        return replace(case, evidence="enquiry").settle(asked)
    return case.settle(told)


def _vouched_for(case: Case, told: Answer, asked: Confirmed) -> str:
    """What the provider confirms under a receipt of its own, when it has not told us its name for the attempt.

    It was asked by our reference, which a stranger who knows the address knows too: the name and the receipt that are
    told stand for nothing. Another receipt may still be a second payment, so a person looks at it.
    """
    verdict = replace(case, evidence="enquiry").settle(asked)
    if isinstance(told, Confirmed) and told.receipt != asked.receipt:
        return case.hold_apart(told, "another receipt than the provider itself names")
    return verdict


def _alone(case: Case, callback: Callback, provider: PaymentProvider | CreditProvider, event: Event) -> str:
    """What is told, when the provider has had time to confirm or deny it and did neither."""
    told = event.answer
    if case.kept.attempt.provider_ref is None:
        return _nameless(case, told)
    if isinstance(told, Confirmed) and case.was_refused:
        return case.hold_apart(told, "said to be paid after it was refused, and the provider does not confirm it")
    if _is_contradicted(case, callback, provider, event):
        return "not believed: another callback says the opposite"  # The enquiries find out, or a person does.
    if isinstance(told, Refused) and case.kept.purpose != "refund":
        # A charge that is let go is told as "nothing was taken", and for a credit that is the money goes back. The
        # callback that says "done" may be lost, so neither happens on one unsigned word.
        return "not believed: the provider does not confirm that it came to nothing"
    return case.settle(told)


def _nameless(case: Case, told: Answer) -> str:
    """What is told while our request's reply is not known: there is nothing to hold it against, so it is not believed.

    What was ordered is found out by the enquiries, or by a person; money of another amount would be found by nobody.
    """
    if isinstance(told, Confirmed) and told.amount not in (None, case.order.amount):
        return case.hold_apart(told, "another amount than was ordered, and the provider does not confirm it")
    return "not believed: the provider's name for this attempt is not known, and it does not confirm what is told"


def _is_contradicted(case: Case, callback: Callback, provider: PaymentProvider | CreditProvider, event: Event) -> bool:
    """Whether another callback tells another end of the same attempt.

    One that has another number in it does too, where it names the attempt as only the provider and we do: it is not
    believed, but what it says may be so.
    """
    known = case.kept.attempt.provider_ref
    for other in inbox.others(case.connection, callback, count=_OTHERS_HEARD):
        with suppress(UnableToReadEvent):
            read = _read(provider, other)
            is_about_it = read.provider_ref == known or _does_not_fit(case.kept, read) is None
            if type(read.answer) is not type(event.answer) and is_about_it:
                return True
    return False


def _report(house: House, owing: Owing, callback: Callback) -> None:
    """A delivery report: what became of a message."""
    read = house.reports.get(callback.provider)
    if read is None:
        return _conclude(house, owing, "no such gateway here")
    try:
        report = read(callback.body)
    except UnableToReadMessage as error:
        return _conclude(house, owing, str(error))
    with house.engine.begin() as connection:
        message = _reported(connection, callback, report)
        if message is not None and not _may_be_handed_soon(message, report, owing):
            verdict, ended = _note_report(house, connection, message, report)
            return _write_down(house, connection, owing, verdict, message.order_id, along=ended)
    return _wait_for_our_reply(house, owing, "no message of ours has this id")


def _reported(connection: Connection, callback: Callback, report: Report) -> messages.Message | None:
    """The message that a report is about, by the gateway's name for it, or by our own where the gateway keeps that."""
    if report.ours is not None:
        return messages.by_copy_name(connection, report.ours)
    return messages.by_gateway_id(connection, gateway=callback.provider, gateway_id=report.gateway_id)


def _may_be_handed_soon(message: messages.Message, report: Report, owing: Owing) -> bool:
    """Whether a report may have overtaken the gateway's reply to the copy that it is about."""
    is_this_copy = message.copy_name == report.ours and message.status == messages.WRITTEN
    return is_this_copy and owing.tried < len(_WAITS_FOR_OUR_REPLY_S)


def _note_report(
    house: House, connection: Connection, message: messages.Message, report: Report
) -> tuple[str, Sequence[Change]]:
    """What is made of a report, and what of it is to be written along with that."""
    if report.ours is not None and report.ours != message.copy_name and not report.is_delivered:
        return f"{report.status}, of an earlier copy, noted", ()
    # By our own name a report finds a message of which the gateway's reply was lost, too.
    awaited = {messages.HANDED} if report.ours is None else {messages.WRITTEN, messages.HANDED, messages.UNKNOWN}
    if report.is_delivered:
        awaited.add(messages.FAILED)  # Two reports that contradict each other may be settled in either order.
    if not report.is_final or message.status not in awaited:
        return f"{report.status}, noted", ()
    if report.is_delivered:
        ended = messages.has_ended(message.id, status=messages.DELIVERED, reason=None, now=house.clock())
        return "delivered", [ended]
    messages.ended(connection, message.id, status=messages.FAILED, reason=report.reason, now=house.clock())
    if report.reason != LINE_SUSPENDED or message.order_id is None or message.resends >= _RESENDS_WHILE_SUSPENDED:
        return f"failed: {report.reason}", ()
    messages.to_resend(connection, message.id, now=house.clock())
    wait = house.timing.next_message_wait(tried=message.resends + 1) or timedelta(0)
    outbox.owe_one(connection, effect=outbox.SEND, subject=message.id, due_at=house.clock() + wait)
    return "the line was still suspended: will be sent again", ()


def _wait_for_our_reply(house: House, owing: Owing, why: str, order_id: str | None = None) -> None:
    if owing.tried >= len(_WAITS_FOR_OUR_REPLY_S):
        return _conclude(house, owing, why, order_id=order_id)
    return _later(house, owing, _WAITS_FOR_OUR_REPLY_S[owing.tried], why)


def _later(house: House, owing: Owing, wait_s: float, why: str) -> None:
    with house.engine.begin() as connection:
        outbox.later(connection, owing.id, due_at=house.clock() + house.timing.stretched(wait_s), note=why)


def _conclude(house: House, owing: Owing, verdict: str, order_id: str | None = None) -> None:
    with house.engine.begin() as connection:
        _write_down(house, connection, owing, verdict, order_id)


def _write_down(
    house: House,
    connection: Connection,
    owing: Owing,
    verdict: str,
    order_id: str | None,
    *,
    along: Sequence[Change] = (),
) -> None:
    inbox.settle(
        connection,
        int(owing.subject),
        verdict=verdict,
        now=house.clock(),
        order_id=order_id,
        along=[house.struck(owing, verdict), *along],
    )
