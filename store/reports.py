"""Delivery reports: kept like every callback, and where one tells of a message that waits for it, settled at once.

Nearly all do. A report moves no money, so it need not wait its turn behind work that does; whatever is unusual about
one (no such message yet, another end than "delivered") is left to the workers.
"""

from datetime import datetime

from sqlalchemy import Connection, column, text

from store.inbox import Callback, values_of
from store.messages import DELIVERED, HANDED

_KEEP_DELIVERED = text("""
    WITH delivered AS (
        UPDATE messages SET status = :delivered, reason = NULL, status_at = :received_at
         WHERE gateway = :provider AND gateway_id = :gateway_id AND status = :handed
        RETURNING order_id
    )
    INSERT INTO inbox
        (provider, topic, reference, content_type, body, remote_address, received_at, settled_at, verdict, order_id)
    SELECT :provider, :topic, :reference, :content_type, :body, :remote_address, :received_at, :received_at, :delivered,
           order_id
      FROM delivered
    RETURNING id
""").columns(column("id"))


def keep_delivered(connection: Connection, callback: Callback, *, gateway_id: str, now: datetime) -> bool:
    """Keep a report that says "delivered" of the message that the gateway knows by this name, and let it count.

    Returns whether it did: nothing is kept unless such a message was handed over and its end is not known yet.
    """
    said = {"gateway_id": gateway_id, "delivered": DELIVERED, "handed": HANDED}
    return connection.execute(_KEEP_DELIVERED, values_of(callback, now) | said).first() is not None
