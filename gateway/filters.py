"""The IPFilterRule of Diameter (RFC 6733, 4.3.1), as far as a Restriction-Filter-Rule (RFC 8506, 8.36) needs it.

    permit in 6 from any to 10.99.0.2 80
    permit out ip from 192.0.2.0/24 to assigned

One end is the phone (`any` or `assigned`), the other what stays reachable for it. A filter is read for both ways of the
traffic, whichever of them it names: a page that could be asked for but not answer would help nobody.
"""

import ipaddress
import re
from dataclasses import dataclass

from gateway.errors import GatewayProblem

TCP, UDP = 6, 17
_WITH_PORTS = (TCP, UDP)

# The far end is anywhere in the world.
ANYWHERE = ipaddress.IPv4Network("0.0.0.0/0")
_THE_PHONE = ("any", "assigned")

_FILTER = re.compile(
    r"permit (?P<way>in|out) (?P<protocol>ip|\d{1,3})"
    r" from (?P<source>[\w./]+)(?: (?P<source_ports>[\d,-]+))?"
    r" to (?P<target>[\w./]+)(?: (?P<target_ports>[\d,-]+))?",
    re.ASCII,
)


class UnableToReadFilter(GatewayProblem):
    """The filter rule {text!r} cannot be read ({why}): it permits nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permitted:
    """What stays reachable: a network, of it one protocol by number (None: all), of that some ports (none: all)."""

    network: ipaddress.IPv4Network
    protocol: int | None = None
    ports: tuple[tuple[int, int], ...] = ()


def read_filter(text: str) -> Permitted:
    """What a filter rule permits.

    Raises UnableToReadFilter for `deny`, negations, options and IPv6: permitting more than was meant is worse than
    permitting nothing.
    """
    found = _FILTER.fullmatch(" ".join(text.split()))
    if found is None:
        raise UnableToReadFilter(text=text, why="not of the form that is understood here")
    try:
        return _read(found)
    except ValueError as wrong:
        raise UnableToReadFilter(text=text, why=wrong) from wrong


def _read(found: re.Match[str]) -> Permitted:
    host, ports = _far_end(found)
    protocol = None if found["protocol"] == "ip" else int(found["protocol"])
    if protocol is not None and protocol > 255:
        raise ValueError("no such protocol")
    if ports and protocol not in _WITH_PORTS:
        raise ValueError("ports belong to TCP and UDP only")
    network = ANYWHERE if host in _THE_PHONE else ipaddress.IPv4Network(host, strict=False)
    return Permitted(network=network, protocol=protocol, ports=_read_ports(ports))


def _far_end(found: re.Match[str]) -> tuple[str, str | None]:
    """The end that is not the phone, with its ports. Of two that could be either it is the one traffic goes to."""
    source, target = (found["source"], found["source_ports"]), (found["target"], found["target_ports"])
    if found["target"] in _THE_PHONE and (found["source"] not in _THE_PHONE or found["source_ports"]):
        near, far = target, source
    else:
        near, far = source, target
    if near[0] not in _THE_PHONE:
        raise ValueError("neither end is the phone")
    if near[1]:
        raise ValueError("the phone's ports are its own choice")
    return far


def _read_ports(listed: str | None) -> tuple[tuple[int, int], ...]:
    """The ranges in order, none touching the next: nftables refuses a set in which two overlap."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(_read_range(part) for part in listed.split(",")) if listed else ():
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _read_range(part: str) -> tuple[int, int]:
    first, _, last = part.partition("-")
    low, high = int(first), int(last or first)
    if not 0 < low <= high <= 65535:
        raise ValueError(f"{part} are no ports")
    return low, high
