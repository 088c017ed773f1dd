"""Compares a check's result with the same check's on base: do the same tests fail in both?

Belongs here: base's answer as it is kept in the cache, and why two runs cannot be compared. Does not: running
anything (see `base_run`), or what follows from it (see `model.evidence.compare_with_base`). Pure.

A report can leave out what failed: runners write none when they crash, and some leave out a file that cannot be
loaded. So "the same tests fail" takes a report on both sides, a name for every failure, and no fewer tests than
base has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from agentledger.model.evidence import JUnit, OnBase, TestCounts
from agentledger.model.text import format_count
from agentledger.running.runner_counts import describe_not_loaded
from agentledger.workflow.verify.one_check import Seen

# From here on an exit code is a signal's, or a shell's or time limit's. Some runners count failures with theirs.
_ENDED = 124


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a check on base: its exit code, and what its report says."""

    exit_code: int
    junit: JUnit | None = None
    report_gap: str | None = None
    #: What the test runner said, where there is no report.
    counts: TestCounts | None = None
    #: The runner's words for tests that it could not load; "" for none.
    not_loaded: str = ""


def keep_result(result: Seen) -> Answer | None:
    """The answer that a run on base gives; None where nothing was run."""
    if result.exit_code is None:
        return None
    return Answer(
        result.exit_code,
        result.junit,
        result.report_gap,
        counts=result.counts,
        not_loaded=describe_not_loaded(result.tail),
    )


def load_answer(stored: Any) -> Answer | None:
    """An answer out of the cache, which anybody may have written; None for anything else."""
    try:
        return msgspec.convert(stored, Answer)
    except msgspec.ValidationError:
        return None


def compare_results(here: Seen, there: Answer, commit: str) -> OnBase:
    """What base's answer says about a result on the branch; `commit` is base's."""
    if here.check.junit is None:
        return OnBase(commit=commit, exit_code=there.exit_code, unlike=_explain_unlike_counts(here, there))
    ours, theirs = here.junit or JUnit(), there.junit or JUnit()
    new = tuple(sorted(set(ours.failed) - set(theirs.failed)))
    nameless = not ours.broken and not theirs.broken
    return OnBase(
        commit=commit,
        exit_code=there.exit_code,
        failed=theirs.failed,
        failed_total=theirs.broken if there.junit else None,
        new=new,
        # Where neither report lists a failure, names say nothing about what failed.
        new_total=len(new) if here.junit and there.junit and not nameless else None,
        unlike=_explain_unlike(here, there),
    )


def _explain_unlike_counts(here: Seen, there: Answer) -> str | None:
    """Why two runs without a report cannot be compared: no name is known, but often how many failed of how many."""
    if not there.exit_code:
        return None
    if here.exit_code != there.exit_code:
        return "without a report only exit codes can be compared, and they differ"
    words = describe_not_loaded(here.tail)
    if words and not there.not_loaded:
        return f"some of its tests could not be loaded here: {words}"
    ours, theirs = here.counts, there.counts
    if theirs and not ours:
        return f"its runner counted {format_count(theirs.tests, 'test')} on base, and none here"
    if ours and theirs and (ours.failed > theirs.failed or ours.tests < theirs.tests):
        return f"{ours.failed:,} of {ours.tests:,} tests fail here, on base {theirs.failed:,} of {theirs.tests:,}"
    return None


def _explain_unlike(here: Seen, there: Answer) -> str | None:
    """Why the two cannot be compared, though both have a report in the brief's words; None where they can."""
    ours, theirs = here.junit, there.junit
    if here.report_gap or ours is None:
        return f"here {here.report_gap or 'there is no report'}"
    if there.report_gap or theirs is None:
        return f"on base {there.report_gap or 'there is no report'}"
    if ours.unnamed:
        return f"{format_count(ours.unnamed, 'failure')} here {'have' if ours.unnamed > 1 else 'has'} no name"
    if here.exit_code == 0:
        return f"base ends with exit code {there.exit_code}" if there.exit_code else None
    return _explain_unlike_failures(here, there, ours, theirs)


def _explain_unlike_failures(here: Seen, there: Answer, ours: JUnit, theirs: JUnit) -> str | None:
    """Why failing runs cannot be compared, though every failure that is listed has a name."""
    code = here.exit_code or 0
    same_code = code == there.exit_code
    if not ours.broken and (theirs.broken or not same_code):
        return "the report here lists no failure"
    if code >= _ENDED and not same_code and code != ours.broken:
        return "the run here was ended"
    # Two tests of one name look like two tries of one, and either may have failed.
    if ours.flaky > theirs.flaky:
        return f"{format_count(ours.flaky, 'test')} here failed and then passed, on base {theirs.flaky:,}"
    # A test file that cannot be loaded takes its tests out of some reports, and nothing else says so.
    vanished = len(set(theirs.failed) - set(ours.failed))
    if ours.tests + vanished < theirs.tests:
        return f"the report here has {format_count(ours.tests, 'test')}, base's {theirs.tests:,}"
    return None
