"""What real runners report (docs/test-runners.md), on a branch and on its base: failed, or as on base.

Belongs here: runs whose report and exit code disagree, through `agentledger verify`. Does not: the reports of all
runners (see `running.test_runner_reports`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from junit_cases import CASES, FIXTURES
from sides import Sides, report

RUNS = {case.name: (case.exit_code, FIXTURES / f"{case.name}.xml") for case in CASES}


def end_of(name: str) -> tuple[int, str]:
    code, path = RUNS[name]
    return code, path.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("node-todo", "4 tests, 0 failed, 3 skipped"),
        ("catch2-mayfail", "3 tests, 0 failed, 2 skipped"),
        ("phpunit-risky", "4 tests, 0 failed, 2 skipped, 1 risky"),
        ("cucumber-pending", "2 tests, 0 failed, 1 pending"),
        ("gotestsum-rerun", "2 tests, 0 failed, 1 flaky (passed in a later try)"),
        ("doctest-mayfail", "4 tests, 3 failed, its report lists 3 failures, as on base"),
    ],
)
def test_a_green_run_with_a_failure_in_its_report_passes_as_on_base(
    tmp_path: Path, name: str, words: str
) -> None:
    desk = Sides(tmp_path, end_of(name), end_of(name))
    said = desk.said()
    assert said.out.startswith("test  passed, ")
    assert words in said.out


BY_CODE, UNLIKE = (
    "fails on base, too (by exit code alone; nothing says that the same tests fail)",
    "is not comparable",
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        *(
            (name, BY_CODE)
            for name in ("jest-broken", "playwright-broken", "ctest-missing", "node-after-hook")
        ),
        ("vitest-unhandled", BY_CODE),
        # A failure without a name, and a report that is no XML.
        ("gotestsum-broken", UNLIKE),
        ("node-control", UNLIKE),
    ],
)
def test_of_a_red_run_whose_report_does_not_say_why_only_the_exit_code_is_known(
    tmp_path: Path, name: str, words: str
) -> None:
    desk = Sides(tmp_path, end_of(name), end_of(name))
    out = desk.said().out
    assert words in out
    assert "in the same tests" not in out


def test_a_branch_that_breaks_a_file_is_not_excused_by_a_test_that_fails_on_base(tmp_path: Path) -> None:
    code, _ = end_of("jest-broken")
    desk = Sides(tmp_path, (code, report("a", passed=3)), end_of("jest-broken"))
    assert "fails on base, too" not in desk.said().out
