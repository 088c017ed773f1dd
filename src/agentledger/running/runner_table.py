"""What test runners print at their end, a row a runner: their sums, their words for nothing run, for nothing loaded.

Belongs here: the table, compared with what the runners of docs/test-runners.md print. Does not: reading an output by
it (see `runner_counts`).

A pattern is compared with a whole line, and takes time in proportion to its length: the lines may be hostile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# What the words beside a number are about. Any other word (assertions, warnings, deselected …) is no test.
KINDS: Mapping[str, str] = {
    **dict.fromkeys("test tests total example examples runs scenario scenarios".split(), "tests"),
    **dict.fromkeys("pass passed passing succeeded successes xpassed expected ok".split(), "passed"),
    **dict.fromkeys("fail failed failing failure failures error errors".split(), "failed"),
    **dict.fromkeys("cancelled interrupted ambiguous undefined".split(), "failed"),
    **dict.fromkeys("skip skips skipped pending pendings ignored todo".split(), "skipped"),
    # As in the JUnit files that the same runners write.
    **dict.fromkeys("xfailed incomplete omissions".split(), "skipped"),
    "did": "skipped",  # Playwright: 2 did not run
    "tests run": "tests",
    "test cases": "tests",
    "unexpected successes": "failed",
    "expected fail": "passed",
    "unexpected pass": "failed",
    "timeout": "failed",
}
# `3 passed`, `1 tests failed`; Catch2's `1 failed as expected` is no failure.
NUMBER_FIRST = re.compile(r"(?<![\w.])(\d{1,9}) ([a-z]+(?: as expected)?)")
# `Failures: 1`, `failures=1`, `# pass  3`.
WORD_FIRST = re.compile(r"([A-Za-z]+(?: [A-Za-z]+)?)(?:: *|=| +)(\d{1,9})(?!\w|\.\d| [a-z])")
# What every summary has, so that most lines are not compared with each row.
SUMMARY = re.compile(r"[Tt]est|pass|example|assertion|scenario| in \d|Ok:|Ran \d|Total:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How one runner ends."""

    runner: str
    #: The line that is its summary, whole but for space around it. Groups are named for what their number counts;
    #: without any, the words beside its numbers say that.
    line: re.Pattern[str]
    #: Other lines that complete it, among so many before and after it; one without a number counts one.
    beside: re.Pattern[str] | None = None
    before: int = 0
    after: int = 0
    #: Must there be such a line?
    needs_beside: bool = False
    #: Is each summary of a part of what a later one counts, so that the last is all?
    last: bool = False
    #: What a summary has that counts again what the one before it counted; "" for nothing.
    again: str = ""
    #: Does one run print several?
    parts: bool = False
    #: Are skipped tests left out of its total?
    adds_skipped: bool = False


