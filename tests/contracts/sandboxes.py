"""Clients of the sandbox as Redial would make them, and references that no test has used."""

import secrets
from dataclasses import replace
from typing import Any

from providers.http import Channel, Limits
from providers.ucip import Ucip, UcipNode
from tests.contracts.attempts import clock
from tests.contracts.conftest import SETTINGS, World
from topup.money import Money

MSISDN = "+254711000001"
HUNDRED = Money(10_000, "KES")


def new_reference(purpose: str) -> str:
    """A reference of ours that nobody has used: the world outlives a test."""
    return f"{secrets.token_hex(10)}-{purpose}-1"


def channel(url: str) -> Channel:
    """A way to the sandbox that no failure closes."""
    return Channel(provider="test", url=url, limits=Limits(failures_to_open=1000))


def ucip_with(world: World, **changes: Any) -> Ucip:
    """A client of the charging system, which knows it unless `changes` says otherwise."""
    node = UcipNode(
        username=SETTINGS["UCIP_USERNAME"],
        password=SETTINGS["UCIP_PASSWORD"],
        user_agent="Redial/5.0/1.0",
        host_name="redial",
        refill_profile=SETTINGS["UCIP_REFILL_PROFILE"],
        currency="KES",
    )
    way = channel(f"{world.url}/ucip/Air")
    return Ucip(node=replace(node, **changes), reads=way, refills=way, now=clock, read_deadline_s=20)
