"""Nalo Solutions' USSD gateway (Ghana, Nigeria).

Source: Nalo Solutions, "USSD API documentation" (tables 2.0 and 2.1). A JSON POST with USERID (theirs for us), MSISDN
(`233501234567`), USERDATA, MSGTYPE, NETWORK and SESSIONID. MSGTYPE is true at the dial, when USERDATA is what was
dialled (`*920*45#`), and false after it, when USERDATA is the last entry. The answer repeats USERID and MSISDN and
carries MSG, at most 120 characters, and MSGTYPE: true while the session goes on. Hops have no number, and the end of a
session is not told. That a session ends after three idle minutes is what other integrators write; Nalo does not.

Their older form has no SESSIONID and knows a call by its number alone. It is not served: one call must be known from
the next, or a top-up ordered today would be taken for that of yesterday.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ussd.engine import Reply
from ussd.gateway import (
    JSON,
    LONGEST_CODE,
    Asked,
    Ended,
    Limits,
    Posted,
    UnableToReadHop,
    as_dialled,
    field,
    json_text,
    session_field,
)
from ussd.told import Unnumbered
from words.width import Width

NAME = "nalo"
TITLE = "Nalo Solutions"
ADDRESSES: Mapping[str, Sequence[str]] = {"": ["POST"]}
READS_JSON = True
CONTENT_TYPE = JSON
TELLS = "the last entry"
LIMITS = Limits(session_s=180, answer_s=None, width=Width(septets=120, ucs2=70))

_BOOLEANS = {"true": True, "false": False}
_LONGEST_ECHO = 20


def read(posted: Posted) -> Asked | Ended:
    """A hop. Raises UnableToReadHop."""
    first = _is_first(posted.fields)
    typed = field(posted.fields, "USERDATA", longest=LONGEST_CODE, needed=False)
    return Asked(
        session=session_field(posted.fields, "SESSIONID"),
        phone=field(posted.fields, "MSISDN", longest=LONGEST_CODE),
        code=as_dialled(typed) if first and typed else None,
        told=Unnumbered(keys="" if first else typed, first=first, at=posted.at, within=posted.repeats_within),
        width=LIMITS.width,
    )


def write(reply: Reply, posted: Posted) -> str:
    """The screen, for the user and the phone that asked."""
    return json_text({**_who(posted.fields), "MSG": reply.text, "MSGTYPE": reply.open})


def write_ended(posted: Posted) -> str:
    """They tell no ends; a session that is over is what this says."""
    return json_text({**_who(posted.fields), "MSG": "", "MSGTYPE": False})


def _is_first(fields: Mapping[str, Any]) -> bool:
    found = _BOOLEANS.get(str(fields.get("MSGTYPE")).lower())
    if found is None:
        raise UnableToReadHop(why="MSGTYPE is neither true nor false")
    return found


def _who(fields: Mapping[str, Any]) -> dict[str, str]:
    """USERID and MSISDN as they came. What cannot be theirs is not sent back."""
    return {name: str(fields.get(name) or "")[:_LONGEST_ECHO] for name in ("USERID", "MSISDN")}
