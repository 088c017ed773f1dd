"""What runners really did: a row for each report in tests/running/junit/, with what a reader should make of it.

Belongs here: how the run ended, what is in its report, what its last lines say. Does not: the reports themselves, or
how they were made (`NAME.run` beside them; `scripts/compare-runners` runs those, and compares).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from checkout import ROOT

FIXTURES: Path = ROOT / "tests/running/junit"


@dataclass(frozen=True, kw_only=True)
class RunnerCase:
    """One run of a runner, and its report."""

    #: The report's name, without its ending.
    name: str
    #: With the version that was run.
    runner: str
    exit_code: int
    #: What the report says of its tests; a test of several tries is one.
    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0
    flaky: int = 0
    risky: int = 0
    pending: int = 0
    failed: tuple[str, ...] = ()
    #: Does it end as bytes that are no XML?
    is_xml: bool = True
    #: The lines of the output by which its tests can be counted, and their (tests, failed, skipped).
    last: tuple[str, ...] = ()
    counted: tuple[int, int, int] | None = None
    #: Does the runner write its tests in an order of its own?
    any_order: bool = False


PYTEST, XMLRUNNER, NOSE2 = "pytest 9.0.2", "unittest-xml-reporting 4.0.0", "nose2 0.16.0"
JEST, VITEST, MOCHA = "jest 30.5.2 with jest-junit 17.0.0", "vitest 4.1.12", "mocha 11.8.0"
NODE20, NODE24 = "node 20.20.2", "node 24.21.0"
TAP_JUNIT, TAP_XUNIT = "tape 5.10.2 with tap-junit 5.0.4", "tape 5.10.2 with tap-xunit 2.4.1"
PLAYWRIGHT, CUCUMBER, ESLINT = "Playwright 1.65.1", "cucumber-js 12.9.0", "eslint 9.39.5"
BUN, DENO, MESON, CTEST = "bun 1.4.5", "deno 2.9.6", "meson 1.12.1", "ctest 3.31.6"
GTEST, CATCH2, DOCTEST = "googletest 1.12.1", "Catch2 2.13.10", "doctest 2.4.9"
BATS, PHPUNIT, RSPEC = "bats 1.8.2", "PHPUnit 9.6.7", "rspec 3.12.0 with rspec_junit_formatter 0.4.1"
GOTESTSUM, PROVE = "gotestsum 1.8.2 on go 1.19.8", "prove with TAP::Formatter::JUnit 0.11"
ROBOT, BEHAVE, MYPY = "Robot Framework 7.5", "behave 1.3.3", "mypy 2.4.1"

MYPY_MESSAGE = (
    "kettle.py: Incompatible types in assignment"
    ' (expression has type "str", variable has type "int")  [assignment]'
)


def node_lines(
    tests: int, *, suites: int = 0, fail: int = 0, cancelled: int = 0, skipped: int = 0, todo: int = 0
) -> tuple[str, ...]:
    """The last lines of node's own reporter."""
    passed = tests - fail - cancelled - skipped - todo
    counts = {"tests": tests, "suites": suites, "pass": passed, "fail": fail}
    counts |= {"cancelled": cancelled, "skipped": skipped, "todo": todo}
    return tuple(f"ℹ {word} {number}" for word, number in counts.items())


