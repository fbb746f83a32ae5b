"""XML-RPC as charging systems speak it: one struct there, one struct back. Protocol: http://xmlrpc.com/spec.md.

Only the format is taken from the standard library; the HTTP is our own, with its deadlines. An answer is read
without document types or entities, so it cannot grow while it is read.
"""

import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.parsers.expat import ExpatError

from defusedxml.xmlrpc import DefusedExpatParser

from providers.payload import Unreadable


@dataclass(frozen=True, slots=True)
class Fault:
    """The other side did not carry out the call, and gives this faultCode."""

    code: int


def write_call(method: str, struct: Mapping[str, Any]) -> bytes:
    """The body of a call. Text, int, bool and zoned datetime may stand in `struct`."""
    members = {name: _dated(value) if isinstance(value, datetime) else value for name, value in struct.items()}
    body = xmlrpc.client.dumps((members,), method, encoding="utf-8")
    # The specification makes <int> and <i4> the same; not every node has read it. Text is escaped, so it has
    # no tags.
    return body.replace("<int>", "<i4>").replace("</int>", "</i4>").encode()


def read_answer(body: bytes) -> dict[str, Any] | Fault:
    """The struct in an answer, or the Fault. Raises Unreadable for anything else."""
    target = xmlrpc.client.Unmarshaller()
    try:
        parser = DefusedExpatParser(target, forbid_dtd=True)
        parser.feed(body)
        parser.close()
        values = target.close()
    except xmlrpc.client.Fault as fault:
        return _fault(fault)
    except _UNREADABLE as error:
        raise Unreadable(why="not an XML-RPC answer") from error
    if target.getmethodname() is not None or len(values) != 1 or not isinstance(values[0], dict):
        raise Unreadable(why="not an XML-RPC answer with one struct")
    return values[0]


# What the parser and the standard library's reader raise for the many ways in which XML can be wrong.
_UNREADABLE = (
    xmlrpc.client.Error,
    ExpatError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
)


def _fault(fault: xmlrpc.client.Fault) -> Fault:
    if not isinstance(fault.faultCode, int):
        raise Unreadable(why="a fault without a code")
    return Fault(fault.faultCode)


def _dated(moment: datetime) -> xmlrpc.client.DateTime:
    return xmlrpc.client.DateTime(f"{moment:%Y%m%dT%H:%M:%S%z}")
