"""The gateway's rules, as text for `nft -f` (nft(8)). Every function here is pure; one text is one transaction.

A phone is in one of two states. In the set `allowed` it may go to the internet. Else it is confined: a chain of its
own, found through the map `confined`, says what stays reachable; port 80 is turned to the redirector; TCP to a port of
browsers is reset, so that a browser says at once what a dropped packet makes it wait a minute for; all else is
dropped. Membership is asked of every packet, both ways, and not of the first of a connection only: a verdict counts for
connections that stand already, and no entry of conntrack has to be removed when one changes. (The redirector and the
proxy close each connection after one answer, so none of theirs outlives the verdict that it was made under.)
"""

from dataclasses import dataclass

from gateway.filters import TCP, UDP, Permitted
from gateway.plan import INTERNET_LINK, PHONE_LINKS, REDIAL_LINK

TABLE = "inet redial_gate"

# Where a browser goes by itself. The reset also ends what a phone had open when it was suspended. HTTP/3 goes by UDP.
_BROWSER_PORTS = "{ 80, 443 }"
_HTTP3_PORT = 443

_PROTOCOL_NAMES = {TCP: "tcp", UDP: "udp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """The gateway's own ports, and the guide's address and port, which are always reached through the proxy."""

    redirector: int
    enrich: int
    webhook: int
    guide_address: str
    guide_port: int


def base(*, listening: Listening) -> str:
    """The whole table, with no phone in it. Whatever an earlier gateway left of it is gone."""
    return f"""
table {TABLE}
delete table {TABLE}
table {TABLE} {{
    set bearers {{ type ifname . ipv4_addr; }}
    set allowed {{ type ipv4_addr; flags timeout; }}
    map confined {{ type ipv4_addr : verdict; }}

    # A phone speaks with the address that it was given, on its own bearer, or not at all. IPv6 is not offered.
    chain bearer {{
        type filter hook prerouting priority raw; policy accept;
        iifname "{PHONE_LINKS}*" meta nfproto ipv6 drop
        iifname "{PHONE_LINKS}*" iifname . ip saddr != @bearers drop
    }}

    # Where a redirect leads to must be reachable, whatever else is.
    chain steer {{
        type nat hook prerouting priority dstnat; policy accept;
        iifname != "{PHONE_LINKS}*" return
        ip daddr {listening.guide_address} tcp dport {listening.guide_port} redirect to :{listening.enrich}
        ip saddr @allowed accept
        ip saddr vmap @confined
        tcp dport 80 redirect to :{listening.redirector}
    }}

    # Nobody begins a connection to a phone, so whatever goes to one is an answer.
    chain forward {{
        type filter hook forward priority filter; policy drop;
        oifname "{PHONE_LINKS}*" ct state != {{ established, related }} drop
        iifname "{PHONE_LINKS}*" oifname "{INTERNET_LINK}" ip saddr @allowed accept
        oifname "{PHONE_LINKS}*" ip daddr @allowed accept
        iifname "{PHONE_LINKS}*" ip saddr vmap @confined
        oifname "{PHONE_LINKS}*" ip daddr vmap @confined
        iifname "{PHONE_LINKS}*" tcp dport {_BROWSER_PORTS} reject with tcp reset
        iifname "{PHONE_LINKS}*" udp dport {_HTTP3_PORT} reject with icmpx port-unreachable
    }}

    # From phones only what `steer` has turned here: nobody reaches the proxy or the redirector by its own port.
    chain own {{
        type filter hook input priority filter; policy drop;
        iifname "lo" accept
        ct state established,related accept
        iifname "{PHONE_LINKS}*" ct status dnat tcp dport {{ {listening.redirector}, {listening.enrich} }} accept
        iifname "{REDIAL_LINK}" tcp dport {listening.webhook} accept
        icmp type echo-request accept
    }}
}}
"""


def attach(*, link: str, address: str) -> str:
    """A phone on its bearer, confined, with nothing reachable yet."""
    chain = _chain(address)
    return f"""
add element {TABLE} bearers {{ "{link}" . {address} }}
add chain {TABLE} {chain}
flush chain {TABLE} {chain}
add element {TABLE} confined {{ {address} : jump {chain} }}
"""


def detach(*, link: str, address: str) -> str:
    """What `attach` added is gone, and so is the phone's verdict."""
    chain = _chain(address)
    return f"""{_not_allowed(address)}
delete element {TABLE} confined {{ {address} }}
delete element {TABLE} bearers {{ "{link}" . {address} }}
flush chain {TABLE} {chain}
delete chain {TABLE} {chain}
"""


def allow(*, address: str, for_s: int | None) -> str:
    """The phone may go anywhere. After `for_s` seconds the kernel itself confines it again, should we be gone by then;
    None leaves it so for good.
    """
    timeout = "" if for_s is None else f" timeout {for_s}s"
    return f"{_not_allowed(address)}\nadd element {TABLE} allowed {{ {address}{timeout} }}\n"


def confine(*, address: str, permitted: tuple[Permitted, ...]) -> str:
    """The phone reaches what is permitted, both ways, and nothing else."""
    chain = _chain(address)
    rules = [rule for one in permitted for rule in _both_ways(address, one)]
    return "\n".join(
        [
            _not_allowed(address),
            f"flush chain {TABLE} {chain}",
            *(f"add rule {TABLE} {chain} {rule} accept" for rule in rules),
            "",
        ]
    )


def _not_allowed(address: str) -> str:
    """Takes the phone out of the set, in which it may be or not: what is not there cannot be deleted, so it is added.
    Adding anew is also what makes a timeout begin anew.
    """
    return f"add element {TABLE} allowed {{ {address} }}\ndelete element {TABLE} allowed {{ {address} }}"


def _both_ways(address: str, permitted: Permitted) -> tuple[str, str]:
    there = f"ip saddr {address} ip daddr {permitted.network}{_matching(permitted, 'dport')}"
    back = f"ip daddr {address} ip saddr {permitted.network}{_matching(permitted, 'sport')}"
    return there, back


def _matching(permitted: Permitted, port: str) -> str:
    if permitted.protocol is None:
        return ""
    if not permitted.ports:
        return f" meta l4proto {permitted.protocol}"
    ranges = (str(low) if low == high else f"{low}-{high}" for low, high in permitted.ports)
    return f" {_PROTOCOL_NAMES[permitted.protocol]} {port} {{ {', '.join(ranges)} }}"


def _chain(address: str) -> str:
    return f"keep_{address.replace('.', '_')}"
