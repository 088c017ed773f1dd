"""Which section of the board lists a branch: decided once, for every output.

Belongs here: sorting branches into sections, and the questions that this takes. Does not: what to do about a
branch (see `actions`), or how a terminal, a page or a JSON document shows it.
"""

from __future__ import annotations

from enum import StrEnum

from agentledger.model.absent import describe_absent
from agentledger.model.findings import Finding, Severity
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.work import ASKING, FINISHED, Copy, Progress, Standing, Task


class Section(StrEnum):
    """The parts of the board, in reading order; `section_order` has the one for a fleet without tasks."""

    YOUR_TURN = "your-turn"
    HELD = "held"
    KILL = "kill"
    SILENT = "silent"
    WORKING = "working"
    UNBRIEFED = "unbriefed"
    ENDED = "ended"


def section_order(fleet: Fleet) -> tuple[Section, ...]:
    """Return the sections in reading order; without any task, what is open comes before what is held."""
    if fleet.tasks:
        return tuple(Section)
    return Section.UNBRIEFED, Section.HELD, Section.ENDED


def section_of(branch: Branch) -> Section:
    """Return the section that lists this branch; a merge that could not be tried holds nothing back."""
    if branch.state is not State.OPEN:
        return Section.ENDED
    # The first question that is true decides; `actions` and `queue` ask them in the same order.
    if branch.absent:
        return Section.HELD
    standing = branch.standing
    if standing is None:
        return Section.HELD if has_conflict(branch) else Section.UNBRIEFED
    if standing.progress in ASKING or has_scope_change(branch):
        return Section.YOUR_TURN
    if has_conflict(branch) or standing.progress is Progress.REJECTED or blocking_reasons(branch):
        return Section.HELD
    if is_finished(branch):
        return Section.YOUR_TURN
    if met_kill_criteria(branch):
        return Section.KILL
    return Section.SILENT if standing.progress is Progress.SILENT else Section.WORKING


def is_finished(branch: Branch) -> bool:
    """Does its agent say that it is ready, or is it approved already?"""
    standing = branch.standing
    return standing is not None and standing.progress in FINISHED


def blocking_reasons(branch: Branch) -> tuple[str, ...]:
    """Return what holds a branch back now, in words; () when nothing does.

    That is files it must not touch; and from ready on, what is missing or failing. Where no rules were
    evaluated, what the evidence alone shows. Where a partial clone knows too little, that is what holds it back.
    """
    if branch.absent:
        return (f"{describe_absent(branch.absent)}, so it is unknown what holds it back",)
    if branch.findings is None:
        return branch.standing.holds if branch.standing and is_finished(branch) else ()
    errors = [f for f in branch.findings if f.severity is Severity.ERROR and f.waived is None]
    return tuple(f.message for f in errors if _is_blocking(f, is_finished(branch)))


def _is_blocking(finding: Finding, done: bool) -> bool:
    """Does a finding hold the branch back? Boundaries count from the first commit, the rest once it is done."""
    family = finding.rule[:3]
    # OWN004 is about two briefs that overlap: the manager settles that, not this branch's agent.
    return (family == "OWN" and finding.rule != "OWN004") or (done and family in ("PKT", "EVD"))


def met_kill_criteria(branch: Branch) -> tuple[str, ...]:
    """Return the kill criteria of the brief that are met, in words."""
    findings = branch.findings or ()
    return tuple(each.message for each in findings if each.rule == "KIL001" and each.waived is None)


def has_scope_change(branch: Branch) -> bool:
    """Does the branch's copy of the brief ask for something that the manager has not accepted?"""
    return branch.work is not None and branch.work.copy is Copy.SCOPE_CHANGE


def has_conflict(branch: Branch) -> bool:
    """Does git's merge with base stop at a conflict? False when it is clean, failed, or was not tried."""
    return branch.conflict is not None and branch.conflict.clean is False


def group_by_section(fleet: Fleet) -> dict[Section, tuple[Branch, ...]]:
    """Map every section, empty or not, to its branches, last activity first.

    What waits for the manager is sorted by how long it has waited, questions before finished work.
    """
    recent = sorted(fleet.branches, key=lambda b: (-b.active_at, b.name, b.ref))
    groups = {part: [b for b in recent if section_of(b) is part] for part in Section}
    groups[Section.YOUR_TURN].sort(key=lambda b: _waiting_key(b.standing))
    return {part: tuple(branches) for part, branches in groups.items()}


def _waiting_key(standing: Standing | None) -> tuple[bool, int]:
    finished = standing is not None and standing.progress in FINISHED
    return finished, (standing.since or 0) if standing else 0


def planned_tasks(fleet: Fleet) -> tuple[Task, ...]:
    """Return the tasks with a brief of the manager's that nobody works on yet, by priority as in the fleet."""
    return tuple(t for t in fleet.tasks if t.brief and not t.branches and t.outcome is None)


def count_by_state(branches: tuple[Branch, ...]) -> tuple[tuple[State, int], ...]:
    """Count the branches of each state, the most frequent first; states without any are left out."""
    counts = {state: sum(b.state is state for b in branches) for state in State}
    return tuple(sorted(((s, n) for s, n in counts.items() if n), key=lambda pair: -pair[1]))
