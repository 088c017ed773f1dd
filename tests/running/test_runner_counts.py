"""What test runners print at their end is counted, and nothing else is."""

from __future__ import annotations

import pytest

from agentledger.running.runner_counts import count_tests, describe_not_loaded, describe_nothing_run
from agentledger.running.runner_table import ROWS

# Runner, what it printed last, and tests, failed, skipped. Written by hand after real outputs, but for those of
# Pest, dotnet, Surefire, Gradle, nextest, minitest, test-unit and cucumber, which follow their documentation.
ENDS = [
    (
        "pytest",
        "===== 1 failed, 2 passed, 1 skipped, 1 xfailed, 3 warnings, 1 error in 0.12s =====",
        (6, 2, 2),
    ),
    ("pytest", "2 passed, 3 subtests passed in 61.02s (0:01:01)", (2, 0, 0)),
    ("pytest", "1 error in 0.07s", (1, 1, 0)),
    ("pytest", "=== 7 deselected in 0.00s ===", (0, 0, 0)),
    (
        "unittest",
        "Ran 4 tests in 0.001s\n\nFAILED (failures=1, errors=1, skipped=1, expected failures=1)",
        (4, 2, 1),
    ),
    ("unittest", "Ran 1 test in 0.001s\n\nOK", (1, 0, 0)),
    (
        "jest",
        "Test Suites: 1 failed, 1 total\nTests:       1 failed, 1 skipped, 2 passed, 4 total\nTime: 1 s",
        (4, 1, 1),
    ),
    ("vitest", " Test Files  1 passed (1)\n      Tests  1 passed | 1 expected fail | 1 todo (3)", (3, 0, 1)),
    ("mocha", "  2 passing (3ms)\n  1 pending\n  1 failing\n\n  1) sum adds:\n", (4, 1, 1)),
    (
        "node --test",
        "# tests 4\n# suites 1\n# pass 1\n# fail 1\n# cancelled 1\n# skipped 0\n# todo 1",
        (4, 2, 1),
    ),
    ("node --test", "ℹ tests 2\nℹ suites 0\nℹ pass 2\nℹ fail 0", (2, 0, 0)),
    ("tape", "# tests 3\n# pass  2\n# fail  1", (3, 1, 0)),
    ("TAP", "1..3\nok 1 - a\nnot ok 2 - b\n    not ok 1 - inner\nok 3 - c # SKIP", (3, 1, 1)),
    (
        "prove",
        "./b.t (Wstat: 256 (exited 1) Tests: 3 Failed: 1)\nFiles=2, Tests=5,  0 wallclock secs\nResult: FAIL",
        (5, 1, 0),
    ),
    (
        "go test",
        "=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n--- FAIL: TestB (0.00s)\nFAIL",
        (2, 1, 0),
    ),
    ("gotestsum", "DONE 12 tests, 1 skipped, 2 failures in 0.5s", (12, 2, 1)),
    ("gotestsum", "DONE 2 tests, 1 failure in 0.1s\nDONE 2 runs, 3 tests, 1 failure in 0.2s", (3, 1, 0)),
    (
        "cargo test",
        (
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n"
            "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s"
        ),
        (6, 1, 1),
    ),
    (
        "cargo nextest",
        "     Summary [   0.005s] 3 tests run: 2 passed (1 slow), 1 failed, 2 skipped",
        (5, 1, 2),
    ),
    ("rspec", "3 examples, 1 failure, 1 pending", (3, 1, 1)),
    ("minitest", "3 runs, 5 assertions, 1 failures, 1 errors, 1 skips", (3, 2, 1)),
    (
        "test-unit",
        "3 tests, 5 assertions, 1 failures, 0 errors, 1 pendings, 0 omissions, 0 notifications",
        (3, 1, 1),
    ),
    ("PHPUnit", "OK (3 tests, 5 assertions)", (3, 0, 0)),
    ("PHPUnit", "FAILURES!\nTests: 4, Assertions: 5, Errors: 1, Failures: 1, Skipped: 1.", (4, 2, 1)),
    ("Pest", "  Tests:    1 failed, 2 passed (5 assertions)", (3, 1, 0)),
    (
        "dotnet test",
        "Failed!  - Failed:     1, Passed:     2, Skipped:     1, Total:     4, Duration: 5 ms - X.dll",
        (4, 1, 1),
    ),
    ("dotnet test", "Test summary: total: 3, failed: 0, succeeded: 2, skipped: 1, duration: 1.2s", (3, 0, 1)),
    (
        "Surefire",
        (
            "[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in a.ATest\n"
            "[ERROR] Tests run: 5, Failures: 1, Errors: 1, Skipped: 1"
        ),
        (5, 2, 1),
    ),
    ("Gradle", "12 tests completed, 2 failed, 1 skipped", (12, 2, 1)),
    (
        "ctest",
        "67% tests passed, 1 tests failed out of 3\n\nThe following tests did not run:\n\t  2 - b (Skipped)",
        (3, 1, 1),
    ),
    ("ctest", "100% tests passed, 0 tests failed out of 3", (3, 0, 0)),
    (
        "googletest",
        (
            "[==========] 4 tests from 2 test suites ran. (0 ms total)\n[  PASSED  ] 2 tests.\n"
            "[  SKIPPED ] 1 test, listed below:\n[  FAILED  ] 1 test, listed below:"
        ),
        (4, 1, 1),
    ),
    ("Catch2", "All tests passed (5 assertions in 3 test cases)", (3, 0, 0)),
    (
        "Catch2",
        "test cases: 4 | 2 passed | 1 failed | 1 failed as expected\nassertions: 5 | 3 passed | 2 failed",
        (4, 1, 0),
    ),
    ("doctest", "[doctest] test cases: 3 | 2 passed | 1 failed | 1 skipped", (4, 1, 1)),
    ("bats or ExUnit", "3 tests, 1 failure, 1 skipped", (3, 1, 1)),
    ("deno test", "FAILED | 2 passed (1 step) | 1 failed | 1 ignored (5ms)", (4, 1, 1)),
    (
        "bun test",
        " 3 pass\n 1 skip\n 1 fail\n 5 expect() calls\nRan 5 tests across 2 files. [12.00ms]",
        (5, 1, 1),
    ),
    (
        "Playwright",
        "Running 6 tests using 2 workers\n\n  3 failed\n    a › b\n  1 did not run\n  2 passed (1.3s)",
        (6, 3, 1),
    ),
    ("cucumber", "3 scenarios (1 failed, 1 undefined, 1 passed)\n9 steps (9 passed)", (3, 2, 0)),
    ("behave", "2 scenarios passed, 1 failed, 2 error, 1 skipped", (6, 3, 1)),
    ("Robot", "A | PASS |\n1 test, 1 passed, 0 failed\nB | FAIL |\n3 tests, 2 passed, 1 failed", (3, 1, 0)),
    (
        "meson test",
        "Ok:                1\nExpected Fail:     1\nFail:              2\nSkipped:           1",
        (5, 2, 1),
    ),
]


