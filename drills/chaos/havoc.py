"""What befalls the installation: killed processes, a flushed Redis, a PostgreSQL that restarts, a world of faults.

Everything is done by the thread that opened the city, because the kernel ends a process when the thread that started
it ends.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from drills.chaos.mischief import draw_rules
from tests.city import WORKERS, City

# How often each thing happens, in seconds on the average.
_EVERY_S = {"faults": 2.0, "kill": 6.0, "flush": 8.0, "hold up": 12.0, "restart": 15.0}
_MORTAL = (*WORKERS, "web", "clock")
_DEAD_FOR_S = (0.1, 2.0)
_HELD_UP_FOR_S = (1.0, 8.0)


@dataclass(slots=True)
class Havoc:
    """Havoc by the dice of a seed. `counts` says what was done so far."""

    city: City
    dice: Random
    counts: Counter[str] = field(default_factory=Counter)
    _next: dict[str, float] = field(default_factory=dict)
    _returns: dict[str, float] = field(default_factory=dict)
    _wakes: dict[str, float] = field(default_factory=dict)

    def step(self) -> None:
        """Do what is due now."""
        now = time.monotonic()
        self._let_return(name for name, at in list(self._returns.items()) if at <= now)
        self._let_go_on(name for name, at in list(self._wakes.items()) if at <= now)
        for what, every_s in _EVERY_S.items():
            due = self._next.setdefault(what, now + self.dice.expovariate(1 / every_s))
            if due <= now:
                self._deeds[what]()
                self._next[what] = time.monotonic() + self.dice.expovariate(1 / every_s)

    def end(self) -> None:
        """Let everything heal: no faults, and every process up and awake."""
        self.city.faults.clear()
        self._let_go_on(list(self._wakes))
        self._let_return(list(self._returns))

    @property
    def _deeds(self) -> dict[str, Callable[[], None]]:
        return {
            "faults": self._change_the_weather,
            "kill": self._kill,
            "flush": self._flush,
            "hold up": self._hold_up,
            "restart": self._restart,
        }

    def _change_the_weather(self) -> None:
        self.city.outside.put("/faults", {"seed": self.dice.randrange(10**6), "rules": draw_rules(self.dice)})

    def _kill(self) -> None:
        alive = [name for name in _MORTAL if name not in self._returns]
        if alive:
            name = self.dice.choice(alive)
            self._wakes.pop(name, None)
            self.city.kill(name)
            self._returns[name] = time.monotonic() + self.dice.uniform(*_DEAD_FOR_S)
            self.counts[f"killed {name}"] += 1

    def _flush(self) -> None:
        self.city.flush_redis()
        self.counts["flushed redis"] += 1

    def _hold_up(self) -> None:
        """Stop a process in the midst of what it does, for longer than others wait for it, and let it go on."""
        awake = [name for name in (*WORKERS, "clock") if name not in self._returns and name not in self._wakes]
        if awake:
            name = self.dice.choice(awake)
            self.city.signal(name, signal.SIGSTOP)
            self._wakes[name] = time.monotonic() + self.dice.uniform(*_HELD_UP_FOR_S)
            self.counts[f"held up {name}"] += 1

    def _restart(self) -> None:
        at_once = self.dice.random() < 0.5
        if at_once:
            os.kill(self.city.services.postgres.pid, signal.SIGQUIT)
        self.city.restart_postgres()
        self.counts["stopped postgres at once" if at_once else "restarted postgres"] += 1

    def _let_return(self, names: Iterable[str]) -> None:
        for name in names:
            self.city.start(name)
            del self._returns[name]

    def _let_go_on(self, names: Iterable[str]) -> None:
        for name in names:
            self.city.signal(name, signal.SIGCONT)
            del self._wakes[name]
