"""What is measured of the work. Served by the web process together with its own."""

import structlog
from prometheus_client import Counter, Histogram

log = structlog.get_logger(__name__)

job_seconds = Histogram("redial_job_seconds", "How long jobs took, seconds.", ["effect", "outcome"])
provider_calls = Counter("redial_provider_calls", "Calls to providers.", ["provider", "operation", "outcome"])
provider_seconds = Histogram("redial_provider_seconds", "How long providers took, seconds.", ["provider", "operation"])


def observe_provider(provider: str, operation: str, outcome: str, seconds: float) -> None:
    """Count a call to a provider, and say it in the log."""
    provider_calls.labels(provider, operation, outcome).inc()
    provider_seconds.labels(provider, operation).observe(seconds)
    log.info("provider_called", provider=provider, operation=operation, outcome=outcome, seconds=round(seconds, 4))
