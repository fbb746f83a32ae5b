"""The one place where the sandbox asks what time it is."""

from datetime import UTC, datetime, timedelta, timezone

# Daraja's timestamps are East African whatever the caller's country is, and that zone has no summer time.
NAIROBI = timezone(timedelta(hours=3), "EAT")


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def iso(at: datetime) -> str:
    """ISO 8601 in UTC with microseconds: such strings sort as the times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
