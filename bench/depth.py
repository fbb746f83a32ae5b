"""`python -m bench.depth ROUNDS CALLS`: what the hops of long calls cost, within one process, as JSON.

Calls of twenty keys are made. Every other key is the same (on to the amounts, back home), so that nothing differs
between an early and a late one but how much was typed before. The settings are the environment's.
"""

import json
import os
import statistics
import sys
import time

from app import create_app
from bench.phone import answered, hop_environ

DEPTH = 20

_TEXTS = ["*".join("10"[key % 2] for key in range(depth)) for depth in range(DEPTH + 1)]


class Phone:
    """Makes calls of twenty keys."""

    def __init__(self) -> None:
        self._app = create_app()
        self._path = f"/ussd/africastalking/{os.environ['GATEWAY_SECRET']}"
        self._made = 0

    def calls(self, count: int) -> list[float]:
        """The microseconds that each hop took, from the dial on: the median of `count` calls."""
        made = [self._call() for _ in range(count)]
        return [statistics.median(took) for took in zip(*made, strict=True)]

    def _call(self) -> list[float]:
        self._made += 1
        return [self._hop(text) for text in _TEXTS]

    def _hop(self, text: str) -> float:
        number = f"+2547{12_000_000 + self._made % 1000}"
        environ = hop_environ(self._path, session=f"ATUid_depth_{self._made}", msisdn=number, text=text)
        began = time.perf_counter_ns()
        screen = answered(self._app, environ)
        took_ns = time.perf_counter_ns() - began
        assert screen.startswith("CON "), screen
        return took_ns / 1000


def main(rounds: int, count: int) -> None:
    """Print a list for each round: the microseconds of each hop."""
    phone = Phone()
    phone.calls(count // 4 + 1)
    print(json.dumps([phone.calls(count) for _ in range(rounds)]))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
