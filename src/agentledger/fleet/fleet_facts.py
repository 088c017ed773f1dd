"""What holds for the whole fleet, and several gates ask: scopes, dependencies, which tasks are there to build on.

Belongs here: facts of a fleet that no reading is needed for. Does not: the case of a branch (see `case_builder`)
or of a task that is handed out (see `spawn_bench`).
"""

from __future__ import annotations

from agentledger.attention import ended_tasks
from agentledger.attention.landed_tasks import merged_tasks
from agentledger.model.fleet import (
    UNDER_WAY,
    UNMERGED,
    Base,
    Branch,
    Fleet,
    HooksOff,
)
from agentledger.model.ledger import Brief
from agentledger.rules.case import Peer
from agentledger.scope import task_scope


def task_dependencies(fleet: Fleet) -> dict[str, tuple[str, ...]]:
    """Map every task to those that it depends on."""
    return {task.id: task.brief.depends_on if task.brief else () for task in fleet.tasks}


def list_branches_underway(fleet: Fleet) -> dict[str, tuple[str, ...]]:
    """Map each task to its branches whose work has not landed or ended."""
    names: dict[str, tuple[str, ...]] = {}
    for branch in fleet.branches:
        if branch.work and branch.state in UNDER_WAY:
            names[branch.work.task] = (*names.get(branch.work.task, ()), branch.name)
    return names


def has_named_branch(fleet: Fleet) -> bool:
    return any(task.brief and task.brief.branch for task in fleet.tasks)


def tasks_naming(fleet: Fleet, branch: str | None) -> tuple[str, ...]:
    """Return the tasks whose briefs name this branch."""
    return tuple(t.id for t in fleet.tasks if branch and t.brief and t.brief.branch == branch)


def short_base_ref(base: Base) -> str:
    """Return base as git takes it on a command line: `main`; in a clone without a local one, `origin/main`."""
    return short_ref(base.ref)


def short_ref(ref: str) -> str:
    """Return a branch's ref as git takes it on a command line."""
    return ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")


def is_task_over(fleet: Fleet, task: str) -> bool:
    """Has a task ended, by its outcome or because its work has landed? One that nobody knows has."""
    known = next((each for each in fleet.tasks if each.id == task), None)
    return known is None or known.is_over or task in merged_tasks(fleet)


def find_hooks_off(branch: Branch, brief: Brief | None) -> HooksOff | None:
    """Return what keeps our hooks from judging the branch in its worktree; None, too, where no brief goes for it."""
    worktree = branch.worktree
    return worktree.hooks_off if worktree is not None and (brief or worktree.made_for) else None


def peers_of(fleet: Fleet) -> tuple[Peer, ...]:
    """Return the active tasks with their scopes: those with a brief that an open or dormant branch works on."""
    open_ = {b.name for b in fleet.branches if b.state in UNMERGED}
    return tuple(
        Peer(
            task.id,
            task.brief,
            scope_of(task.brief, fleet),
            branches=task.branches,
            since=task.brief.document.source.at,
            planned=task.brief_from != "branch",
        )
        for task in fleet.tasks
        if task.brief and open_.intersection(task.branches) and task.outcome is None
    )


def scope_of(brief: Brief, fleet: Fleet) -> task_scope.Scope:
    """Return the scope that a brief grants under the fleet's policy."""
    return task_scope.scope_of_brief(brief, fleet.policy, task_scope.PROTECTED)


def describe_gone_tasks(fleet: Fleet) -> dict[str, str]:
    """Map the tasks whose branches are gone to where they were last seen, in words."""
    return {
        task.id: ended_tasks.describe_ending(task.ending)
        for task in ended_tasks.gone_tasks(fleet)
        if task.ending
    }
