"""What was measured: figures, each with its runs, as a table for people and as JSON for machines."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measurement. `value` is the median of `runs`; `wanted` is what it should be, in words for the table.

    `is_reached` is None where nothing was wanted.
    """

    name: str
    runs: Sequence[float]
    unit: str = "x"
    wanted: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def value(self) -> float:
        """The median of the runs."""
        return statistics.median(self.runs)

    @property
    def is_reached(self) -> bool | None:
        """Whether the figure is what it should be."""
        if self.least is None and self.most is None:
            return None
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)


def ratios(ours: Sequence[float], others: Sequence[float]) -> list[float]:
    """Ours over theirs, run by run: those of one round were made one after the other, under the same weather."""
    return [one / other for one, other in zip(ours, others, strict=True)]


def table(figures: Sequence[Figure]) -> str:
    """A line a figure: its median, the spread of its runs, and whether it is what was wanted."""
    rows = [("figure", "median", "runs", "wanted", "")]
    rows += [
        (
            figure.name,
            f"{figure.value:,.2f} {figure.unit}",
            f"{min(figure.runs):,.2f} to {max(figure.runs):,.2f} ({len(figure.runs)})",
            figure.wanted,
            {None: "", True: "yes", False: "NOT REACHED"}[figure.is_reached],
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def write(path: Path, figures: Sequence[Figure], more: dict[str, Any]) -> None:
    """`latest.json`: a key a figure with its value, unit and runs, and `more` besides."""
    found: dict[str, Any] = {
        figure.name: {"value": figure.value, "unit": figure.unit, "runs": list(figure.runs), "wanted": figure.wanted}
        for figure in figures
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**found, **more}, indent=1) + "\n")
