"""`python -m bench.profile`: what a hop and an order are spent on, as flame graphs in var/bench.

py-spy looks at a process a hundred times a second while it is under load, and only at what runs Python then (`--gil`):
what waits for a provider, for PostgreSQL or for Redis costs nobody anything.
"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from bench import calls, installs
from bench.orders import SETTINGS, orders_at, town_of
from bench.orders.plant import Plant, ours
from bench.servers import Server, serving
from bench.stage import FOLDER, PROJECT, stage

_LOOKS_S = 15
_ORDERS_A_SECOND = 15.0


def main() -> int:
    """The exit code: 0 when the graphs are drawn."""
    if failed := installs.install(["profiler"]):
        print(f"There is no py-spy: {failed['profiler']}", file=sys.stderr)
        return 1
    with stage() as here, serving(["ours"], here) as servers:
        _look_at_hops(servers["ours"])
    with (
        tempfile.TemporaryDirectory(prefix="redial-bench-", ignore_cleanup_errors=True) as made,
        Plant(folder=Path(made), durable=True, settings=SETTINGS) as plant,
    ):
        asyncio.run(_look_at_orders(plant))
    return 0


def _look_at_hops(server: Server) -> None:
    calls.check(server)
    calls.run(server, seconds=3)
    looking = _look(_busiest(server.pid), "hop")
    calls.run(server, seconds=_LOOKS_S + 2)
    looking.wait()


async def _look_at_orders(plant: Plant) -> None:
    town = await town_of(plant)
    await town.work_by(ours())
    await orders_at(town, a_second=5, seconds=4)
    looking = [_look(plant.pid_of(name), f"order-{name}") for name in ("money", "charge", "tell", "clock")]
    looking.append(_look(_busiest(plant.pid_of("web")), "order-web"))
    await orders_at(town, a_second=_ORDERS_A_SECOND, seconds=_LOOKS_S + 2)
    for one in looking:
        one.wait()


def _busiest(pid: int) -> int:
    """The process of a server that does the work: it, or one of those that it started."""
    first = psutil.Process(pid)
    return max((first, *first.children(recursive=True)), key=lambda one: one.cpu_times().user).pid


def _look(pid: int, name: str) -> subprocess.Popen[bytes]:
    # The command stands in the graph, so it names nothing of this machine.
    spy, graph = (
        str(path.relative_to(PROJECT))
        for path in (installs.folder_of("profiler") / "bin" / "py-spy", FOLDER / f"flame-{name}.svg")
    )
    command = [spy, "record", "--gil", "--rate", "100"]
    command += ["--pid", str(pid), "--duration", str(_LOOKS_S), "--output", graph]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
