"""How quickly a packet gateway is told whether a phone may pass: `POST /gate/verify`, mostly from what is cached."""

import re
import shutil
import subprocess
from pathlib import Path

from bench.calls import LostCalls, NoWrk
from bench.figures import Figure
from bench.servers import SECRET, Server, serving
from bench.stage import Stage

# As many questions at once as a gateway's worker threads might have.
_CONNECTIONS = 8

_SCRIPT = Path(__file__).resolve().with_name("gate.lua")
_P99 = re.compile(r"^\s+99%\s+([\d.]+)(us|ms|s)$", re.MULTILINE)
_RATE = re.compile(r"^Requests/sec:\s+([\d.]+)$", re.MULTILINE)
_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def measure(stage: Stage, *, rounds: int, seconds: float) -> list[Figure]:
    """The 99th percentile of an answer, and answers a second, as fast as eight connections go.

    Raises LostCalls when one was not answered, or was refused.
    """
    with serving(["ours"], stage) as servers:
        _ask(servers["ours"], seconds=seconds)  # Warms up: every number's line has been read once then.
        runs = [_ask(servers["ours"], seconds=seconds) for _ in range(rounds)]
    p99s, rates = zip(*runs, strict=True)
    return [
        Figure(name="gate_verify_p99_ms", runs=p99s, unit="ms"),
        Figure(name="gate_verify_per_s", runs=rates, unit="/s"),
    ]


def _ask(server: Server, *, seconds: float) -> tuple[float, float]:
    if shutil.which("wrk") is None:
        raise NoWrk
    command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds:g}s", "--latency", "-s", str(_SCRIPT), server.url]
    said = subprocess.run([*command, "--", f"/gate/{SECRET}/verify"], check=True, capture_output=True, text=True).stdout
    p99, rate = _P99.search(said), _RATE.search(said)
    if p99 is None or rate is None or "GATE lost=0\n" not in said:
        raise LostCalls(said)
    return float(p99[1]) * _MS[p99[2]], float(rate[1])
