"""Calls of four hops, made by wrk, and by hand to see that a system says what it should."""

import re
import shutil
import subprocess
import urllib.parse
import urllib.request
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.servers import Server

CONNECTIONS = 32

_SCRIPT = Path(__file__).resolve().with_name("calls.lua")
_SAID = re.compile(r"^CALLS (.*)$", re.MULTILINE)

# What every system says at the four hops, in this order, whatever else is on the screen.
_SAYS = ("Line suspended. You owe KES 50.00.", "How much?", "Who pays?", "M-PESA of")

# Runs have numbers and sessions of their own.
_runs = count(1)


class NoWrk(RuntimeError):
    """There is no wrk on PATH: `apt-get install wrk`."""


class SaysSomethingElse(RuntimeError):
    """A system does not serve the four hops."""


class LostCalls(RuntimeError):
    """Hops were answered wrongly or not at all, so that how fast they were means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of wrk saw. Latencies in milliseconds, from when a hop was due.

    `cpu_us` is what a hop takes of a processor in the system's own processes, without Redis and PostgreSQL. It is the
    steadier measure where others use the machine too.
    """

    hops_per_s: float
    cpu_us: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    p999_ms: float


def run(server: Server, *, seconds: float, rate: float = 0.0) -> Run:
    """Load a system for some seconds: as fast as 32 connections go, or at `rate` hops a second.

    Raises LostCalls when a single hop was not answered with a screen.
    """
    if shutil.which("wrk") is None:
        raise NoWrk
    first = next(_runs) * 137_911
    command = ["wrk", f"-t{CONNECTIONS}", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--timeout", "30s", "-s", str(_SCRIPT)]
    before_s = server.cpu_s()
    done = subprocess.run(
        [*command, server.url, "--", server.path, str(first), f"{rate:g}"], check=True, capture_output=True, text=True
    )
    spent_s = server.cpu_s() - before_s
    found = _SAID.search(done.stdout)
    if found is None:
        raise LostCalls(done.stdout + done.stderr)
    said = {name: float(value) for name, _, value in (part.partition("=") for part in found[1].split())}
    if said["wrong"] or said["lost"] or not said["right"]:
        raise LostCalls(f"{server.name}: {found[0]}")
    return Run(
        hops_per_s=said["right"] / said["seconds"],
        cpu_us=spent_s / said["right"] * 1e6,
        p50_ms=said["p50"],
        p90_ms=said["p90"],
        p99_ms=said["p99"],
        p999_ms=said["p999"],
    )


def check(server: Server) -> None:
    """Make one call by hand. Raises SaysSomethingElse unless each of its screens is the one that is meant."""
    number = next(_runs)
    for text, meant in zip(("", "1", "1*1", "1*1*1"), _SAYS, strict=True):
        screen = _hop(server, number, text)
        if not screen.startswith("CON ") or (meant not in screen and server.name != "floor"):
            raise SaysSomethingElse(f"{server.name} says {screen!r} to {text!r}")


def _hop(server: Server, number: int, text: str) -> str:
    form = {
        "sessionId": f"ATUid_check_{number}",
        "phoneNumber": f"+2547210{number:05}",
        "networkCode": "63902",
        "serviceCode": "*384*55#",
        "text": text,
    }
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(server.url + server.path, data=body, timeout=10) as answer:  # noqa: S310  Ours.
        return str(answer.read().decode())
