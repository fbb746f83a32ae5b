"""Orders a second, from the confirming key to the SMS handed over, with providers that take their time.

    python -m bench.orders                     # a few minutes: one table, and JSON with --json FILE
    python -m bench.orders --rates 60 --seconds 300

What runs is what runs in production: the web process, workers, clock, PostgreSQL and Redis, started by the Procfile's
commands. People dial `*384*55*50#` and press 1; the providers (bench/orders/world.py) take half a second a call, and
call back a second after a payment was taken on.
"""

import asyncio
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.orders.people import AIRTEL, SAFARICOM, People, Person, waits_of
from bench.orders.plant import Plant, Taken, ours, stock
from bench.orders.wire import Client
from bench.orders.world import Pace, World

# What an installation of this load sets: as many hands as orders wait at a provider at once, and prompts at once, since
# the wait for the end of a call is nobody's work.
SETTINGS = {"PROMPT_DELAY_S": "0", "WORKER_HANDS": "128", "DATABASE_CONNECTIONS": "4", "MALLOC_ARENA_MAX": "2"}

HANGS_S = 30.0
_P99_WITHIN_S = 6.0
_TOLD_WITHIN_S = 60.0
_WARM_UP = (5.0, 4.0)
_AT_PACE_S = 15.0

# Orders a second to offer, until one is too much.
RATES = (30, 35, 40, 45, 50, 60, 80, 100)


@dataclass
class Town:
    """A running installation with people and providers around it."""

    plant: Plant
    world: World
    people: People
    commands: dict[str, str] = field(default_factory=dict)

    async def work_by(self, commands: Mapping[str, str]) -> None:
        """Let these workers (and this clock) work in the place of the former ones."""
        # The providers go on answering meanwhile: who is told to stop finishes what it asks them.
        await asyncio.to_thread(self.plant.stop, list(self.commands))
        self.commands = dict(commands)
        self.plant.start(commands)
        await asyncio.to_thread(self.plant.wait_until_ready)

    def memory_mb(self) -> float:
        """What the workers have of memory now, without the clock."""
        return sum(
            one.memory_mb for name, one in self.plant.taken().items() if name in self.commands and name != "clock"
        )


