"""Which section of the board lists a branch: decided once, for every output.

Belongs here: sorting branches into sections. Does not: whose turn it is, from which the section follows (see
`turn`), what to do about a branch (see `actions`), or how a terminal, a page or a JSON document shows it.
"""

from __future__ import annotations

from enum import StrEnum

from agentledger.attention.loose_work import is_resting
from agentledger.attention.turn import BranchTurn, Kind, Whose, has_conflict, turn_of
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.work import Task


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
    # What base took back is gone from it, whatever its task says, and somebody has to decide on that.
    if branch.state is State.REVERTED:
        return Section.HELD
    if branch.state is not State.OPEN:
        return Section.ENDED
    turn = turn_of(branch)
    if turn.whose is Whose.MANAGER:
        return {Kind.KILL: Section.KILL, Kind.UNKNOWN: Section.HELD}.get(turn.kind, Section.YOUR_TURN)
    if turn.whose is Whose.AGENT:
        return _OF_AGENTS.get(turn.kind, Section.WORKING)
    return Section.HELD if has_conflict(branch) and not is_resting(branch) else Section.UNBRIEFED


# An agent's turns that are no plain work.
_OF_AGENTS = {
    Kind.CONFLICT: Section.HELD,
    Kind.HELD: Section.HELD,
    Kind.LAPSED: Section.HELD,
    Kind.SILENT: Section.SILENT,
}


def group_by_section(fleet: Fleet) -> dict[Section, tuple[Branch, ...]]:
    """Map every section, empty or not, to its branches, last activity first.

    What waits for the manager is sorted by how long it has waited, questions before the rest; what is finished
    in the order in which it merges, where that is known.
    """
    recent = sorted(fleet.branches, key=lambda b: (-b.active_at, b.name, b.ref))
    groups = {part: [b for b in recent if section_of(b) is part] for part in Section}
    merges = {ref: number for number, ref in enumerate(fleet.merge_order.refs if fleet.merge_order else ())}
    groups[Section.YOUR_TURN].sort(key=lambda b: _waiting_key(turn_of(b), merges.get(b.ref, len(merges))))
    return {part: tuple(branches) for part, branches in groups.items()}


def _waiting_key(turn: BranchTurn, place: int) -> tuple[int, int, int]:
    """Questions first, then finished work, then what goes back to its agent; of each the longest wait.

    `place` is a branch's place in the merge order, which has weighed the waiting of what is finished.
    """
    if turn.kind in (Kind.READY, Kind.APPROVED):
        return 1, place, turn.since or 0
    return 0 if turn.kind in (Kind.QUESTION, Kind.SCOPE_CHANGE) else 2, 0, turn.since or 0


def planned_tasks(fleet: Fleet) -> tuple[Task, ...]:
    """Return the tasks with a brief of the manager's that nobody works on yet, by priority as in the fleet."""
    return tuple(
        t for t in fleet.tasks if t.brief and not (t.branches or t.elsewhere or t.outcome or t.ending)
    )


def count_by_state(branches: tuple[Branch, ...]) -> tuple[tuple[State, int], ...]:
    """Count the branches of each state, the most frequent first; states without any are left out."""
    counts = {state: sum(b.state is state for b in branches) for state in State}
    return tuple(sorted(((s, n) for s, n in counts.items() if n), key=lambda pair: -pair[1]))
