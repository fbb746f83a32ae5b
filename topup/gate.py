"""What packet gateways are told: that a line is back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

LINE_BACK = "line_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBack:
    """A line was seen to be active again. `id` is the same however often it is told; `addresses`: the newest first."""

    id: str
    msisdn: str
    addresses: tuple[str, ...]
    at: datetime

    def told(self) -> dict[str, Any]:
        """The event as JSON has it."""
        return {
            "event": LINE_BACK,
            "id": self.id,
            "msisdn": self.msisdn,
            "address": self.addresses[0] if self.addresses else None,
            "addresses": list(self.addresses),
            "at": self.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }


class PacketGateway(Protocol):
    """Something that wants to be told at once."""

    def tell(self, event: LineBack) -> str | None:
        """Tell it; None when it has heard, else why not. It may be told again: it knows the event by its id."""
        ...
