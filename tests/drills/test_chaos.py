"""The chaos drill itself, as large as CI has time for. `make chaos` does it in earnest (docs/reliability.md)."""

from pathlib import Path

import pytest

from drills.chaos.run import Drill, Options


@pytest.mark.slow
def test_under_chaos_no_money_is_lost_or_moves_twice_and_nobody_is_told_an_untruth(tmp_path: Path) -> None:
    said: list[str] = []
    report = Drill(Options(orders=24, seconds=12, seed=1, schedule_scale=0.002), tmp_path, said.append).run()
    assert report.is_clean, "\n".join([*report.lines(), *said])
    assert report.havoc.total() > 3, report.havoc
