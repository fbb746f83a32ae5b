"""Names that are made from what they name, so that the same request can never make two orders.

An order's id is minted from who asks and from the call or message that it came from, under a secret: a request that
arrives twice mints the same id, no two people share one, and nobody outside can guess one.
"""

import base64
import hashlib
import hmac
import secrets

_LENGTH = 20  # 100 bits of base32: no two orders meet, and a callback address cannot be guessed.


def mint_order_id(*, secret: str, channel: str, conversation: str, asked_by: str | None = None) -> str:
    """The id of the order placed in `conversation` (a session or message id) of `channel` (`ussd:africastalking`).

    `asked_by` is who asks, in E.164: a gateway may give a session's id to somebody else months later. Only money that
    came by itself was asked for by nobody. As a number begins with a plus and no channel does, none is confused.
    """
    named = f"{channel}\x00{conversation}" if asked_by is None else f"{asked_by}\x00{channel}\x00{conversation}"
    return _base32(hmac.digest(secret.encode(), named.encode(), hashlib.sha256))


def attempt_references(*, order_id: str, purpose: str) -> str:
    """How the references of an order's calls for `purpose` begin: the first charge is `<order id>-charge-1`."""
    return f"{order_id}-{purpose}-"


def mint_token() -> str:
    """A name for something that has no request behind it, such as a message."""
    return _base32(secrets.token_bytes(16))


def short_reference(order_id: str) -> str:
    """The part of an order's id that a person reads aloud to a support agent: eight letters and digits."""
    return order_id[:8].upper()


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().lower()[:_LENGTH]
