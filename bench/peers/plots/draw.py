"""Draws what var/bench/latest.json knows: `draw.py LATEST FOLDER`. Runs in an environment of its own, with matplotlib."""

import json
import statistics
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "redial", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})

import matplotlib.pyplot as plt


def draw_load(found, folder):
    """Latency against load, up to saturation."""
    runs = found["latency_by_load"]
    figure, axes = plt.subplots(figsize=(6, 3))
    for name in ("p50_ms", "p90_ms", "p99_ms"):
        axes.plot([run["hops_per_s"] for run in runs], [run[name] for run in runs], marker="o", label=name[:3])
    axes.set(xlabel="hops a second", ylabel="ms, from when a hop was due", yscale="log")
    axes.legend(frameon=False)
    save(figure, folder / "hop-load.svg")


def draw_depth(found, folder):
    """A hop against how deep in the call it is."""
    by_hop = [statistics.median(costs) for costs in zip(*found["us_by_depth"])]
    figure, axes = plt.subplots(figsize=(6, 3))
    axes.plot(range(1, len(by_hop)), by_hop[1:], marker="o")
    axes.set(xlabel="keys typed in the call so far", ylabel="µs, in the process", ylim=(0, None))
    axes.set_xticks(range(1, len(by_hop), 3))
    save(figure, folder / "hop-depth.svg")


def draw_sessions(found, folder):
    """Hops a second against live sessions: the runs of each round, beside each other."""
    figure, axes = plt.subplots(figsize=(6, 3))
    for count, speeds in found["hops_by_sessions"].items():
        axes.plot([int(count)] * len(speeds), speeds, "o", color="C0", alpha=0.4)
    medians = {int(count): statistics.median(speeds) for count, speeds in found["hops_by_sessions"].items()}
    axes.plot(list(medians), list(medians.values()), color="C0")
    axes.set(xlabel="live sessions", ylabel="hops a second", xscale="log", ylim=(0, None))
    save(figure, folder / "hop-sessions.svg")


def draw_orders(found, folder):
    """What an order takes beside its providers, against how long they take."""
    runs = found["orders"]["by_call_time"]
    figure, axes = plt.subplots(figsize=(6, 3))
    for name in ("own_p50_s", "own_p99_s"):
        axes.plot([run["call_s"] for run in runs], [run[name] for run in runs], marker="o", label=name[4:7])
    axes.set(xlabel="s that a provider takes over a call", ylabel="s of an order that are ours", ylim=(0, None))
    axes.legend(frameon=False)
    save(figure, folder / "orders-pace.svg")


def save(figure, path):
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    latest, where = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    plots = {
        "latency_by_load": draw_load,
        "us_by_depth": draw_depth,
        "hops_by_sessions": draw_sessions,
        "orders": draw_orders,
    }
    for key, draw in plots.items():
        if key in latest:
            draw(latest, where)
