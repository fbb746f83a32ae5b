"""`python -m drills.mutations [WORD ...]`: break each guard in turn, and print as a table who noticed."""

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from drills.mutations.mutation import Mutation
from drills.mutations.table import MUTATIONS

ROOT = Path(__file__).resolve().parent.parent.parent
_LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", ".hypothesis")
_AT_ONCE = 2
_WITHIN_S = 900


class NotInTime(Exception):
    """The tests that ought to notice have not ended."""


def caught_by(mutation: Mutation) -> str | None:
    """The test that notices the mutation; None when none does. Raises NotInTime.

    Raises ValueError when the text to change is not there.
    """
    with tempfile.TemporaryDirectory(prefix="redial-mutation-") as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=_LEFT_BEHIND)
        changed = copy / mutation.file
        source = changed.read_text(encoding="utf-8")
        if mutation.old not in source:
            raise ValueError(f"{mutation.file} no longer has what {mutation.what!r} changes")
        changed.write_text(source.replace(mutation.old, mutation.new, 1), encoding="utf-8")
        return next((found for test in mutation.tests if (found := _first_failure(copy, test))), None)


def _first_failure(copy: Path, test: str) -> str | None:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    try:
        ran = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=_WITHIN_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotInTime from error
    if ran.returncode == 0:
        return None
    lines = [line.split(" - ")[0] for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return lines[0].partition(" ")[2] if lines else test


def main() -> int:
    """Try every mutation, and print who noticed it as soon as it is known. Arguments choose by a word of the text."""
    words = sys.argv[1:]
    chosen = [mutation for mutation in MUTATIONS if not words or any(word in mutation.what for word in words)]
    missed = 0
    sys.stdout.write("| the guard that was broken | noticed by |\n|---|---|\n")
    with ThreadPoolExecutor(_AT_ONCE) as hands:
        for mutation, noticed in [(mutation, hands.submit(_noticed, mutation)) for mutation in chosen]:
            is_noticed, words_for_it = noticed.result()
            missed += not is_noticed
            sys.stdout.write(f"| {mutation.what} | {words_for_it} |\n")
            sys.stdout.flush()
    return 1 if missed else 0


def _noticed(mutation: Mutation) -> tuple[bool, str]:
    try:
        test = caught_by(mutation)
    except NotInTime:
        return False, f"not within {_WITHIN_S // 60} minutes"
    return test is not None, f"`{test}`" if test else "**nobody**"


if __name__ == "__main__":
    sys.exit(main())
