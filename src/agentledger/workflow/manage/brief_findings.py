"""Finds reasons against a new brief for a task under way: tasks that it would overlap, and rules that it breaks.

Belongs here: what is new in these, compared with the brief that counts now. Does not: acting on them (see
`brief_decision`), or the rules themselves (see `rules`).
"""

from __future__ import annotations

from collections.abc import Iterator

from agentledger.fleet import fleet_facts
from agentledger.model.findings import Finding, Severity
from agentledger.model.ledger import Brief
from agentledger.model.text import encode, format_path
from agentledger.scope.automata import TooComplexError
from agentledger.scope.task_scope import Scope
from agentledger.workflow.session.manager_context import Managing


def describe_new_overlaps(desk: Managing, old_brief: Brief, new_brief: Brief) -> Iterator[str]:
    """A sentence for each active task whose scope overlaps that of `new_brief`, and not that of `old_brief`."""
    old_scope, new_scope = (fleet_facts.scope_of(brief, desk.fleet) for brief in (old_brief, new_brief))
    open_ = tuple(map(encode, desk.fleet.policy.open))
    for peer in fleet_facts.peers_of(desk.fleet):
        related = peer.task in new_brief.depends_on or old_brief.task in peer.brief.depends_on
        if peer.task != old_brief.task and not related:
            overlap = _describe_overlap(old_scope, new_scope, peer.scope, open_)
            if overlap:
                yield f"its scope meets that of {peer.task}{overlap}"


def _describe_overlap(old_scope: Scope, new_scope: Scope, theirs: Scope, open_: tuple[bytes, ...]) -> str:
    """Where the new scope meets theirs, as the end of a sentence; '' where it does not, or met it before."""
    try:
        meeting = new_scope.overlap_with(theirs, open_)
        if meeting is None or old_scope.overlap_with(theirs, open_):
            return ""
    except TooComplexError as error:
        return f", as far as can be told: {error.message}"
    patterns = f"{format_path(meeting.mine)!r} and its {format_path(meeting.theirs)!r}"
    return f", at {format_path(meeting.path)}: by {patterns}"


def describe_new_errors(desk: Managing, new_brief: Brief) -> Iterator[str]:
    """The errors that the rules find in the new brief, and did not find in the one that counts now."""
    old_findings = set(map(_finding_key, desk.snapshot.spawn(new_brief.task)))
    for finding in desk.snapshot.spawn(new_brief.task, new_brief):
        # Only rules about the brief itself: BRF009 is about several of them, others are about the fleet.
        briefs = finding.rule.startswith("BRF") and finding.rule != "BRF009"
        if briefs and finding.severity is Severity.ERROR and _finding_key(finding) not in old_findings:
            yield f"{finding.rule} {finding.name}: {finding.message}"


def _finding_key(finding: Finding) -> tuple[str, str]:
    """What makes a finding the same one in both briefs; its line may differ."""
    return finding.rule, finding.message
