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


def save(figure, path):
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    latest, where = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    for key, draw in (("latency_by_load", draw_load), ("us_by_depth", draw_depth)):
        if key in latest:
            draw(latest, where)
