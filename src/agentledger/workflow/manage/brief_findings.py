"""What speaks against another brief for a task that is at work: whom it would meet, what the rules say.

Belongs here: what is new in that, against the brief that counts now. Does not: what is done about it (see
`brief`), or the rules themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentledger.fleet import case_builder
from agentledger.model.findings import Finding, Severity
from agentledger.model.ledger import Brief
from agentledger.model.text import encode, format_path
from agentledger.scope.automata import TooComplexError
from agentledger.scope.patterns import Scope
from agentledger.workflow.session.manager_context import Managing


def describe_new_overlaps(desk: Managing, now: Brief, then: Brief) -> Iterator[str]:
    """Other active tasks whose scope a task would meet with another brief, and does not meet now."""
    was, would = (case_builder.scope_of(brief, desk.fleet) for brief in (now, then))
    open_ = tuple(map(encode, desk.fleet.policy.open))
    for peer in case_builder.peers_of(desk.fleet):
        related = peer.task in then.depends_on or now.task in peer.brief.depends_on
        if peer.task != now.task and not related:
            told = _describe_overlap(was, would, peer.scope, open_)
            if told:
                yield f"its scope meets that of {peer.task}{told}"


def _describe_overlap(was: Scope, would: Scope, theirs: Scope, open_: tuple[bytes, ...]) -> str:
    try:
        meeting = would.overlap_with(theirs, open_)
        if meeting is None or was.overlap_with(theirs, open_):
            return ""
    except TooComplexError as error:
        return f", as far as can be told: {error.message}"
    both = f"{format_path(meeting.mine)!r} and its {format_path(meeting.theirs)!r}"
    return f", at {format_path(meeting.path)}: by {both}"


def describe_new_errors(desk: Managing, then: Brief) -> Iterator[str]:
    """What the rules have against the new brief, and had nothing against in the old one."""
    before = set(map(_finding_key, desk.taken.spawn(then.task)))
    for finding in desk.taken.spawn(then.task, then):
        briefs = finding.rule.startswith("BRF") and finding.rule != "BRF009"
        if briefs and finding.severity is Severity.ERROR and _finding_key(finding) not in before:
            yield f"{finding.rule} {finding.name}: {finding.message}"


def _finding_key(finding: Finding) -> tuple[str, str]:
    return finding.rule, finding.message