def _line(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_SECONDS = r"\d+(?:\.\d+)?"
_PYTEST = (
    r"(?:\d+ (?:subtests )?(?:passed|failed|skipped|deselected|xfailed|xpassed|warnings?|errors?|rerun)"
    r"(?:, | (?=in )))+"
)

ROWS: tuple[Row, ...] = (
    Row(
        runner="pytest",
        line=_line(rf"(?:=+ )?{_PYTEST}in {_SECONDS}(?:s| seconds)(?: \([\d:, a-z]+\))?(?: =+)?"),
    ),
    # nose2, Django and Twisted end in the same words.
    Row(
        runner="unittest",
        line=_line(rf"Ran \d+ tests? in {_SECONDS}s"),
        beside=_line(r"(?:OK|FAILED|PASSED)(?: \([a-z]+(?: [a-z]+)?=\d+(?:, [a-z]+(?: [a-z]+)?=\d+)*\))?"),
        after=4,
    ),
    Row(runner="jest", line=_line(r"Tests: +(?:\d+ (?:failed|passed|skipped|todo|pending), )*\d+ total")),
    Row(
        runner="vitest",
        line=_line(r"Tests +\d+ [a-z]+(?: [a-z]+)?(?: \| \d+ [a-z]+(?: [a-z]+)?)* \(\d+\)"),
    ),
    Row(
        runner="mocha",
        line=_line(r"\d+ passing \(\d+(?:ms|s|m|h)\)"),
        beside=_line(r"\d+ (?:pending|failing)"),
        after=2,
    ),
    Row(
        runner="node --test",
        line=_line(r"[#ℹ] tests \d+"),
        beside=_line(r"[#ℹ] (?:suites|pass|fail|cancelled|skipped|todo) \d+"),
        after=6,
        needs_beside=True,
    ),
    Row(
        runner="tape",
        line=_line(r"# tests \d+"),
        beside=_line(r"# (?:pass  +|fail  +|skip:? +|todo:? +)\d+"),
        after=4,
        needs_beside=True,
    ),
    Row(
        runner="prove",
        line=_line(r"Files=\d+, Tests=\d+, .*"),
        beside=_line(r"\S.* Tests: \d+ Failed: (?P<failed>\d{1,9})\)"),
        before=400,
    ),
    Row(
        runner="gotestsum",
        again=" runs, ",
        line=_line(r"DONE (?:\d+ runs, )?\d+ tests?(?:, \d+ (?:skipped|failures?|errors?))* in [\d.hms]+"),
    ),
    Row(
        runner="cargo test",
        line=_line(r"test result: (?:ok|FAILED)\. \d+ passed; \d+ failed; \d+ ignored; .*"),
        parts=True,
    ),
    Row(
        runner="cargo nextest",
        line=_line(rf"Summary \[ *{_SECONDS}s\] \d+(?:/\d+)? tests? run: .*"),
        adds_skipped=True,
    ),
    Row(
        runner="rspec",
        line=_line(
            r"\d+ examples?, \d+ failures?(?:, \d+ pending)?(?:, \d+ errors? occurred outside of examples)?"
        ),
    ),
    Row(runner="minitest", line=_line(r"\d+ runs, \d+ assertions, \d+ failures, \d+ errors, \d+ skips")),
    Row(
        runner="test-unit",
        line=_line(r"\d+ tests, \d+ assertions, \d+ failures, \d+ errors, \d+ pendings, \d+ omissions, .*"),
    ),
    Row(
        runner="PHPUnit",
        line=_line(
            r"OK \(\d+ tests?, \d+ assertions?\)|Tests: \d+, Assertions: \d+(?:, [A-Z][A-Za-z ]+: \d+)*\."
        ),
    ),
    Row(
        runner="Pest",
        line=_line(r"Tests: +(?:\d+ [a-z]+, )*\d+ [a-z]+ \(\d+ assertions?\)"),
    ),
    Row(
        runner="dotnet test",
        line=_line(
            r"(?:Passed|Failed|Skipped)! +- Failed: +\d+, Passed: +\d+, Skipped: +\d+, Total: +\d+, .*"
            r"|Test summary: total: \d+, failed: \d+, succeeded: \d+, skipped: \d+, .*"
        ),
        parts=True,
    ),
    # Each class has its own line, with the time it took; that of the module has none.
    Row(
        runner="Surefire",
        line=_line(
            r"(?:\[(?:INFO|WARNING|ERROR)\] )?Tests run: \d+, Failures: \d+, Errors: \d+, Skipped: \d+"
            r"(?:, Flakes: \d+)?"
        ),
        parts=True,
    ),
    Row(
        runner="Gradle",
        line=_line(r"\d+ tests? completed(?:, \d+ failed)?(?:, \d+ skipped)?"),
        parts=True,
    ),
    Row(
        runner="ctest",
        line=_line(r"\d+% tests passed(?:, (?P<failed>\d{1,9}) tests? failed)? out of (?P<tests>\d{1,9})"),
        beside=_line(r"\d+ - .* \((?P<skipped>Skipped)\)"),
        after=40,
    ),
    Row(
        runner="googletest",
        line=_line(r"\[=+\] (?P<tests>\d{1,9}) tests? from \d+ test (?:suites?|cases?) ran\..*"),
        beside=_line(
            r"\[ +SKIPPED +\] (?P<skipped>\d{1,9}) tests?, listed below:"
            r"|\[ +FAILED +\] (?P<failed>\d{1,9}) tests?, listed below:"
        ),
        after=400,
        parts=True,
    ),
    Row(
        runner="doctest",
        line=_line(r"\[doctest\] test cases: +\d+ \| +\d+ passed \| +\d+ failed(?: \| +\d+ skipped)?.*"),
        adds_skipped=True,
        parts=True,
    ),
    Row(
        runner="Catch2",
        line=_line(
            r"All tests passed \(\d+ assertions? in \d+ test cases?\)|test cases: +\d+(?: \| +\d+ [a-z ]+)+"
        ),
        parts=True,
    ),
    Row(runner="Robot", line=_line(r"\d+ tests?, \d+ passed, \d+ failed(?:, \d+ skipped)?"), last=True),
    Row(
        runner="bats or ExUnit",
        line=_line(
            r"(?:\d+ doctests?, )?\d+ tests?, \d+ failures?(?:, \d+ (?:excluded|skipped|not run|invalid))*"
        ),
    ),
    Row(
        runner="deno test",
        line=_line(r"(?:ok|FAILED) \| \d+ passed .*\(\d+(?:ms|s|m)[\d ms]*\)"),
    ),
    Row(
        runner="bun test",
        line=_line(r"Ran \d+ tests? across \d+ files?\. .*"),
        beside=_line(r"\d+ (?:pass|fail|skip|todo)"),
        before=8,
    ),
    Row(
        runner="Playwright",
        line=_line(r"Running \d+ tests? using \d+ workers?(?:, shard \d+ of \d+)?"),
        beside=_line(r"\d+ (?:failed|flaky|interrupted|skipped|did not run)"),
        after=100_000,
    ),
    Row(
        runner="meson test",
        line=_line(r"Ok: +\d+"),
        beside=_line(r"(?:Expected Fail|Fail|Unexpected Pass|Skipped|Timeout): +\d+"),
        after=5,
        needs_beside=True,
        parts=True,
    ),
    Row(runner="cucumber", line=_line(r"\d+ scenarios?(?: \(\d+ [a-z]+(?:, \d+ [a-z]+)*\))?")),
    Row(
        runner="behave",
        line=_line(
            r"(?P<passed>\d{1,9}) scenarios? passed, (?P<failed>\d{1,9}) failed,(?: (?P<errors>\d{1,9}) error,)?"
            r" (?P<skipped>\d{1,9}) skipped(?:, \d+ [a-z]+)*"
        ),
    ),
)

# A runner's words for that it ran no test, a line a runner or two.
NOTHING = re.compile(
    r"""
    (?:=+\ )?no\ tests\ (?:collected|ran).*                          # pytest
    | (?:=+\ )?(?:no\ tests|\d+\ tests?)\ collected.*               # pytest --collect-only
    | Ran\ 0\ tests\ in\ .* | NO\ TESTS\ RAN                         # unittest, nose2
    | No\ tests?\ (?:suites?\ )?found,?\ .* | Tests:\ +0\ total      # jest
    | (?:Error:\ )?No\ test\ files\ found.* | Tests\ +no\ tests                   # vitest
    | 0\ passing\ \(.*                                             # mocha
    | [#ℹ]\ tests\ 0                                               # node --test, tape
    | 1\.\.0(?:\ .*)? | Result:\ NOTESTS | Files=0,\ Tests=0,.*      # TAP, prove
    | testing:\ warning:\ no\ tests\ to\ run | no\ packages\ to\ test | go:\ warning:\ .*matched\ no\ packages
    | DONE\ 0\ tests\ .* | DONE\ \d+\ runs,\ 0\ tests\ .*            # gotestsum
    | test\ result:\ ok\.\ 0\ passed;\ 0\ failed;.*                 # cargo test
    | (?:error:\ )?no\ tests\ to\ run | Starting\ 0\ tests\ .*       # cargo nextest
    | 0\ examples,\ 0\ failures.* | No\ examples\ found\.            # rspec
    | 0\ runs,\ 0\ assertions,.* | 0\ tests,\ 0\ assertions,.*       # minitest, test-unit
    | No\ tests\ executed!?                                         # PHPUnit
    | No\ test\ is\ available\ in\ .* | No\ test\ matches\ the\ given\ testcase\ filter.*
    | (?:\[\w+\]\ )?(?:No\ tests\ to\ run\.|No\ tests\ were\ executed!.*|Tests\ are\ skipped\.)  # Surefire
    | >\ Task\ :\S*[tT]est\ (?:NO-SOURCE|SKIPPED)                    # Gradle
    | No\ tests\ were\ found!*                                      # ctest
    | \[=+\]\ 0\ tests\ from\ 0\ test\ .*                           # googletest
    | No\ tests?\ (?:ran|cases\ matched).*                           # Catch2
    | (?:\[doctest\]\ )?test\ cases:\ +0\ \|.*                       # doctest
    | 0\ tests,\ 0\ (?:failures|passed).*                           # bats, ExUnit, Robot
    | (?:ok|FAILED)\ \|\ 0\ passed\ (?:\(.*\)\ )?\|\ 0\ failed.* | error:\ No\ test\ modules\ found  # deno
    | error:\ regex\ .*\ matched\ 0\ tests\..*
    | Ran\ 0\ tests\ across\ .* | error:\ 0\ test\ files\ matching.* | No\ tests\ found!?  # bun
    | Error:\ No\ tests\ found.*                                   # Playwright
    | \[\ ERROR\ \]\ Suite\ .*\ contains\ no\ tests\b.* | No\ (?:suitable\ )?tests\ defined\.  # Robot, meson
    | ConfigError:\ No\ feature\ files\ in\ .*                       # behave
    | 0\ scenarios(?:\ .*)?                                         # cucumber, behave
    | make(?:\[\d+\])?:\ (?:Nothing\ to\ be\ done\ for|'?)\ ?['`]?(?:test|tests|check|spec)'?\ ?(?:is\ up\ to\ date)?\.
    | (?:warning:\ )?No\ Python\ files\ found\ under\ the\ given\ path.*  # ruff
    """,
    re.VERBOSE,
)
GO_EMPTY = re.compile(
    r"ok\s+\S+\s+\S+\s+\[no tests to run\]|\?\s+\S+\s+\[no test files\]|\s+\S+\s+coverage: 0\.0% of .*"
)
GO_PACKAGE = re.compile(r"(?:ok|FAIL)\s+\S+\s+(?:\d+\.\d+s|\(cached\)|\[.*\]).*")
# A file, a suite or a package of the tests could not be loaded or built, so nothing in it ran.
NOT_LOADED = re.compile(
    r"""
    (?:_+\ )?ERROR\ collecting\ .* | ImportError\ while\ (?:importing\ test\ module|loading\ conftest)\ .*  # pytest
    | .*\ errors?\ during\ collection\ .* | (?:E\ +)?ModuleNotFoundError:\ .*
    | ImportError:\ Failed\ to\ import\ test\ module:\ .*              # unittest
    | (?:●\ )?Test\ suite\ failed\ to\ run | Failed\ Suites\ .*  # jest, vitest
    | (?:Exception\ during\ run:\ )?Error:\ Cannot\ find\ (?:module|package)\ .*  # node, mocha
    | Error\ \[ERR_MODULE_NOT_FOUND\]:\ .*
    | FAIL\s+\S+\s+\[(?:build|setup)\ failed\]                        # go test
    | error:\ could\ not\ compile\ .*                               # cargo
    | An\ error\ occurred\ while\ loading\ .*                        # rspec
    | .*\ errors?\ occurred\ outside\ of\ examples
    | (?:PHP\ )?Fatal\ error:\ .*                                    # PHPUnit
    | (?:\[ERROR\]\ )?COMPILATION\ ERROR\ :.* | Execution\ failed\ for\ task\ ':.*compile.*  # Maven, Gradle
    | .*:\ error\ (?:CS|FS|BC)\d+:\ .*                               # dotnet
    | error:\ Module\ not\ found\ .* | TS2307\ \[ERROR\]:\ Cannot\ find\ module\ .*  # deno
    | error:\ Cannot\ find\ (?:module|package)\ .*                    # bun
    | .*\(Wstat:\ .*Tests:\ 0\ Failed:\ 0\)                          # prove
    | bats-gather-tests:.* | .*\ Error\ in\ file\ '.*
    """,
    re.VERBOSE,
)
