"""Gather, for each branch of a fleet, every fact that a rule may ask about it, and evaluate the rules.

Belongs here: building a `rules.case.Case` for a branch at a gate. Does not: a rule (see `rules`), which
branch at which gate somebody asked for (see `gates.check`), or a commit that is not made yet (see
`gates.commit`).

Everything is read for all branches at once: merges, own changes, blobs. So the number of git processes does
not grow with the branches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agentledger import rules
from agentledger.attention import ended_tasks, stacking
from agentledger.attention.progress import code_commits
from agentledger.attention.sections import planned_tasks
from agentledger.attention.wip import Load, measure_loads
from agentledger.changes import bridges, content_risks, net_changes
from agentledger.changes.freshness import Freshness
from agentledger.changes.net_changes import Net, Own
from agentledger.changes.own_commits import Lineage
from agentledger.fleet import check_ins
from agentledger.fleet.foreign_work import find_foreign_work
from agentledger.git import commits, objects
from agentledger.git.scratch import Scratch
from agentledger.model.findings import Finding, Gate
from agentledger.model.fleet import (
    UNDER_WAY,
    UNMERGED,
    Base,
    Branch,
    Change,
    Conflict,
    ConflictFile,
    Fleet,
    State,
)
from agentledger.model.ledger import Brief
from agentledger.model.ledger_paths import LEDGER_BYTES, TASKS_BYTES
from agentledger.model.paths import parent_folders
from agentledger.model.text import decode, encode
from agentledger.model.work import End, Task, find_dependencies, task_of_work
from agentledger.rules.case import Case, Peer, Ref, Touched
from agentledger.scope import task_scope
from agentledger.storage.cache import Cache

# Files that steer tools, and so decide what runs. A brief owns one of them only by its full path, never by a
# pattern that happens to match it.
PROTECTED = tuple(
    pattern.encode()
    for pattern in (
        "**/.gitmodules **/.gitattributes .pre-commit-config.yaml "
        ".github/workflows/** .github/actions/** .gitlab-ci.yml "
        ".forgejo/workflows/** .gitea/workflows/** .husky/** .githooks/** lefthook.yml .lefthook.yml "
        "**/AGENTS.md **/CLAUDE.md **/GEMINI.md .claude/** .codex/** .cursor/** .cursorrules .gemini/** "
        ".github/copilot-instructions.md .github/instructions/** .mcp.json .vscode/mcp.json"
    ).split()
)


def judge_branches(
    scratch: Scratch, fleet: Fleet, branches: Sequence[Branch], gate: Gate
) -> dict[str, tuple[Finding, ...]]:
    """Map each branch's ref to what the rules of a gate find; nothing is taken from the cache."""
    # No store: whoever is judged here can write to the cache.
    bench = Bench(scratch, fleet, branches, gate)
    return {branch.ref: rules.evaluate_rules(bench.case(branch)) for branch in branches}


def add_findings(
    scratch: Scratch, fleet: Fleet, branches: Sequence[Branch], store: Cache | None = None
) -> dict[str, Branch]:
    """Return these branches by ref, with what the merge gate would find and a standing judged by merging.

    `store` remembers git's answers; use it only for what is shown, never for what lets somebody pass.
    """
    bench = Bench(scratch, fleet, branches, gate=Gate.MERGE, store=store)
    return {
        b.ref: replace(b, findings=rules.evaluate_rules(bench.case(b)), standing=bench.fresh.standing(b))
        for b in branches
    }


def judge_foreign_push(fleet: Fleet, branch: Branch, moved: tuple[Ref, ...]) -> tuple[Finding, ...]:
    """Judge a push from the worktree of a branch with a task that moves other refs, `moved`."""
    task = next((t for t in fleet.tasks if branch.work and t.id == branch.work.task), None)
    granted = scope_of(task.brief, fleet) if task and task.brief else None
    case = Case(
        gate=Gate.PUSH,
        now=fleet.now,
        policy=fleet.policy,
        branch=branch.name,
        task=task,
        scope=granted,
        refs=moved,
    )
    # Only OWN010 is about the refs of a push; all other rules are about the branch's own commits.
    return rules.evaluate_rules(case, [rule for rule in rules.RULES if rule.id == "OWN010"])


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
        self.underway = _branches_underway(fleet)
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
            naming=_tasks_naming(self.fleet, brief.branch) if brief else (),
            missing=_missing_paths(brief, self.paths) if brief else (),
            peers=self._near_peers(task),
            done=self.done,
            gone=_describe_gone(self.fleet),
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


