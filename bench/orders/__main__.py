"""`python -m bench.orders`: measure, and print what was found."""

import argparse
import json
from pathlib import Path
from typing import Any

from bench.orders import RATES, measure


def _show(found: dict[str, Any]) -> None:
    print(
        f"{'offered':>8} {'told/s':>7} {'p50 s':>6} {'p99 s':>6}  {'agreed':>6} {'told':>6}  memory MB   CPU ms/order"
    )
    for one in [*found["rates"], *([found["long"]] if found["long"] else [])]:
        taken = one["cpu_ms_per_order"]
        shares = " ".join(f"{name} {ms:.1f}" for name, ms in taken.items())
        memory = "->".join(map(str, one["memory_mb"]))
        print(
            f"{one['offered']:>8} {one['told_per_s']:>7} {one['p50_s']:>6} {one['p99_s']:>6}  "
            f"{one['agreed']:>6} {one['told']:>6}  {memory:<10}  {sum(taken.values()):.1f}: {shares}"
        )
    print(f"{'by_call_time':<20} {found['by_call_time']}")
    for name in ("orders_per_s", "reactivation_p50_ms", "reactivation_p99_ms", "orders_vs_stock_rq"):
        print(f"{name:<20} {found[name]}")
    print(f"{'stock':<20} {found['stock']}")
    print(f"{'isolation':<20} {found['isolation']}")


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.orders", description=__doc__)
    parser.add_argument("--rates", type=float, nargs="+", default=RATES, help="orders a second to offer")
    parser.add_argument("--seconds", type=float, default=30.0, help="for how long each")
    parser.add_argument("--long", type=float, default=0.0, help="for how long the best of them once more")
    parser.add_argument("--idle-orders", type=int, default=60)
    parser.add_argument("--without-stock", action="store_true", help="leave RQ's own workers out")
    parser.add_argument("--without-isolation", action="store_true")
    parser.add_argument("--folder", type=Path, help="where data and logs are kept")
    parser.add_argument("--json", type=Path, help="write what was found there, too")
    given = parser.parse_args()
    found = measure(
        rates=given.rates,
        seconds=given.seconds,
        long_s=given.long,
        idle_orders=given.idle_orders,
        with_stock=not given.without_stock,
        with_isolation=not given.without_isolation,
        folder=given.folder,
    )
    _show(found)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
