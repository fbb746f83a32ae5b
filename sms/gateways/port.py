"""What the routes and the workers ask of every SMS gateway. A gateway only translates: it decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from topup.errors import RedialError

# Africa's Talking's word for a line that may not receive because it is suspended. The others say it with this word too,
# for it stands in `messages.reason`, where the workers look for it.
LINE_SUSPENDED = "UserAccountSuspended"

_LONGEST_NAME = 128


class UnableToReadMessage(RedialError):
    """The gateway's request cannot be used: {why}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A request of a gateway's. `query` and `body` are as they came; `form` is the body read as a form."""

    query: bytes = b""
    body: bytes = b""
    content_type: str = ""
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def record(self) -> bytes:
        """What is kept of it: the query and the body, a line each; the one that is empty is left out."""
        return b"\n".join(part for part in (self.query, self.body) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message that somebody sent to our short code. `id` is the gateway's, the same when it tells us again."""

    id: str
    sender: str
    to: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a message of ours.

    `gateway_id` is the gateway's name for the message, `ours` our own (`Message.copy_name`) where the gateway keeps
    it. `is_delivered` is None as long as more may come. `reason` is the gateway's own word for a failure, or
    LINE_SUSPENDED.
    """

    gateway_id: str
    status: str
    is_delivered: bool | None
    reason: str | None = None
    ours: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether nothing more will come."""
        return self.is_delivered is not None


class Gateway(Protocol):
    """A gateway as we hear it. `incoming_by` and `reports_by` are the HTTP methods that it uses."""

    @property
    def name(self) -> str: ...

    @property
    def incoming_by(self) -> tuple[str, ...]: ...

    @property
    def reports_by(self) -> tuple[str, ...]: ...

    def read_incoming(self, posted: Posted) -> Incoming:
        """An incoming message. Raises UnableToReadMessage."""
        ...

    def without_vouchers(self, posted: Posted) -> Posted:
        """An incoming message as it may be kept: with stars for what may be the number of a voucher in its text."""
        ...

    def read_report(self, record: bytes) -> Report:
        """A delivery report, from the record that was kept. Raises UnableToReadMessage."""
        ...


@runtime_checkable
class TellsOptOuts(Protocol):
    """A gateway that tells us who wants no more messages."""

    def read_opt_out(self, posted: Posted) -> str:
        """The number that wants no more. Raises UnableToReadMessage."""
        ...


def is_name(word: str) -> bool:
    """Whether a word can be a gateway's name for something: short, and nothing that a database could choke on."""
    return 0 < len(word) <= _LONGEST_NAME and word.isprintable()
