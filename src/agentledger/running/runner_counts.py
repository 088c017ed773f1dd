"""Read from a test runner's own words how many tests it ran, or that it ran none, or could not load them.

Belongs here: what runners print at their end, a row a runner. Does not: JUnit files (see `junit`), or what the
counts mean for a check.

Lines are compared whole, so that "3 passed" in somebody's sentence counts nothing. Most of what is not known is
no count: a runner's words in another language, or one that prints none. An output has one summary for each part
that was tested (a crate, a workspace); the counts of all are added up, and `runner` says of what.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agentledger.model.ledger import TestCounts

_LONGEST = 400  # characters of a line that is looked at; no summary is longer
_MOST_WORDS = 160  # characters of a runner's words that are told

# What the words beside a number are about. Any other word (assertions, warnings, deselected …) is no test.
_KINDS: Mapping[str, str] = {
    **dict.fromkeys("test tests total example examples runs scenario scenarios".split(), "tests"),
    **dict.fromkeys("pass passed passing succeeded successes xpassed".split(), "passed"),
    **dict.fromkeys("fail failed failing failure failures error errors".split(), "failed"),
    **dict.fromkeys("cancelled interrupted ambiguous undefined".split(), "failed"),
    **dict.fromkeys("skip skips skipped pending pendings ignored todo".split(), "skipped"),
    # As in the JUnit files that the same runners write.
    **dict.fromkeys("xfailed incomplete omissions".split(), "skipped"),
    "did": "skipped",  # Playwright: 2 did not run
    "tests run": "tests",
    "test cases": "tests",
    "unexpected successes": "failed",
}
# `3 passed`, `1 tests failed`; Catch2's `1 failed as expected` is no failure.
_NUMBER_FIRST = re.compile(r"(?<![\w.])(\d{1,9}) ([a-z]+(?: as expected)?)")
# `Failures: 1`, `failures=1`, `# pass  3`.
_WORD_FIRST = re.compile(r"([A-Za-z]+(?: [a-z]+)?)(?:: *|=| +)(\d{1,9})(?![\w.])")
# What every summary has, so that most lines are not compared with each row.
_SUMMARY = re.compile(r"\d.*(?:test|pass|example|assertion|scenario)|Tests|(?:tests|Ran|Running|DONE) \d")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
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

ROWS: tuple[_Row, ...] = (
    _Row(
        runner="pytest",
        line=_line(rf"(?:=+ )?{_PYTEST}in {_SECONDS}(?:s| seconds)(?: \([\d:, a-z]+\))?(?: =+)?"),
    ),
    # nose2, Django and Twisted end in the same words.
    _Row(
        runner="unittest",
        line=_line(rf"Ran \d+ tests? in {_SECONDS}s"),
        beside=_line(r"(?:OK|FAILED|PASSED)(?: \([a-z]+(?: [a-z]+)?=\d+(?:, [a-z]+(?: [a-z]+)?=\d+)*\))?"),
        after=4,
    ),
    _Row(runner="jest", line=_line(r"Tests: +(?:\d+ (?:failed|passed|skipped|todo|pending), )*\d+ total")),
    _Row(
        runner="vitest",
        line=_line(
            r"Tests +\d+ (?:failed|passed|skipped|todo)(?: \| \d+ (?:failed|passed|skipped|todo))* \(\d+\)"
        ),
    ),
    _Row(
        runner="mocha",
        line=_line(r"\d+ passing \(\d+(?:ms|s|m|h)\)"),
        beside=_line(r"\d+ (?:pending|failing)"),
        after=2,
    ),
    _Row(
        runner="node --test",
        line=_line(r"[#ℹ] tests \d+"),
        beside=_line(r"[#ℹ] (?:suites|pass|fail|cancelled|skipped|todo) \d+"),
        after=6,
        needs_beside=True,
    ),
    _Row(
        runner="tape",
        line=_line(r"# tests \d+"),
        beside=_line(r"# (?:pass  +|fail  +|skip:? +|todo:? +)\d+"),
        after=4,
        needs_beside=True,
    ),
    _Row(
        runner="prove",
        line=_line(r"Files=\d+, Tests=\d+, .*"),
        beside=_line(r"\S.* Tests: \d+ Failed: (?P<failed>\d+)\)"),
        before=400,
    ),
    _Row(
        runner="gotestsum",
        line=_line(r"DONE (?:\d+ runs, )?\d+ tests?(?:, \d+ (?:skipped|failures?|errors?))* in [\d.hms]+"),
    ),
    _Row(
        runner="cargo test",
        line=_line(r"test result: (?:ok|FAILED)\. \d+ passed; \d+ failed; \d+ ignored; .*"),
        parts=True,
    ),
    _Row(
        runner="cargo nextest",
        line=_line(rf"Summary \[ *{_SECONDS}s\] \d+(?:/\d+)? tests? run: .*"),
        adds_skipped=True,
    ),
    _Row(
        runner="rspec",
        line=_line(
            r"\d+ examples?, \d+ failures?(?:, \d+ pending)?(?:, \d+ errors? occurred outside of examples)?"
        ),
    ),
    _Row(runner="minitest", line=_line(r"\d+ runs, \d+ assertions, \d+ failures, \d+ errors, \d+ skips")),
    _Row(
        runner="test-unit",
        line=_line(r"\d+ tests, \d+ assertions, \d+ failures, \d+ errors, \d+ pendings, \d+ omissions, .*"),
    ),
    _Row(
        runner="PHPUnit",
        line=_line(
            r"OK \(\d+ tests?, \d+ assertions?\)|Tests: \d+, Assertions: \d+(?:, [A-Z][A-Za-z ]+: \d+)*\."
        ),
    ),
    _Row(
        runner="Pest",
        line=_line(r"Tests: +(?:\d+ [a-z]+, )*\d+ [a-z]+ \(\d+ assertions?\)"),
    ),
    _Row(
        runner="dotnet test",
        line=_line(
            r"(?:Passed|Failed|Skipped)! +- Failed: +\d+, Passed: +\d+, Skipped: +\d+, Total: +\d+, .*"
            r"|Test summary: total: \d+, failed: \d+, succeeded: \d+, skipped: \d+, .*"
        ),
        parts=True,
    ),
    # Each class has its own line, with the time it took; that of the module has none.
    _Row(
        runner="Surefire",
        line=_line(
            r"(?:\[(?:INFO|WARNING|ERROR)\] )?Tests run: \d+, Failures: \d+, Errors: \d+, Skipped: \d+"
            r"(?:, Flakes: \d+)?"
        ),
        parts=True,
    ),
    _Row(
        runner="Gradle",
        line=_line(r"\d+ tests? completed(?:, \d+ failed)?(?:, \d+ skipped)?"),
        parts=True,
    ),
    _Row(
        runner="ctest",
        line=_line(r"\d+% tests passed(?:, (?P<failed>\d+) tests? failed)? out of (?P<tests>\d+)"),
        beside=_line(r"\d+ - .* \((?P<skipped>Skipped)\)"),
        after=40,
    ),
    _Row(
        runner="googletest",
        line=_line(r"\[=+\] (?P<tests>\d+) tests? from \d+ test (?:suites?|cases?) ran\..*"),
        beside=_line(
            r"\[ +SKIPPED +\] (?P<skipped>\d+) tests?, listed below:"
            r"|\[ +FAILED +\] (?P<failed>\d+) tests?, listed below:"
        ),
        after=400,
        parts=True,
    ),
    _Row(
        runner="doctest",
        line=_line(r"\[doctest\] test cases: +\d+ \| +\d+ passed \| +\d+ failed(?: \| +\d+ skipped)?.*"),
        adds_skipped=True,
        parts=True,
    ),
    _Row(
        runner="Catch2",
        line=_line(
            r"All tests passed \(\d+ assertions? in \d+ test cases?\)|test cases: +\d+(?: \| +\d+ [a-z ]+)+"
        ),
        parts=True,
    ),
    _Row(runner="Robot", line=_line(r"\d+ tests?, \d+ passed, \d+ failed(?:, \d+ skipped)?"), last=True),
    _Row(
        runner="bats or ExUnit",
        line=_line(
            r"(?:\d+ doctests?, )?\d+ tests?, \d+ failures?(?:, \d+ (?:excluded|skipped|not run|invalid))*"
        ),
    ),
    _Row(
        runner="deno test",
        line=_line(r"(?:ok|FAILED) \| \d+ passed .*\(\d+(?:ms|s|m)[\d ms]*\)"),
    ),
    _Row(
        runner="bun test",
        line=_line(r"Ran \d+ tests? across \d+ files?\. .*"),
        beside=_line(r"\d+ (?:pass|fail|skip|todo)"),
        before=8,
    ),
    _Row(
        runner="Playwright",
        line=_line(r"Running \d+ tests? using \d+ workers?(?:, shard \d+ of \d+)?"),
        beside=_line(r"\d+ (?:failed|flaky|interrupted|skipped|did not run)"),
        after=100_000,
    ),
    _Row(runner="cucumber", line=_line(r"\d+ scenarios?(?: \(\d+ [a-z]+(?:, \d+ [a-z]+)*\))?")),
    _Row(
        runner="behave",
        line=_line(
            r"(?P<passed>\d+) scenarios? passed, (?P<failed>\d+) failed, (?P<skipped>\d+) skipped"
            r"(?:, \d+ [a-z]+)*"
        ),
    ),
)

# One line a test: TAP, whose plan says whether all of them are there, and `go test -v`, which has no plan.
_TAP_PLAN = re.compile(r"1\.\.(\d{1,7})(?: *#.*)?")
_TAP_TEST = re.compile(r"(not )?ok(?: \d+)?(?: .*)?")
_TAP_SKIPPED = re.compile(r"#\s*(?:skip|todo)", re.IGNORECASE)
_GO_TEST = re.compile(r" *--- (PASS|FAIL|SKIP): .* \(\d+\.\d\ds\)")


def count_tests(lines: Sequence[str], *, whole: bool = True) -> TestCounts | None:
    """Return what the runners of an output said of their tests; None where none is known to have said it.

    `lines` are without colours. `whole` says whether they are all lines of the output: some runners print a line
    a test and no sum.
    """
    stripped = [line.strip() if len(line) <= _LONGEST else "" for line in lines]
    counts = [*_read_summaries(stripped)]
    if not counts:
        by_line = (_count_tap(lines), _count_go(lines) if whole else None)
        counts = [(each, True) for each in by_line if each]
    if not counts:
        return None
    names = Counter(each.runner for each, _ in counts)
    parts = {each.runner for each, is_part in counts if is_part}
    runner = " + ".join(name if n == 1 or name in parts else f"{name} ×{n}" for name, n in names.items())
    return TestCounts(
        runner,
        tests=sum(each.tests for each, _ in counts),
        failed=sum(each.failed for each, _ in counts),
        skipped=sum(each.skipped for each, _ in counts),
    )


def _read_summaries(lines: Sequence[str]) -> Iterator[tuple[TestCounts, bool]]:
    """The counts of each summary in these lines, and whether it may be of a part of what its runner ran."""
    places: dict[str, list[int]] = {}
    rows = {}
    for at, line in enumerate(lines):
        row = next((row for row in ROWS if row.line.fullmatch(line)), None) if _SUMMARY.search(line) else None
        if row and _is_complete(row, lines, at):
            rows[at] = row
            places.setdefault(row.runner, []).append(at)
    for at, row in rows.items():
        same = places[row.runner]
        if row.last and at != same[-1]:
            continue
        # What stands beside another summary of this runner belongs to that one.
        first = max([at - row.before, *(place + 1 for place in same if place < at)])
        end = min([at + row.after + 1, *(place for place in same if place > at)])
        beside = [line for line in lines[max(first, 0) : end] if row.beside and row.beside.fullmatch(line)]
        yield _sum_counts(row, lines[at], beside), row.parts


def _is_complete(row: _Row, lines: Sequence[str], at: int) -> bool:
    """Does the line beside it stand there that tells this runner from another with the same summary?"""
    beside = row.beside
    return not row.needs_beside or any(beside and beside.fullmatch(line) for line in lines[at + 1 : at + 3])


def _sum_counts(row: _Row, line: str, beside: Sequence[str]) -> TestCounts:
    """The counts of one summary with the lines that complete it."""
    sums = {"tests": -1, "passed": 0, "failed": 0, "skipped": 0}
    for kind, number in _read_numbers(row.line, line):
        sums[kind] = number if kind == "tests" else sums[kind] + number
    for other in beside:
        for kind, number in _read_numbers(row.beside or row.line, other):
            sums[kind] += number if kind != "tests" else 0
    stated = sums["tests"] + (sums["skipped"] if row.adds_skipped else 0)
    tests = stated if sums["tests"] >= 0 else sums["passed"] + sums["failed"] + sums["skipped"]
    return TestCounts(row.runner, tests=tests, failed=sums["failed"], skipped=sums["skipped"])


def _read_numbers(pattern: re.Pattern[str], line: str) -> Iterator[tuple[str, int]]:
    """What a line counts, each with the kind of it."""
    if pattern.groupindex:
        match = pattern.fullmatch(line)
        groups = match.groupdict() if match else {}
        yield from ((kind, int(text) if text.isdecimal() else 1) for kind, text in groups.items() if text)
        return
    pairs = [(word, number) for number, word in _NUMBER_FIRST.findall(line)] + _WORD_FIRST.findall(line)
    for word, number in pairs:
        kind = _KINDS.get(word.lower())
        if kind:
            yield kind, int(number)


def _count_tap(lines: Sequence[str]) -> TestCounts | None:
    """Count TAP's lines, where there are as many of them as its one plan says; those of subtests are indented."""
    plans = [match for match in map(_TAP_PLAN.fullmatch, lines) if match]
    tests = [(match, line) for line in lines if (match := _TAP_TEST.fullmatch(line))]
    if len(plans) != 1 or len(tests) != int(plans[0][1]) or not tests:
        return None
    skipped = [line for _, line in tests if _TAP_SKIPPED.search(line)]
    failed = [line for match, line in tests if match[1] and not _TAP_SKIPPED.search(line)]
    return TestCounts("TAP", tests=len(tests), failed=len(failed), skipped=len(skipped))


