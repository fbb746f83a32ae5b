"""Attempts as the workers make them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from topup.money import Money
from topup.ports import Attempt

NOON = datetime(2026, 11, 1, 9, 0, 0, tzinfo=UTC)  # Noon in Nairobi.


def clock() -> datetime:
    """It is always noon."""
    return NOON


def an_attempt(
    *,
    reference: str = "q3m5xk2v7a4jd6pw0c8h-charge-1",
    msisdn: str = "+254711000001",
    amount: Money = Money(10_000, "KES"),  # noqa: B008 - frozen
    provider_ref: str | None = None,
    facts: Mapping[str, object] | None = None,
) -> Attempt:
    """An attempt, with what matters to the test."""
    return Attempt(
        reference=reference,
        label="Q3M5XK2V",
        msisdn=msisdn,
        amount=amount,
        provider_ref=provider_ref,
        facts=facts or {},
    )
