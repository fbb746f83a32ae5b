"""How much Python a hop is, counted in calls beside the floor's: a guard that the speed of a machine cannot fool."""

import json
import subprocess
import sys
from pathlib import Path

from tests.surroundings import environment

PROJECT = Path(__file__).resolve().parents[2]

# What each hop may be of a bare Flask view with one Redis GET and one SET: a little more than what it is. Who makes a
# hop dearer sees it here; who makes it cheaper lowers the figure.
AT_MOST = {"dial": 1.38, "first key": 0.9, "second key": 0.89, "third key": 0.95}


def test_a_key_is_less_python_than_a_bare_view_and_a_dial_a_little_more(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    # Nobody answers for the line: reading it is the work of another thread, and is not counted.
    where = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "UCIP_URL": "http://127.0.0.1:9"}
    env = environment(folder=tmp_path, project=PROJECT, settings={**where, "LOG_JSON": "true"})
    Path(env["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "bench.calls_made"]
    said = subprocess.run(command, env=env, check=True, capture_output=True, text=True, timeout=60).stdout
    calls = json.loads(said.splitlines()[-1])
    ratios = {hop: calls[hop] / calls["floor"] for hop in AT_MOST}
    assert {hop: ratio for hop, ratio in ratios.items() if ratio > AT_MOST[hop]} == {}, calls
