"""How fast a hop is, beside the floor and beside what others use."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from bench import calls, installs
from bench.calls import Run
from bench.figures import Figure, ratios
from bench.servers import serving
from bench.stage import Stage

Say = Callable[[str], None]

# What ours is measured against, and how often it should be as fast; None where that was only of interest.
AGAINST: Mapping[str, float | None] = {
    "floor": 0.9,
    "umb2": 1.0,
    "umb2_bare": None,
    "anysd": 2.0,
    "ussd_airflow": 10.0,
}

_INSTALLED_AS = {"umb2": "umb", "umb2_bare": "umb", "anysd": "anysd", "ussd_airflow": "ussd_airflow"}

# Of its own maximum, when latency is looked at.
_SHARE_OF_MAXIMUM = 0.7

_WARM_UP_S = 3.0


def measure(
    stage: Stage, *, rounds: int, seconds: float, loads: Sequence[float] = (), say: Say
) -> tuple[list[Figure], dict[str, list[Run]]]:
    """Runs of every system one after the other, `rounds` times over; then ours under less load.

    `loads` are more shares of its maximum to look at. Returns the figures, and each system's runs.
    """
    failed = installs.install(sorted(set(_INSTALLED_AS.values())))
    for peer, why in failed.items():
        say(f"{peer} is left out: {why}")
    names = ["ours", *(name for name in AGAINST if _INSTALLED_AS.get(name) not in failed)]
    runs: dict[str, list[Run]] = defaultdict(list)
    with serving(names, stage) as servers:
        for server in servers.values():
            calls.check(server)
            calls.run(server, seconds=_WARM_UP_S)
        for number in range(1, rounds + 1):
            for name, server in servers.items():
                runs[name].append(calls.run(server, seconds=seconds))
            say(f"round {number}: " + ", ".join(f"{name} {made[-1].hops_per_s:,.0f}/s" for name, made in runs.items()))
        most = statistics.median(run.hops_per_s for run in runs["ours"])
        calm = [calls.run(servers["ours"], seconds=seconds, rate=_SHARE_OF_MAXIMUM * most) for _ in range(rounds)]
        by_load = [calls.run(servers["ours"], seconds=seconds, rate=share * most) for share in loads]
    return [*_ratios(runs), _p99(calm)], {**runs, "ours_at_70_percent": calm, "ours_by_load": by_load}


def _ratios(runs: Mapping[str, Sequence[Run]]) -> list[Figure]:
    speeds = {name: [run.hops_per_s for run in made] for name, made in runs.items()}
    return [
        Figure(
            name=f"hop_vs_{name}",
            runs=ratios(speeds["ours"], speeds[name]),
            wanted=f"at least {least:g}x" if least else "",
            least=least,
        )
        for name, least in AGAINST.items()
        if name in speeds
    ]


def _p99(calm: Sequence[Run]) -> Figure:
    return Figure(
        name="hop_p99_ms_at_70_percent", runs=[run.p99_ms for run in calm], unit="ms", wanted="under 50 ms", most=50.0
    )
