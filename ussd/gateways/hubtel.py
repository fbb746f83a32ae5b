"""Hubtel's USSD gateway (Ghana, Kenya), of its Programmable Services.

Source: Hubtel, "API Reference - Prog Services" and the sample interactions beside it; the .NET SDK
`Hubtel.ProgrammableServices.Sdk`. A JSON POST with SessionId, Mobile (`233246912184`), ServiceCode (`713*2`), Operator,
Sequence (1, 2, 3 ..., sometimes as text), Type, Message and ClientState. Type is `Initiation`, when Message is all that
was dialled (`*713*2*100#`), then `Response`, when it is the last entry; its case differs between their pages. `Release`
tells that the user ended the session, `Timeout` that an answer took too long; their answers reach nobody. We answer
Type `Response` or `Release` with Message, and since their app came with Label, DataType and FieldType, which USSD
ignores. ClientState comes back with the next hop; we have the session, and leave it empty. That a session ends after
two idle minutes is what other integrators write; Hubtel does not.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ussd.engine import Reply
from ussd.gateway import (
    DROPPED,
    JSON,
    LONGEST_CODE,
    TIMED_OUT,
    Asked,
    Ended,
    Limits,
    Posted,
    UnableToReadHop,
    as_dialled,
    field,
    json_text,
    number_field,
    session_field,
)
from ussd.told import Numbered
from words.width import Width

NAME = "hubtel"
TITLE = "Hubtel"
ADDRESSES: Mapping[str, Sequence[str]] = {"": ["POST"]}
READS_JSON = True
CONTENT_TYPE = JSON
TELLS = "the last entry, numbered"
LIMITS = Limits(session_s=120, answer_s=None, width=Width(septets=160, ucs2=70))

_ENDS = {"release": DROPPED, "timeout": TIMED_OUT}
_FIRST, _NEXT = "initiation", "response"


def read(posted: Posted) -> Asked | Ended:
    """A hop, or the end of a session, by its Type. Raises UnableToReadHop."""
    kind = field(posted.fields, "Type", longest=20).lower()
    if kind in _ENDS:
        return Ended(_ENDS[kind])
    if kind not in (_FIRST, _NEXT):
        raise UnableToReadHop(why="Type is none of theirs")
    message = field(posted.fields, "Message", longest=LONGEST_CODE, needed=False)
    return Asked(
        session=session_field(posted.fields, "SessionId"),
        phone=field(posted.fields, "Mobile", longest=LONGEST_CODE),
        code=_code(posted.fields, dialled=message if kind == _FIRST else ""),
        told=Numbered(
            keys="" if kind == _FIRST else message,
            hop=number_field(posted.fields, "Sequence"),
            first=kind == _FIRST,
        ),
        width=LIMITS.width,
    )


def write(reply: Reply, posted: Posted) -> str:
    """A screen that is answered, or the last one."""
    return json_text(
        {
            "Type": "Response" if reply.open else "Release",
            "Message": reply.text,
            "Label": "",
            "ClientState": "",
            "DataType": "input" if reply.open else "display",
            "FieldType": "text",
        }
    )


def write_ended(posted: Posted) -> str:
    """The session is over for us too."""
    return json_text({"Type": "Release", "Message": ""})


def _code(fields: Mapping[str, Any], *, dialled: str) -> str:
    """What was dialled, or only the code of the service, which is all that later hops tell."""
    return dialled or as_dialled(field(fields, "ServiceCode", longest=LONGEST_CODE))
