"""docs/enforcement.md: every case has its row, and every test that a row names is there.

Belongs here: names and numbers. Does not: whether those tests pass.
"""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from checkout import ROOT
from honest_cases import CASES

HERE = ROOT / "tests"
TEXT = (ROOT / "docs/enforcement.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")]
        for line in TEXT.splitlines() if re.match(r"\| \d+ \|", line)]  # fmt: skip
# Those that only a server can stop: deletions, tags and notes, replacements, lost check-ins, zero ids.
FOR_A_SERVER = {24, 28, 30, 32, 33}
NAMED = re.compile(r"`([\w/]*test_\w+\.py)::(test_\w+)(?:\[([^\]`]+)\])?`")


@cache
def there(file: str) -> dict[str, set[str]]:
    """The test functions of a file, each with the names and words that its parameters are made of."""
    module = ast.parse((HERE / file).read_text())
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    return {
        node.name: {word for decorator in node.decorator_list for word in words(decorator)}
        for node in functions
        if node.name.startswith("test_")
    }


def words(decorator: ast.expr) -> set[str]:
    found = {node.id for node in ast.walk(decorator) if isinstance(node, ast.Name)}
    constants = (node.value for node in ast.walk(decorator) if isinstance(node, ast.Constant))
    return found | {value for value in constants if isinstance(value, str)}


def test_every_case_has_one_row() -> None:
    assert [int(row[0]) for row in ROWS] == sorted(set(range(1, 56)) - FOR_A_SERVER)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_says_everything_and_names_tests_that_are_there(row: list[str]) -> None:
    assert len(row) == 5
    assert all(row)
    named = NAMED.findall(row[4])
    assert named
    assert NAMED.sub("", row[4]).strip(" ,") == ""
    for file, function, parameter in named:
        assert function in there(file), f"{file} has no {function}"
        assert not parameter or parameter in there(file)[function], f"{function} has no case {parameter}"


def test_what_is_named_besides_is_there_too() -> None:
    for file, function, _ in NAMED.findall(re.sub(r"(?m)^\|.*$", "", TEXT)):
        assert function in there(file)


def test_no_attack_is_without_a_row() -> None:
    listed = {(file, function) for file, function, _ in NAMED.findall(TEXT)}
    for file in ("changes", "history", "refs", "trees", "policy", "verdicts"):
        name = f"gates/test_bypass_{file}.py"
        assert {(name, function) for function in there(name)} <= listed


def test_what_honest_work_meets_is_what_the_cases_come_to() -> None:
    section = TEXT.partition("## What honest work meets\n")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| (.*) \| (.*) \|$", section)
    assert rows[1:] == [(case.name, case.outcome) for case in CASES]
