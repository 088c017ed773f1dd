"""Which branches a merge plan looks at, and why it leaves the others alone.

Belongs here: sorting branches by how far they are. Does not: whether they merge (see `rank` and `simulate`), or whose
turn it is (see `attention.turn`), from which all of this follows.
"""

from __future__ import annotations

from enum import StrEnum

from agentledger.attention.turn import Kind, is_finished, turn_of
from agentledger.model.fleet import Branch, State


class Group(StrEnum):
    """Branches that a plan leaves alone unless it is told to take them, and the word that tells it so."""

    WORKING = "working"
    SILENT = "silent"
    HELD = "held"
    #: They belong to WORKING: somebody is at them, though no brief says so.
    UNCOMMITTED = "uncommitted"


#: What a person can ask for. Whoever takes those at work takes those with uncommitted changes.
INCLUDABLE = (Group.WORKING, Group.SILENT, Group.HELD)

# In words, as a count of branches is followed by them.
WORDS = {
    Group.WORKING: "working",
    Group.SILENT: "silent",
    Group.HELD: "held",
    Group.UNCOMMITTED: "with uncommitted changes",
}

_READY = (Kind.APPROVED, Kind.READY)
_AT_WORK = (
    Kind.STARTED,
    Kind.WORKING,
    Kind.ANSWERED,
    Kind.CHANGES,
    # It is not finished, but waits for a word.
    Kind.QUESTION,
    Kind.SCOPE_CHANGE,
)


def asked_by(group: Group) -> Group:
    """Return what has to be asked for so that a group is taken."""
    return Group.WORKING if group is Group.UNCOMMITTED else group


def group_of(branch: Branch) -> Group | None:
    """Return the group of a branch that could land; None for one that a plan takes without being told."""
    if branch.state is State.DORMANT:
        return Group.SILENT
    if branch.state is State.REVERTED:
        return Group.HELD
    kind = turn_of(branch).kind
    if kind in _READY:
        return None
    if kind is Kind.UNBRIEFED:
        at_work = branch.worktree is not None and branch.worktree.is_in_use
        return Group.UNCOMMITTED if at_work else None
    # What it conflicts with is told where the plan says what it leaves out.
    if kind is Kind.CONFLICT and is_finished(branch):
        return None
    if kind in _AT_WORK:
        return Group.WORKING
    return Group.SILENT if kind is Kind.SILENT else Group.HELD


def why_over(branch: Branch) -> str:
    """Return why there is nothing of a branch to land, in words; "" where there is."""
    if branch.detached:
        return "it is a worktree without a branch"
    if branch.state is State.UNREADABLE:
        return branch.state_why or "it cannot be read"
    if branch.at_rest is not None:
        return "all that is new on it is uncommitted"
    if branch.state is State.REVERTED:
        return "base took back what had landed of it"
    if branch.state in (State.OPEN, State.DORMANT):
        # A task that was just handed out: its branch has the copy of the brief.
        return "" if branch.code_changes else "it changes nothing yet"
    return f"it is {branch.state}" + (f": {branch.state_why}" if branch.state_why else "")
