"""Recorded checks in words: the result, who saw it, and of which code.

Belongs here: one line for each check, and one mark for all of them. Does not: deciding whether a result
counts (see `attention.progress`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from agentledger.attention import progress
from agentledger.model.fleet import Branch
from agentledger.model.ledger import Check, Evidence
from agentledger.model.text import format_count
from agentledger.model.work import Checked, Standing, Trust, Work
from agentledger.rules.check_worth import list_doubts
from agentledger.site.labels import Mark
from agentledger.site.timeline import render_literal


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One check, and its last recorded run."""

    name: str
    #: The command in the brief or the policy.
    command: str
    result: Mark
    #: Was it claimed only, or reproduced by somebody else?
    trust: Mark | None
    #: Was it run on the head's code?
    fresh: Mark | None
    #: When it ran, in seconds since the epoch; None where there is no evidence.
    at: int | None
    details: tuple[str, ...]
    #: The command that was run, where it is not `command`; else "".
    other: str
    #: The last lines of its output.
    tail: Markup
    #: Why it shows nothing that it passed, each the end of a sentence about the check.
    doubts: tuple[str, ...] = ()


_TRUST = {
    Trust.CLAIMED: Mark("none", "claimed: nobody else has run it"),
    Trust.REPRODUCED: Mark("ok", "reproduced: somebody else saw the same"),
    Trust.CONTRADICTED: Mark("bad", "contradicted: somebody else saw another result"),
    Trust.FLAKY: Mark("warn", "flaky: runs of the same code differ"),
    Trust.SKIPPED: None,
}
_FRESH = {
    True: Mark("ok", "of this head’s code"),
    False: Mark("warn", "of another commit’s code"),
    None: Mark("warn", "of a commit that is not on this branch"),
}


def build_check_lines(branch: Branch, work: Work, standing: Standing) -> tuple[CheckLine, ...]:
    """One line for each check that is asked for or was recorded, failures first."""
    required = {c.check.name for c in standing.checks}
    other_evidence = {e.check: e for e in reversed(work.evidence) if e.check not in required}
    checks = [*standing.checks, *(_unasked_check(branch, work, e) for e in other_evidence.values())]
    lines = (_build_check_line(c, c.check.name in required) for c in sorted(checks, key=_check_sort_key))
    return tuple(replace(line, doubts=list_doubts(line.name, branch.findings or ())) for line in lines)


def evidence_mark(standing: Standing) -> Mark:
    """One mark for all checks: does the evidence match the head, and is it claimed or reproduced?"""
    if not standing.checks:
        return Mark("none", "No check is asked for")
    if standing.holds:
        failed = any(c.evidence and not c.evidence.passed for c in standing.checks)
        return Mark("bad" if failed else "warn", f"Evidence: {'; '.join(standing.holds)}")
    count = format_count(len(standing.checks), "check")
    if all(c.trust in (Trust.REPRODUCED, Trust.SKIPPED) for c in standing.checks):
        return Mark("ok", f"Evidence matches head: {count} passed, reproduced")
    return Mark("done", f"Evidence matches head: {count} passed, as claimed; nobody else has run them all")


def short_check_mark(line: CheckLine) -> Mark:
    """A check's mark in a few words, for a criterion that names the check."""
    stale = " (of other code)" if line.fresh and line.fresh.kind != "ok" else ""
    return Mark(line.result.kind, f"{line.name}: {line.result.text}{stale}")


def _unasked_check(branch: Branch, work: Work, evidence: Evidence) -> Checked:
    fresh = progress.is_code_unchanged(branch, work, evidence.head)
    return Checked(
        Check(evidence.check, evidence.command), evidence, progress.trust_of_evidence(evidence, work), fresh
    )


def _check_sort_key(checked: Checked) -> int:
    # Failed, no evidence, doubtful, fine: what needs a person comes first.
    evidence = checked.evidence
    if evidence is None:
        return 1
    if not evidence.passed:
        return 0
    return 2 if not checked.fresh or checked.trust in (Trust.CONTRADICTED, Trust.FLAKY) else 3


def _build_check_line(checked: Checked, is_required: bool) -> CheckLine:
    check, evidence = checked.check, checked.evidence
    if evidence is None:
        return CheckLine(
            name=check.name,
            command=check.run,
            result=Mark("none", "no evidence"),
            trust=None,
            fresh=None,
            at=None,
            details=(),
            other="",
            tail=Markup(""),
        )
    return CheckLine(
        name=check.name,
        command=check.run,
        result=_result_mark(evidence),
        trust=_TRUST[checked.trust] if checked.trust else None,
        fresh=_FRESH[checked.fresh],
        at=evidence.started_at,
        details=_describe_run(evidence, is_required),
        other="" if evidence.command == check.run else evidence.command,
        tail=render_literal("\n".join(evidence.tail)),
    )


def _result_mark(evidence: Evidence) -> Mark:
    if evidence.skipped is not None:
        return Mark("none", f"skipped: {evidence.skipped}")
    if evidence.passed:
        return Mark("ok", "passed")
    code = "no exit code" if evidence.exit_code is None else f"exit code {evidence.exit_code}"
    return Mark("bad", f"failed, {code}")


def _describe_run(evidence: Evidence, is_required: bool) -> tuple[str, ...]:
    details = [f"{evidence.seconds:,.1f} s", f"at {evidence.head[:10]}"]
    junit = evidence.junit
    if junit:
        broken = junit.failures + junit.errors
        details.append(f"{format_count(junit.tests, 'test')}, {broken:,} failed, {junit.skipped:,} skipped")
    if evidence.failures_in_a_row > 1:
        details.append(f"{evidence.failures_in_a_row:,} failures in a row")
    # on_base: the commit of base, and the exit code there. A check that fails there is not this branch's fault.
    if evidence.on_base and evidence.on_base[1] != 0:
        details.append(f"fails on base at {evidence.on_base[0][:10]}, too")
    if not is_required:
        details.append("not asked for by the brief or policy")
    return tuple(details)
