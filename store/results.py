"""Ends of top-ups that no SMS has surely told, and which of them were seen on a screen since.

A message counts as told when the gateway reports it delivered. One that failed, or of which nobody knows, may be shown
on the screen as well: twice is better than never.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert as upsert

from store.tables import results_seen

# An end that is older is no news any more; My top-ups has it.
NEWS_FOR = timedelta(days=3)


def keep_seen(connection: Connection, order_id: str, *, now: datetime) -> None:
    """Remember that whoever asked for this order has seen its end."""
    connection.execute(upsert(results_seen).values(order_id=order_id, seen_at=now).on_conflict_do_nothing())
