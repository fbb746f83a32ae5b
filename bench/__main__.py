"""`python -m bench`: measure, print one table, and write var/bench/latest.json."""

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from bench import figures, gate, growth, hops
from bench.figures import Figure
from bench.stage import FOLDER, stage


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How often, and for how many seconds, everything is measured; `orders` is how orders are."""

    rounds: int
    seconds: float
    calls: int
    orders: Mapping[str, Any]


# A few minutes, and as long as it takes.
_SHORT = _Plan(
    rounds=5, seconds=4.0, calls=60, orders={"seconds": 15.0, "idle_orders": 20, "call_times_s": (0.5,), "long_s": 0.0}
)
_FULL = _Plan(rounds=9, seconds=15.0, calls=300, orders={"long_s": 300.0})

# Shares of our own maximum at which latency is looked at.
_LOADS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

_PARTS = ["hops", "growth", "gate", "orders"]

# Measured in processes of their own (bench/orders), since that is another kind of load.
_ORDERS = "bench.orders"


def main() -> int:
    """The exit code: 0 when everything was measured, whatever came of it."""
    given = _arguments()
    began = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {words}", file=sys.stderr, flush=True)

    found: list[Figure] = []
    more: dict[str, Any] = {}
    plan = _FULL if given.full else _SHORT
    rounds, seconds = plan.rounds, plan.seconds
    with stage() as here:
        if "hops" in given.parts:
            speeds, runs = hops.measure(
                here, rounds=rounds, seconds=seconds, loads=_LOADS if given.full else (), say=say
            )
            found += speeds
            more["hops"] = {name: [asdict(run) for run in made] for name, made in runs.items()}
            if given.full:
                more["latency_by_load"] = more["hops"].pop("ours_by_load")
        if "growth" in given.parts:
            depth, costs = growth.by_depth(here, rounds=rounds, calls_each=plan.calls)
            sessions, by_sessions = growth.by_sessions(here, rounds=rounds, seconds=seconds, say=say)
            found += [depth, *sessions]
            more |= {"us_by_depth": costs, "hops_by_sessions": by_sessions}
        if "gate" in given.parts:
            found += gate.measure(here, rounds=rounds, seconds=seconds)
    if "orders" in given.parts and find_spec(_ORDERS):
        say("orders: this takes some minutes")
        more["orders"] = import_module(_ORDERS).measure(**plan.orders)
        found += _order_figures(more["orders"])
    figures.write(FOLDER / "latest.json", found, more)
    print(figures.table(found))
    return 0


def _order_figures(orders: dict[str, Any]) -> list[Figure]:
    """What bench/orders found, as figures; without what it did not look at."""
    wanted: dict[str, dict[str, Any]] = {
        "orders_per_s": {"unit": "/s", "wanted": "at least 100/s", "least": 100.0},
        "orders_vs_stock_rq": {"wanted": "at least 10x", "least": 10.0},
        "reactivation_p99_ms": {"unit": "ms", "wanted": "under 300 ms", "most": 300.0},
    }
    return [Figure(name=name, runs=[orders[name]], **how) for name, how in wanted.items() if orders[name] is not None]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="longer runs and more of them")
    parser.add_argument(
        "--parts", nargs="+", choices=_PARTS, default=_PARTS, help=f"which of: {' '.join(_PARTS)} (default: all)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
