"""What is read out of JUnit files: tests, how they ended, which failed; and what a hostile one cannot do."""

from __future__ import annotations

import io
import time
import tracemalloc
from dataclasses import replace

import pytest

from agentledger.model.evidence import JUnit
from agentledger.running import junit
from agentledger.running.junit import OtherDocument, Unreadable
from agentledger.running.tests_tally import Tally

PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="9">
<testcase classname="t" name="a" time="0.1" />
<testcase classname="t" name="b"><failure message="no">x</failure></testcase>
<testcase classname="t" name="c"><skipped type="pytest.skip" message="why" /></testcase>
<testcase classname="t" name="d"><error message="setup">x</error></testcase>
<testcase classname="t" name="e"><system-out>&lt;failure/&gt;</system-out></testcase>
</testsuite></testsuites>"""
NESTED = """<testsuites tests="99"><testsuite tests="3" failures="1"><testsuite tests="2" failures="1">
<testcase name="a"/><testcase name="b"><failure/><failure/><error/></testcase></testsuite>
<testcase name="c"/></testsuite></testsuites>"""
BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]><testsuite><testcase><failure>&j;</failure></testcase></testsuite>"
)
FILE = '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&x;"/></testsuite>'


def counts(*texts: str | bytes, red: bool = False) -> JUnit:
    """The tests of a report that has these files."""
    tally = Tally()
    for text in texts:
        part = Tally()
        junit.read_junit(io.BytesIO(text.encode() if isinstance(text, str) else text), part)
        tally.merge(part)
    return tally.counts(red)


def suite(*cases: str, attributes: str = 'name="s"') -> str:
    return f"<testsuites><testsuite {attributes}>{''.join(cases)}</testsuite></testsuites>"


def case(name: str, ends: str = "", attributes: str = 'classname="C"') -> str:
    return f'<testcase name="{name}" {attributes}>{ends}</testcase>'


def failing(*names: str, errors: int = 0, **rest: int) -> JUnit:
    """The counts of one test each, all of them failed."""
    total = len(names)
    known = JUnit(total, total - errors, errors, failed=tuple(sorted(names)), failed_total=total)
    return replace(known, **rest)  # type: ignore[arg-type]  # by key


FAILED = "<failure/>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PYTEST, JUnit(5, 1, 1, 1, ("t::b", "t::d"), 2)),
        (NESTED, JUnit(3, 0, 1, 0, ("b",), 1)),
        ("<testsuite/>", JUnit()),
        ("<testsuite><testcase/></testsuite>".encode("utf-16"), JUnit(1)),
    ],
)
def test_cases_are_counted_once_each(text: str | bytes, expected: JUnit) -> None:
    assert counts(text) == expected


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ([case("a", '<skipped type="todo"/><failure type="testCodeFailure"/>')], JUnit(1, skipped=1)),
        ([case("a", "<failure/><skipped/>")], JUnit(1, skipped=1)),
        ([case("a", attributes='classname="C" status="notrun" result="suppressed"')], JUnit(1, skipped=1)),
        ([case("a", attributes='classname="C" status="disabled"')], JUnit(1, skipped=1)),
        ([case("a", attributes='classname="C" status="run" result="completed"')], JUnit(1)),
        ([case("a", r'<error type="PHPUnit\Framework\RiskyTestError"/>')], JUnit(1, risky=1)),
        ([case("a", '<error type="RiskyTestError"/>')], failing("C::a", errors=1)),
        (
            [case("a", "<failure/><system-out>Given x...passed\nWhen y......pending\n</system-out>")],
            JUnit(1, pending=1),
        ),
        (
            [case("a", "<failure/><system-out>Given x....pending\nWhen y......failed\n</system-out>")],
            failing("C::a"),
        ),
        ([case("a", "<flakyFailure/>")], JUnit(1, flaky=1)),
        ([case("a", "<failure/><rerunFailure/>")], failing("C::a")),
        ([case("a", '<error type="TodoTestSucceeded"/>')], JUnit(1)),
    ],
    ids=[
        *("node's todo", "Catch2's mayfail", "googletest's disabled", "ctest's disabled", "one that ran"),
        *("PHPUnit's risky", "another risky", "cucumber's pending", "pending and failed"),
        *("Surefire's flaky", "Surefire's reruns", "prove's mended todo"),
    ],
)
def test_a_case_ends_as_its_runner_means_it(cases: list[str], expected: JUnit) -> None:
    assert counts(suite(*cases)) == expected


@pytest.mark.parametrize(
    ("tries", "expected"),
    [
        ([FAILED, ""], JUnit(1, flaky=1)),
        (["", FAILED], failing("C::a")),
        ([FAILED, FAILED], failing("C::a")),
        ([FAILED, "", ""], JUnit(1, flaky=1)),
        (["", ""], JUnit(1)),
        ([FAILED, "<skipped/>"], JUnit(1, skipped=1)),
    ],
)
def test_cases_of_one_name_are_tries_of_one_test_in_one_file_or_several(
    tries: list[str], expected: JUnit
) -> None:
    cases = [case("a", ends) for ends in tries]
    assert counts(suite(*cases)) == expected
    assert counts(*map(suite, cases)) == expected


@pytest.mark.parametrize("attribute", ["classname", "file", "id", "line"])
def test_what_another_place_has_is_another_test(attribute: str) -> None:
    cases = (f'<testcase name="a" {attribute}="{value}"/>' for value in "xy")
    assert counts(suite(*cases)).tests == 2


def test_where_the_run_failed_two_tests_of_one_name_are_no_tries() -> None:
    report = suite(case("works", FAILED), case("works"))
    assert counts(report, red=True) == failing("C::works")
    assert counts(report).flaky == 1
    other = suite(case("works", FAILED), case("works"), case("other", FAILED))
    assert counts(other, red=True) == failing("C::other", tests=2, flaky=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # gotestsum, where a package does not compile.
        (
            '<testsuites errors="1"><testsuite name="p" errors="0"><testcase name="a"/></testsuite></testsuites>',
            JUnit(1, 0, 1, failed_total=1, unnamed=1),
        ),
        ('<testsuite name="p" errors="2"/>', JUnit(0, 0, 2, failed_total=2, unnamed=2)),
        # prove: the script died, and its plan was wrong.
        (
            suite(case("1", attributes=""), "<error/>", attributes='name="d_t" errors="3"'),
            JUnit(1, 0, 1, 0, ("d_t (no test)",), 1),
        ),
        ("<testsuite><error/></testsuite>", JUnit(0, 0, 1, failed_total=1, unnamed=1)),
        # No false alarms: both totals of nested suites, tries, skipped failures, subtests, nonsense.
        (suite(case("a", FAILED), attributes='errors="0" failures="1"'), failing("C::a")),
        (suite(case("a", FAILED), case("a"), attributes='failures="1"'), JUnit(1, flaky=1)),
        (suite(case("a", "<skipped/><failure/>"), attributes='failures="1"'), JUnit(1, skipped=1)),
        (suite(case("a"), attributes='tests="4" skipped="-2" failures="-1" errors="x"'), JUnit(1)),
        (suite(case("a", "<failure/><failure/>"), attributes='failures="2"'), failing("C::a")),
    ],
)
def test_failures_beyond_the_cases_count_and_have_no_name(text: str, expected: JUnit) -> None:
    assert counts(text) == expected


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ('name="a" classname="pkg.C"', "pkg.C::a"),
        ('name="a" classname="test"', "s::a"),
        ('name="a"', "s::a"),
        ('name="C a" classname="C a"', "C a"),
        ('name="setUpClass" classname="unittest.suite._ErrorHolder-20261130200545"', None),
    ],
)
def test_a_test_is_named_by_its_class_or_its_suite(attributes: str, name: str | None) -> None:
    report = suite(f"<testcase {attributes}><failure/></testcase>")
    assert counts(report).failed == (name or "unittest.suite._ErrorHolder::setUpClass",)


def test_findings_of_one_rule_in_one_file_are_several() -> None:
    cases = [case("org.eslint.no-undef", "<error/>", 'classname="/w/a"')] * 2
    assert counts(suite(*cases)).failed == ("/w/a::org.eslint.no-undef", "/w/a::org.eslint.no-undef #2")


def test_mypy_has_one_case_for_all_that_it_found() -> None:
    text = "a.py:1: error: Name &quot;x&quot; is not defined  [name-defined]\na.py:2:3: note: see there\n"
    messages = f'<failure message="mypy produced messages">{text}</failure>'
    found = counts(suite(case("mypy", messages), attributes='errors="1"'))
    assert found.failed == ('a.py: Name "x" is not defined  [name-defined]',)
    note = '<failure message="mypy produced messages">a.py:2: note: Revealed type is "int"</failure>'
    assert counts(suite(case("mypy", note), attributes='failures="1"')) == JUnit(1)
    other = '<failure message="mypy produced messages">There are no .py[i] files in directory</failure>'
    assert counts(suite(case("mypy", other))).failed == ("C::mypy",)


def test_names_are_made_fit_and_bounded() -> None:
    tally = Tally(lambda name: name.replace("/work/tree/", ""))
    cases = "".join(case(f"{number}{'x' * 1000}", FAILED, 'file="/w"') for number in range(3000))
    junit.read_junit(io.BytesIO(suite(case("/work/tree/a.js", FAILED, ""), cases).encode()), tally)
    found = tally.counts()
    assert (found.failures, len(found.failed), found.unnamed) == (3001, 2000, 1001)
    assert max(map(len, found.failed)) == 300
    assert "s::a.js" in found.failed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB, "declares a document type"),
        (FILE, "declares a document type"),
        ("", "is no XML"),
        ("<testsuite><testcase>", "is no XML"),
        ("{}", "is no XML"),
        ("<html><testcase/></html>", "begins with <html>"),
        (b"\x00\xff" * 50, "is no XML"),
    ],
)
def test_what_is_no_such_file_is_refused_at_once(text: str | bytes, reason: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unreadable, match=reason) as refused:
        counts(text)
    assert time.monotonic() - began < 1
    assert isinstance(refused.value, OtherDocument) == ("begins with" in reason)


def test_depth_and_size_cost_no_more_than_reading() -> None:
    deep = "<testsuite>" + '<testsuite errors="1">' * 200_000 + "<testcase/>" + "</testsuite>" * 200_001
    assert counts(deep).tests == 1
    assert (
        counts("<testsuite>" + "<testcase><failure>x</failure></testcase>" * 50_000 + "</testsuite>").failures
        == 50_000
    )


def test_a_report_of_many_tests_is_kept_small() -> None:
    cases = "".join(f'<testcase name="{number}"/>' for number in range(300_000))
    content = f"<testsuite>{cases}</testsuite>".encode()
    tally = Tally()
    tracemalloc.start()
    try:
        junit.read_junit(io.BytesIO(content), tally)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert tally.counts().tests == 300_000
    assert most < 60 << 20