def task_dependencies(fleet: Fleet) -> dict[str, tuple[str, ...]]:
    """Map every task to those that it depends on."""
    return {task.id: task.brief.depends_on if task.brief else () for task in fleet.tasks}


def _branches_underway(fleet: Fleet) -> dict[str, tuple[str, ...]]:
    """Map each task to its branches whose work has not landed or ended."""
    names: dict[str, tuple[str, ...]] = {}
    for branch in fleet.branches:
        if branch.work and branch.state in UNDER_WAY:
            names[branch.work.task] = (*names.get(branch.work.task, ()), branch.name)
    return names


def _tasks_within(scratch: Scratch, fleet: Fleet, branch: Branch) -> frozenset[str]:
    """Return the tasks of which a branch holds all work: its own, and those on whose heads it stands."""
    commits_within = {
        line[0] for line in commits.read_ancestry_outside(scratch.git, branch.head, fleet.base.head)
    }
    works = {
        b.work.task for b in fleet.branches if b.work and b.state in UNDER_WAY and b.head in commits_within
    }
    return frozenset(works | {branch.work.task} if branch.work else works)


def _has_named_branch(fleet: Fleet) -> bool:
    return any(task.brief and task.brief.branch for task in fleet.tasks)


def _tasks_naming(fleet: Fleet, branch: str | None) -> tuple[str, ...]:
    """Return the tasks whose briefs name this branch."""
    return tuple(t.id for t in fleet.tasks if branch and t.brief and t.brief.branch == branch)


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


def short_base_ref(base: Base) -> str:
    """Return base as git takes it on a command line: `main`; in a clone without a local one, `origin/main`."""
    return base.ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")


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
        )
        for task in fleet.tasks
        if task.brief and open_.intersection(task.branches) and task.outcome is None
    )


def scope_of(brief: Brief, fleet: Fleet) -> task_scope.Scope:
    """Return the scope that a brief grants under the fleet's policy."""
    return task_scope.scope_of_brief(brief, fleet.policy, PROTECTED)


# -- what a branch changed ------------------------------------------------------------


def touched_paths(
    seen_net: Net, own: Own, gate: Gate, below: frozenset[bytes] = frozenset()
) -> tuple[Touched, ...]:
    """Return the paths that a gate judges: all that the branch's commits changed, or that merging would bring.

    A conflicted path that no commit of the branch touched is left out: only base changed it. So is one of the
    paths `below`, which the branches that it stands on bring. Where git cannot merge the two, all that the branch
    did counts as brought.
    """
    differing = {change.path: change for change in seen_net.changes}
    net = seen_net.paths
    touched = []
    for path in sorted(net | own.paths):
        commit, change = own.newest.get(path, (None, None))
        in_own = path in own.newest
        if not in_own and (path in seen_net.conflicted or path in below):
            continue
        # What only merging brings is judged once the branch leaves its worktree.
        if not in_own and gate not in (Gate.PUSH, Gate.READY, Gate.MERGE):
            continue
        brought = path in net or bool(seen_net.failed)
        touched.append(Touched(path, differing.get(path, change), commit, own=in_own, net=brought))
    return tuple(touched)


# -- one case -------------------------------------------------------------------------


