"""What waits for the manager, in the order to go through it: decided once, for every output.

Belongs here: which branches wait for a person, in which order, and what each is about. Does not: where a
branch is listed (see `sections`), the command for it (see `actions`), or how either is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from agentledger.attention.actions import next_action
from agentledger.attention.brief_change import Change
from agentledger.attention.commands import NextAction
from agentledger.attention.conflicts import describe_conflict
from agentledger.attention.replies import open_question
from agentledger.attention.sections import Section, group_by_section
from agentledger.attention.turn import Kind, Whose, turn_of
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import CheckIn
from agentledger.model.work import Task, task_of_work


@dataclass(frozen=True, slots=True)
class Turn:
    """One branch that waits.

    `change` is what its copy of the brief asks for; None: that was not compared. `text` is what an answer says
    that sends it back, where nobody has to think of that.
    """

    branch: Branch
    task: Task
    kind: Kind
    action: NextAction
    change: Change | None = None
    text: str = ""

    @property
    def question(self) -> CheckIn | None:
        """Return the check-in that asks, also for another scope; None where no question waits."""
        return open_question(self.branch) if self.kind in (Kind.QUESTION, Kind.SCOPE_CHANGE) else None

    @property
    def since(self) -> int | None:
        """Return when the waiting began, in seconds since the epoch."""
        return turn_of(self.branch).since

    @property
    def key(self) -> tuple[str, ...]:
        """Return a key that stays equal as long as the branch waits with the same thing."""
        question, copy = self.question, self.branch.work.brief if self.branch.work else None
        blob = copy.document.blob if copy else None
        return self.branch.ref, self.branch.head, self.kind, question.name if question else "", blob or ""


def list_turns(fleet: Fleet) -> tuple[Turn, ...]:
    """Return everything that waits for a person, the most urgent first."""
    parts = group_by_section(fleet)
    # What base took back is listed as held, and is the manager's to decide.
    held = [b for b in parts[Section.HELD] if turn_of(b).whose is Whose.MANAGER]
    tasks = {task.id: task for task in fleet.tasks}
    turns = []
    for branch in (*parts[Section.YOUR_TURN], *held, *parts[Section.KILL]):
        action = next_action(branch, fleet.base)
        if action and branch.work:
            task = task_of_work(branch.work, tasks)
            kind = turn_of(branch).kind
            text = "\n\n".join(describe_conflict(branch, fleet.base)) if kind is Kind.CONFLICT else ""
            turns.append(Turn(branch, task, kind, action, text=text))
    return tuple(turns)
