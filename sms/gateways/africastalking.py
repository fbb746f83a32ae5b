"""Africa's Talking's SMS callbacks: incoming messages, delivery reports, opt-outs.

Source: Africa's Talking, "SMS: callbacks". All are form POSTs, and none is signed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from topup.errors import RedialError

NAME = "africastalking"

_FINAL = {"Success": True, "Failed": False, "Rejected": False}


class UnableToReadMessage(RedialError):
    """The gateway's request cannot be used: {why}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message that somebody sent to our short code."""

    id: str
    sender: str
    to: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a message of ours. `reason` is the gateway's own word for a failure."""

    gateway_id: str
    status: str
    reason: str | None

    @property
    def is_final(self) -> bool:
        """Whether nothing more will come."""
        return self.status in _FINAL

    @property
    def is_delivered(self) -> bool:
        """Whether the phone has it."""
        return _FINAL.get(self.status, False)


def read_incoming(form: Mapping[str, str]) -> Incoming:
    """An incoming message. Raises UnableToReadMessage."""
    sender, identity = form.get("from", ""), form.get("id", "")
    if not sender:
        raise UnableToReadMessage(why="from is absent")
    if not _is_name(identity):
        raise UnableToReadMessage(why="id is absent or unusable")
    return Incoming(id=identity, sender=sender, to=form.get("to", ""), text=form.get("text", ""))


def read_report(body: bytes) -> Report:
    """A delivery report, from the raw body that was kept. Raises UnableToReadMessage."""
    try:
        form = dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True))
    except ValueError as error:
        raise UnableToReadMessage(why="the report is no form") from error
    identity, status, reason = form.get("id", ""), form.get("status", ""), form.get("failureReason", "")
    if not _is_name(identity) or not _is_name(status):
        raise UnableToReadMessage(why="the report names no message or no status")
    return Report(gateway_id=identity, status=status, reason=reason if _is_name(reason) else None)


def read_opt_out(form: Mapping[str, str]) -> str:
    """The number that wants no more messages. Raises UnableToReadMessage."""
    if not form.get("phoneNumber"):
        raise UnableToReadMessage(why="phoneNumber is absent")
    return form["phoneNumber"]


def _is_name(word: str) -> bool:
    """Whether a word can be a name of the gateway's: short, and nothing that a database could choke on."""
    return 0 < len(word) <= 128 and word.isprintable()
