"""The plain form for an operator's own USSD gateway. It is ours: docs/gateways.md is its specification.

A form POST with session, msisdn, hop (1 at the dial, then 2, 3 ...), dialled (at the first hop: all that was dialled),
keys (after it: the last entry), and optionally octets: what a USSD string of this network carries, 140 unless said.
The answer is text/plain beginning with `CON ` or `END `. The end of a session is posted to `/ended` with session and
status.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ussd.engine import Reply
from ussd.gateway import (
    COMPLETED,
    DROPPED,
    FAILED,
    LONGEST_CODE,
    OTHER,
    PLAIN,
    TIMED_OUT,
    Asked,
    Ended,
    Limits,
    Posted,
    UnableToReadHop,
    field,
    number_field,
    session_field,
)
from ussd.told import Numbered
from words.width import Width

NAME = "http"
TITLE = "An operator's own, by our plain form"
ADDRESSES: Mapping[str, Sequence[str]] = {"": ["POST"], "/ended": ["POST"]}
READS_JSON = False
CONTENT_TYPE = PLAIN
TELLS = "the last entry, numbered"
LIMITS = Limits(session_s=None, answer_s=None, width=Width(septets=160, ucs2=70))

# A USSD string has at most 160 octets (3GPP TS 23.038). With fewer than 100 the menu would fall into single lines.
FEWEST_OCTETS, MOST_OCTETS = 100, 160

_ENDS = {"completed": COMPLETED, "dropped": DROPPED, "timeout": TIMED_OUT, "failed": FAILED}


def read(posted: Posted) -> Asked | Ended:
    """A hop or the end of a session. Raises UnableToReadHop."""
    if posted.address == "/ended":
        return Ended(_ENDS.get(str(posted.fields.get("status", "")), OTHER))
    hop = number_field(posted.fields, "hop")
    if hop < 1:
        raise UnableToReadHop(why="hop begins at 1")
    first = hop == 1
    return Asked(
        session=session_field(posted.fields, "session"),
        phone=field(posted.fields, "msisdn", longest=LONGEST_CODE),
        code=field(posted.fields, "dialled", longest=LONGEST_CODE) if first else None,
        told=Numbered(
            keys="" if first else field(posted.fields, "keys", longest=LONGEST_CODE, needed=False), hop=hop, first=first
        ),
        width=_width(posted.fields),
    )


def write(reply: Reply, posted: Posted) -> str:
    """`CON` and a screen, or `END` and the last one."""
    return f"{'CON' if reply.open else 'END'} {reply.text}"


def write_ended(posted: Posted) -> str:
    """Nothing: the status says it."""
    return ""


def _width(fields: Mapping[str, Any]) -> Width:
    if fields.get("octets") in (None, ""):
        return LIMITS.width
    octets = number_field(fields, "octets")
    if not FEWEST_OCTETS <= octets <= MOST_OCTETS:
        raise UnableToReadHop(why=f"octets is {octets}")
    return Width(septets=octets * 8 // 7, ucs2=octets // 2)
