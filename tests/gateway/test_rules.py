"""The text that nftables is given. That the kernel does by it what it says is shown in test_bench.py."""

from ipaddress import IPv4Network

from gateway import rules
from gateway.filters import TCP, Permitted

PHONE = "10.64.0.2"


def test_allowing_a_phone_anew_lets_its_time_begin_anew() -> None:
    assert rules.allow(address=PHONE, for_s=40).splitlines() == [
        "add element inet redial_gate allowed { 10.64.0.2 }",
        "delete element inet redial_gate allowed { 10.64.0.2 }",
        "add element inet redial_gate allowed { 10.64.0.2 timeout 40s }",
    ]


def test_a_phone_may_be_allowed_with_no_end() -> None:
    assert "timeout" not in rules.allow(address=PHONE, for_s=None)


def test_what_is_permitted_is_permitted_both_ways_and_nothing_that_was_before() -> None:
    guide = Permitted(network=IPv4Network("10.99.0.2/32"), protocol=TCP, ports=((80, 80), (8000, 8010)))
    assert rules.confine(address=PHONE, permitted=(guide,)).splitlines()[-3:] == [
        "flush chain inet redial_gate keep_10_64_0_2",
        "add rule inet redial_gate keep_10_64_0_2 "
        "ip saddr 10.64.0.2 ip daddr 10.99.0.2/32 tcp dport { 80, 8000-8010 } accept",
        "add rule inet redial_gate keep_10_64_0_2 "
        "ip daddr 10.64.0.2 ip saddr 10.99.0.2/32 tcp sport { 80, 8000-8010 } accept",
    ]


def test_a_protocol_without_ports_is_matched_by_its_number() -> None:
    ping = Permitted(network=IPv4Network("10.99.0.0/24"), protocol=1)
    everything = Permitted(network=IPv4Network("192.0.2.0/24"))
    text = rules.confine(address=PHONE, permitted=(ping, everything))
    assert "ip saddr 10.64.0.2 ip daddr 10.99.0.0/24 meta l4proto 1 accept" in text
    assert "ip saddr 10.64.0.2 ip daddr 192.0.2.0/24 accept" in text


def test_a_confined_phone_is_taken_out_of_the_allowed_in_the_same_transaction() -> None:
    assert "delete element inet redial_gate allowed { 10.64.0.2 }" in rules.confine(address=PHONE, permitted=())


def test_a_start_throws_away_the_table_that_a_killed_gateway_left() -> None:
    listening = rules.Listening(redirector=1, enrich=2, webhook=3, guide_address="10.99.0.2", guide_port=80)
    assert rules.base(listening=listening).split("{")[0].split("\n")[1:3] == [
        "table inet redial_gate",
        "delete table inet redial_gate",
    ]
