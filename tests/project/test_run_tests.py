"""`scripts/run-tests`: which arguments go to both of its runs, and how it ends."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import subprocess
import sys
from types import ModuleType

import pytest

from checkout import ROOT

PROGRAM = ROOT / "scripts" / "run-tests"


@pytest.fixture
def program() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("run_tests", str(PROGRAM))
    spec = importlib.util.spec_from_loader("run_tests", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("given", "marks", "rest"),
    [
        ([], "", []),
        (["-v", "-m", "slow", "tests/git"], "slow", ["-v", "tests/git"]),
        (["-mslow or browser", "-x"], "slow or browser", ["-x"]),
        (["-m", "slow", "-m", "browser"], "browser", []),
        (["--maxfail=1", "--mock"], "", ["--maxfail=1", "--mock"]),
    ],
)
def test_a_marker_expression_is_taken_out_of_the_arguments(
    program: ModuleType, given: list[str], marks: str, rest: list[str]
) -> None:
    assert program.split(given) == (marks, rest)


@pytest.mark.parametrize(
    ("codes", "ends"),
    [((0, 0), 0), ((0, 5), 0), ((5, 0), 0), ((5, 5), 5), ((1, 5), 1), ((5, 1), 1), ((0, 1), 1)],
)
def test_one_run_may_have_nothing_to_do_and_both_may_not(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch, codes: tuple[int, int], ends: int
) -> None:
    seen: list[tuple[str, list[str]]] = []

    def ran(marks: str, arguments: list[str]) -> int:
        seen.append((marks, arguments))
        return codes[len(seen) - 1]

    monkeypatch.setattr(program, "run", ran)
    assert program.main(["-m", "slow", "-k", "x"]) == ends
    assert seen == [
        ("(slow) and not alone", ["-n", "auto", "-k", "x"]),
        ("(slow) and alone", ["-k", "x"]),
    ]


@pytest.mark.slow
def test_the_tests_that_run_alone_stay_alone_whatever_is_asked_for() -> None:
    flags = [
        "--collect-only",
        "-m",
        "alone or versions",
        "-p",
        "no:cacheprovider",
        "tests/git/test_races.py",
        "tests/site/test_rebuild_loop.py",
    ]
    done = subprocess.run(
        [sys.executable, PROGRAM, *flags], cwd=ROOT, capture_output=True, text=True, check=False
    )
    first, _, second = done.stdout.partition("tests: (alone or versions) and alone")
    assert "tests/git/test_races.py" in first
    assert "test_rebuild_loop" not in first
    assert "test_rebuild_loop" in second
    assert "tests/git/test_races.py" not in second
