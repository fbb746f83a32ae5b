"""Africa's Talking's USSD gateway.

Source: Africa's Talking, "USSD: handling sessions", and its help pages on how long a session lasts. A form POST with
sessionId, phoneNumber, networkCode, serviceCode and text; text is empty first, then everything typed so far joined by
`*`. A direct dial stands in the first text, or stays in the service code. The answer is text/plain beginning with
`CON ` or `END `; anything else ends the session with the gateway's own words. The end of a session is a form with its
status, posted to an address of its own.
"""

from collections.abc import Mapping, Sequence

from ussd.engine import Reply
from ussd.gateway import (
    COMPLETED,
    DROPPED,
    FAILED,
    LONGEST_CODE,
    LONGEST_TYPED,
    OTHER,
    PLAIN,
    Asked,
    Ended,
    Limits,
    Posted,
    field,
    session_field,
)
from ussd.told import Whole
from words.width import Width

NAME = "africastalking"
TITLE = "Africa's Talking"
ADDRESSES: Mapping[str, Sequence[str]] = {"": ["POST"], "/ended": ["POST"]}
READS_JSON = False
CONTENT_TYPE = PLAIN
TELLS = "everything typed so far"
LIMITS = Limits(session_s=180, answer_s=15, width=Width(septets=160, ucs2=70))

_ENDS = {"Success": COMPLETED, "Incomplete": DROPPED, "Failed": FAILED}


def read(posted: Posted) -> Asked | Ended:
    """A hop or the end of a session. Raises UnableToReadHop."""
    if posted.address == "/ended":
        fields = posted.fields
        how = _ENDS.get(str(fields.get("status", "")), OTHER)
        return Ended(how, session=str(fields.get("sessionId", "")), phone=str(fields.get("phoneNumber", "")))
    return Asked(
        session=session_field(posted.fields, "sessionId"),
        phone=field(posted.fields, "phoneNumber", longest=LONGEST_CODE),
        code=field(posted.fields, "serviceCode", longest=LONGEST_CODE, needed=False),
        told=Whole(field(posted.fields, "text", longest=LONGEST_TYPED, needed=False)),
        width=LIMITS.width,
    )


def write(reply: Reply, posted: Posted) -> str:
    """`CON` and a screen, or `END` and the last one."""
    return f"{'CON' if reply.open else 'END'} {reply.text}"


def write_ended(posted: Posted) -> str:
    """Nothing: they only look at the status."""
    return ""
