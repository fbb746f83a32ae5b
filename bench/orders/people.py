"""People who dial an amount, agree, and wait for the message that says that their line is back."""

import asyncio
import itertools
import statistics
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bench.orders.wire import Client

# Numbers that the numbering plan gives to Safaricom, and to Airtel: who pays, and by which wallet, follows from them.
SAFARICOM, AIRTEL = 710_000_000, 733_000_000

_FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Person:
    """One who orders: when they agreed and when the gateway took the message for them, in monotonic seconds."""

    msisdn: str
    agreed_at: float | None = None
    told_at: float | None = None
    shown: str = ""
    is_told: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def waited_s(self) -> float | None:
        """From the confirming key to the message."""
        return self.told_at - self.agreed_at if self.told_at and self.agreed_at else None


@dataclass
class People:
    """Everybody who orders, at the gateway's address of the web process."""

    web: Client
    path: str
    everybody: dict[str, Person] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = {first: itertools.count(first) for first in (SAFARICOM, AIRTEL)}
        self._calls: set[asyncio.Task[None]] = set()

    def told(self, msisdn: str, at: float) -> None:
        """A message for this number was taken."""
        if msisdn in self.everybody and self.everybody[msisdn].told_at is None:
            self.everybody[msisdn].told_at = at
            self.everybody[msisdn].is_told.set()

    async def order(self, *, a_second: float, seconds: float, network: int = SAFARICOM) -> list[Person]:
        """Let new people call at an even pace, however long the answers take; returns when the last has called."""
        begun, called = time.monotonic(), []
        for number in range(round(a_second * seconds)):
            await asyncio.sleep(max(0.0, begun + number / a_second - time.monotonic()))
            called.append(self._call(network))
        await asyncio.gather(*(task for _, task in called))
        return [person for person, _ in called]

    async def wait_for_the_end(self, people: list[Person], *, within_s: float) -> None:
        """Wait until all who agreed have been told, or the time is over."""
        waiting = [asyncio.create_task(one.is_told.wait()) for one in people if one.agreed_at]
        if waiting:
            _, others = await asyncio.wait(waiting, timeout=within_s)
            for other in others:
                other.cancel()

    def _call(self, network: int) -> tuple[Person, asyncio.Task[None]]:
        person = Person(f"+254{next(self._numbers[network])}")
        self.everybody[person.msisdn] = person
        task = asyncio.create_task(self._dial(person))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        return person, task

    async def _dial(self, person: Person) -> None:
        await self._hop(person, "50")
        if person.shown.startswith("CON"):
            person.agreed_at = time.monotonic()
            await self._hop(person, "50*1")

    async def _hop(self, person: Person, text: str) -> None:
        form = {
            "sessionId": f"ATUid_{person.msisdn}",
            "phoneNumber": person.msisdn,
            "networkCode": "63902",
            "serviceCode": "*384*55#",
            "text": text,
        }
        person.shown = (await self.web.post(self.path, urlencode(form).encode(), content_type=_FORM)).decode()


def waits_of(people: list[Person]) -> dict[str, float | int]:
    """How many called, agreed and were told, and how long they waited: the median and 99 of 100, seconds."""
    waited = sorted(wait for one in people if (wait := one.waited_s) is not None)
    return {
        "called": len(people),
        "agreed": sum(one.shown.startswith("END") and one.agreed_at is not None for one in people),
        "told": len(waited),
        "p50_s": round(statistics.median(waited), 3) if waited else float("nan"),
        "p99_s": round(waited[min(len(waited) - 1, int(len(waited) * 0.99))], 3) if waited else float("nan"),
    }
