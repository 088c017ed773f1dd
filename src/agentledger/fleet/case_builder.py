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
from agentledger.attention import shared_findings, stacking
from agentledger.attention.progress import code_commits
from agentledger.attention.turn import gate_now
from agentledger.changes import bridges, content_risks, net_changes
from agentledger.changes.freshness import Freshness
from agentledger.changes.net_changes import Net, Own
from agentledger.changes.own_commits import Lineage
from agentledger.fleet import check_ins
from agentledger.fleet.fleet_facts import (
    PROTECTED,
    describe_gone_tasks,
    has_named_branch,
    merged_tasks,
    peers_of,
    scope_of,
    short_base_ref,
    task_dependencies,
    tasks_naming,
)
from agentledger.fleet.foreign_work import find_foreign_work
from agentledger.git.scratch import Scratch
from agentledger.model.findings import Finding, Gate
from agentledger.model.fleet import (
    Branch,
    Change,
    Conflict,
    ConflictFile,
    Fleet,
)
from agentledger.model.ledger import Brief
from agentledger.model.ledger_paths import LEDGER_BYTES, TASKS_BYTES
from agentledger.model.text import decode
from agentledger.model.work import find_dependencies, task_of_work
from agentledger.rules import due
from agentledger.rules.case import Case, Peer, Ref, Touched
from agentledger.scope import task_scope
from agentledger.storage.cache import Cache


def judge_branches(
    scratch: Scratch, fleet: Fleet, branches: Sequence[Branch], gate: Gate | None
) -> dict[str, tuple[Finding, ...]]:
    """Map each branch's ref to what the rules of a gate find; nothing is taken from the cache.

    Without a gate, each branch is judged by the one that holds for it now, and what merging wants besides is `later`.
    """
    # No store: whoever is judged here can write to the cache.
    bench = Bench(scratch, fleet, branches, gate or Gate.MERGE)
    if gate is None:
        return shared_findings.mark_shared({b.ref: _judge_due(bench, b) for b in branches})
    return {branch.ref: rules.evaluate_rules(bench.case(branch)) for branch in branches}


def _judge_due(bench: Bench, branch: Branch) -> tuple[Finding, ...]:
    case = bench.case(branch)
    # Whether it still counts as ready is judged by what merging brings, as the case has it.
    return due.evaluate_due(case, gate_now(replace(branch, standing=case.standing)))


def add_findings(
    scratch: Scratch, fleet: Fleet, branches: Sequence[Branch], store: Cache | None = None
) -> dict[str, Branch]:
    """Return these branches by ref, with what the gates find now and later, and a standing judged by merging.

    `store` remembers git's answers; use it only for what is shown, never for what lets somebody pass.
    """
    bench = Bench(scratch, fleet, branches, gate=Gate.MERGE, store=store)
    findings = shared_findings.mark_shared({b.ref: _judge_due(bench, b) for b in branches})
    return {b.ref: replace(b, findings=findings[b.ref], standing=bench.fresh.standing(b)) for b in branches}


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
        self.gone = describe_gone_tasks(fleet)
        self.known = task_dependencies(fleet)
        self.named = (
            {b.name: tasks_naming(fleet, b.name) for b in branches} if has_named_branch(fleet) else {}
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
