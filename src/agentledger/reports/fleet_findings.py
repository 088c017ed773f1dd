"""The findings of a whole fleet as text: branch by branch, what is a branch's own first, what several share once.

Belongs here: that order, and the lines between findings. Does not: the words of one finding (see
`findings_text`), or which of them are shared (see `attention.shared_findings`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agentledger.attention.shared_findings import Shared, group_shared
from agentledger.attention.wanted import count_wants
from agentledger.model.findings import Finding, Gate, Judged, Report, Severity
from agentledger.model.text import escape_hidden, format_count
from agentledger.reports.findings_text import describe_finding, describe_findings

NAMED = 4  # branches that are named in one line; more are counted


def render_fleet(report: Report) -> str:
    """Return the text: who is stopped now, what else is some branch's own, what is said once, what comes later."""
    lines: list[str] = []
    judged = sorted(report.fleet, key=lambda each: not _count_stopping(_own_findings(report, each)))
    told = [each for each in judged if _own_findings(report, each)]
    for each in told:
        lines += [*_describe_branch(each, _own_findings(report, each)), ""]
    quiet = [each.branch for each in judged if each not in told]
    if quiet:
        lines += [f"nothing of its own: {_name_branches(quiet, len(report.fleet))}", ""]
    for shared in group_shared(report.findings):
        # What ready will want of everybody is one line below, and `check BRANCH` has each with its fix.
        if not _is_wanted_at_ready(shared.finding):
            lines += _describe_shared(shared, len(report.fleet))
    wants = count_wants(report.findings, (Gate.READY,))
    if wants:
        lines += [*wants, "  next: agentledger check BRANCH --gate ready, which lists each with its fix"]
    lines += [f"note: {escape_hidden(note)}" for note in report.notes]
    lines += [f"not judged: {escape_hidden(lost)}" for lost in report.unjudged]
    return "\n".join([*lines, _describe_verdict(report)])


def _own_findings(report: Report, judged: Judged) -> tuple[Finding, ...]:
    """What is said of one branch alone, and is not only due at ready."""
    return tuple(
        f
        for f in report.findings
        if f.branch == judged.branch and not f.shared and not _is_wanted_at_ready(f)
    )


def _is_wanted_at_ready(finding: Finding) -> bool:
    return finding.severity is Severity.LATER and finding.gate is Gate.READY


def _count_stopping(findings: Sequence[Finding]) -> int:
    return sum(finding.blocks for finding in findings)


def _describe_branch(judged: Judged, findings: Sequence[Finding]) -> Iterator[str]:
    stopping = _count_stopping(findings)
    verdict = (
        f"stopped at {judged.gate}, by {format_count(stopping, 'finding')}" if stopping else "not stopped"
    )
    others = len(findings) - stopping
    yield f"{escape_hidden(judged.branch)}: {verdict}{f'; {others:,} more to know' if others else ''}"
    yield from (f"  {line}" for line in describe_findings(findings, named=False))


def _describe_shared(shared: Shared, total: int) -> Iterator[str]:
    first, *others = describe_finding(shared.finding, named=False)
    yield f"{first} [{_name_branches(shared.branches, total)}]"
    yield from others


def _name_branches(names: Sequence[str], total: int) -> str:
    if len(names) == total and total > 1:
        return f"all {total:,} branches"
    if len(names) > NAMED:
        return f"{len(names):,} of {total:,} branches"
    return ", ".join(map(escape_hidden, names))


def _describe_verdict(report: Report) -> str:
    total = format_count(len(report.fleet), "branch", "branches")
    stopping = [f for f in report.findings if f.blocks]
    others = len(report.findings) - len(stopping)
    lost = (
        f"; {format_count(len(report.unjudged), 'branch', 'branches')} not judged" if report.unjudged else ""
    )
    more = f"; {others:,} more to know{lost}" if others else lost
    what = escape_hidden(report.what)
    if stopping:
        stopped = len({finding.branch for finding in stopping})
        rule = min(finding.rule for finding in stopping)
        by = format_count(len(stopping), "finding")
        return f"{what}: {stopped:,} of {total} stopped, by {by}{more}; agentledger rule {rule} explains"
    errors = [f for f in report.findings if f.severity is Severity.ERROR and f.waived is None]
    if errors:
        return f"{what}: nothing is enforced here; {format_count(len(errors), 'finding')} would have stopped it{more}"
    return f"{what}: nothing stops any of {total}{more}"
