"""The connections to PostgreSQL and Redis that everything else shares."""

from dataclasses import dataclass
from functools import cached_property

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry
from sqlalchemy import Engine

from settings import Settings
from store.engine import make_engine


@dataclass(frozen=True)
class Connections:
    """Our own services, and the settings by which all is put together."""

    settings: Settings

    @cached_property
    def engine(self) -> Engine:
        """The connections to PostgreSQL."""
        return make_engine(self.settings.database_url, size=self.settings.database_connections)

    @cached_property
    def redis(self) -> Redis:
        """The connections to Redis. A connection that broke is made anew; a command is tried three times."""
        return Redis.from_url(
            self.settings.redis_url,
            socket_timeout=5,
            socket_connect_timeout=2,
            health_check_interval=30,
            retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), retries=3),
        )

    @cached_property
    def queue_redis(self) -> Redis:
        """The connection that RQ keeps, which waits for jobs longer than any command may take."""
        return Redis.from_url(self.settings.redis_url, socket_connect_timeout=2, health_check_interval=30)

    @cached_property
    def gate_redis(self) -> Redis:
        """The connections for packet gateways, which cannot wait: a Redis that does not answer is none."""
        return Redis.from_url(self.settings.redis_url, socket_timeout=0.5, socket_connect_timeout=0.5)