def _count_go(lines: Sequence[str]) -> TestCounts | None:
    """Count the lines of `go test -v`, subtests too; without -v, Go prints only those of tests that failed."""
    if not any(line.startswith("=== RUN ") for line in lines):
        return None
    ends = Counter(match[1] for line in lines if (match := _GO_TEST.fullmatch(line)))
    return (
        TestCounts("go test", tests=ends.total(), failed=ends["FAIL"], skipped=ends["SKIP"]) if ends else None
    )


# -- nothing ran, or nothing could be loaded ------------------------------------------------

# A runner's words for that it ran no test, a line a runner or two.
_NOTHING = re.compile(
    r"""
    (?:=+\ )?no\ tests\ (?:collected|ran).*                          # pytest
    | (?:=+\ )?(?:no\ tests|\d+\ tests?)\ collected.*               # pytest --collect-only
    | Ran\ 0\ tests\ in\ .* | NO\ TESTS\ RAN                         # unittest, nose2
    | No\ tests?\ (?:suites?\ )?found,?\ .* | Tests:\ +0\ total      # jest
    | No\ test\ files\ found.* | Tests\ +no\ tests                   # vitest
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
    | Ran\ 0\ tests\ across\ .* | error:\ 0\ test\ files\ matching.* | No\ tests\ found!?  # bun
    | Error:\ No\ tests\ found.*                                   # Playwright
    | 0\ scenarios(?:\ .*)?                                         # cucumber, behave
    | make(?:\[\d+\])?:\ (?:Nothing\ to\ be\ done\ for|'?)\ ?['`]?(?:test|tests|check|spec)'?\ ?(?:is\ up\ to\ date)?\.
    | (?:warning:\ )?No\ Python\ files\ found\ under\ the\ given\ path.*  # ruff
    """,
    re.VERBOSE,
)
_GO_EMPTY = re.compile(
    r"ok\s+\S+\s+\S+\s+\[no tests to run\]|\?\s+\S+\s+\[no test files\]|\s+\S+\s+coverage: 0\.0% of .*"
)
_GO_PACKAGE = re.compile(r"(?:ok|FAIL)\s+\S+\s+(?:\d+\.\d+s|\(cached\)|\[.*\]).*")
# A file, a suite or a package of the tests could not be loaded or built, so nothing in it ran.
_NOT_LOADED = re.compile(
    r"""
    (?:_+\ )?ERROR\ collecting\ .* | ImportError\ while\ (?:importing\ test\ module|loading\ conftest)\ .*  # pytest
    | .*\ errors?\ during\ collection\ .*
    | ImportError:\ Failed\ to\ import\ test\ module:\ .*              # unittest
    | (?:●\ )?Test\ suite\ failed\ to\ run | Failed\ Suites\ .*  # jest, vitest
    | Error:\ Cannot\ find\ (?:module|package)\ .* | SyntaxError:\ .*  # node, mocha
    | Error\ \[ERR_MODULE_NOT_FOUND\]:\ .*
    | FAIL\s+\S+\s+\[(?:build|setup)\ failed\]                        # go test
    | error:\ could\ not\ compile\ .*                               # cargo
    | An\ error\ occurred\ while\ loading\ .*                        # rspec
    | .*\ errors?\ occurred\ outside\ of\ examples
    | (?:PHP\ )?Fatal\ error:\ .*                                    # PHPUnit
    | (?:\[ERROR\]\ )?COMPILATION\ ERROR\ :.* | Execution\ failed\ for\ task\ ':.*compile.*  # Maven, Gradle
    | .*:\ error\ (?:CS|FS|BC)\d+:\ .*                               # dotnet
    | error:\ Module\ not\ found\ .*                                 # deno
    | error:\ Cannot\ find\ (?:module|package)\ .*                    # bun
    | .*\(Wstat:\ .*Tests:\ 0\ Failed:\ 0\)                          # prove
    | bats-gather-tests:.* | .*\ Error\ in\ file\ '.*
    """,
    re.VERBOSE,
)