class Bench:
    """Everything that was read for some branches of a fleet at a gate; builds the case of each from it."""

    def __init__(
        self,
        scratch: Scratch,
        fleet: Fleet,
        branches: Sequence[Branch],
        gate: Gate,
        store: Cache | None = None,
    ) -> None:
        self.fleet, self.gate = fleet, gate
        self.tasks = {task.id: task for task in fleet.tasks}
        self.fresh = Freshness(scratch, fleet, branches, store)
        self.peers = {peer.task: peer for peer in peers_of(fleet)}
        # Only scopes that may share a path are compared later: with a thousand tasks not every pair can be.
        self.near = task_scope.find_near_scopes({task: peer.scope for task, peer in self.peers.items()})
        self.done = merged_tasks(fleet)
        self.gone = _describe_gone(fleet)
        self.known = task_dependencies(fleet)
        self.named = (
            {b.name: _tasks_naming(fleet, b.name) for b in branches} if _has_named_branch(fleet) else {}
        )
        self.briefs = {task.id: task.brief for task in fleet.tasks}
        self.lines = _lines_of_tasks(fleet)
        self.nets = _find_nets(scratch, fleet.base.head, branches, store)
        grounds = [stand.commit for b in branches for stand in b.stands_on]
        self.grounds = (
            net_changes.find_net_changes(scratch, fleet.base.head, grounds, store) if grounds else {}
        )
        lineage = Lineage(scratch, fleet, branches, protected=PROTECTED, store=store)
        self.owns = net_changes.find_own_changes(scratch, {b.ref: lineage.of(b) for b in branches}, store)
        histories = {
            b.ref: check_ins.check_in_history(b.work.task, self.owns[b.ref].history)
            for b in branches
            if b.work
        }
        self.reports = check_ins.compare_check_ins(scratch, fleet.policy, histories)
        new = {b.head: self._new(b) for b in branches}
        self.links = content_risks.read_link_targets(scratch, (c for each in new.values() for c in each))
        self.hidden = content_risks.find_hidden(scratch, (c for each in new.values() for c in each), store)
        self.twins = content_risks.find_twins(scratch, list(new.items()), store)
        paths = {b.head: self.owns[b.ref].paths | self._net(b).paths for b in branches}
        self.disordered = content_risks.find_disordered(scratch, paths, store)

    def case(self, branch: Branch) -> Case:
        """Build the case of one branch at the gate; it must be one of those given at the start."""
        task = task_of_work(branch.work, self.tasks) if branch.work else None
        brief = task.brief if task else None
        own, new = self.owns[branch.ref], self._new(branch)
        paths = touched_paths(self._net(branch), own, self.gate, self._below(branch))
        merged = self._tasks_merged_in(branch)
        return Case(
            gate=self.gate,
            now=self.fleet.now,
            policy=self.fleet.policy,
            base=short_base_ref(self.fleet.base),
            branch=branch.name,
            head=branch.head,
            is_agent_branch=True,
            agent=branch.agent.name if branch.agent else "",
            task=task,
            work=branch.work,
            standing=self.fresh.standing(branch),
            scope=scope_of(brief, self.fleet) if brief else None,
            since=brief.document.source.at if brief else None,
            changed=paths,
            code=any(t.own and not t.path.startswith(LEDGER_BYTES) for t in paths),
            added=branch.added,
            removed=branch.removed,
            commits=len(code_commits(branch)),
            conflict=branch.conflict or _conflict_of_net(self._net(branch)),
            links={c.path: self.links[c.new] for c in new if c.new in self.links},
            twins=self.twins[branch.head],
            disordered=self.disordered[branch.head],
            hidden=tuple(each for c in new for each in self.hidden.get(c, ())),
            reports=self.reports.get(branch.ref, ()),
            folders=tuple(sorted({folder for c in new if (folder := _task_folder(c.path))})),
            naming=self.named.get(branch.name, ()),
            bridge=(
                stacking.describe_bridge(branch),
                " && ".join(stacking.bridge_steps(branch, inside=True)),
            ),
            merged=merged,
            foreign=self._foreign_work(branch, merged),
            peers=self._near_peers(brief),
            done=self.done,
            gone=self.gone,
            dependencies=self.known,
            packet_paths=self.fresh.packet_paths(branch),
            review_fresh=self.fresh.review(branch, brief),
        )

    def _below(self, branch: Branch) -> frozenset[bytes]:
        """Return what merging the branches that it stands on would change: theirs, as long as they have not landed."""
        return frozenset().union(*(self.grounds[stand.commit].paths for stand in branch.stands_on))

    def _foreign_work(self, branch: Branch, merged: Mapping[str, str]) -> dict[str, str]:
        if branch.work is None:
            return {}
        allowed = find_dependencies(branch.work.task, self.briefs) | {branch.work.task}
        return find_foreign_work(
            branch, self.fleet, allowed, merged=merged, base=short_base_ref(self.fleet.base)
        )

    def _near_peers(self, brief: Brief | None) -> tuple[Peer, ...]:
        """Return the other active tasks that may share a path with this one."""
        near = self.near.get(brief.task, frozenset()) if brief else frozenset()
        return tuple(self.peers[task] for task in sorted(near))

    def _tasks_merged_in(self, branch: Branch) -> dict[str, str]:
        """Map each other task whose own commits were merged into this branch to the merge that first did."""
        if branch.work is None or all(len(commit.parents) < 2 for commit in branch.commits):
            return {}
        known = {commit.id: commit for commit in branch.commits}
        seen = {commit.id for commit in branch.line}
        merged: dict[str, str] = {}
        # Oldest first, so that what an earlier merge brought is not counted as a later one's.
        for merge in reversed(branch.line):
            left = list(merge.parents[1:])
            while left:
                commit = known.get(left.pop())
                if commit is not None and commit.id not in seen:
                    seen.add(commit.id)
                    left += commit.parents
                    for task in self.lines.get(commit.id, frozenset()) - {branch.work.task}:
                        merged.setdefault(task, merge.id)
        return dict(sorted(merged.items()))

    def _net(self, branch: Branch) -> Net:
        return self.nets.get(branch.head, Net(failed="it shares no history with base"))

    def _new(self, branch: Branch) -> list[Change]:
        net = self._net(branch)
        brought = net.changes
        # Where git cannot merge the two, what the branch itself did is looked at instead.
        if net.failed:
            brought = tuple(change for _, (_, change) in sorted(self.owns[branch.ref].newest.items()))
        return [change for change in brought if change.status != "D"]


