"""Turns the result of a check into the evidence file that is committed.

Belongs here: that file's content. Does not: running anything (see `one_check`), or where the file goes (see
`run_checks`). Pure.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from agentledger.attention.run_differences import describe_differences
from agentledger.documents.evidence import VERSION
from agentledger.model.evidence import Evidence, JUnit, OnBase, RanWith, RunBefore
from agentledger.model.text import format_rfc3339
from agentledger.workflow.verify.one_check import Seen

MOST_NAMES = 50  # of tests that failed


@dataclass(frozen=True, slots=True)
class Bound:
    """What evidence is about: a commit, its code tree, and the id of the change that it brings to base.

    `change` is None where git cannot tell the change.
    """

    head: str
    tree: str
    change: str | None


def render_evidence(result: Seen, bound: Bound, previous: Evidence | None = None) -> bytes:
    """The whole file. `previous` is the last evidence of that check."""
    failures = 0 if result.passed else 1 + (previous.failures_in_a_row if previous else 0)
    fields = {
        "version": VERSION,
        "check": result.check.name,
        "command": result.check.run,
        "exit_code": result.exit_code,
        "started_at": format_rfc3339(result.started_at),
        "seconds": result.seconds,
        "head": bound.head,
        "tree": bound.tree,
        "change": bound.change,
        "log_sha256": result.log_sha256,
        "log_bytes": result.log_bytes,
        "truncated": result.truncated,
        "failures_in_a_row": failures,
        "junit": _shape_junit(result.junit, result.on_base) if result.junit else None,
        "report_gap": result.report_gap,
        "counts": dataclasses.asdict(result.counts) if result.counts else None,
        "with": _shape_ran_with(result.ran_with),
        "before": _shape_before(find_run_before(result, previous)),
        "on_base": _shape_on_base(result.on_base) if result.on_base else None,
        "skipped": result.skipped,
        "tail": result.tail,
    }
    known_fields = {key: value for key, value in fields.items() if value is not None}
    return (json.dumps(known_fields, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def find_run_before(result: Seen, previous: Evidence | None) -> RunBefore | None:
    """The last run that had other tests, or ran with something else; None where none is known to have.

    Running a check once more does not make the difference go away.
    """
    if previous is None or result.skipped is not None:
        return None
    last = RunBefore(head=previous.head, tests=previous.tests, ran_with=previous.ran_with)
    if last.tests is None and previous.before:
        last = previous.before
    # A run that could not count its tests is not one that had none: what was known before is kept.
    forgets = result.tests is None and last.tests is not None
    return last if forgets or describe_differences(last, result) else previous.before


def _shape_before(before: RunBefore | None) -> dict[str, object] | None:
    if before is None:
        return None
    fields = {"head": before.head, "tests": before.tests, "with": _shape_ran_with(before.ran_with)}
    return {key: value for key, value in fields.items() if value is not None}


def _shape_ran_with(ran_with: RanWith | None) -> dict[str, object] | None:
    if ran_with is None:
        return None
    fields = {"tool": ran_with.tool, "files": dict(ran_with.files)}
    return {key: value for key, value in fields.items() if value}


def _shape_junit(junit: JUnit, on_base: OnBase | None) -> dict[str, Any]:
    """The counts that are always there, those that are not 0, and the first names, what base lacks before others."""
    new = set(on_base.new) if on_base else set()
    names = sorted(junit.failed, key=lambda name: (name not in new, name))
    fields = dataclasses.asdict(junit) | {"failed": names[:MOST_NAMES]}
    return {key: value for key, value in fields.items() if value or key in _ALWAYS}


def _shape_on_base(on_base: OnBase) -> dict[str, Any]:
    fields = dataclasses.asdict(on_base)
    known = {key: value for key, value in fields.items() if value is not None and value != ()}
    return known | {key: known[key][:MOST_NAMES] for key in ("failed", "new") if key in known}


# What a reader of `junit` may count on.
_ALWAYS = ("tests", "failures", "errors", "skipped", "failed", "failed_total")
