"""Reading IPFilterRules: what a Restriction-Filter-Rule leaves reachable."""

from ipaddress import IPv4Network

import pytest

from gateway.filters import ANYWHERE, TCP, UDP, Permitted, UnableToReadFilter, read_filter

GUIDE = IPv4Network("10.99.0.2/32")


@pytest.mark.parametrize(
    ("text", "permitted"),
    [
        ("permit in 6 from any to 10.99.0.2 80", Permitted(network=GUIDE, protocol=TCP, ports=((80, 80),))),
        ("permit out 6 from any to 10.99.0.2 80", Permitted(network=GUIDE, protocol=TCP, ports=((80, 80),))),
        ("permit out 6 from 10.99.0.2 80 to assigned", Permitted(network=GUIDE, protocol=TCP, ports=((80, 80),))),
        ("permit in ip from assigned to 10.99.0.2/24", Permitted(network=IPv4Network("10.99.0.0/24"))),
        ("permit in 17 from any to any 53", Permitted(network=ANYWHERE, protocol=UDP, ports=((53, 53),))),
        ("permit out 17 from any 53 to any", Permitted(network=ANYWHERE, protocol=UDP, ports=((53, 53),))),
        ("permit in 1 from any to 10.99.0.2", Permitted(network=GUIDE, protocol=1)),
    ],
)
def test_the_end_that_is_not_the_phone_stays_reachable(text: str, permitted: Permitted) -> None:
    assert read_filter(text) == permitted


def test_ports_that_overlap_are_joined_since_nftables_refuses_them() -> None:
    assert read_filter("permit in 6 from any to 10.99.0.2 90-99,80-85,84-89,443").ports == ((80, 99), (443, 443))


@pytest.mark.parametrize(
    "text",
    [
        "deny in 6 from any to 10.99.0.2 80",
        "permit in 6 from any to !10.99.0.2 80",
        "permit in 6 from any to 10.99.0.2 80 established",
        "permit in ip from any to 10.99.0.2 80",
        "permit in 1 from any to 10.99.0.2 80",
        "permit in 6 from any 80 to 10.99.0.2",
        "permit in 6 from 10.1.0.1 to 10.99.0.2 80",
        "permit in 6 from any to 10.99.0.2 443-80",
        "permit in 6 from any to 10.99.0.2 0",
        "permit in 999 from any to 10.99.0.2",
        "permit in 6 from any to 10.99.0.2 80; flush ruleset",
        "permit in 6 from any to 2001:db8::1 80",
        "",
    ],
)
def test_what_is_not_understood_permits_nothing(text: str) -> None:
    with pytest.raises(UnableToReadFilter):
        read_filter(text)
