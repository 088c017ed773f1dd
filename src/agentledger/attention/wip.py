"""How much each manager has in progress, against the limits of `[wip]` in the policy.

Belongs here: which branches count, and for what. Does not: stopping anybody (see `rules.fleet`), or the words
at the board's headings (see `wip_headings`).

A branch counts once, by whose turn it is. While its agent works it is *active*, or *local* where a human sits
with the agent, which has a limit of its own. Once it is approved, or ready with nothing against it, it waits
for a human: *review*. What waits for an answer counts nowhere: the manager is slow, not the agent, and that
is no reason to stop new work. What is dormant or ended counts nowhere either, nor does a branch without a
task, which nobody manages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agentledger.attention.turn import Kind, Whose, turn_of
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.work import Task


@dataclass(frozen=True, slots=True)
class Load:
    """How many branches of one manager there are, by whose turn it is.

    `review_lines` are the changed lines of those in review. `manager` is "" where neither brief nor policy
    names one.
    """

    manager: str
    active: int = 0
    local: int = 0
    review: int = 0
    review_lines: int = 0


def measure_loads(fleet: Fleet) -> tuple[Load, ...]:
    """Return the load of each manager who has any, sorted by name."""
    tasks = {task.id: task for task in fleet.tasks}
    groups: dict[str, list[Branch]] = {}
    for branch in fleet.branches:
        if branch.work and branch.state is State.OPEN:
            groups.setdefault(_manager_of_task(tasks.get(branch.work.task), fleet), []).append(branch)
    loads = (_measure_load(manager, groups[manager], tasks) for manager in sorted(groups))
    return tuple(load for load in loads if load.active or load.local or load.review)


def _manager_of_task(task: Task | None, fleet: Fleet) -> str:
    manager = task.brief.manager if task and task.brief else ""
    # A task that names no manager belongs to the first that policy names.
    return manager or next(iter(fleet.policy.managers), "")


def _measure_load(manager: str, branches: Iterable[Branch], tasks: Mapping[str, Task]) -> Load:
    counts = {"active": 0, "local": 0, "review": 0}
    lines = 0
    for branch in branches:
        turn = _turn_of_branch(branch, tasks)
        if turn:
            counts[turn] += 1
        if turn == "review":
            lines += (branch.added or 0) + (branch.removed or 0)
    return Load(manager, **counts, review_lines=lines)


# What waits for an answer: the manager is slow, not the agent.
_UNCOUNTED = (Kind.QUESTION, Kind.SCOPE_CHANGE, Kind.REJECTED, Kind.STOPPED)


def _turn_of_branch(branch: Branch, tasks: Mapping[str, Task]) -> str:
    """Return what an open branch counts for: active, local or review; "" for nothing."""
    turn = turn_of(branch)
    if turn.whose is Whose.NOBODY or turn.kind in _UNCOUNTED:
        return ""
    # Said to be ready, but held back: it goes back to its agent.
    if turn.kind in (Kind.READY, Kind.APPROVED):
        return "review"
    task = tasks.get(branch.work.task) if branch.work else None
    return "local" if task and task.brief and task.brief.session == "local" else "active"
