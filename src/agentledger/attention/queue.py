"""What waits for the manager, in the order to go through it: decided once, for every output.

Belongs here: which branches wait for a person, in which order, and what each is about. Does not: where a
branch is listed (see `sections`), the command for it (see `actions`), or how either is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agentledger.attention.actions import NextAction, next_action, open_question
from agentledger.attention.brief_change import Change
from agentledger.attention.sections import (
    Section,
    blocking_reasons,
    group_by_section,
    has_conflict,
    has_scope_change,
)
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import CheckIn
from agentledger.model.work import Progress, Task, task_of_work


class Kind(StrEnum):
    """What a person has to decide about a branch that waits."""

    QUESTION = "question"
    SCOPE_CHANGE = "scope-change"
    CONFLICT = "conflict"
    HELD = "held"
    #: A partial clone lacks what decides about it.
    UNKNOWN = "unknown"
    READY = "ready"
    APPROVED = "approved"
    REJECTED = "rejected"
    KILL = "kill"


@dataclass(frozen=True, slots=True)
class Turn:
    """One branch that waits. `change` is what its copy of the brief asks for; None: that was not compared."""

    branch: Branch
    task: Task
    kind: Kind
    action: NextAction
    change: Change | None = None

    @property
    def question(self) -> CheckIn | None:
        """Return the check-in that asks; None where no question waits."""
        return open_question(self.branch) if self.kind is Kind.QUESTION else None

    @property
    def since(self) -> int | None:
        """Return when the waiting began, in seconds since the epoch."""
        return self.branch.standing.since if self.branch.standing else None

    @property
    def key(self) -> tuple[str, ...]:
        """Return a key that stays equal as long as the branch waits with the same thing."""
        question, copy = self.question, self.branch.work.brief if self.branch.work else None
        blob = copy.document.blob if copy else None
        return self.branch.ref, self.branch.head, self.kind, question.name if question else "", blob or ""


def list_turns(fleet: Fleet) -> tuple[Turn, ...]:
    """Return everything that waits for a person, the most urgent first."""
    parts = group_by_section(fleet)
    # Most of what is held back waits for its agent; the rest is the manager's to settle.
    waiting = [
        b for b in parts[Section.HELD] if b.standing and (b.absent or b.standing.waits_for == "manager")
    ]
    tasks = {task.id: task for task in fleet.tasks}
    turns = []
    for branch in (*parts[Section.YOUR_TURN], *waiting, *parts[Section.KILL]):
        action = next_action(branch, fleet.base)
        if action and branch.work:
            task = task_of_work(branch.work, tasks)
            turns.append(Turn(branch, task, _kind_of_turn(branch), action))
    return tuple(turns)


def _kind_of_turn(branch: Branch) -> Kind:
    """Return what a branch's turn is about, asked in the order of `actions`, so that the command fits it."""
    progress = branch.standing.progress if branch.standing else None
    if branch.absent:
        return Kind.UNKNOWN
    if open_question(branch):
        return Kind.QUESTION
    if has_scope_change(branch):
        return Kind.SCOPE_CHANGE
    if has_conflict(branch):
        return Kind.CONFLICT
    if blocking_reasons(branch):
        return Kind.HELD
    plain = {
        Progress.READY: Kind.READY,
        Progress.APPROVED: Kind.APPROVED,
        Progress.REJECTED: Kind.REJECTED,
    }
    return plain.get(progress, Kind.KILL) if progress else Kind.KILL
