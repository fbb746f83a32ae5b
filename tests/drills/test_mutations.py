"""The table of broken guards against the tree: a row whose text is gone breaks nothing, and would not be noticed."""

from collections import Counter
from pathlib import Path

import pytest

from drills.mutations.mutation import Mutation
from drills.mutations.table import MUTATIONS

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.what)
def test_what_a_row_changes_stands_there_once(mutation: Mutation) -> None:
    source = (PROJECT / mutation.file).read_text(encoding="utf-8")
    assert source.count(mutation.old) == 1
    assert mutation.old != mutation.new
    assert all((PROJECT / test.partition("::")[0]).exists() for test in mutation.tests)


def test_no_two_rows_break_the_same_guard() -> None:
    assert [what for what, count in Counter(mutation.what for mutation in MUTATIONS).items() if count > 1] == []