@pytest.mark.parametrize(("runner", "text", "numbers"), ENDS, ids=[f"{n}-{e[0]}" for n, e in enumerate(ENDS)])
def test_what_a_runner_prints_at_its_end_is_counted(
    runner: str, text: str, numbers: tuple[int, int, int]
) -> None:
    counts = count_tests(["collecting …", *text.split("\n"), ""])
    assert counts is not None
    assert (counts.runner, (counts.tests, counts.failed, counts.skipped)) == (runner, numbers)


def test_every_row_of_the_table_is_tried() -> None:
    assert {row.runner for row in ROWS} - {runner for runner, _, _ in ENDS} == set()


@pytest.mark.parametrize(
    "text",
    [
        "I ran them: 3 passed",
        "3 passed",
        "All 12 tests passed, 0 failed.",
        "the log says: 3 passed in 0.12s",
        "FAILED (failures=1)",
        "--- FAIL: TestX (0.00s)\nFAIL\nFAIL\texample.org/x\t0.002s",
        "1..3\nok 1 - a\nnot ok 2 - b",
        "# tests 3",
        "Ok: 3",
        "Bestanden!   : Fehler:     0, erfolgreich:     3, gesamt:     3",
        "ok  \texample.org/x\t0.002s",
        "",
    ],
)
def test_what_is_no_summary_counts_nothing(text: str) -> None:
    assert count_tests(text.split("\n")) is None


