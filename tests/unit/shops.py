"""A shop that sells as the default settings do, and a line that anybody may read."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from store.desk import Shop
from tests.unit.desks import LIMITS
from topup.line import Line

NAIROBI = ZoneInfo("Africa/Nairobi")

ORDINARY = Shop(
    limits=LIMITS,
    country="KE",
    currency="KES",
    zone=NAIROBI,
    short_code="*384*55#",
    sms_code="38455",
    care_number="100",
    payments=frozenset({"daraja", "airtel_money"}),
    credit_provider="ucip",
    order_secret="a secret of the tests",
    again_within=timedelta(minutes=2),
)


def a_shop(**changes: Any) -> Shop:
    """The ordinary shop with these changes."""
    return replace(ORDINARY, **changes)


class LineOf:
    """A charging system in which every line is the same. `reads` counts how often it was asked."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.reads = 0

    def read_line(self, msisdn: str) -> Line:
        self.reads += 1
        return self.line
