"""The part of XML-RPC that charging systems use, read without expanding entities. Source: xmlrpc.com/spec."""

from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from sandbox.errors import SandboxError

_MAX_DEPTH = 12


class UnableToReadCall(SandboxError):
    """This is not an XML-RPC call: {why}."""


def read_call(body: bytes) -> tuple[str, dict[str, Any]]:
    """The method's name and its one struct. dateTime values stay strings. Raises UnableToReadCall."""
    try:
        root = ElementTree.fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise UnableToReadCall(why="it is not plain XML") from error
    name = root.findtext("methodName")
    if root.tag != "methodCall" or not name:
        raise UnableToReadCall(why="it names no method")
    values = root.findall("params/param/value")
    if len(values) != 1:
        raise UnableToReadCall(why="it must have one parameter")
    struct = _value(values[0], 0)
    if not isinstance(struct, dict):
        raise UnableToReadCall(why="its parameter must be a struct")
    return name.strip(), struct


def _value(element: Element, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise UnableToReadCall(why="it is nested too deeply")
    inner = next(iter(element), None)
    if inner is None:
        return element.text or ""
    text = inner.text or ""
    match inner.tag:
        case "struct":
            return _struct(inner, depth)
        case "array":
            return [_value(value, depth + 1) for value in inner.findall("data/value")]
        case "i4" | "int":
            return _integer(text)
        case "boolean":
            return text.strip() == "1"
        case "string" | "dateTime.iso8601":
            return text
    raise UnableToReadCall(why=f"the type {inner.tag!r} is unknown")


def _struct(element: Element, depth: int) -> dict[str, Any]:
    members = {}
    for member in element.findall("member"):
        name, value = member.findtext("name"), member.find("value")
        if not name or value is None:
            raise UnableToReadCall(why="a member has no name or no value")
        members[name.strip()] = _value(value, depth + 1)
    return members


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise UnableToReadCall(why=f"{text[:20]!r} is not an integer") from error


def response(struct: dict[str, Any]) -> bytes:
    """The body of an answer."""
    return _document(f"<params><param>{_written(struct)}</param></params>")


def fault(code: int, words: str) -> bytes:
    """The body of a fault."""
    return _document(f"<fault>{_written({'faultCode': code, 'faultString': words})}</fault>")


def date_time(at: datetime) -> str:
    """A time as UCIP writes it: 20261101T12:00:00+0300."""
    return at.strftime("%Y%m%dT%H:%M:%S%z")


def _document(inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?><methodResponse>{inner}</methodResponse>'.encode()


def _written(value: Any) -> str:
    match value:
        case bool():
            inner = f"<boolean>{int(value)}</boolean>"
        case int():
            inner = f"<i4>{value}</i4>"
        case datetime():
            inner = f"<dateTime.iso8601>{date_time(value)}</dateTime.iso8601>"
        case dict():
            members = (
                f"<member><name>{escape(name)}</name>{_written(member)}</member>" for name, member in value.items()
            )
            inner = f"<struct>{''.join(members)}</struct>"
        case list():
            inner = f"<array><data>{''.join(map(_written, value))}</data></array>"
        case _:
            inner = f"<string>{escape(str(value))}</string>"
    return f"<value>{inner}</value>"
