"""How much Python a hop is, counted in calls beside the floor's: a guard that the speed of a machine cannot fool."""

import json
import subprocess
import sys
from pathlib import Path

from bench.stage import process
from tests.surroundings import environment, free_port

PROJECT = Path(__file__).resolve().parents[2]

# What each hop may be of a bare Flask view with one Redis GET and one SET: a little more than what it is. Who makes a
# hop dearer sees it here; who makes it cheaper lowers the figure.
AT_MOST = {"dial": 2.06, "first key": 0.94, "second key": 0.93, "third key": 0.97}


def test_a_key_is_less_python_than_a_bare_view_and_a_dial_a_little_more(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    port = free_port()
    where = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "UCIP_URL": f"http://127.0.0.1:{port}/Air"}
    env = environment(folder=tmp_path, project=PROJECT, settings={**where, "LOG_JSON": "true"})
    Path(env["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)
    line, command = [sys.executable, "-m", "bench.line", str(port)], [sys.executable, "-m", "bench.calls_made"]
    with process("line", line, port=port, folder=tmp_path):
        said = subprocess.run(command, env=env, check=True, capture_output=True, text=True, timeout=60).stdout
    calls = json.loads(said.splitlines()[-1])
    ratios = {hop: calls[hop] / calls["floor"] for hop in AT_MOST}
    assert {hop: ratio for hop, ratio in ratios.items() if ratio > AT_MOST[hop]} == {}, calls
