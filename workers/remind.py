"""remind: one SMS to whoever's call dropped when a top-up only wanted its yes. Only where the installation wants it."""

import threading
from datetime import timedelta

import structlog
from redis.exceptions import RedisError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from sms.messages.ordering import call_dropped
from store import messages, outbox, subscribers
from store.placed import placed_in
from store.unfinished import UnfinishedCalls
from topup.caller import Unfinished
from topup.phone import national
from words.text import rendered
from workers.house import House

log = structlog.get_logger(__name__)

PURPOSE = "dropped_call"

_EVERY_S = 1.0

# A network that drops every call must not become a stream of SMS.
_ONCE_IN = timedelta(hours=1)


def run(house: House, calls: UnfinishedCalls, *, stop: threading.Event) -> None:
    """Remind whoever is to be reminded, until `stop` is set."""
    while not stop.wait(_EVERY_S * house.timing.scale):
        try:
            while remind_next(house, calls):
                pass
        except (RedisError, SQLAlchemyError) as error:
            log.warning("remind_waits", why=type(error).__name__)


def remind_next(house: House, calls: UnfinishedCalls) -> str | None:
    """Remind one person, if one is to be. What came of it; None when nobody is.

    Whoever dies after the taking has reminded nobody. Better so: a second SMS would be one too many.
    """
    due = calls.take_due()
    if due is None:
        return None
    if due.unfinished is None:
        return "went on"
    with house.engine.begin() as connection:
        verdict = _why_not(house, connection, due.unfinished) or _write(house, connection, due.unfinished)
    log.info("dropped_call", msisdn=due.msisdn, verdict=verdict)
    return verdict


def _why_not(house: House, connection: Connection, unfinished: Unfinished) -> str | None:
    placed = placed_in(
        connection,
        secret=house.shop.order_secret,
        channel=unfinished.channel,
        conversation=unfinished.conversation,
        asked_by=unfinished.msisdn,
    )
    if placed is not None:
        return "ordered already"
    if subscribers.has_stopped(connection, unfinished.msisdn):
        return "wants no messages"
    since = house.clock() - _ONCE_IN
    if messages.count_since(connection, msisdn=unfinished.msisdn, since=since, purpose=PURPOSE):
        return "reminded a moment ago"
    return None


def _write(house: House, connection: Connection, unfinished: Unfinished) -> str:
    text = call_dropped(
        unfinished.amount,
        line=national(unfinished.line, country=house.shop.country),
        payer=national(unfinished.payer, country=house.shop.country),
    )
    message = messages.write(
        connection,
        purpose=PURPOSE,
        msisdn=unfinished.msisdn,
        text=rendered(text, unfinished.language),
        now=house.clock(),
    )
    outbox.owe_one(connection, effect=outbox.SEND, subject=message.id, due_at=house.clock())
    return "reminded"