def measure(
    *,
    rates: Sequence[float] = RATES,
    seconds: float = 30.0,
    long_s: float = 0.0,
    call_times_s: Sequence[float] = (0.1, 0.25, 0.5, 1.0),
    idle_orders: int = 60,
    stock_seconds: float = 40.0,
    with_stock: bool = True,
    with_isolation: bool = True,
    durable: bool = True,
    folder: Path | None = None,
    workers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Measure on this machine, now. Everything is started and stopped here. Times are seconds, memory is MB (PSS).

    Returns
        orders_per_s        the highest of `rates` (orders a second, each offered for `seconds`) that was sustained:
                            everybody was told, 99 of 100 within six seconds; 0 when none was
        rates               each of them, rising, until one is not sustained: called, agreed, told, p50_s, p99_s,
                            told_per_s, CPU by process (cores on average, and milliseconds an order; "outside" is
                            ourselves), memory of the workers at its begin and end
        long                the best of them once more, for `long_s` seconds; None without them
        by_call_time        half of it, with providers that take each of `call_times_s` over a call: call_s, and
                            own_p50_s and own_p99_s, what an order took beside its waits for them
        reactivation_p50_ms, reactivation_p99_ms
                            one order at a time, `idle_orders` of them: confirm to SMS, less what the providers took
        orders_vs_stock_rq  orders_per_s over what RQ's own workers of the same memory end in a second when more is
                            offered than they can do (`stock`: how many, their rate, their memory); None without it, or
                            when they ended nothing
        isolation           p50_s and p99_s of orders paid by one provider, alone and while another takes 30 s a call
    `workers` are commands by name, the Procfile's when left out.
    """
    with tempfile.TemporaryDirectory(prefix="redial-bench-", ignore_cleanup_errors=True) as made:
        plant = Plant(folder=folder or Path(made), durable=durable, settings=SETTINGS)
        with plant:
            return asyncio.run(
                _measure(
                    plant,
                    workers=workers or ours(),
                    rates=rates,
                    seconds=seconds,
                    long_s=long_s,
                    call_times_s=call_times_s,
                    idle_orders=idle_orders,
                    stock_seconds=stock_seconds if with_stock else None,
                    with_isolation=with_isolation,
                )
            )


async def _measure(
    plant: Plant,
    *,
    workers: Mapping[str, str],
    rates: Sequence[float],
    seconds: float,
    long_s: float,
    call_times_s: Sequence[float],
    idle_orders: int,
    stock_seconds: float | None,
    with_isolation: bool,
) -> dict[str, Any]:
    town = await town_of(plant)
    await town.work_by(workers)
    await orders_at(town, a_second=_WARM_UP[0], seconds=_WARM_UP[1])
    found: dict[str, Any] = await _idle(town, count=idle_orders)
    found["rates"] = await _rising(town, rates=rates, seconds=seconds)
    found["orders_per_s"] = best = max((one["offered"] for one in found["rates"] if one["sustained"]), default=0.0)
    found["long"] = await _at_rate(town, a_second=best, seconds=long_s) if best and long_s else None
    found["by_call_time"] = [await _at_pace(town, call_s=call_s, a_second=best / 2) for call_s in call_times_s if best]
    found["isolation"] = await _isolation(town) if with_isolation else None
    found["stock"] = found["orders_vs_stock_rq"] = None
    if stock_seconds:
        found["stock"] = await _stock(town, seconds=stock_seconds, memory_mb=town.memory_mb())
        told_per_s = found["stock"]["told_per_s"]
        found["orders_vs_stock_rq"] = round(found["orders_per_s"] / told_per_s, 1) if told_per_s else None
    return found


async def town_of(plant: Plant) -> Town:
    """An installation that runs, with providers around it and nobody at work yet."""
    web = Client(plant.url)
    secrets = plant.env["GATEWAY_SECRET"], plant.env["CALLBACK_SECRET"]
    people = People(web, f"/ussd/africastalking/{secrets[0]}")
    world = World(Client(plant.url), gateway_secret=secrets[0], callback_secret=secrets[1], told=people.told)
    await world.open(port=plant.world_port)
    return Town(plant, world, people)


async def orders_at(town: Town, *, a_second: float, seconds: float, network: int = SAFARICOM) -> list[Person]:
    """Let people order, and wait until all have been told, or a minute is over."""
    people = await town.people.order(a_second=a_second, seconds=seconds, network=network)
    await town.people.wait_for_the_end(people, within_s=_TOLD_WITHIN_S)
    return people


async def _idle(town: Town, *, count: int) -> dict[str, Any]:
    """One order after the other."""
    waits = []
    for _ in range(count):
        [person] = await orders_at(town, a_second=1000, seconds=0.001)
        assert person.waited_s is not None, f"nobody told {person}"
        waits.append(person.waited_s - town.world.pace.on_the_way_s)
    waits.sort()
    return {
        "reactivation_p50_ms": round(waits[len(waits) // 2] * 1000),
        "reactivation_p99_ms": round(waits[min(len(waits) - 1, int(len(waits) * 0.99))] * 1000),
    }


async def _at_rate(town: Town, *, a_second: float, seconds: float) -> dict[str, Any]:
    before, memory, begun = town.plant.taken(), town.memory_mb(), time.monotonic()
    people = await town.people.order(a_second=a_second, seconds=seconds)
    await town.people.wait_for_the_end(people, within_s=_TOLD_WITHIN_S)
    after, took_s = town.plant.taken(), time.monotonic() - begun
    waits = waits_of(people)
    sustained = waits["told"] == waits["called"] and waits["p99_s"] < _P99_WITHIN_S
    return {
        "offered": a_second,
        "sustained": sustained,
        **waits,
        "told_per_s": _told_per_s(people),
        "cpu_cores": _cpu(before, after, per=took_s),
        "cpu_ms_per_order": _cpu(before, after, per=len(people) / 1000),
        "memory_mb": [round(memory), round(town.memory_mb())],
    }


async def _rising(town: Town, *, rates: Sequence[float], seconds: float) -> list[dict[str, Any]]:
    """Each rate after the one below it. Above one that is not sustained nothing is."""
    found = []
    for rate in sorted(rates):
        found.append(await _at_rate(town, a_second=rate, seconds=seconds))
        if not found[-1]["sustained"]:
            break
    return found


async def _at_pace(town: Town, *, call_s: float, a_second: float) -> dict[str, Any]:
    """Orders beside providers that take `call_s` over a call: what is left when their time is taken off."""
    pace = town.world.pace = Pace(call_s=call_s)
    waits = waits_of(await orders_at(town, a_second=a_second, seconds=_AT_PACE_S))
    town.world.pace = Pace()
    theirs = pace.on_the_way_s
    return {"call_s": call_s, **{f"own_{name}": round(waits[name] - theirs, 3) for name in ("p50_s", "p99_s")}}


async def _stock(town: Town, *, seconds: float, memory_mb: float) -> dict[str, Any]:
    """RQ's own workers: as many as have the same memory, with more to do than they can."""
    await town.work_by(stock(2))
    await orders_at(town, a_second=1, seconds=3)
    count = max(1, round(memory_mb / (town.memory_mb() / 2)))
    await town.work_by(stock(count))
    begun = time.monotonic()
    people = await town.people.order(a_second=count, seconds=seconds)
    # As long again for what is under way: a worker that forks for every job is slow to begin, too.
    await town.people.wait_for_the_end(people, within_s=seconds)
    told = [one.told_at for one in people if one.told_at]
    rate = len(told) / (max(told, default=begun + 1) - begun)
    return {"workers": count, "told_per_s": round(rate, 2), "memory_mb": [round(memory_mb), round(town.memory_mb())]}


async def _isolation(town: Town) -> dict[str, Any]:
    """Orders by Airtel Money, alone and beside ones by M-PESA whose every prompt takes half a minute."""
    alone = await orders_at(town, a_second=5, seconds=10, network=AIRTEL)
    town.world.pace = Pace(daraja_push_s=HANGS_S)
    hanging = asyncio.create_task(town.people.order(a_second=10, seconds=20))
    await asyncio.sleep(10)
    beside = await orders_at(town, a_second=5, seconds=10, network=AIRTEL)
    await hanging
    town.world.pace = Pace()
    return {"alone": waits_of(alone), "beside_one_that_hangs": waits_of(beside)}


def _told_per_s(people: list[Person]) -> float:
    """How many were told a second, in the middle half of those who were."""
    told = sorted(one.told_at for one in people if one.told_at)
    middle = told[len(told) // 4 : 3 * len(told) // 4]
    return round((len(middle) - 1) / (middle[-1] - middle[0]), 1) if len(middle) > 2 else 0.0


def _cpu(before: Mapping[str, Taken], after: Mapping[str, Taken], *, per: float) -> dict[str, float]:
    return {name: round((after[name].cpu_s - before[name].cpu_s) / per, 2) for name in after if name in before}
