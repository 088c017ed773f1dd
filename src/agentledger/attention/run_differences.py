"""What differs between two runs of one check, in words: the tests, what it ran with, and the lock files.

Belongs here: comparing two records. Does not: whether a result is believed (see `progress`), or running anything.
What one of the two does not tell is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from agentledger.model.check_words import describe_against_base
from agentledger.model.evidence import Evidence, RanWith, confirms
from agentledger.model.text import escape_hidden, format_count
from agentledger.model.work import Checked, Standing, Trust

# Where the two runs were: the agent's evidence and its rerun, or the run before and this one.
THERE_AND_HERE = ("there", "here")
BEFORE_AND_NOW = ("before", "now")


class Run(Protocol):
    """What is compared of a run, recorded or just made."""

    @property
    def tests(self) -> int | None:
        """How many tests there were; None where that is not known."""

    @property
    def ran_with(self) -> RanWith | None:
        """What it ran with; None where nothing of that is known."""


def describe_differences(one: Run, other: Run, names: tuple[str, str] = BEFORE_AND_NOW) -> tuple[str, ...]:
    """What differs between two runs, each in a few words; `names` says where each of the two was."""
    first, second = names
    lines = []
    if one.tests is not None and other.tests is not None and one.tests != other.tests:
        fewer = " fewer:" if other.tests < one.tests else ""
        lines.append(f"{fewer} {format_count(one.tests, 'test')} {first}, {other.tests:,} {second}".strip())
    before, now = one.ran_with or RanWith(), other.ran_with or RanWith()
    if before.tool and now.tool and before.tool != now.tool:
        lines.append(f"{escape_hidden(before.tool)} {first}, {escape_hidden(now.tool)} {second}")
    if one.ran_with and other.ran_with:
        lines += _describe_files(dict(before.files), dict(now.files), names)
    return tuple(lines)


def _describe_files(one: dict[str, str], other: dict[str, str], names: tuple[str, str]) -> Iterable[str]:
    for path in sorted({*one, *other}):
        if path not in other:
            yield f"{escape_hidden(path)} only {names[0]}"
        elif path not in one:
            yield f"{escape_hidden(path)} only {names[1]}"
        elif one[path] != other[path]:
            yield f"{escape_hidden(path)} differs"


def describe_change(evidence: Evidence) -> str:
    """What changed since the run before, in one sentence; "" for nothing."""
    changes = describe_differences(evidence.before, evidence) if evidence.before else ()
    at = f" (at {evidence.before.head[:10]})" if evidence.before else ""
    return f"since the run before{at}: {'; '.join(changes)}" if changes else ""


def describe_rerun(checked: Checked) -> str:
    """What was otherwise in the newest rerun that saw another result, else in the newest; "" for nothing."""
    evidence, runs = checked.evidence, checked.reruns
    if evidence is None:
        return ""
    run = next((run for run in runs if confirms(run, evidence) is False), next(iter(runs), None))
    differences = describe_differences(evidence, run, THERE_AND_HERE) if run else ()
    if run and run.tests is None and evidence.tests is not None:
        # Else a number that anybody can type would stand beside the word reproduced.
        differences = (f"{format_count(evidence.tests, 'test')} there, not counted here", *differences)
    if run and run.passed == evidence.passed and confirms(run, evidence) is False:
        differences = (f"it {describe_against_base(run)}", *differences)
    return f"in the rerun: {'; '.join(differences)}" if differences else ""


def describe_all_differences(checked: Checked) -> tuple[str, ...]:
    """What changed since the run before, and what was otherwise in the rerun, each in a sentence."""
    change = describe_change(checked.evidence) if checked.evidence else ""
    return tuple(filter(None, (change, describe_rerun(checked))))


def notable_differences(standing: Standing) -> tuple[str, ...]:
    """What a reviewer should hear of at once: fewer tests than before, and why a rerun may have differed."""
    lines = []
    for checked in standing.checks:
        evidence = checked.evidence
        if evidence is None:
            continue
        before = evidence.before.tests if evidence.before else None
        is_fewer = before is not None and evidence.tests is not None and evidence.tests < before
        differs = checked.trust in (Trust.CONTRADICTED, Trust.FLAKY)
        changes = (
            describe_change(evidence) if is_fewer else "",
            describe_rerun(checked) if differs else "",
        )
        lines += [f"{escape_hidden(checked.check.name)}, {change}" for change in changes if change]
    return tuple(lines)
