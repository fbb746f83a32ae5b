"""The world's own books: what really happened to money and messages, whatever anybody was told about it."""

from datetime import datetime
from typing import Any

from sandbox.clock import iso
from sandbox.store import Body, Store

BOOKS = ("charges", "reversals", "refills", "adjustments", "airtime", "sms")


class Books:
    """Entries are written in the same transaction as the effect that they record, and never changed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def enter(
        self,
        book: str,
        *,
        reference: str,
        msisdn: str,
        amount_minor: int,
        currency: str,
        at: datetime,
        **extras: Any,
    ) -> None:
        """Record one effect. `extras` are what helps to find it from the other side."""
        entry = {"reference": reference, "msisdn": msisdn, "amount_minor": amount_minor, "currency": currency}
        self._store.append(book, owner=msisdn, at=iso(at), body={**entry, "at": iso(at), **extras})

    def read(self, *, since: str = "", msisdn: str | None = None) -> dict[str, list[Body]]:
        """Every book, oldest entry first, from `since` (as `clock.iso` makes it) on."""
        return {book: self._store.entries(book, owner=msisdn, since=since) for book in BOOKS}

    def counts(self, *, since: str = "") -> dict[str, int]:
        """How many entries each book has."""
        return {book: self._store.count(book, since=since) for book in BOOKS}
