"""Whether a hop costs more deep in a call, or when many calls are remembered."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import redis as redis_client

from bench import calls
from bench.figures import Figure, ratios
from bench.servers import our_environment, serving
from bench.stage import PROJECT, Stage, redis

Say = Callable[[str], None]

# How many calls are remembered beside those that are measured.
COUNTS = (1_000, 30_000, 1_000_000)

# A session as a call in its fourth hop leaves it, but for its name.
_SEEDED = """
-- KEYS: a session to copy.  ARGV: how many copies, where their numbers begin.
local session = redis.call('GET', KEYS[1])
for number = ARGV[2], ARGV[2] + ARGV[1] - 1 do
    redis.call('SET', 'ussd:ussd:africastalking:ATUid_seeded_' .. number, session, 'EX', 86400)
end
"""
_AT_ONCE = 50_000


def by_depth(stage: Stage, *, rounds: int, calls_each: int) -> tuple[Figure, list[list[float]]]:
    """The last four hops of calls of twenty keys over the first four after the dial (bench.depth), by their time.

    Returns the figure, and for each round the microseconds of each hop from the dial on.
    """
    env = {**our_environment(stage, port=0, redis_port=stage.redis_port), "HOPS_A_MINUTE": "1000000"}
    Path(env["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "bench.depth", str(rounds), str(calls_each)]
    done = subprocess.run(command, env=env, cwd=PROJECT, check=True, capture_output=True, text=True)
    costs: list[list[float]] = json.loads(done.stdout.splitlines()[-1])
    figure = Figure(
        name="hop_depth_ratio",
        runs=[sum(cost[-4:]) / sum(cost[1:5]) for cost in costs],
        wanted="at most 1.1x",
        most=1.1,
    )
    return figure, costs


def by_sessions(stage: Stage, *, rounds: int, seconds: float, say: Say) -> tuple[list[Figure], dict[int, list[float]]]:
    """A hop with a million calls remembered over one with a thousand, each on a Redis of its own, runs interleaved.

    Returns the figures, and for each count of calls its runs, hops a second.
    """
    with ExitStack() as stack:
        ports = {count: stack.enter_context(redis(stage.folder, f"redis-{count}")) for count in COUNTS}
        servers = {
            count: stack.enter_context(serving(["ours"], stage, redis_port=port))["ours"]
            for count, port in ports.items()
        }
        for count, server in servers.items():
            calls.check(server)
            held = _seed(ports[count], count)
            say(f"{count:,} sessions take {held / 2**20:,.0f} MiB of Redis")
        speeds: dict[int, list[float]] = {count: [] for count in COUNTS}
        for _ in range(rounds):
            for count, server in servers.items():
                speeds[count].append(calls.run(server, seconds=seconds).hops_per_s)
        bytes_each = _bytes_of_sessions(ports[COUNTS[0]])
    figures = [
        Figure(
            name="hop_sessions_ratio",
            runs=ratios(speeds[COUNTS[0]], speeds[COUNTS[-1]]),  # Seconds a hop: the other way round.
            wanted="at most 1.1x",
            most=1.1,
        ),
        Figure(name="session_bytes", runs=bytes_each, unit="B", wanted="under 500 B", most=500.0),
    ]
    return figures, speeds


def _seed(port: int, count: int) -> int:
    """Remember `count` calls besides. Returns the bytes that Redis holds."""
    with redis_client.Redis(port=port) as client:
        script = client.register_script(_SEEDED)
        like = next(client.scan_iter("ussd:ussd:africastalking:*"))
        for begin in range(0, count, _AT_ONCE):
            script(keys=[like], args=[min(_AT_ONCE, count - begin), begin])
        return int(cast("Mapping[str, Any]", client.info("memory"))["used_memory"])


def _bytes_of_sessions(port: int) -> list[float]:
    """What each of some hundred sessions takes of Redis, key and all (MEMORY USAGE)."""
    with redis_client.Redis(port=port) as client:
        keys = [key for _, key in zip(range(500), client.scan_iter("ussd:ussd:africastalking:*"), strict=False)]
        return [float(cast("int", client.memory_usage(key, samples=0))) for key in keys]
