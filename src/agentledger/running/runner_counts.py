"""Read from a test runner's own words how many tests it ran, or that it ran none, or could not load them.

Belongs here: finding and adding up their sums. Does not: the patterns, a row a runner (see `runner_table`), JUnit
files (see `junit`), or what the counts mean for a check.

Lines are compared whole, so that "3 passed" in somebody's sentence counts nothing. Most of what is not known is
no count: a runner's words in another language, or one that prints none. An output has one summary for each part
that was tested (a crate, a workspace); the counts of all are added up, and `runner` says of what.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from agentledger.model.evidence import TestCounts
from agentledger.running.runner_table import (
    GO_EMPTY,
    GO_PACKAGE,
    KINDS,
    NOT_LOADED,
    NOTHING,
    NUMBER_FIRST,
    ROWS,
    SUMMARY,
    WORD_FIRST,
    Row,
)

_LONGEST = 400  # characters of a line that is looked at; no summary is longer
_MOST_WORDS = 160  # characters of a runner's words that are told

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
    rows: dict[int, Row] = {}
    for at, line in enumerate(lines):
        row = _find_row(lines, at) if SUMMARY.search(line) else None
        if row:
            rows[at] = row
            places.setdefault(row.runner, []).append(at)
    for same in places.values():
        for before, at, after in zip([-1, *same], same, [*same[1:], len(lines)], strict=False):
            row = rows[at]
            if after < len(lines) and (row.last or (row.again and row.again in lines[after])):
                continue
            # What stands beside another summary of this runner belongs to that one.
            near = lines[max(before + 1, at - row.before) : min(after, at + row.after + 1)]
            beside = [line for line in near if row.beside and row.beside.fullmatch(line)]
            yield _sum_counts(row, lines[at], beside), row.parts


def _find_row(lines: Sequence[str], at: int) -> Row | None:
    """The runner whose summary begins with this line; None where it is none."""
    for row in ROWS:
        if row.line.fullmatch(lines[at]):
            # Two runners begin alike, and differ in the next line.
            beside = row.beside if row.needs_beside else None
            if beside is None or any(map(beside.fullmatch, lines[at + 1 : at + 3])):
                return row
    return None


def _sum_counts(row: Row, line: str, beside: Sequence[str]) -> TestCounts:
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
        yield from (
            (KINDS.get(kind, kind), int(text) if text.isdecimal() else 1)
            for kind, text in groups.items()
            if text
        )
        return
    pairs = [(word, number) for number, word in NUMBER_FIRST.findall(line)] + WORD_FIRST.findall(line)
    for word, number in pairs:
        kind = KINDS.get(word.lower())
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


def describe_nothing_run(lines: Sequence[str]) -> str:
    """Return the words by which a runner said that it ran no test; "" where it said nothing of the kind.

    Also "" where another part of the same output did run tests. Tests that were all skipped did not run.
    """
    counts = count_tests(lines)
    if counts and counts.tests > counts.skipped:
        return ""
    packages = [line for line in lines if GO_PACKAGE.fullmatch(line.rstrip())]
    if any(not GO_EMPTY.fullmatch(line.rstrip()) for line in packages):
        return ""
    known = _first_words(lines, NOTHING) or _first_words(lines, GO_EMPTY)
    if known or not counts:
        return known
    return next(
        (line.strip() for line in reversed(lines) if any(row.line.fullmatch(line.strip()) for row in ROWS)),
        "",
    )


def describe_not_loaded(lines: Sequence[str]) -> str:
    """Return the words by which a runner said that it could not load some of its tests; "" for none."""
    return _first_words(lines, NOT_LOADED)


def _first_words(lines: Sequence[str], pattern: re.Pattern[str]) -> str:
    """The first line that is such words, cut to a length fit for a message."""
    short = (line.strip("= ") for line in lines if len(line) <= _LONGEST)
    words = next((line for line in short if pattern.fullmatch(line)), "").strip(
        "_ "
    )  # pytest's rule beside a title
    return words if len(words) <= _MOST_WORDS else words[: _MOST_WORDS - 1] + "…"