def test_the_runs_of_a_monorepo_are_added_up_and_named() -> None:
    jest, pytest_end = "Tests:       2 passed, 2 total", "3 passed, 1 skipped in 0.12s"
    counts = count_tests([jest, pytest_end, jest])
    assert counts is not None
    assert (counts.runner, counts.tests, counts.skipped) == ("jest ×2 + pytest", 8, 1)


def test_go_is_not_counted_by_a_part_of_its_output() -> None:
    lines = ["=== RUN   TestA", "--- PASS: TestA (0.00s)"]
    assert count_tests(lines, whole=False) is None


@pytest.mark.parametrize(
    "line",
    [
        "no tests ran in 0.01s",
        "7 deselected in 0.01s",
        "5 skipped in 0.01s",
        "Ran 0 tests in 0.000s",
        "No tests found, exiting with code 0",
        "No test files found, exiting with code 0",
        "  0 passing (1ms)",
        "# tests 0",
        "1..0 # skipped",
        "testing: warning: no tests to run",
        "ok  \texample.org/x\t0.002s [no tests to run]",
        "?   \texample.org/x\t[no test files]",
        "DONE 0 tests in 0.125s",
        "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.00s",
        "error: no tests to run",
        "0 examples, 0 failures",
        "No tests executed!",
        "No test is available in X.dll. Make sure that test discoverer & executors are registered.",
        "[INFO] No tests to run.",
        "> Task :test NO-SOURCE",
        "No tests were found!!!",
        "No test cases matched 'nosuch'",
        "No tests ran",
        "ok | 0 passed | 0 failed | 3 filtered out (6ms)",
        "0 scenarios",
        "make: 'test' is up to date.",
        "make: Nothing to be done for 'test'.",
    ],
)
def test_a_runner_that_ran_nothing_is_quoted(line: str) -> None:
    assert describe_nothing_run(["building", line, ""]) == line.strip()


@pytest.mark.parametrize(
    "text",
    [
        "3 passed in 0.12s",
        "ok  \texample.org/x\t0.002s\nok  \texample.org/y\t0.002s [no tests to run]",
        (
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n"
            "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out"
        ),
        "the agent said: no tests ran in 0.01s",
        "make: Nothing to be done for 'all'.",
        "",
    ],
)
def test_a_run_that_ran_something_is_not_called_empty(text: str) -> None:
    assert describe_nothing_run(text.split("\n")) == ""


@pytest.mark.parametrize(
    "line",
    [
        "Exception during run: Error: Cannot find module './saucer'",
        "TS2307 [ERROR]: Cannot find module 'file:///tea/saucer.js'.",
        "Error: Cannot find module './saucer'",
    ],
    ids=["mocha", "deno", "node"],
)
def test_a_file_that_imports_what_is_not_there_could_not_be_loaded(line: str) -> None:
    assert describe_not_loaded(["x", f" {line}", "1 passed"]) == line


def test_what_could_not_be_loaded_is_quoted() -> None:
    assert (
        describe_not_loaded(["x", "FAIL\texample.org/x [build failed]"])
        == "FAIL\texample.org/x [build failed]"
    )
    assert describe_not_loaded(["3 passed in 0.12s"]) == ""


@pytest.mark.parametrize("hostile", ["1 passed, " * 39, "=" * 400, "9" * 400, "# tests " * 50, "x" * 100_000])
def test_hostile_lines_count_nothing(hostile: str) -> None:
    lines = [hostile] * 2_000
    assert count_tests(lines) is None
    assert describe_nothing_run(lines) == ""


def test_the_ruler_around_a_runner_s_words_is_no_part_of_them() -> None:
    line = "_____________ ERROR collecting tests/test_pots.py _____________"
    assert describe_not_loaded([line]) == "ERROR collecting tests/test_pots.py"
