"""Sentences about worktrees that a manager has to know of: no hook runs there, or another branch is checked out.

Belongs here: those sentences, one for all worktrees that have the same cause. Does not: looking (see
`repository.live_hooks`), or the finding about one branch (FLT007 in `rules.fleet`).
"""

from __future__ import annotations

from collections.abc import Iterator

from agentledger.fleet.fleet_facts import find_hooks_off, is_task_over
from agentledger.model.fleet import Branch, Fleet, HooksOff
from agentledger.model.text import escape_hidden
from agentledger.model.work import task_of_work

NAMED = 4  # branches that one sentence names


def describe_hooks(fleet: Fleet) -> tuple[str, ...]:
    """Where no hook of ours would run, and where a branch is judged by the brief of a task that is not its own."""
    return (*_describe_off(fleet), *_describe_strays(fleet))


def _describe_off(fleet: Fleet) -> Iterator[str]:
    tasks = {task.id: task for task in fleet.tasks}
    off: dict[HooksOff, list[str]] = {}
    for branch in fleet.branches:
        brief = task_of_work(branch.work, tasks).brief if branch.work and branch.work.task in tasks else None
        if found := find_hooks_off(branch, brief):
            off.setdefault(found, []).append(escape_hidden(branch.name))
    for each, names in off.items():
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        where = f"{', '.join(sorted(names)[:NAMED])}{more}"
        yield f"no commit is checked where {where} is checked out: {each.reason}; {each.command} turns the hooks on"


def _describe_strays(fleet: Fleet) -> Iterator[str]:
    briefed = {task.id for task in fleet.tasks if task.brief}
    for branch in fleet.branches:
        made_for = branch.worktree.made_for if branch.worktree else ""
        has_own = branch.work is not None and branch.work.task in briefed
        if branch.worktree and made_for in briefed and not has_own and not is_task_over(fleet, made_for):
            task, path = escape_hidden(made_for), escape_hidden(branch.worktree.path)
            where = f"{_name(branch)} is checked out in {path}, which was made for {task}"
            yield f"{where}: that task's brief counts for commits there"


def _name(branch: Branch) -> str:
    return "a detached HEAD" if branch.detached else escape_hidden(branch.name)
