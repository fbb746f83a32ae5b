"""What a USSD gateway is to us: its addresses, its form read, its answer written, and the limits of its screens.

Each module of ussd/gateways/ is one: it translates and does nothing else. ussd/gateways/__init__.py lists them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from topup.errors import RedialError
from ussd.engine import Reply
from ussd.told import Told
from words.width import Width

JSON = "application/json"
PLAIN = "text/plain; charset=utf-8"

# What is longer is not typed on a phone: twenty screens with a long entry each stay far below.
LONGEST_TYPED = 480
LONGEST_CODE = 182  # No phone can dial more (3GPP TS 23.038: 160 octets).
LONGEST_SESSION = 128

# How a session ended, in our words; a metric has no others.
COMPLETED, DROPPED, TIMED_OUT, FAILED, OTHER = "completed", "dropped", "timed_out", "failed", "other"


class UnableToReadHop(RedialError):
    """The gateway's request cannot be used: {why}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A request of a gateway as it came.

    `address` is one of the gateway's own (`/ended`), `path` what stands in its placeholders, `fields` are those of its
    form or its JSON object. A gateway that does not number its hops needs `at` and `repeats_within` (ussd.told).
    """

    address: str
    path: Mapping[str, str]
    fields: Mapping[str, Any]
    at: datetime
    repeats_within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A hop: somebody at `phone` waits for a screen.

    `phone` is the number as the gateway writes it, `code` what was dialled, or None where the gateway does not say.
    """

    session: str
    phone: str
    code: str | None
    told: Told
    width: Width


@dataclass(frozen=True, slots=True)
class Ended:
    """The gateway tells that a session is over, how, and whose it was where it says so.

    Only a reminder comes sooner by it: most drops are never told.
    """

    how: str
    session: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a call and an answer may take, seconds, and what a screen holds.

    None where the gateway publishes nothing: then it is as the operator sets it.
    """

    session_s: int | None
    answer_s: int | None
    width: Width


class Gateway(Protocol):
    """One gateway. A module is one when it has these names.

    NAME stands in addresses, settings, metrics and the channel of an order (`ussd:hubtel`), TITLE is for people.
    ADDRESSES are where it posts below `/ussd/NAME/SECRET`, each with its methods. READS_JSON says whether its requests
    are JSON, else they are forms; CONTENT_TYPE is that of our answers. TELLS says for people how it tells the keys.
    """

    NAME: str
    TITLE: str
    ADDRESSES: Mapping[str, Sequence[str]]
    READS_JSON: bool
    CONTENT_TYPE: str
    TELLS: str
    LIMITS: Limits

    def read(self, posted: Posted) -> Asked | Ended:
        """What a request means. Raises UnableToReadHop."""
        ...

    def write(self, reply: Reply, posted: Posted) -> str:
        """The answer to a hop, also to one that could not be read."""
        ...

    def write_ended(self, posted: Posted) -> str:
        """The answer to the news that a session has ended."""
        ...


def field(fields: Mapping[str, Any], name: str, *, longest: int, needed: bool = True) -> str:
    """A field as text; numbers count as text, since some gateways write a number as one.

    Raises UnableToReadHop when it is needed and absent or empty, is neither text nor a number, is no text that can be
    stored, or is longer than `longest` characters.
    """
    found = fields.get(name)
    if found is None or found == "":
        if needed:
            raise UnableToReadHop(why=f"{name} is absent")
        return ""
    if not isinstance(found, str | int) or isinstance(found, bool):
        raise UnableToReadHop(why=f"{name} is no text")
    text = str(found)
    if len(text) > longest:
        raise UnableToReadHop(why=f"{name} has {len(text)} characters")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise UnableToReadHop(why=f"{name} is no text")
    return text


def number_field(fields: Mapping[str, Any], name: str) -> int:
    """A field as a whole number from 0 on, written as a number or as text. Raises UnableToReadHop."""
    text = field(fields, name, longest=9)
    if not (text.isascii() and text.isdecimal()):
        raise UnableToReadHop(why=f"{name} is no number")
    return int(text)


def session_field(fields: Mapping[str, Any], name: str) -> str:
    """The gateway's name for the call. Raises UnableToReadHop."""
    session = field(fields, name, longest=LONGEST_SESSION)
    if not session.isprintable():
        raise UnableToReadHop(why=f"{name} is absent or unusable")
    return session


def as_dialled(code: str) -> str:
    """A code as a phone dials it: `*384*55#`, where some gateways write `384*55`."""
    return code if code.startswith("*") else f"*{code.rstrip('#')}#"


def json_text(answer: Mapping[str, Any]) -> str:
    """A JSON object, in ASCII, which no gateway misreads."""
    return json.dumps(answer)
