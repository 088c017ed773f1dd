"""Which tasks have landed, so that others can build on them.

Belongs here: that fact of a whole fleet. Does not: how a task ended in words (see `ended_tasks`), or finding it out
(see `fleet.task_endings`).
"""

from __future__ import annotations

from agentledger.model.fleet import Fleet, State
from agentledger.model.work import End


def merged_tasks(fleet: Fleet) -> frozenset[str]:
    """Return the tasks that are merged: by their recorded outcome, by base's history, or as a branch of theirs is.

    A branch without own commits whose ledger folder says that it works on a task was merged by moving base
    forward to it.
    """
    # What has landed is there for others to build on, also while something uncommitted is left in a worktree.
    landed = {
        b.work.task
        for b in fleet.branches
        if b.work and (b.at_rest or b.state) in (State.MERGED, State.ABSORBED)
    }
    reached = {b.work.task for b in fleet.branches if b.work and b.state is State.EMPTY}
    landed |= {task.id for task in fleet.tasks if task.brief and task.id in reached}
    landed |= {t.id for t in fleet.tasks if t.ending and t.ending.end is not End.GONE}
    landed |= {t.id for t in fleet.tasks if t.outcome and t.outcome.outcome == "merged"}
    # What was taken back is not there to build on, whatever was written down when it landed.
    return frozenset(landed - _taken_back_tasks(fleet))


def _taken_back_tasks(fleet: Fleet) -> set[str]:
    """Return the tasks whose work base took back, but for those of which another branch is there."""
    states: dict[str, set[State]] = {}
    for branch in fleet.branches:
        if branch.work:
            states.setdefault(branch.work.task, set()).add(branch.state)
    there = {State.MERGED, State.ABSORBED}
    taken_back = {task for task, each in states.items() if State.REVERTED in each and not each & there}
    return taken_back | {t.id for t in fleet.tasks if t.taken_back}
