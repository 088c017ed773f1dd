"""Which commits are a branch's own: all that base lacks, except those it was allowed to build on.

Those are the commits of tasks that its brief depends on; and where base here and at its remote have parted, what
the other copy of base has.

Belongs here: separating a branch's commits from those of the tasks that its brief depends on. Does not: what a
commit changed (see `net_changes`), or whether it may (see `rules.ownership`).

A dependency's branch is a ref: an agent could move it onto a commit that it wants to be rid of. So a
dependency vouches for its commits only as long as what it would bring stays within its own brief.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from agentledger.changes import net_changes
from agentledger.changes.net_changes import Line
from agentledger.git import commits
from agentledger.git.scratch import Scratch
from agentledger.model.errors import GitError
from agentledger.model.findings import Gate
from agentledger.model.fleet import Base, Branch, Fleet, State, Sync
from agentledger.model.work import task_of_work
from agentledger.rules.case import Case
from agentledger.rules.ownership import can_change
from agentledger.scope import task_scope
from agentledger.storage.cache import Cache


class Lineage:
    """The own commits of some branches of a fleet; git is asked once for all of them."""

    def __init__(
        self,
        scratch: Scratch,
        fleet: Fleet,
        branches: Sequence[Branch],
        protected: tuple[bytes, ...],
        store: Cache | None = None,
    ) -> None:
        self._scratch, self._fleet, self._protected = scratch, fleet, protected
        self._parted = _read_parted_commits(scratch, fleet.base)
        self._tasks = {task.id: task for task in fleet.tasks}
        self._branches: dict[str, list[Branch]] = {}
        for branch in fleet.branches:
            if branch.work and branch.state is not State.UNREADABLE:
                self._branches.setdefault(branch.work.task, []).append(branch)
        others = [b for task in self._dependency_closure(branches) for b in self._branches.get(task, ())]
        self._commits = {
            b.ref: self._read_commits(b) for b in {b.ref: b for b in (*branches, *others)}.values()
        }
        lines = {line.id: [line] for b in others for line in self._commits[b.ref]}
        self._owns = net_changes.find_own_changes(scratch, lines, store) if lines else {}
        heads = [b.head for b in others if b.merge_bases]
        self._nets = net_changes.find_net_changes(scratch, fleet.base.head, heads, store) if heads else {}
        self._vouched: dict[str, frozenset[str]] = {}

    def of(self, branch: Branch) -> list[Line]:
        """Return the commits that the branch made itself, newest first."""
        task = branch.work.task if branch.work else ""
        return self._own(branch, self._allowed(task, frozenset({task})))

    def parted(self, branch: Branch) -> list[Line]:
        """Return the commits that it has from base's other copy, which has parted from base; newest first."""
        return [line for line in self._commits[branch.ref] if line.id in self._parted]

    def _own(self, branch: Branch, allowed: frozenset[str]) -> list[Line]:
        return [
            line
            for line in self._commits[branch.ref]
            if line.id not in allowed and line.id not in self._parted
        ]

    def _read_commits(self, branch: Branch) -> list[Line]:
        if branch.ahead <= len(branch.commits):
            return [Line(commit.id, commit.parents) for commit in branch.commits]
        # `commits` has only the newest ones; the commit to be judged may lie below any number of others.
        base = self._fleet.base.head
        return [Line(*each) for each in commits.read_ancestry_outside(self._scratch.git, branch.head, base)]

    def _dependencies_of(self, task: str) -> tuple[str, ...]:
        brief = self._tasks[task].brief if task in self._tasks else None
        return brief.depends_on if brief else ()

    def _dependency_closure(self, branches: Sequence[Branch]) -> Mapping[str, None]:
        """Return the tasks that these branches build on, directly or not, in a fixed order."""
        # A dict for its order: a set of strings has a different one in each process.
        closure: dict[str, None] = {}
        pending = [task for b in branches if b.work for task in self._dependencies_of(b.work.task)]
        while pending:
            task = pending.pop()
            if task not in closure:
                closure[task] = None
                pending += self._dependencies_of(task)
        return closure

    def _allowed(self, task: str, above: frozenset[str]) -> frozenset[str]:
        """Return the commits that a task's branches may contain without having made them.

        `above` has the tasks that this question came from.
        """
        # Briefs can depend on each other in a circle; none then vouches for itself.
        needed = (each for each in self._dependencies_of(task) if each not in above)
        return frozenset().union(*(self._vouched_commits(each, above | {each}) for each in needed))

    def _vouched_commits(self, task: str, above: frozenset[str]) -> frozenset[str]:
        if task not in self._vouched:
            self._vouched[task] = frozenset(self._permitted_commits(task, self._allowed(task, above)))
        return self._vouched[task]

    def _permitted_commits(self, task: str, allowed: frozenset[str]) -> Iterator[str]:
        for branch in self._branches.get(task, ()):
            if self._stays_in_brief(branch, self._own(branch, allowed)):
                yield from (line.id for line in self._commits[branch.ref])

    def _stays_in_brief(self, branch: Branch, lines: Sequence[Line]) -> bool:
        """Would merging the branch bring only what its own brief allows?"""
        task = task_of_work(branch.work, self._tasks) if branch.work else None
        if task is None or task.brief is None or any(self._owns[line.id].failed for line in lines):
            return False
        net = self._nets.get(branch.head)
        paths = frozenset().union(*(self._owns[line.id].paths for line in lines))
        # Where git cannot merge it, nobody knows what it would bring: all that it did counts.
        merged_paths = paths if net is None or net.failed else paths & net.paths
        scope = task_scope.scope_of_brief(task.brief, self._fleet.policy, self._protected)
        case = Case(gate=Gate.PUSH, now=self._fleet.now, policy=self._fleet.policy, task=task, scope=scope)
        return all(can_change(case, path) for path in merged_paths)


def _read_parted_commits(scratch: Scratch, base: Base) -> frozenset[str]:
    """Return the commits that the other copy of base has besides, where the two have parted; else none.

    They are the manager's. An agent that moves the local copy gains nothing by it that it would not gain by moving
    it forward, and merging is judged by what it brings, whoever's that is.
    """
    if base.sync is not Sync.DIVERGED or base.other_head is None:
        return frozenset()
    try:
        return frozenset(
            row[0] for row in commits.read_ancestry_outside(scratch.git, base.other_head, base.head)
        )
    except GitError:  # its history cannot be read, so nothing is known of it
        return frozenset()
