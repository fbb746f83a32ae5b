"""The table that a drill ends with."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from drills.chaos.evidence import OrderKept
from drills.chaos.judge import ENDS, Finding, Wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a drill did and found. `repaying` top-ups repaid an advance.

    `faults` are those of the world that befell something, by operation and kind.
    """

    seed: int
    credit_by: str
    seconds: float
    orders: Sequence[OrderKept]
    repaying: int
    decisions: int
    havoc: Counter[str]
    faults: Mapping[str, Mapping[str, int]]
    findings: Sequence[Finding]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def lines(self) -> Iterator[str]:
        """The table, in Markdown."""
        yield f"| chaos, seed {self.seed} | |"
        yield "|---|---|"
        for name, value in self._rows():
            yield f"| {name} | {value} |"

    def _rows(self) -> Iterator[tuple[str, object]]:
        placed = [order for order in self.orders if order.kind != "stray"]
        yield "orders placed", f"{len(placed)} (credited by {self.credit_by}), in {self.seconds:.0f} s"
        yield "of these: ways", _by_name(Counter(_way_of(order) for order in placed))
        yield "top-ups that repaid an advance", self.repaying
        yield "orders ended", _by_name(Counter(order.state for order in self.orders if order.state in ENDS))
        yield "payments that belonged to no order", len(self.orders) - len(placed)
        yield "decided by a person", self.decisions
        yield "processes killed (SIGKILL)", self._done("killed ")
        yield "processes held up (SIGSTOP, SIGCONT)", self._done("held up ")
        yield "Redis flushed", self.havoc.get("flushed redis", 0)
        yield "PostgreSQL restarted", self.havoc.get("restarted postgres", 0)
        yield "PostgreSQL stopped at once", self.havoc.get("stopped postgres at once", 0)
        kinds: Counter[str] = Counter()
        for by_kind in self.faults.values():
            kinds.update(by_kind)
        yield "faults of the world", kinds.total()
        for kind, times in sorted(kinds.items()):
            yield f"&nbsp;&nbsp;{kind}", times
        wrong = Counter(finding.wrong for finding in self.findings)
        for each in Wrong:
            yield f"**{each.value}**", f"**{wrong[each]}**"

    def _done(self, what: str) -> str:
        return _by_name({name.removeprefix(what): times for name, times in self.havoc.items() if name.startswith(what)})


def _way_of(order: OrderKept) -> str:
    kind = "auto" if order.standing_id else order.kind
    if order.line == order.asked_by:
        return kind
    return f"{kind.removeprefix('topup')} for another line".strip()


def _by_name(counted: Mapping[str, int]) -> str:
    return f"{sum(counted.values())} ({', '.join(f'{name} {times}' for name, times in sorted(counted.items()))})"
