"""Whether this process is alive and ready, and what it measures."""

import os
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from store import schema
from store.engine import alone
from store.outbox import QUEUES
from store.schema import SchemaIsOld
from store.tables import orders, outbox

log = structlog.get_logger(__name__)


def make_blueprint(*, engine: Engine, redis: Redis) -> Blueprint:
    """`/healthz`, `/readyz` and `/metrics`."""
    routes = Blueprint("health", __name__)
    orders_by_state = OrdersByState(engine)

    @routes.get("/healthz")
    def healthz() -> Response:
        """Alive."""
        return jsonify(status="alive")

    @routes.get("/readyz")
    def readyz() -> tuple[Response, int]:
        """Whether everything that a top-up needs is reached: each part with `ok` or what is wrong with it."""
        parts = {"database": _database(engine), "redis": _redis(redis), "workers": _workers(redis)}
        return jsonify(parts), 200 if set(parts.values()) == {"ok"} else 503

    @routes.get("/metrics")
    def metrics() -> Response:
        """For Prometheus: what all processes of this host measured, and how the orders stand."""
        measured = generate_latest(_everybodys_registry()) + generate_latest(_registry_of(orders_by_state))
        return Response(measured, content_type=CONTENT_TYPE_LATEST)

    return routes


class OrdersByState(Collector):
    """How many orders stand where, and how much is owed to the world, counted when somebody asks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> list[Any]:
        """Nothing: describing would already ask the database."""
        return []

    def collect(self) -> list[Any]:
        """The gauges; none while the database is away, when what the processes measured is needed most."""
        try:
            with alone(self._engine) as connection:
                return [_orders(connection), _owed(connection)]
        except SQLAlchemyError as error:
            log.warning("orders_not_counted", why=type(error).__name__)
            return []


def _orders(connection: Connection) -> GaugeMetricFamily:
    by_state = GaugeMetricFamily("redial_orders", "Orders by state.", labels=["state"])
    for state, count in connection.execute(select(orders.c.state, func.count()).group_by(orders.c.state)):
        by_state.add_metric([state], count)
    return by_state


def _owed(connection: Connection) -> GaugeMetricFamily:
    owed = GaugeMetricFamily("redial_outbox_open", "Effects not done yet.", labels=["queue"])
    open_rows = select(outbox.c.queue, func.count()).where(outbox.c.done_at.is_(None))
    for queue, count in connection.execute(open_rows.group_by(outbox.c.queue)):
        owed.add_metric([queue], count)
    return owed


def _everybodys_registry() -> CollectorRegistry:
    """With PROMETHEUS_MULTIPROC_DIR set, processes leave what they measure there; else this process stands alone."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _registry_of(collector: Collector) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(collector)
    return registry


def _database(engine: Engine) -> str:
    try:
        with alone(engine) as connection:
            schema.check(connection)
    except (SQLAlchemyError, SchemaIsOld) as error:
        return str(error) if isinstance(error, SchemaIsOld) else "not reached"
    return "ok"


def _redis(redis: Redis) -> str:
    try:
        redis.ping()
    except RedisError:
        return "not reached"
    return "ok"


def _workers(redis: Redis) -> str:
    try:
        served = {name for worker in Worker.all(connection=redis) for name in worker.queue_names()}
    except RedisError:
        return "not reached"
    missing = sorted(set(QUEUES.values()) - served)
    return f"nobody works on {', '.join(missing)}" if missing else "ok"