CASES: tuple[RunnerCase, ...] = (
    # -- Python
    RunnerCase(
        name="pytest-kinds",
        runner=PYTEST,
        exit_code=1,
        tests=7,
        failures=2,
        errors=2,
        skipped=2,
        failed=tuple(f"test_kettle::test_{name}" for name in ("cools", "fills", "opens", "pours")),
        last=("========= 3 failed, 1 passed, 1 skipped, 1 xfailed, 2 errors in 0.50s ==========",),
        counted=(8, 5, 2),
    ),
    RunnerCase(
        name="pytest-broken",
        runner=PYTEST,
        exit_code=2,
        tests=1,
        errors=1,
        failed=("pytest::test_cup",),
        last=("=============================== 1 error in 0.77s ===============================",),
        counted=(1, 1, 0),
    ),
    RunnerCase(
        name="pytest-rerun",
        runner=f"{PYTEST} with pytest-rerunfailures 16.7",
        exit_code=0,
        tests=2,
        last=("========================== 2 passed, 1 rerun in 0.28s ==========================",),
        counted=(2, 0, 0),
    ),
    RunnerCase(
        name="pytest-subtests",
        runner=PYTEST,
        exit_code=1,
        tests=2,
        failures=1,
        failed=("test_cups::test_full",),
        last=("========================= 3 failed, 1 passed in 0.10s ==========================",),
        counted=(4, 3, 0),
    ),
    RunnerCase(
        name="pytest-worker-dies",
        runner=f"{PYTEST} with pytest-xdist 3.8.0",
        exit_code=1,
        tests=2,
        errors=1,
        failed=("test_kettle::test_bursts",),
        last=("========================= 1 failed, 1 passed in 1.90s ==========================",),
        counted=(2, 1, 0),
    ),
    RunnerCase(
        name="pytest-nothing",
        runner=PYTEST,
        exit_code=5,
        last=("============================ 1 deselected in 0.03s =============================",),
        counted=(0, 0, 0),
    ),
    RunnerCase(
        name="xmlrunner-kinds",
        runner=XMLRUNNER,
        exit_code=1,
        tests=7,
        failures=2,
        errors=3,
        skipped=1,
        failed=(
            "test_kettle.Kettle::test_cups (cup=1)",
            "test_kettle.Kettle::test_fills",
            "test_kettle.Kettle::test_opens",
            "test_kettle.Kettle::test_pours",
            # Its suite has the time of day in its name, which no other run has.
            "unittest.suite._ErrorHolder::setUpClass (test_kettle.Stove)",
        ),
        last=("Ran 6 tests in 0.013s", "FAILED (failures=2, errors=2, skipped=1, unexpected successes=1)"),
        counted=(6, 5, 1),
    ),
    RunnerCase(
        name="nose2-unexpected",
        runner=NOSE2,
        exit_code=0,
        tests=3,
        skipped=2,
        last=("Ran 3 tests in 0.000s", "OK (skipped=1, unexpected successes=1)"),
        counted=(3, 1, 1),
    ),
    RunnerCase(
        name="robot-kinds",
        runner=ROBOT,
        exit_code=2,
        tests=4,
        failures=2,
        skipped=1,
        failed=("Kettle::Pours", "Kettle::Sings"),
        last=("4 tests, 1 passed, 2 failed, 1 skipped",),
        counted=(4, 2, 1),
    ),
    RunnerCase(
        name="behave-kinds",
        runner=BEHAVE,
        exit_code=1,
        tests=5,
        failures=1,
        errors=2,
        skipped=1,
        failed=("kettle.kettle::burns", "kettle.kettle::pours", "kettle.kettle::sings"),
        last=(
            "0 features passed, 1 failed, 0 skipped",
            "1 scenario passed, 1 failed, 2 error, 1 skipped",
            "1 step passed, 1 failed, 1 error, 1 skipped, 1 undefined",
            "Took 0min 0.001s",
        ),
        counted=(5, 3, 1),
    ),
    RunnerCase(
        name="mypy-note",
        runner=MYPY,
        exit_code=0,
        tests=1,
        last=("Success: no issues found in 1 source file",),
    ),
    RunnerCase(
        name="mypy-error",
        runner=MYPY,
        exit_code=1,
        tests=1,
        errors=1,
        failed=(MYPY_MESSAGE,),
        last=("Found 1 error in 1 file (checked 1 source file)",),
    ),
    # -- JavaScript
    RunnerCase(
        name="jest-kinds",
        runner=JEST,
        exit_code=1,
        # A todo is written like a test that passed.
        tests=8,
        failures=3,
        skipped=1,
        failed=(
            "Test execution failure: could be caused by test hooks like 'afterAll'.",
            "kettle pours",
            "stove burns",
        ),
        last=("Tests:       2 failed, 1 skipped, 1 todo, 3 passed, 7 total",),
        counted=(7, 2, 2),
    ),
    RunnerCase(
        name="jest-broken",
        runner=JEST,
        exit_code=1,
        tests=1,
        last=("Test Suites: 1 failed, 1 passed, 2 total", "Tests:       1 passed, 1 total"),
        counted=(1, 0, 0),
    ),
    RunnerCase(
        name="jest-two-files",
        runner=JEST,
        exit_code=1,
        tests=2,
        failures=1,
        failed=("holds",),
        last=("Tests:       1 failed, 1 passed, 2 total",),
        counted=(2, 1, 0),
    ),
    RunnerCase(
        name="vitest-kinds",
        runner=VITEST,
        exit_code=1,
        tests=9,
        failures=3,
        skipped=3,
        failed=("kettle.test.js::cup", "kettle.test.js::kettle > pours", "kettle.test.js::stove"),
        last=("Tests  1 failed | 2 passed | 1 expected fail | 2 skipped | 1 todo (7)",),
        counted=(7, 1, 3),
    ),
    RunnerCase(
        name="vitest-unhandled",
        runner=VITEST,
        exit_code=1,
        tests=1,
        last=("Tests  1 passed (1)", "Errors  1 error"),
        counted=(1, 0, 0),
    ),
    RunnerCase(
        name="vitest-broken",
        runner=VITEST,
        exit_code=1,
        tests=2,
        failures=1,
        failed=("cup.test.js",),
        last=("Test Files  1 failed | 1 passed (2)", "Tests  1 passed (1)"),
        counted=(1, 0, 0),
    ),
    RunnerCase(
        name="mocha-junit-kinds",
        runner=f"{MOCHA} with mocha-junit-reporter 2.2.1",
        exit_code=3,
        # Pending tests are in its totals only.
        tests=5,
        failures=3,
        failed=(
            '"after all" hook for "holds"::cup "after all" hook for "holds"',
            '"before all" hook for "burns"::stove "before all" hook for "burns"',
            "pours::kettle pours",
        ),
    ),
    RunnerCase(
        name="mocha-xunit-kinds",
        runner=MOCHA,
        exit_code=3,
        tests=5,
        failures=3,
        failed=(
            'cup::"after all" hook for "holds"',
            "kettle::pours",
            'stove::"before all" hook for "burns"',
        ),
    ),
    RunnerCase(
        name="node-todo",
        runner=NODE24,
        exit_code=0,
        tests=4,
        skipped=3,
        last=node_lines(4, suites=1, skipped=1, todo=2),
        counted=(4, 0, 3),
    ),
    RunnerCase(
        name="node-kinds",
        runner=NODE24,
        exit_code=1,
        tests=4,
        failures=3,
        failed=("cup.test.mjs", "kettle::pours", "stove::burns"),
        last=node_lines(4, suites=2, fail=2, cancelled=1),
        counted=(4, 3, 0),
    ),
    RunnerCase(
        name="node-after-hook",
        runner=NODE24,
        exit_code=1,
        tests=1,
        last=node_lines(1, suites=1),
        counted=(1, 0, 0),
    ),
    RunnerCase(
        name="node-two-files",
        runner=NODE20,
        exit_code=1,
        tests=2,
        failures=1,
        failed=("holds",),
        last=node_lines(2, fail=1),
        counted=(2, 1, 0),
    ),
    # It ran no test: the file itself is what passed.
    RunnerCase(
        name="node-nothing",
        runner=NODE24,
        exit_code=0,
        tests=1,
        last=node_lines(1),
        counted=(1, 0, 0),
    ),
    RunnerCase(
        name="node-control",
        runner=NODE24,
        exit_code=1,
        is_xml=False,
        last=node_lines(1, fail=1),
        counted=(1, 1, 0),
    ),
    RunnerCase(
        name="tap-junit-todo",
        runner=TAP_JUNIT,
        exit_code=0,
        tests=2,
        failures=1,
        failed=("Tap-Junit-Suite::closes",),
    ),
    RunnerCase(
        name="tap-junit-kinds",
        runner=TAP_JUNIT,
        exit_code=1,
        tests=3,
        failures=1,
        skipped=1,
        failed=("Tap-Junit-Suite::should be strictly equal",),
    ),
    RunnerCase(
        name="tap-xunit-kinds",
        runner=TAP_XUNIT,
        exit_code=1,
        tests=4,
        failures=1,
        skipped=2,
        failed=("kettle::#1 should be strictly equal",),
    ),
    RunnerCase(
        name="playwright-kinds",
        runner=PLAYWRIGHT,
        exit_code=1,
        tests=6,
        failures=1,
        errors=2,
        skipped=2,
        failed=tuple(
            f"kettle.spec.js::{name}" for name in ("kettle › opens", "kettle › pours", "stove › burns")
        ),
        last=("Running 6 tests using 1 worker", "3 failed", "1 skipped", "1 did not run", "1 passed (6.4s)"),
        counted=(6, 3, 2),
    ),
    RunnerCase(name="playwright-broken", runner=PLAYWRIGHT, exit_code=1),
    RunnerCase(
        name="playwright-flaky",
        runner=PLAYWRIGHT,
        exit_code=0,
        tests=2,
        last=("Running 2 tests using 1 worker", "1 flaky", "1 passed (4.7s)"),
        counted=(2, 0, 0),
    ),
    RunnerCase(
        name="playwright-projects",
        runner=PLAYWRIGHT,
        exit_code=1,
        tests=2,
        errors=1,
        failed=("cup.spec.js::holds",),
        last=("Running 2 tests using 1 worker", "1 failed", "1 passed (5.1s)"),
        counted=(2, 1, 0),
    ),
    RunnerCase(
        name="cucumber-kinds",
        runner=CUCUMBER,
        exit_code=1,
        tests=5,
        failures=2,
        skipped=1,
        pending=1,
        failed=("kettle::pours", "kettle::sings"),
        last=("5 scenarios (1 failed, 1 undefined, 1 pending, 1 skipped, 1 passed)",),
        counted=(5, 2, 2),
    ),
    RunnerCase(
        name="cucumber-pending",
        runner=CUCUMBER,
        exit_code=0,
        tests=2,
        pending=1,
        last=("2 scenarios (1 pending, 1 passed)",),
        counted=(2, 0, 1),
    ),
    RunnerCase(
        name="bun-kinds",
        runner=BUN,
        exit_code=1,
        tests=7,
        failures=3,
        skipped=2,
        failed=("cup::(unnamed)", "kettle::pours", "stove::(unnamed)"),
        last=("2 pass", "1 skip", "1 todo", "3 fail", "Ran 7 tests across 1 file. [9.00ms]"),
        counted=(7, 3, 2),
    ),
    RunnerCase(
        name="bun-broken",
        runner=BUN,
        exit_code=1,
        tests=1,
        last=("1 pass", "1 fail", "1 error", "Ran 2 tests across 2 files. [17.00ms]"),
        counted=(2, 1, 0),
    ),
    RunnerCase(
        name="deno-kinds",
        runner=DENO,
        exit_code=1,
        tests=6,
        failures=3,
        skipped=1,
        failed=tuple(f"./kettle.test.js::{name}" for name in ("cups", "cups > two", "pours")),
        last=("FAILED | 1 passed (1 step) | 2 failed (1 step) | 1 ignored (21ms)",),
        counted=(4, 2, 1),
    ),
    RunnerCase(
        name="eslint-warning",
        runner=ESLINT,
        exit_code=0,
        tests=1,
        failures=1,
        failed=("/tea/kettle::org.eslint.no-unused-vars",),
    ),
    # Twice the same rule in one file: two findings, not two tries.
    RunnerCase(
        name="eslint-error",
        runner=ESLINT,
        exit_code=1,
        tests=3,
        failures=2,
        failed=("/tea/kettle::org.eslint.no-undef", "/tea/kettle::org.eslint.no-undef #2"),
    ),
    # -- C and C++
    RunnerCase(
        name="gtest-kinds",
        runner=GTEST,
        exit_code=1,
        tests=5,
        failures=2,
        skipped=2,
        failed=("Kettle::Fills", "Kettle::Pours"),
        last=(
            "[==========] 4 tests from 1 test suite ran. (0 ms total)",
            "[  PASSED  ] 1 test.",
            "[  SKIPPED ] 1 test, listed below:",
            "[  SKIPPED ] Kettle.Whistles",
            "[  FAILED  ] 2 tests, listed below:",
            "[  FAILED  ] Kettle.Pours",
            "[  FAILED  ] Kettle.Fills",
            "2 FAILED TESTS",
            "YOU HAVE 1 DISABLED TEST",
        ),
        counted=(4, 2, 1),
    ),
    RunnerCase(
        name="gtest-teardown",
        runner=GTEST,
        exit_code=1,
        tests=1,
        last=(
            "[==========] 1 test from 1 test suite ran. (1 ms total)",
            "[  PASSED  ] 1 test.",
            "[  FAILED  ] 0 tests, listed below:",
            "0 FAILED TESTS",
            "[  FAILED  ] Cup: SetUpTestSuite or TearDownTestSuite",
            "1 FAILED TEST SUITE",
        ),
        counted=(1, 0, 0),
    ),
    # The report is of the second round, the failure was in the first.
    RunnerCase(
        name="gtest-repeat",
        runner=GTEST,
        exit_code=1,
        tests=1,
        last=("[==========] 1 test from 1 test suite ran. (0 ms total)", "[  PASSED  ] 1 test."),
        counted=(1, 0, 0),
    ),
    RunnerCase(name="catch2-mayfail", runner=CATCH2, exit_code=0, tests=3, skipped=2),
    RunnerCase(
        name="catch2-kinds",
        runner=CATCH2,
        exit_code=4,
        tests=5,
        failures=2,
        errors=1,
        failed=("tea.global::cups/two", "tea.global::fills", "tea.global::pours"),
        any_order=True,
    ),
    RunnerCase(
        name="doctest-mayfail",
        runner=DOCTEST,
        exit_code=0,
        tests=4,
        failures=3,
        failed=("kettle.cc::closes", "kettle.cc::opens", "kettle.cc::steams"),
        any_order=True,
    ),
    RunnerCase(
        name="doctest-kinds",
        runner=DOCTEST,
        exit_code=1,
        tests=3,
        failures=1,
        errors=1,
        failed=("kettle.cc::fills", "kettle.cc::pours"),
        any_order=True,
    ),
    RunnerCase(
        name="ctest-kinds",
        runner=CTEST,
        exit_code=8,
        tests=5,
        failures=1,
        skipped=2,
        failed=("pours",),
        last=("75% tests passed, 1 tests failed out of 4",),
        counted=(4, 1, 0),
    ),
    # A program that is not there: skipped, says the report of this red run.
    RunnerCase(
        name="ctest-missing",
        runner=CTEST,
        exit_code=8,
        tests=2,
        skipped=1,
        last=("50% tests passed, 1 tests failed out of 2",),
        counted=(2, 1, 0),
    ),
    RunnerCase(
        name="meson-kinds",
        runner=MESON,
        exit_code=1,
        tests=9,
        failures=3,
        errors=2,
        skipped=1,
        failed=(
            "tea.tea:cups::2 - two",
            *(f"tea::tea:{name}" for name in ("burns", "cools", "opens", "pours")),
        ),
        last=(
            "Ok:                1",
            "Expected Fail:     1",
            "Fail:              3",
            "Unexpected Pass:   1",
            "Skipped:           1",
            "Timeout:           1",
        ),
        counted=(8, 5, 1),
        any_order=True,
    ),
    # -- Others
    RunnerCase(
        name="bats-kinds",
        runner=BATS,
        exit_code=1,
        tests=3,
        failures=1,
        skipped=1,
        failed=("kettle.bats::pours",),
        last=(
            "1..3",
            "ok 1 boils # in 15 ms",
            "not ok 2 pours # in 17 ms",
            "ok 3 whistles # skip no gas today",
        ),
        counted=(3, 1, 1),
    ),
    RunnerCase(
        name="bats-control",
        runner=BATS,
        exit_code=1,
        is_xml=False,
        last=("1..1", "not ok 1 pours # in 14 ms"),
        counted=(1, 1, 0),
    ),
    RunnerCase(
        name="phpunit-risky",
        runner=PHPUNIT,
        exit_code=0,
        tests=4,
        risky=1,
        skipped=2,
        last=(
            "OK, but incomplete, skipped, or risky tests!",
            "Tests: 4, Assertions: 1, Skipped: 1, Incomplete: 1, Risky: 1.",
        ),
        counted=(4, 0, 2),
    ),
    RunnerCase(
        name="phpunit-kinds",
        runner=PHPUNIT,
        exit_code=2,
        tests=5,
        failures=2,
        errors=1,
        failed=("KettleTest::testCups with data set #1", "KettleTest::testFills", "KettleTest::testPours"),
        last=("ERRORS!", "Tests: 5, Assertions: 4, Errors: 1, Failures: 2."),
        counted=(5, 3, 0),
    ),
    RunnerCase(
        name="rspec-kinds",
        runner=RSPEC,
        exit_code=1,
        tests=6,
        failures=3,
        skipped=2,
        failed=tuple(f"spec.kettle_spec::{name}" for name in ("kettle opens", "kettle pours", "stove burns")),
        last=("6 examples, 3 failures, 2 pending",),
        counted=(6, 3, 2),
    ),
    RunnerCase(
        name="rspec-broken",
        runner=RSPEC,
        exit_code=1,
        last=("0 examples, 0 failures, 1 error occurred outside of examples",),
        counted=(0, 1, 0),
    ),
    RunnerCase(
        name="gotestsum-kinds",
        runner=GOTESTSUM,
        exit_code=1,
        tests=6,
        failures=3,
        skipped=1,
        failed=tuple(f"example.org/tea::{name}" for name in ("TestCups", "TestCups/two", "TestPours")),
        last=("DONE 6 tests, 1 skipped, 3 failures in 0.336s",),
        counted=(6, 3, 1),
    ),
    # A package that does not compile is a number in the root's total, and nothing else.
    RunnerCase(
        name="gotestsum-broken",
        runner=GOTESTSUM,
        exit_code=2,
        tests=1,
        errors=1,
        last=("DONE 1 tests, 1 error in 3.099s",),
        counted=(1, 1, 0),
    ),
    RunnerCase(
        name="gotestsum-rerun",
        runner=GOTESTSUM,
        exit_code=0,
        tests=2,
        flaky=1,
        last=("DONE 2 tests, 1 failure in 0.415s", "DONE 2 runs, 3 tests, 1 failure in 1.014s"),
        counted=(3, 1, 0),
    ),
    # The same test twice in one run is no second try: the command failed, and so did the test.
    RunnerCase(
        name="gotestsum-count",
        runner=GOTESTSUM,
        exit_code=1,
        tests=1,
        failures=1,
        failed=("example.org/tea::TestLights",),
        last=("DONE 2 tests, 1 failure in 0.147s",),
        counted=(2, 1, 0),
    ),
    RunnerCase(
        name="prove-todo",
        runner=PROVE,
        exit_code=0,
        tests=4,
    ),
    RunnerCase(
        name="prove-dies",
        runner=PROVE,
        exit_code=1,
        tests=3,
        failures=1,
        # Each file that died, or has another number of tests than its plan.
        errors=3,
        failed=("cup_t (no test)", "kettle_t (no test)", "kettle_t::2 - pours", "stove_t (no test)"),
    ),
)
