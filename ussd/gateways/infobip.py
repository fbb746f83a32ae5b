"""Infobip's USSD gateway.

Source: "INFOBIP USSD Gateway to Third-party Application HTTP/REST/JSON Web Service API", as Vumi's documentation quotes
it, and the requests that Vumi's transport was tested with. Each session has addresses of its own below ours:
`/session/<id>/start` and `/response` are posted with msisdn, text, and optionally shortCode, imsi, ussdGwId, language;
`/end` is put with exitCode and reason. The answer has ussdMenu and shouldClose; responseExitCode 200 and an empty
responseMessage say that it was understood. Hops have no number. Their first screen of a session is always shown as one
that can be answered, whatever shouldClose says: what is then typed finds the call ended, and gets its last words again.

At the start, text or shortCode is what was dialled; shortCode may be absent, and comes in forms that no phone dials.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ussd.engine import Reply
from ussd.gateway import (
    COMPLETED,
    DROPPED,
    JSON,
    LONGEST_CODE,
    Asked,
    Ended,
    Limits,
    Posted,
    field,
    json_text,
    session_field,
)
from ussd.told import Unnumbered
from words.width import Width

NAME = "infobip"
TITLE = "Infobip"
_START, _RESPONSE, _END = (f"/session/<session>/{what}" for what in ("start", "response", "end"))
ADDRESSES: Mapping[str, Sequence[str]] = {_START: ["POST"], _RESPONSE: ["POST"], _END: ["PUT", "POST"]}
READS_JSON = True
CONTENT_TYPE = JSON
TELLS = "the last entry"
LIMITS = Limits(session_s=None, answer_s=None, width=Width(septets=160, ucs2=70))

_WELL = {"responseExitCode": 200, "responseMessage": ""}


def read(posted: Posted) -> Asked | Ended:
    """A hop or the end of a session, by its address. Raises UnableToReadHop."""
    if posted.address == _END:
        return Ended(COMPLETED if str(posted.fields.get("exitCode")) in ("0", "200") else DROPPED)
    first = posted.address == _START
    typed = field(posted.fields, "text", longest=LONGEST_CODE, needed=False)
    return Asked(
        session=session_field(posted.path, "session"),
        phone=field(posted.fields, "msisdn", longest=LONGEST_CODE),
        code=_dialled(typed, posted.fields) if first else None,
        told=Unnumbered(keys="" if first else typed, first=first, at=posted.at, within=posted.repeats_within),
        width=LIMITS.width,
    )


def write(reply: Reply, posted: Posted) -> str:
    """The screen, and whether it is the last one."""
    return json_text({"ussdMenu": reply.text, "shouldClose": not reply.open, **_WELL})


def write_ended(posted: Posted) -> str:
    """Understood."""
    return json_text(_WELL)


def _dialled(typed: str, fields: Mapping[str, Any]) -> str | None:
    if typed.startswith("*"):
        return typed
    short_code = field(fields, "shortCode", longest=LONGEST_CODE, needed=False)
    return short_code if short_code.startswith("*") else None
