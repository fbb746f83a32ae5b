"""The gateways: one file each, its request in, its answer out, and nothing else.

A further gateway is a further module and its name here. USSD_GATEWAYS says which of them an installation serves.
"""

from collections.abc import Iterator, Mapping

from ussd.gateway import Gateway
from ussd.gateways import africastalking, http, hubtel, infobip, nalo

_ALL: tuple[Gateway, ...] = (africastalking, hubtel, infobip, nalo, http)

GATEWAYS: Mapping[str, Gateway] = {gateway.NAME: gateway for gateway in _ALL}


def gateways_table() -> str:
    """The gateways as a Markdown table, for the README."""
    head = ["gateway", "in `USSD_GATEWAYS`", "address to give them", "tells", "screen", "session, answer"]
    rows = [head, ["---"] * len(head), *([*_row(gateway)] for gateway in _ALL)]
    return "\n".join(f"| {' | '.join(row)} |".replace("| --- ", "|---").replace("|--- |", "|---|") for row in rows)


def _row(gateway: Gateway) -> Iterator[str]:
    width, limits = gateway.LIMITS.width, gateway.LIMITS
    below = "/session" if all(address.startswith("/session/") for address in gateway.ADDRESSES) else ""
    yield gateway.TITLE
    yield f"`{gateway.NAME}`"
    yield f"`PUBLIC_URL/ussd/{gateway.NAME}/GATEWAY_SECRET{below}`"
    yield gateway.TELLS
    yield f"{width.septets} septets, {width.ucs2} UCS-2"
    yield f"{_seconds(limits.session_s)}, {_seconds(limits.answer_s)}"


def _seconds(limit_s: int | None) -> str:
    return "the operator's" if limit_s is None else f"{limit_s} s"
