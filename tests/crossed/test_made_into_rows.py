"""A test that became a table of rows: what base's version asked for may be asked for by any of them."""

from __future__ import annotations

import pytest

from agentledger.crossed.texts import Texts
from agentledger.crossed.words import FourRuns, word_tests
from agentledger.model.integrity import Word
from agentledger.running.named_results import TestRun, read_run

FILE, OTHER = "tests/test_pots.py", "tests/test_kettles.py"
ENDS = {
    "p": "",
    "f": "<failure message='AssertionError'/>",
    "n": "<failure message='TypeError: pour() got an unexpected keyword argument'/>",
}
OLD = "def test_pours():\n    assert pour(1) == 1\n    assert pour(2) == 2\n"
NEW = "@pytest.mark.parametrize('cups', [(1, 1), (2, 3)])\ndef test_pours(cups):\n    assert pour(cups[0]) == cups[1]\n"


def run(ends: str, place: str = "tests.test_pots") -> TestRun:
    """`x:p x[1]:f`: tests of one file and how they end."""
    cases = (each.split(":") for each in f"{ends} test_other:p".split())
    lines = (f"<testcase classname='{place}' name='{name}'>{ENDS[end]}</testcase>" for name, end in cases)
    return read_run([f"<testsuite>{''.join(lines)}</testsuite>".encode()], (FILE, OTHER))


@pytest.mark.parametrize(
    ("on_base", "word"),
    [
        ("test_pours[a]:p test_pours[b]:p", Word.LOOSENED),
        ("test_pours[a]:p test_pours[b]:f", Word.CHANGED_GUARD),
        ("test_pours[a]:f test_pours[b]:p", Word.CHANGED_GUARD),
        ("test_pours[a]:p test_pours[b]:n", Word.CHANGED_GUARD_NEW_INTERFACE),
        ("test_pours[a]:p", None),
    ],
)
def test_a_test_that_became_rows_is_loosened_only_where_none_of_them_asks_for_more(
    on_base: str, word: Word | None
) -> None:
    branch, c = run("test_pours[a]:p test_pours[b]:p"), run("test_pours:f")
    told = word_tests(
        FourRuns(run("test_pours:p"), branch, c, run(on_base)), Texts({FILE: OLD}), Texts({FILE: NEW})
    )
    assert [each.word for each in told.words] == ([word] if word else [])
    assert told.unknown == (0 if word else 1)


def test_rows_of_one_name_in_another_file_are_one_candidate() -> None:
    branch = run("test_pours[a]:p test_pours[b]:p", "tests.test_kettles")
    told = word_tests(
        FourRuns(run("test_pours:p"), branch, run("test_pours:p"), branch),
        Texts({FILE: OLD}),
        Texts({OTHER: NEW}),
    )
    assert [(each.test, each.word) for each in told.words if "test_pours" in each.test] == []
