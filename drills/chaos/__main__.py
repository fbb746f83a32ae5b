"""`python -m drills.chaos`: do a drill, print its table, and exit non-zero unless nothing is wrong."""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from drills.chaos.run import Drill, Options


def main() -> int:
    """The exit code: 0 when no money was lost or moved twice, nobody was told an untruth, and every order ended."""
    given = _arguments()
    began = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {words}", file=sys.stderr, flush=True)

    options = Options(
        orders=given.orders,
        seconds=given.seconds if given.seconds is not None else max(20.0, given.orders / given.pace),
        seed=given.seed if given.seed is not None else random.SystemRandom().randrange(10**6),
        credit_by=given.credit_by,
    )
    folder = given.folder or Path(tempfile.mkdtemp(prefix="redial-chaos-"))
    say(f"seed {options.seed}; the logs are in {folder}")
    report = Drill(options, folder, say).run()
    print("\n".join(report.lines()))
    return 0 if report.is_clean else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drills.chaos", description=__doc__)
    parser.add_argument("--orders", type=int, default=200, help="how many orders to place (default: 200)")
    parser.add_argument("--seconds", type=float, help="over how many seconds (default: by the pace)")
    parser.add_argument("--pace", type=float, default=8.0, help="orders a second (default: 8)")
    parser.add_argument("--seed", type=int, help="the seed of every choice (default: drawn)")
    parser.add_argument("--credit-by", choices=("ucip", "airtime"), default="ucip", help="how lines are credited")
    parser.add_argument("--folder", type=Path, help="where data and logs go (default: a temporary folder)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
