"""What is remembered of a number: its language, and whether its owner wants no messages, or no strangers' top-ups."""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as upsert

from store.tables import subscribers


def language_of(connection: Connection, msisdn: str) -> str | None:
    """The language that this number chose; None when it never did."""
    return connection.scalar(select(subscribers.c.language).where(subscribers.c.msisdn == msisdn))


def choose_language(connection: Connection, msisdn: str, *, language: str, now: datetime) -> None:
    """Remember the language of this number."""
    _set(connection, msisdn, now=now, language=language)


def has_stopped(connection: Connection, msisdn: str) -> bool:
    """Whether this number said STOP: then it gets nothing but the answers to its own top-ups."""
    return bool(connection.scalar(select(subscribers.c.stopped).where(subscribers.c.msisdn == msisdn)))


def stop(connection: Connection, msisdn: str, *, now: datetime) -> None:
    """Remember STOP."""
    _set(connection, msisdn, now=now, stopped=True)


def start(connection: Connection, msisdn: str, *, now: datetime) -> None:
    """Forget STOP."""
    _set(connection, msisdn, now=now, stopped=False)


def is_closed(connection: Connection, msisdn: str) -> bool:
    """Whether the owner of this line lets nobody else top it up."""
    return bool(connection.scalar(select(subscribers.c.closed).where(subscribers.c.msisdn == msisdn)))


def close(connection: Connection, msisdn: str, *, now: datetime) -> None:
    """Let nobody else top this line up."""
    _set(connection, msisdn, now=now, closed=True)


def open_up(connection: Connection, msisdn: str, *, now: datetime) -> None:
    """Let others top this line up again."""
    _set(connection, msisdn, now=now, closed=False)


def _set(connection: Connection, msisdn: str, *, now: datetime, **values: object) -> None:
    row = upsert(subscribers).values(msisdn=msisdn, changed_at=now, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["msisdn"], set_={"changed_at": now, **values}))
