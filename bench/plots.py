"""`python -m bench.plots`: draw what the last measurement found into docs/pictures, as SVG."""

import subprocess
import sys

from bench import installs
from bench.stage import FOLDER, PROJECT


def main() -> int:
    """The exit code: 0 when the plots are drawn."""
    if failed := installs.install(["plots"]):
        print(f"There is no matplotlib: {failed['plots']}", file=sys.stderr)
        return 1
    draw = PROJECT / "bench" / "peers" / "plots" / "draw.py"
    command = [str(installs.python_of("plots")), str(draw), str(FOLDER / "latest.json"), str(PROJECT / "docs/pictures")]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
