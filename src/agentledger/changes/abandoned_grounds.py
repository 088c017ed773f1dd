"""Branches that stand on commits of a dependency which no branch has any more: it was deleted, or rewritten.

Belongs here: finding where those commits end and the branch's own begin. Does not: branches whose dependency is
here (see `stacks`).

Such commits are known by the ledger folder of a dependency, which nobody but its own branch writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agentledger.changes import net_changes
from agentledger.changes.ancestry import History
from agentledger.changes.landed_commits import find_landings
from agentledger.changes.net_changes import Line
from agentledger.git.scratch import Scratch
from agentledger.model import ledger_paths
from agentledger.model.fleet import UNDER_WAY, Branch, Fleet, Stand
from agentledger.model.text import decode, encode
from agentledger.storage.cache import Cache


def find_abandoned_grounds(
    scratch: Scratch,
    cache: Cache,
    history: History,
    branches: Sequence[Branch],
    needs: Mapping[str, frozenset[str]],
    fleet: Fleet,
) -> list[Branch]:
    """The branches; those that stand on commits that no branch has any more have these in `stands_on`.

    `needs` are the tasks that each branch's own depends on, by ref.
    """
    wanted = {
        b.ref: tasks
        for b in branches
        if not b.stands_on and (tasks := _folders_brought(b) & needs[b.ref]) and not b.borrowed
    }
    if not wanted:
        return list(branches)
    per_commit = {c.id: [Line(c.id, c.parents)] for b in branches if b.ref in wanted for c in b.line}
    owns = net_changes.find_own_changes(scratch, per_commit, cache)
    paths = {commit: own.paths for commit, own in owns.items()}
    ends = {b.ref: end for b in branches if b.ref in wanted and (end := _find_end(b, wanted[b.ref], paths))}
    landings = find_landings(scratch, cache, history, [commit for _, commit in ends.values()])
    return [
        _stand_on_end(history, b, ends[b.ref], landings=landings, fleet=fleet) if b.ref in ends else b
        for b in branches
    ]


def _folders_brought(branch: Branch) -> set[str]:
    return {task for change in branch.changes if (task := _task_of_path(change.path))}


def _task_of_path(path: bytes) -> str:
    if not path.startswith(ledger_paths.TASKS_BYTES):
        return ""
    task, slash, _ = path.removeprefix(ledger_paths.TASKS_BYTES).partition(b"/")
    return decode(task) if slash else ""


def _find_end(
    branch: Branch, tasks: set[str], paths: Mapping[str, frozenset[bytes]]
) -> tuple[str, str] | None:
    """The dependency, and the newest commit of it on the branch's own line; None where that cannot be told."""
    assert branch.work
    line = branch.line
    at, task = next(
        (
            (at, task)
            for at, commit in enumerate(line)
            for task in sorted(tasks)
            if task in set(map(_task_of_path, paths[commit.id]))
        ),
        (None, ""),
    )
    if at is None:
        return None
    own_brief = encode(ledger_paths.brief_path(branch.work.task))
    # `spawn` begins a branch with a commit of the brief alone, so that what is below it is the dependency's.
    begun = next((n for n in reversed(range(at)) if paths[line[n].id] == frozenset((own_brief,))), None)
    return task, line[at if begun is None else begun + 1].id


def _stand_on_end(
    history: History, branch: Branch, end: tuple[str, str], *, landings: Mapping[str, str], fleet: Fleet
) -> Branch:
    task, commit = end
    others = [b for b in fleet.branches if b.work and b.work.task == task and b.ref != branch.ref]
    other = next((b for b in others if b.state in UNDER_WAY), next(iter(others), None))
    landing = landings.get(commit)
    stand = Stand(
        branch=other.name if other else "",
        ref=other.ref if other else "",
        task=task,
        commit=commit,
        state=other.state if other else None,
        landing=landing,
        rewritten=other is not None,
        plain=history.merge_bases(commit) == branch.merge_bases,
    )
    borrowed = frozenset(c.id for c in history.own(commit))
    landed_below = landing is not None and any(history.is_ancestor(landing, b) for b in branch.merge_bases)
    return replace(branch, stands_on=() if landed_below else (stand,), borrowed=borrowed)
