"""Who calls: as the packet gateway says, or else whoever has proved a number by a code from an SMS.

The gateway says it in one of two ways. It writes the number into a header (header enrichment), which is believed only
from its own addresses, and only when it stands there once: a web server joins headers of one name by commas, which no
number has. The name has letters and digits only, because WSGI hears `X_MSISDN`, which a phone may send and a gateway
that strips `X-MSISDN` lets through, as the same. Or it told the phone's address before (`/gate/sessions`); that is
believed of addresses that gateways give to phones and that reach us as they are.

The address is the one that the web server saw, or the proxies that we trust: what a phone writes into X-Forwarded-For
is nobody's.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from flask import Request
from redis.exceptions import RedisError

from store.gate import GateMemory
from topup.address import phone_address
from topup.phone import UnableToReadNumber, read_caller
from web.guard import Network
from web.guide.draft import Seal

log = structlog.get_logger(__name__)

COOKIE = "redial_number"


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody by their number (E.164). `by_code`: nobody but themselves says that it is theirs, so they may leave."""

    msisdn: str
    by_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Knows who calls. `header` is the name of the gateway's, `gateways` where it is believed from.

    `phones` are the networks of phones that come as they are, whose addresses `memory` knows. A proof by code lasts
    `proof_s` seconds.
    """

    header: str
    gateways: Sequence[Network]
    phones: Sequence[Network]
    memory: GateMemory
    seal: Seal
    country: str
    proof_s: int

    def calls(self, request: Request) -> Known | None:
        """Who calls; None when nobody says. What the gateway says goes before what a cookie does."""
        return self.told_by_gateway(request) or self._proved(request)

    def told_by_gateway(self, request: Request) -> Known | None:
        """Who calls as the gateway says, in a header or by the phone's address."""
        return self._enriched(request) or self._at_address(request)

    def number_told(self, request: Request) -> str | None:
        """The number of who calls, as the gateway says."""
        known = self.told_by_gateway(request)
        return known.msisdn if known else None

    def proof(self, msisdn: str) -> str:
        """The cookie of somebody who has typed the right code."""
        return self.seal.written([msisdn], about="proof")

    def _enriched(self, request: Request) -> Known | None:
        given = request.headers.get(self.header)
        if given is None or not _is_in(request.remote_addr, self.gateways):
            return None
        try:
            return Known(read_caller(given.strip(), country=self.country))
        except UnableToReadNumber:
            log.warning("guide_header_unreadable", header=self.header)
            return None

    def _at_address(self, request: Request) -> Known | None:
        address = request.remote_addr
        if address is None or not _is_in(address, self.phones):
            return None
        try:
            msisdn = self.memory.phone_at(phone_address(address))
        except RedisError as error:
            log.warning("guide_knows_no_addresses", why=type(error).__name__)
            return None
        return Known(msisdn) if msisdn else None

    def _proved(self, request: Request) -> Known | None:
        row = self.seal.read(request.cookies.get(COOKIE, ""), about="proof", within_s=self.proof_s)
        return Known(row[0], by_code=True) if row else None


def _is_in(address: str | None, networks: Sequence[Network]) -> bool:
    if address is None or not networks:
        return False
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False  # A socket of this machine has no address.
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in networks)
