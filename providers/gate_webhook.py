"""The webhook of a packet gateway: one POST for each line that is back, signed.

The signature is over the time and the body together, so that neither a changed body nor an old one passes:
`Redial-Signature: v1=hex(HMAC-SHA256(secret, Redial-Timestamp + "." + body))`. Source: docs/gate.md, which is ours.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass

from providers.http import Channel, Reply, Request
from topup.clock import Clock
from topup.gate import LineBack
from topup.outcomes import NotSent, Unknown

# The line is back already, and whoever is told verifies anyway: what takes longer is told again.
_DEADLINE_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GateWebhook:
    """Tells a gateway. `channel` leads to the whole address of its webhook."""

    secret: str
    channel: Channel
    now: Clock

    def tell(self, event: LineBack) -> str | None:
        """Tell of the event; None for any 2xx, else why it may not have been heard."""
        body = json.dumps(event.told(), separators=(",", ":")).encode()
        timestamp = str(int(self.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Redial-Timestamp": timestamp,
            "Redial-Signature": f"v1={signature(secret=self.secret, timestamp=timestamp, body=body)}",
        }
        request = Request(headers=headers, body=body, deadline_s=_DEADLINE_S)
        answer = self.channel.ask(request, operation="line_back", read=_read)
        return answer.why if isinstance(answer, NotSent | Unknown) else answer


def signature(*, secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a body told at `timestamp` (seconds since 1970, in writing), in hexadecimal."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def _read(reply: Reply) -> str | None:
    return None if reply.is_success else f"HTTP {reply.status}"
