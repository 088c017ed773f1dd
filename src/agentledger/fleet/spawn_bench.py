"""Judges tasks that are about to be handed out: the spawn gate's cases, for one task or all that are planned.

Belongs here: building a `rules.case.Case` for a task without a branch. Does not: a branch's (see `case_builder`), or
handing out (see `workflow.spawn`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agentledger import rules
from agentledger.attention.landed_tasks import merged_tasks
from agentledger.attention.sections import planned_tasks
from agentledger.attention.wip import Load, measure_loads
from agentledger.fleet.fleet_facts import (
    describe_gone_tasks,
    list_branches_underway,
    peers_of,
    scope_of,
    short_base_ref,
    task_dependencies,
    tasks_naming,
)
from agentledger.git import commits, objects
from agentledger.git.scratch import Scratch
from agentledger.model.findings import Finding, Gate
from agentledger.model.fleet import (
    UNDER_WAY,
    Branch,
    Fleet,
)
from agentledger.model.ledger import Brief
from agentledger.model.paths import parent_folders
from agentledger.model.text import encode
from agentledger.model.work import Task
from agentledger.rules.case import Case, Peer
from agentledger.scope import task_scope


def judge_spawn(
    scratch: Scratch,
    fleet: Fleet,
    task_id: str,
    as_if: Brief | None = None,
    below: Branch | None = None,
) -> tuple[Finding, ...]:
    """Return what the spawn gate finds about handing out a task of the fleet, for the first time or again.

    With `as_if`, as though that were the task's brief already; the task itself need not exist then. With
    `below`, as a branch that starts at the head of that one.
    """
    fleet = _with_brief(fleet, task_id, as_if) if as_if else fleet
    task = next(task for task in fleet.tasks if task.id == task_id)
    paths = [path for path, _ in objects.read_file_ids(scratch.git, fleet.base.head)]
    case = _SpawnBench(fleet, (task,), frozenset(paths)).case(task)
    tree = _count_by_folder(case.scope, paths) if case.scope else {}
    inside = _tasks_within(scratch, fleet, below) if below else frozenset()
    return rules.evaluate_rules(replace(case, tree=tree, below=inside))


def add_spawn_findings(scratch: Scratch, fleet: Fleet) -> Fleet:
    """Return the fleet; each planned task has what the spawn gate finds, but for how broad its scope is.

    That only warns, and costs more than all the rest.
    """
    planned = planned_tasks(fleet)
    if not planned:
        return fleet
    follows = any(task.brief and task.brief.follow for task in planned)
    paths = objects.read_file_ids(scratch.git, fleet.base.head) if follows else ()
    bench = _SpawnBench(fleet, planned, frozenset(path for path, _ in paths))
    findings = {task.id: rules.evaluate_rules(bench.case(task)) for task in planned}
    tasks = (
        replace(task, spawn_findings=findings[task.id]) if task.id in findings else task
        for task in fleet.tasks
    )
    return replace(fleet, tasks=tuple(tasks))


class _SpawnBench:
    """What the spawn gate asks about these tasks of a fleet; `paths` are the files on base."""

    def __init__(self, fleet: Fleet, tasks: Sequence[Task], paths: frozenset[bytes]) -> None:
        self.fleet, self.paths = fleet, paths
        self.done = merged_tasks(fleet)
        self.peers = {peer.task: peer for peer in peers_of(fleet)}
        self.scopes = {task.id: scope_of(task.brief, fleet) for task in tasks if task.brief}
        # Only those that may share a path are compared: a board asks for every planned task.
        scopes = {task: peer.scope for task, peer in self.peers.items()}
        self.near = task_scope.find_near_scopes(scopes | self.scopes)
        self.dependencies = task_dependencies(fleet)
        self.underway = list_branches_underway(fleet)
        self.loads = {load.manager: load for load in measure_loads(fleet)}

    def case(self, task: Task) -> Case:
        """Build the case of one task, without the count of files by folder."""
        brief = task.brief
        return Case(
            gate=Gate.SPAWN,
            now=self.fleet.now,
            policy=self.fleet.policy,
            base=short_base_ref(self.fleet.base),
            task=task,
            scope=self.scopes.get(task.id),
            since=brief.document.source.at if brief else None,
            naming=tasks_naming(self.fleet, brief.branch) if brief else (),
            missing=_missing_paths(brief, self.paths) if brief else (),
            peers=self._near_peers(task),
            done=self.done,
            gone=describe_gone_tasks(self.fleet),
            dependencies=self.dependencies,
            underway=self.underway,
            load=self._load_of_manager(brief.manager) if brief else None,
        )

    def _near_peers(self, task: Task) -> tuple[Peer, ...]:
        near = self.near.get(task.id, frozenset())
        return tuple(peer for name, peer in self.peers.items() if name in near)

    def _load_of_manager(self, manager: str) -> Load:
        named = manager or next(iter(self.fleet.policy.managers), "")
        return self.loads.get(named, Load(named))


def _with_brief(fleet: Fleet, task_id: str, brief: Brief) -> Fleet:
    task = next((task for task in fleet.tasks if task.id == task_id), Task(id=task_id))
    others = (task for task in fleet.tasks if task.id != task_id)
    return replace(fleet, tasks=(*others, replace(task, brief=brief, brief_from="control")))


def _tasks_within(scratch: Scratch, fleet: Fleet, branch: Branch) -> frozenset[str]:
    """Return the tasks of which a branch holds all work: its own, and those on whose heads it stands."""
    commits_within = {
        line[0] for line in commits.read_ancestry_outside(scratch.git, branch.head, fleet.base.head)
    }
    works = {
        b.work.task for b in fleet.branches if b.work and b.state in UNDER_WAY and b.head in commits_within
    }
    return frozenset(works | {branch.work.task} if branch.work else works)


def _missing_paths(brief: Brief, paths: frozenset[bytes]) -> tuple[str, ...]:
    """Return the paths of `follow` that are neither a file nor a folder of base."""
    if not brief.follow:
        return ()
    folders = {folder for path in paths for folder in parent_folders(path)}
    return tuple(p for p in brief.follow if encode(p.rstrip("/")) not in paths | folders)


def _count_by_folder(granted: task_scope.Scope, paths: Sequence[bytes]) -> dict[bytes, tuple[int, int]]:
    # By top folder (b"" for files at the top): how many files there are, and how many of those are in scope.
    counts: dict[bytes, tuple[int, int]] = {}
    for path in paths:
        top = path.partition(b"/")[0] if b"/" in path else b""
        files, in_scope = counts.get(top, (0, 0))
        counts[top] = files + 1, in_scope + granted.holds(path)
    return counts
