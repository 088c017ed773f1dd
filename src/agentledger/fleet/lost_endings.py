"""Which tasks have ended by landing, though base took that back after their branches were deleted.

Belongs here: asking that of the commits that brought them in. Does not: how it is found out (see
`changes.takebacks`), or branches that are still there (see `changes.reverted`).
"""

from __future__ import annotations

from dataclasses import replace

from agentledger.changes.ancestry import History
from agentledger.changes.takebacks import TakebackReader
from agentledger.model.fleet import Arrival, Branch, By, Fleet, Loss, State, Sync
from agentledger.model.work import Task


def mark_taken_back(reader: TakebackReader, history: History, fleet: Fleet) -> Fleet:
    """Return the fleet; each task without a branch that base took back says in which commit."""
    drafts = {task.id: draft for task in fleet.tasks if (draft := _draft_branch(task, history))}
    if not drafts:
        return fleet
    arrived = reader.read(list(drafts.values()), {})
    commits = {
        task: taken_back.commit
        for task, draft in drafts.items()
        if draft.arrival and (taken_back := arrived.taken_back.get(draft.arrival))
        if taken_back.loss is Loss.REVERTED
    }
    tasks = (replace(task, taken_back=commits.get(task.id)) for task in fleet.tasks)
    return replace(fleet, tasks=tuple(tasks))


def _draft_branch(task: Task, history: History) -> Branch | None:
    """A branch that stands for what landed: its commit on base's own line, against the one before it."""
    if task.branches:
        return None
    commit = task.outcome.merge if task.outcome else task.ending.commit if task.ending else None
    before = next(iter(history.parents.get(commit, ())), None) if commit else None
    if commit is None or before is None or not history.on_first_parent_line(commit):
        return None
    way = By.MERGE if len(history.parents[commit]) > 1 else By.SAME_CHANGE
    arrival = Arrival(way, commit, before, commit)
    # No ref has it; the task's id stands in for one.
    return Branch(
        name=task.id, ref=task.id, head=commit, sync=Sync.LOCAL, state=State.MERGED, arrival=arrival
    )
