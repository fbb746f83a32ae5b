"""The addresses that packet gateways give to phones, in the one form in which they are kept and compared."""

import ipaddress

from topup.errors import RedialError

_LONGEST = 45  # The longest IPv6 address in writing, as RFC 4291 has it; a prefix adds `/64`.
_PREFIX = 64


class UnableToReadAddress(RedialError):
    """This is not an address that a gateway gives to a phone: {given!r}."""


def phone_address(given: str) -> str:
    """An address in the one form: `10.64.0.2`, or of IPv6 the /64 that the phone has to itself (`2001:db8:1:2::/64`).

    A gateway gives a phone a whole /64 (3GPP TS 23.401, 5.3.1.2.2) in which it takes addresses as it likes, so an
    address and its prefix are the same phone. An IPv4 address that is written as IPv6 is that IPv4 address.
    Raises UnableToReadAddress.
    """
    bare = given.strip().removesuffix(f"/{_PREFIX}")
    if len(bare) > _LONGEST:
        raise UnableToReadAddress(given=given[:_LONGEST])
    try:
        address = ipaddress.ip_address(bare)
    except ValueError as error:
        raise UnableToReadAddress(given=given) from error
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise UnableToReadAddress(given=given)
        if address.ipv4_mapped is None:
            return str(ipaddress.IPv6Network((address, _PREFIX), strict=False))
        address = address.ipv4_mapped
    if bare != given.strip():
        raise UnableToReadAddress(given=given)
    return str(address)
