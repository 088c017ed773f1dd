"""Reads how a run of one side's tests ended: it passes, fails, or could not be loaded; or there is no verdict.

Belongs here: that, from exit code, report and output. Does not: running (see `runs`), or what two ends mean together
(see `decide`). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentledger.model.integrity import CrossingEnd, CrossingRun
from agentledger.model.text import escape_hidden, format_age
from agentledger.running.run import LATE, LOST
from agentledger.running.runner_counts import count_tests, describe_not_loaded, describe_nothing_run
from agentledger.workflow.verify import could_not_run
from agentledger.workflow.verify.one_check import Seen

_LONGEST = 400  # characters of a line that is looked at
# Words of loaders and compilers for a name or a file that is not there, beside those of the runners themselves.
_NOT_LOADED = re.compile(
    r"""
    (?:E\ +)?ImportError:\ cannot\ import\ name\ .*
    | ERROR\ \S+\.py(?:\ -\ .*)?                                    # pytest's short summary: a file, and no test
    | SyntaxError:\ .*does\ not\ provide\ an\ export\ named.*        # node
    | .*:\ error\ TS\d+:\ .* | .*\ -\ error\ TS\d+:\ .*              # TypeScript
    | (?:Error:\ )?Failed\ to\ resolve\ import\ .*                  # vite
    | .*\ Error:\ Transform\ failed\ with\ .*
    | \S+\.go:\d+:\d+:\ undefined:\ .* | .*\[build\ failed\].*       # go
    | error\[E\d+\]:\ .*                                             # rustc
    | (?:\[ERROR\]\ )?.*:\[\d+,\d+\]\ .*(?:cannot\ find\ symbol|error).*   # javac by Maven
    | .*\.(?:java|kt|scala):\d+:\ error:\ .* | e:\ .*\.kt.*
    | .*:\d+:\d+:\ (?:fatal\ )?error:\ .*                            # C, C++
    | NameError:\ uninitialized\ constant\ .*                       # Ruby, while loading
    | \s*fatal\ error:\ .*
    """,
    re.VERBOSE,
)
# A test that ran, and failed.
_TEST_FAILED = re.compile(
    r"""
    FAILED\ \S+::.* | (?:E\ +)?AssertionError\b.* | FAIL:\ .* | \s*---\ FAIL:\ .* | \s*not\ ok\b.*
    | \s*[✕✗×✖]\ .* | test\ .*\ \.\.\.\ FAILED | \s*\d+\)\ .*(?:Failure|Error):? | .*\bAssertionError\ \[.*
    | Failures?:\s*\d*\b.* | \s*Failure/Error:.*
    """,
    re.VERBOSE,
)


def read_end(seen: Seen, lines: Sequence[str], limit: float) -> CrossingRun:
    """How a run ended; `lines` are all that it printed, `limit` the seconds that it was given."""
    code, tests, failed = seen.exit_code, _count_tests(seen, lines), _count_failed(seen, lines)

    def ended(end: CrossingEnd, why: str = "") -> CrossingRun:
        return CrossingRun(end=end, exit_code=code, seconds=seen.seconds, tests=tests, failed=failed, why=why)

    if seen.skipped is not None or code is None:
        return ended(CrossingEnd.UNKNOWN, seen.skipped or "nothing was run")
    if code == LATE:
        return ended(CrossingEnd.UNKNOWN, f"it was ended after {format_age(int(limit))}")
    if why := could_not_run.explain_surely(seen):
        return ended(CrossingEnd.UNKNOWN, f"it could not be run here: {why}")
    if code == LOST or code > 128:
        return ended(CrossingEnd.UNKNOWN, f"it was killed (exit code {code})")
    if code == 0 and not (seen.junit and seen.junit.broken):
        nothing = describe_nothing_run(lines) or (
            "its report has no test" if seen.junit and not tests else ""
        )
        if nothing:
            return ended(CrossingEnd.UNKNOWN, f"it ran no test: {escape_hidden(nothing)}")
        return ended(CrossingEnd.UNKNOWN, seen.report_gap) if seen.report_gap else ended(CrossingEnd.PASSES)
    words = find_load_words(lines)
    if words and not _has_failed_test(seen, lines):
        # Where other files of tests ran and passed, it is a part that fails, and may do so on its own side, too.
        is_part = bool(_count_passed(seen, lines)) and not seen.report_gap
        return ended(CrossingEnd.FAILS if is_part else CrossingEnd.NOT_LOADED, escape_hidden(words))
    # A runner that dies writes no report, so that a missing one is a verdict only where it says what it could not load.
    if seen.report_gap:
        return ended(CrossingEnd.UNKNOWN, seen.report_gap)
    if nothing := describe_nothing_run(lines):
        return ended(CrossingEnd.UNKNOWN, f"it ran no test: {escape_hidden(nothing)}")
    return ended(CrossingEnd.FAILS)


def find_load_words(lines: Sequence[str]) -> str:
    """The words by which something said that tests could not be loaded; '' for none."""
    own = (line.strip() for line in lines if len(line) <= _LONGEST)
    return describe_not_loaded(lines) or next((line for line in own if _NOT_LOADED.fullmatch(line)), "")


def _has_failed_test(seen: Seen, lines: Sequence[str]) -> bool:
    if seen.junit:
        return seen.junit.failures > 0
    return any(_TEST_FAILED.fullmatch(line) for line in lines if len(line) <= _LONGEST)


def _count_passed(seen: Seen, lines: Sequence[str]) -> int:
    counts = seen.counts or count_tests(lines)
    if seen.junit:
        return seen.junit.tests - seen.junit.broken - seen.junit.skipped
    return counts.tests - counts.failed - counts.skipped if counts else 0


def _count_tests(seen: Seen, lines: Sequence[str]) -> int | None:
    if seen.junit:
        return seen.junit.tests
    counts = seen.counts or count_tests(lines)
    return counts.tests if counts else None


def _count_failed(seen: Seen, lines: Sequence[str]) -> int | None:
    if seen.junit:
        return seen.junit.broken
    counts = seen.counts or count_tests(lines)
    return counts.failed if counts else None
