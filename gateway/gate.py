"""What the gateway asks of Redial: whose address it tells, and whether a phone may pass (docs/gate.md)."""

from dataclasses import dataclass
from typing import Any

import requests

from gateway.errors import GatewayProblem
from gateway.filters import Permitted, UnableToReadFilter, read_filter

# A gateway that waits long for an answer keeps a phone waiting that has paid.
_CONNECT_S, _ANSWER_S = 1.0, 3.0

# How long a verdict is kept at most and at least, whatever the answer says.
_LONGEST_S, _SHORTEST_S = 3600, 1


class RedialUnreachable(GatewayProblem):
    """Redial gave no verdict ({why})."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """The phone may go anywhere, for `for_s` seconds; then it is asked about again."""

    for_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """The phone reaches what is `permitted`, and `url` is where its requests are led; ask again in `for_s` seconds.

    `unread` are the filter rules that permit nothing since they could not be read, as sentences.
    """

    url: str
    permitted: tuple[Permitted, ...]
    for_s: int
    unread: tuple[str, ...] = ()


Verdict = Allow | Redirect


class Gate:
    """Redial's side for gateways, below its address with the secret."""

    def __init__(self, *, url: str) -> None:
        """`url` is `http://HOST/gate/SECRET`."""
        self._url = url
        self._http = requests.Session()

    def close(self) -> None:
        """Let go of the connection that is kept open between questions."""
        self._http.close()

    def tell(self, *, address: str, msisdn: str, event: str) -> None:
        """Say that a phone has an address: `start`, `interim` or `stop`, as in RADIUS accounting (RFC 2866, 5.1).

        Raises RedialUnreachable.
        """
        self._post("sessions", {"address": address, "msisdn": msisdn, "event": event})

    def verify(self, *, address: str) -> Verdict:
        """Whether the phone at this address may pass. Raises RedialUnreachable, also for what is no verdict."""
        reply = self._post("verify", {"address": address})
        try:
            return read_verdict(reply.json())
        except (ValueError, TypeError, KeyError) as garbled:
            raise RedialUnreachable(why=f"its answer cannot be read: {type(garbled).__name__}") from garbled

    def _post(self, what: str, body: dict[str, str]) -> requests.Response:
        try:
            reply = self._http.post(f"{self._url}/{what}", json=body, timeout=(_CONNECT_S, _ANSWER_S))
        except requests.RequestException as lost:
            # The exception's own words hold the address, and the address holds the secret.
            raise RedialUnreachable(why=type(lost).__name__) from None
        if not reply.ok:
            raise RedialUnreachable(why=f"status {reply.status_code}")
        return reply


def read_verdict(body: dict[str, Any]) -> Verdict:
    """The answer of verify. Raises ValueError, TypeError or KeyError."""
    for_s = min(max(int(body["cache_s"]), _SHORTEST_S), _LONGEST_S)
    if body["decision"] == "allow":
        return Allow(for_s=for_s)
    if body["decision"] != "redirect" or body["final_unit_action"] != "REDIRECT":
        raise ValueError("neither allow nor redirect")
    permitted, unread = _read_filters(body["permitted"])
    return Redirect(url=_read_server(body["redirect_server"]), permitted=permitted, for_s=for_s, unread=unread)


def _read_server(server: dict[str, str]) -> str:
    url = server["redirect_server_address"]
    printable = url.isascii() and url.isprintable() and " " not in url
    if server["redirect_address_type"] != "URL" or not url.startswith(("http://", "https://")) or not printable:
        raise ValueError("the redirect does not lead to a page")
    return url


def _read_filters(rules: list[str]) -> tuple[tuple[Permitted, ...], tuple[str, ...]]:
    permitted, unread = [], []
    for rule in rules:
        try:
            permitted.append(read_filter(rule))
        except UnableToReadFilter as problem:
            unread.append(str(problem))
    return tuple(permitted), tuple(unread)