def describe_nothing_run(lines: Sequence[str]) -> str:
    """Return the words by which a runner said that it ran no test; "" where it said nothing of the kind.

    Also "" where another part of the same output did run tests. Tests that were all skipped did not run.
    """
    counts = count_tests(lines)
    if counts and counts.tests > counts.skipped:
        return ""
    packages = [line for line in lines if _GO_PACKAGE.fullmatch(line.rstrip())]
    if any(not _GO_EMPTY.fullmatch(line.rstrip()) for line in packages):
        return ""
    known = _first_words(lines, _NOTHING) or _first_words(lines, _GO_EMPTY)
    if known or not counts:
        return known
    return next(
        (line.strip() for line in reversed(lines) if any(row.line.fullmatch(line.strip()) for row in ROWS)),
        "",
    )


def describe_not_loaded(lines: Sequence[str]) -> str:
    """Return the words by which a runner said that it could not load some of its tests; "" for none."""
    return _first_words(lines, _NOT_LOADED)


def _first_words(lines: Sequence[str], pattern: re.Pattern[str]) -> str:
    """The first line that is such words, cut to a length fit for a message."""
    short = (line.strip() for line in lines if len(line) <= _LONGEST)
    words = next((line for line in short if pattern.fullmatch(line)), "")
    return words if len(words) <= _MOST_WORDS else words[: _MOST_WORDS - 1] + "…"
