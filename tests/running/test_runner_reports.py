"""The reports and last lines of real test runners (docs/test-runners.md): counts, names, and base's answer.

Belongs here: what is made of each fixture of `junit_cases`. Does not: hostile files (see `test_junit`), or how a report
is found (see the tests of `workflow.verify`).
"""

from __future__ import annotations

import io
import re

import pytest

from agentledger.model.evidence import AgainstBase, JUnit, compare_with_base, has_passed
from agentledger.model.ledger import Check
from agentledger.running.junit import Unreadable, read_junit
from agentledger.running.runner_counts import count_tests
from agentledger.running.tests_tally import Tally
from agentledger.workflow.verify.base_answer import Answer, compare_results
from agentledger.workflow.verify.one_check import Seen
from checkout import ROOT
from junit_cases import CASES, FIXTURES, RunnerCase

READABLE = [case for case in CASES if case.is_xml]
# Red, and nothing in the report says which test it was. Of the last two the report lists only other failures.
SILENT = (
    *(
        "jest-broken",
        "vitest-unhandled",
        "node-after-hook",
        "playwright-broken",
        "bun-broken",
        "gtest-teardown",
    ),
    *("gtest-repeat", "ctest-missing", "rspec-broken", "pytest-nothing", "gotestsum-broken"),
)


def each(cases: list[RunnerCase] | tuple[RunnerCase, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def read(case: RunnerCase) -> JUnit:
    tally = Tally()
    read_junit(io.BytesIO((FIXTURES / f"{case.name}.xml").read_bytes()), tally)
    return tally.counts(red=case.exit_code != 0)


def seen(case: RunnerCase) -> Seen:
    check = Check(name="test", run="run-tests", junit="out.xml")
    return Seen(check=check, exit_code=case.exit_code, started_at=0, junit=read(case))


@each(READABLE)
def test_a_report_is_counted_as_its_runner_means_it(case: RunnerCase) -> None:
    report = read(case)
    assert (report.tests, report.failures, report.errors, report.skipped) == (
        *(case.tests, case.failures, case.errors, case.skipped),
    )
    assert (report.flaky, report.risky, report.pending) == (case.flaky, case.risky, case.pending)
    assert report.failed == tuple(sorted(case.failed))


def test_two_tests_of_one_name_that_both_fail_have_a_name_each() -> None:
    suite = '<testsuite name="s"><testcase name="holds"><failure/></testcase></testsuite>'
    tally = Tally()
    read_junit(io.BytesIO(f"<testsuites>{suite * 2}</testsuites>".encode()), tally)
    report = tally.counts(red=True)
    assert (report.tests, report.failures, report.unnamed) == (2, 2, 0)
    assert report.failed == ("s::holds", "s::holds #2")


def test_another_file_with_the_same_suite_is_a_later_try() -> None:
    tally = Tally()
    for end in ("<failure/>", ""):
        one = Tally()
        content = f'<testsuites><testsuite name="s"><testcase name="holds">{end}</testcase></testsuite></testsuites>'
        read_junit(io.BytesIO(content.encode()), one)
        tally.merge(one)
    assert (tally.counts().tests, tally.counts().flaky) == (1, 1)


@each([case for case in CASES if not case.is_xml])
def test_a_report_with_a_control_character_is_refused(case: RunnerCase) -> None:
    with pytest.raises(Unreadable, match="is no XML"):
        read(case)


@each([case for case in READABLE if case.exit_code == 0])
def test_a_green_run_passes_where_base_has_the_same_report(case: RunnerCase) -> None:
    here = seen(case)
    on_base = compare_results(here, Answer(0, here.junit), "base")
    assert has_passed(0, None, here.junit, on_base)


@each([case for case in READABLE if case.exit_code == 0 and case.failed])
def test_a_green_run_with_failures_in_its_report_fails_where_base_has_none(case: RunnerCase) -> None:
    here = seen(case)
    on_base = compare_results(here, Answer(0, JUnit(tests=case.tests)), "base")
    assert not has_passed(0, None, here.junit, on_base)


@each([case for case in READABLE if case.exit_code])
def test_a_red_run_fails_on_base_too_only_where_its_report_names_what_failed(case: RunnerCase) -> None:
    here = seen(case)
    on_base = compare_results(here, Answer(case.exit_code, here.junit), "base")
    assert not has_passed(case.exit_code, None, here.junit, on_base)
    same = compare_with_base(case.exit_code, on_base) is AgainstBase.SAME
    assert same == (case.name not in SILENT)


@each(CASES)
def test_the_last_lines_give_the_counts(case: RunnerCase) -> None:
    counts = count_tests(case.last)
    assert (counts and (counts.tests, counts.failed, counts.skipped)) == case.counted


def test_every_report_has_a_row_and_the_project_that_it_came_from() -> None:
    names = sorted(case.name for case in CASES)
    assert names == sorted(path.stem for path in FIXTURES.glob("*.xml"))
    assert names == sorted(path.stem for path in FIXTURES.glob("*.run"))


@each(CASES)
def test_the_page_about_runners_has_the_version_that_was_run(case: RunnerCase) -> None:
    page = (ROOT / "docs/test-runners.md").read_text("utf-8")
    for version in re.findall(r"\d+\.\d+\S*", case.runner):
        assert version in page, f"docs/test-runners.md: no {case.runner}"
