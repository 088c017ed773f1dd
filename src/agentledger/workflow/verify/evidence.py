"""Turns the result of a check into the evidence file that is committed.

Belongs here: that file's content. Does not: running anything (see `one_check`), or where the file goes (see
`run_checks`). Pure.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

from agentledger.attention.run_differences import describe_differences
from agentledger.documents.evidence import VERSION
from agentledger.model.ledger import Evidence, RanWith, RunBefore
from agentledger.model.text import format_rfc3339
from agentledger.workflow.verify.one_check import Seen


@dataclass(frozen=True, slots=True)
class Bound:
    """What evidence is about: a commit, its code tree, and the id of the change that it brings to base.

    `change` is None where git cannot tell the change.
    """

    head: str
    tree: str
    change: str | None


def render_evidence(
    result: Seen, bound: Bound, previous: Evidence | None = None, on_base: tuple[str, int] | None = None
) -> bytes:
    """The whole file. `previous` is the last evidence of that check, `on_base` base's commit and exit code."""
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
        "junit": dataclasses.asdict(result.junit) if result.junit else None,
        "counts": dataclasses.asdict(result.counts) if result.counts else None,
        "with": _shape_ran_with(result.ran_with),
        "before": _shape_before(find_run_before(result, previous)),
        "on_base": {"commit": on_base[0], "exit_code": on_base[1]} if on_base else None,
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
