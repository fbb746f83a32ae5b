"""Whether a hop costs more deep in a call, or when many calls are remembered."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import redis as redis_client

from bench import calls
from bench.figures import Figure, ratios
from bench.phone import answered, hop_environ
from bench.servers import SECRET, our_environment, serving
from bench.stage import Stage, redis

Say = Callable[[str], None]

DEPTH = 20
FEW, MANY = 1_000, 1_000_000

# A session as a call in its fourth hop leaves it, but for its name.
_SEEDED = """
-- KEYS: a session to copy.  ARGV: how many copies, where their numbers begin.
local session = redis.call('GET', KEYS[1])
for number = ARGV[2], ARGV[2] + ARGV[1] - 1 do
    redis.call('SET', 'ussd:ussd:africastalking:ATUid_seeded_' .. number, session, 'EX', 86400)
end
"""
_AT_ONCE = 50_000


def by_depth(stage: Stage, *, rounds: int, sessions: int) -> tuple[Figure, list[list[float]]]:
    """What the hops of calls of twenty keys cost, in the process: the last two over the first two after the dial.

    Every other key is the same (on to the amounts, back home), so what is compared differs in nothing but how much was
    typed before. Returns the figure, and for each round the microseconds of each hop from the dial on.
    """
    phone = _Phone(stage)
    phone.calls(count=sessions // 4 + 1)
    costs = [phone.calls(count=sessions) for _ in range(rounds)]
    figure = Figure(
        name="hop_depth_ratio",
        runs=[sum(cost[DEPTH - 1 : DEPTH + 1]) / sum(cost[1:3]) for cost in costs],
        wanted="at most 1.1x",
        most=1.1,
    )
    return figure, costs


def by_sessions(stage: Stage, *, rounds: int, seconds: float, say: Say) -> list[Figure]:
    """A hop with a million calls remembered over one with a thousand, each on a Redis of its own, runs interleaved."""
    with redis(stage.folder, "redis-few") as few, redis(stage.folder, "redis-many") as many:
        with serving(["ours"], stage, redis_port=few) as on_few, serving(["ours"], stage, redis_port=many) as on_many:
            servers = {few: on_few["ours"], many: on_many["ours"]}
            for server in servers.values():
                calls.check(server)
            held = {port: _seed(port, count) for port, count in ((few, FEW), (many, MANY))}
            say(f"{MANY:,} sessions take {held[many] / 2**20:,.0f} MiB of Redis")
            speeds: dict[int, list[float]] = {few: [], many: []}
            for _ in range(rounds):
                for port, server in servers.items():
                    speeds[port].append(calls.run(server, seconds=seconds).hops_per_s)
        bytes_each = _bytes_of_sessions(few)
    return [
        Figure(
            name="hop_sessions_ratio",
            runs=ratios(speeds[few], speeds[many]),  # Seconds a hop: the other way round.
            wanted="at most 1.1x",
            most=1.1,
        ),
        Figure(name="session_bytes", runs=bytes_each, unit="B", wanted="under 500 B", most=500.0),
    ]


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


class _Phone:
    """Calls made within this process, so that nothing is timed but the application and its Redis."""

    def __init__(self, stage: Stage) -> None:
        env = our_environment(stage, port=0, redis_port=stage.redis_port)
        env.pop("PROMETHEUS_MULTIPROC_DIR")
        os.environ.update({**env, "HOPS_A_MINUTE": "1000000"})
        from app import create_app  # noqa: PLC0415  The settings are those of the stage, which stands only now.

        self._app = create_app()
        self._made = 0

    def calls(self, *, count: int) -> list[float]:
        """Make calls of twenty keys. Returns the microseconds that each hop took, the middle of all calls."""
        took: list[list[int]] = [[] for _ in range(DEPTH + 1)]
        for _ in range(count):
            self._made += 1
            for depth in range(DEPTH + 1):
                text = "*".join("10"[key % 2] for key in range(depth))
                began = time.perf_counter_ns()
                self._hop(text)
                took[depth].append(time.perf_counter_ns() - began)
        return [sorted(times)[count // 2] / 1000 for times in took]

    def _hop(self, text: str) -> None:
        number = f"+2547{12_000_000 + self._made % 1000}"
        session = f"ATUid_depth_{self._made}"
        environ = hop_environ(f"/ussd/africastalking/{SECRET}", session=session, msisdn=number, text=text)
        screen = answered(self._app, environ)
        assert screen.startswith("CON "), screen
