"""Kannel's requests: incoming messages by its get-url or post-url, delivery reports by the dlr-url that we gave it.

Source: Kannel 1.4 User's Guide, "Setting up SMS services" (escape codes) and "Delivery reports". What Kannel sends is
what its configuration says: docs/kannel.md has one that says what is read here. Nothing is signed.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from werkzeug.http import parse_options_header

from sms.gateways.port import LINE_SUSPENDED, Incoming, Posted, Report, UnableToReadMessage, is_name
from topup.vouchers import may_hold_a_pin, starred

# The charsets in which Kannel hands a text over (%C), by its own names for them; an absent one is UTF-8. It is UTF-16BE
# when the operator has not set mo-recode.
_CHARSETS = {"": "utf-8", "UTF-8": "utf-8", "UTF-16BE": "utf-16-be", "ISO-8859-1": "iso-8859-1", "US-ASCII": "ascii"}

# The values of %d, each with our word for it, and whether the phone has the message; None when more may come.
_STATUSES: dict[str, tuple[str, bool | None]] = {
    "1": ("delivered", True),
    "2": ("not delivered", False),
    "4": ("buffered by the SMSC", None),
    "8": ("taken by the SMSC", None),
    "16": ("refused by the SMSC", False),
    "34": ("expired", False),  # 2 + 32
    "66": ("unknown to the SMSC", None),  # 2 + 64: it has lost sight of the message, so nobody knows.
}

# In an SMPP delivery receipt (SMPP 3.4, appendix B), which Kannel passes on as %A.
_RECEIPT_STATE = re.compile(r"\bstat:(\w{1,16})", re.ASCII)
_RECEIPT_ERROR = re.compile(r"\berr:(\w{1,16})", re.ASCII)

_REASON_SHOWN = 100


class Kannel:
    """The Gateway. `suspended_errors` are the `err` of this operator's receipts that say: the line is suspended."""

    name = "kannel"
    incoming_by = ("GET", "POST")
    reports_by = ("GET",)

    def __init__(self, *, suspended_errors: Collection[str] = ()) -> None:
        self._suspended_errors = frozenset(suspended_errors)

    def read_incoming(self, posted: Posted) -> Incoming:
        """An incoming message. Raises UnableToReadMessage.

        The id is Kannel's own (%I), which it mints when the SMSC hands it the message and repeats with every try to
        reach us. A message that the SMSC itself hands over twice has two.
        """
        fields = _fields(posted.query)
        sender, identity = _words(fields, "from"), _words(fields, "id")
        if not sender:
            raise UnableToReadMessage(why="from is absent: let the URL have from=%p")
        if not is_name(identity):
            raise UnableToReadMessage(why="id is absent or unusable: let the URL have id=%I")
        return Incoming(id=identity, sender=sender, to=_words(fields, "to"), text=_text(posted, fields))

    def without_vouchers(self, posted: Posted) -> Posted:
        """The same with stars for what may be the number of a voucher in its text, which is in UTF-8 then."""
        fields = _fields(posted.query)
        text = _text(posted, fields)
        if not may_hold_a_pin(text):
            return posted
        kept = starred(text).encode("utf-8")
        if "text" not in fields:
            return replace(posted, body=kept, content_type="text/plain; charset=utf-8")
        return replace(posted, query=urlencode({**fields, "text": kept, "charset": b"UTF-8"}).encode())

    def read_report(self, record: bytes) -> Report:
        """A delivery report. Raises UnableToReadMessage."""
        fields = _fields(record)
        ours, number = _words(fields, "ref"), _words(fields, "type")
        if not is_name(ours) or not is_name(number):
            raise UnableToReadMessage(why="the report names no message or no type")
        status, is_delivered = _STATUSES.get(number, (f"type {number}", None))
        reason = self._reason(_words(fields, "answer")) if is_delivered is False else None
        return Report(gateway_id=ours, status=status, is_delivered=is_delivered, reason=reason, ours=ours)

    def _reason(self, answer: str) -> str | None:
        """Why a message was not delivered: the state and the error of a receipt, else the SMSC's own words."""
        state, error = _RECEIPT_STATE.search(answer), _RECEIPT_ERROR.search(answer)
        if error and error[1] in self._suspended_errors:
            return LINE_SUSPENDED
        words = " ".join(found[0] for found in (state, error) if found) or answer
        return "".join(letter for letter in words if letter.isprintable())[:_REASON_SHOWN] or None


def _fields(query: bytes) -> dict[str, bytes]:
    """The fields of a query, each as the bytes that it stands for; only the text's charset is told."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    return {name: value.encode("latin-1") for name, value in pairs}


def _words(fields: dict[str, bytes], name: str) -> str:
    return fields.get(name, b"").decode("utf-8", errors="replace")


def _text(posted: Posted, fields: dict[str, bytes]) -> str:
    """The text of the message: a field of a GET, the body of a POST.

    What is no text in a charset that we know (a ring tone, a contact) reads as nonsense, and is answered as such.
    """
    raw, charset = fields.get("text", b""), _words(fields, "charset")
    if "text" not in fields:
        raw = posted.body
        charset = parse_options_header(posted.content_type)[1].get("charset", "")
    return raw.decode(_CHARSETS.get(charset.upper(), "utf-8"), errors="replace")
