"""What somebody has ordered in a conversation, found by the name that the order was given then."""

from sqlalchemy import Connection

from store.book import SqlBook
from topup.ids import mint_order_id
from topup.orders import Order


def placed_in(connection: Connection, *, secret: str, channel: str, conversation: str, asked_by: str) -> Order | None:
    """The order that `asked_by` (E.164) has placed in `conversation` of `channel`. Somebody else's is not theirs."""
    conversed = {"secret": secret, "channel": channel, "conversation": conversation}
    # The second name is that of before names told who asks: a request that comes again across such an update finds it.
    names = mint_order_id(**conversed, asked_by=asked_by), mint_order_id(**conversed)
    return SqlBook(connection).find_of(asked_by, names)