def _find_nets(
    scratch: Scratch, base: str, branches: Sequence[Branch], store: Cache | None
) -> dict[str, Net]:
    """Map heads to what merging them changes; one with a bridge is merged by way of it."""
    crossed = bridges.cross_bridges(scratch, branches, {b.ref: b.bridge for b in branches if b.bridge})
    merged = {b.head: crossed.get(b.ref, b.head) for b in branches if b.merge_bases}
    found = net_changes.find_net_changes(scratch, base, list(merged.values()), store)
    return {head: found[commit] for head, commit in merged.items()}


def _conflict_of_net(net: Net) -> Conflict | None:
    if net.failed:
        return None
    return Conflict(net.clean, tuple(ConflictFile(path, "content") for path in sorted(net.conflicted)))


def _task_folder(path: bytes) -> str:
    if not path.startswith(TASKS_BYTES):
        return ""
    task, slash, _ = path[len(TASKS_BYTES) :].partition(b"/")
    # A file beside the folders, such as a README, belongs to no task.
    return decode(task) if slash else ""


def _lines_of_tasks(fleet: Fleet) -> dict[str, frozenset[str]]:
    """Map each commit to the tasks whose branches have it on their first-parent line."""
    by_commit: dict[str, set[str]] = {}
    for branch in fleet.branches:
        for commit in branch.line if branch.work else ():
            by_commit.setdefault(commit.id, set()).add(branch.work.task if branch.work else "")
    return {commit: frozenset(tasks) for commit, tasks in by_commit.items()}


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
    landed |= {task.id for task in fleet.tasks if task.ending and task.ending.end is not End.GONE}
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
    return {task for task, each in states.items() if State.REVERTED in each and not each & there}


def _describe_gone(fleet: Fleet) -> dict[str, str]:
    """Map the tasks whose branches are gone to where they were last seen, in words."""
    return {
        task.id: ended_tasks.describe_ending(task.ending)
        for task in ended_tasks.gone_tasks(fleet)
        if task.ending
    }
