"""Gather, for each branch of a fleet, every fact that a rule may ask about it, and evaluate the rules.

Belongs here: building a `rules.case.Case` for a branch at a gate. Does not: a rule (see `rules`), which
branch at which gate somebody asked for (see `gates.check`), or a commit that is not made yet (see
`gates.commit`).

Everything is read for all branches at once: merges, own changes, blobs. So the number of git processes does
not grow with the branches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from agentledger import rules
from agentledger.attention import collisions, shared_findings, stacking
from agentledger.attention.landed_tasks import merged_tasks
from agentledger.attention.progress import code_commits
from agentledger.attention.turn import gate_now
from agentledger.changes import base_states, bridges, content_risks, hidden_characters, net_changes, renames
from agentledger.changes.ancestry import History
from agentledger.changes.freshness import Freshness
from agentledger.changes.net_changes import Line, Net, Own
from agentledger.changes.own_commits import Lineage
from agentledger.changes.packet_bases import PacketBases
from agentledger.fleet import check_ins, check_measurements, copied_commits
from agentledger.fleet.fleet_facts import (
    describe_gone_tasks,
    find_hooks_off,
    has_named_branch,
    peers_of,
    scope_of,
    short_base_ref,
    short_ref,
    task_dependencies,
    tasks_naming,
)
from agentledger.fleet.foreign_work import find_foreign_work
from agentledger.fleet.replayed import find_replayed
from agentledger.git.scratch import Scratch
from agentledger.merge_order.rank import add_merge_order
from agentledger.model.conflict import Conflict, ConflictFile
from agentledger.model.findings import Finding, Gate
from agentledger.model.fleet import Branch, Change, Fleet, State
from agentledger.model.ledger import Brief
from agentledger.model.ledger_paths import LEDGER_BYTES, TASKS_BYTES
from agentledger.model.merge_group import MergeGroup
from agentledger.model.text import decode, escape_hidden
from agentledger.model.work import find_dependencies, task_of_work
from agentledger.rules import due
from agentledger.rules.case import Case, Collided, Peer, Ref, Rename, Touched
from agentledger.scope import task_scope
from agentledger.storage.cache import Cache


def judge_branches(
    scratch: Scratch,
    fleet: Fleet,
    branches: Sequence[Branch],
    gate: Gate | None,
    *,
    history: History,
    group: MergeGroup | None = None,
    measured: Cache | None = None,
) -> dict[str, tuple[Finding, ...]]:
    """Map each branch's ref to what the rules of a gate find; nothing that lets anybody pass is out of the cache.

    Without a gate, each branch is judged by the one that holds for it now, and what merging wants besides is `later`.
    The parts of a `group` are judged as they land: for each one those before it have merged. `measured` is the
    cache with what was measured of checks here, which only warns.
    """
    # No store: whoever is judged here can write to the cache.
    bench = Bench(scratch, fleet, branches, gate or Gate.MERGE, history=history, measured=measured)
    if gate is None:
        return shared_findings.mark_shared({b.ref: _judge_due(bench, b) for b in branches})
    landing = _tasks_before(fleet, group) if group else {}
    return {
        branch.ref: rules.evaluate_rules(bench.case(branch, landing.get(branch.ref))) for branch in branches
    }


def _tasks_before(fleet: Fleet, group: MergeGroup) -> dict[str, frozenset[str]]:
    """Map each part's ref to the tasks of the parts that land before it."""
    works = {branch.ref: branch.work for branch in fleet.branches}
    before: dict[str, frozenset[str]] = {}
    landed = frozenset[str]()
    for part in group.parts:
        before[part.ref] = landed
        work = works.get(part.ref)
        landed |= {work.task} if work else set()
    return before


def judge_strays(fleet: Fleet, group: MergeGroup, gate: Gate) -> tuple[Finding, ...]:
    """Judge what a merge group changes beside its parts."""
    case = Case(
        gate=gate,
        now=fleet.now,
        policy=fleet.policy,
        base=short_base_ref(fleet.base),
        branch=group.name,
        head=group.head,
        strays=group.strays,
    )
    # A group has no task, so no other rule has anything to say of it.
    return rules.evaluate_rules(case, [rule for rule in rules.RULES if rule.id == "BRF009"])


def _judge_due(bench: Bench, branch: Branch) -> tuple[Finding, ...]:
    case = bench.case(branch)
    # Whether it still counts as ready is judged by what merging brings, as the case has it.
    return due.evaluate_due(case, gate_now(replace(branch, standing=case.standing)))


def add_findings(
    scratch: Scratch,
    fleet: Fleet,
    branches: Sequence[Branch],
    *,
    history: History,
    store: Cache | None = None,
) -> dict[str, Branch]:
    """Return these branches by ref, with what the gates find now and later, and a standing judged by merging.

    `store` remembers git's answers; use it only for what is shown, never for what lets somebody pass.
    """
    bench = Bench(scratch, fleet, branches, gate=Gate.MERGE, history=history, store=store)
    found = {b.ref: _judge_due(bench, b) for b in branches}
    judged = _complete(bench, branches, found)
    # What was found may hold a branch back, and so change who goes first, which FLT002 says.
    ordered = add_merge_order(fleet, [judged.get(b.ref, b) for b in fleet.branches])
    if ordered.merge_order != fleet.merge_order:
        bench.fleet = ordered
        again = [b for b in branches if collisions.list_unsettled(fleet, b)]
        judged = _complete(bench, branches, found | {b.ref: _judge_due(bench, b) for b in again})
    return judged


def _complete(
    bench: Bench, branches: Sequence[Branch], found: Mapping[str, tuple[Finding, ...]]
) -> dict[str, Branch]:
    findings = shared_findings.mark_shared(found)
    return {b.ref: replace(b, findings=findings[b.ref], standing=bench.fresh.standing(b)) for b in branches}


def list_judged(fleet: Fleet) -> list[Branch]:
    """Return the branches that what shows a fleet judges: each open one with a brief.

    One about which this partial clone knows too little is none of them: any finding would be made up.
    """
    briefed = {task.id for task in fleet.tasks if task.brief}
    return [
        b
        for b in fleet.branches
        if b.state is State.OPEN and b.at_rest is None and b.work and b.work.task in briefed and not b.absent
    ]


def judge_foreign_push(
    fleet: Fleet, branch: Branch, moved: tuple[Ref, ...], own_push: str
) -> tuple[Finding, ...]:
    """Judge a push from the worktree of a branch with a task that moves other refs, `moved`.

    `own_push` is the command that moves its own alone.
    """
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
        own_push=own_push,
    )
    # Only OWN010 is about the refs of a push; all other rules are about the branch's own commits.
    return rules.evaluate_rules(case, [rule for rule in rules.RULES if rule.id == "OWN010"])


# -- what a branch changed ------------------------------------------------------------


def touched_paths(
    seen_net: Net,
    own: Own,
    gate: Gate,
    below: frozenset[bytes] = frozenset(),
    states: frozenset[bytes] = frozenset(),
) -> tuple[Touched, ...]:
    """Return the paths that a gate judges: all that the branch's commits changed, or that merging would bring.

    A conflicted path that no commit of the branch touched is left out: only base changed it. So is one of the
    paths `below`, which the branches that it stands on bring. At the conflicted ones of `states` the branch has what
    base has, or had. Where git cannot merge the two, all that the branch did counts as brought.
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
        is_base_state = path in states and path in seen_net.conflicted
        brought = (path in net or bool(seen_net.failed)) and not is_base_state
        change = differing.get(path, change)
        touched.append(Touched(path, change, commit, own=in_own, net=brought, base_state=is_base_state))
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
        *,
        history: History,
        store: Cache | None = None,
        measured: Cache | None = None,
    ) -> None:
        self.scratch, self.fleet, self.gate = scratch, fleet, gate
        self.tasks = {task.id: task for task in fleet.tasks}
        self.fresh = Freshness(scratch, fleet, branches, store)
        self.packets = PacketBases(scratch, fleet, branches, history=history, store=store)
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
        self.copies = copied_commits.list_copied_commits(fleet, branches)
        self.nets = _find_nets(scratch, fleet.base.head, branches, store)
        grounds = [stand.commit for b in branches for stand in b.stands_on]
        self.grounds = (
            net_changes.find_net_changes(scratch, fleet.base.head, grounds, store) if grounds else {}
        )
        lineage = Lineage(scratch, fleet, branches, protected=task_scope.PROTECTED, store=store)
        own_commits = {b.ref: lineage.of(b) for b in branches}
        self.owns = net_changes.find_own_changes(scratch, own_commits, store)
        self.base_states = self._find_base_states(branches)
        self.renames = self._find_renames(branches, own_commits, store)
        parted = {b.ref: lines for b in branches if (lines := lineage.parted(b))}
        self.parted = net_changes.find_own_changes(scratch, parted, store) if parted else {}
        histories = {
            b.ref: check_ins.check_in_history(b.work.task, self.owns[b.ref].history)
            for b in branches
            if b.work
        }
        self.reports = check_ins.compare_check_ins(scratch, fleet.policy, histories)
        new = {b.head: self._new(b) for b in branches}
        self.links = content_risks.read_link_targets(scratch, (c for each in new.values() for c in each))
        self.hidden = hidden_characters.find_hidden(
            scratch, (c for each in new.values() for c in each), store
        )
        self.twins = content_risks.find_twins(scratch, list(new.items()), store)
        paths = {b.head: self.owns[b.ref].paths | self._net(b).paths for b in branches}
        self.disordered = content_risks.find_disordered(scratch, paths, store)
        self.blind_checks = check_measurements.read_blind_checks(
            store or measured,
            fleet.policy,
            [(b, task_of_work(b.work, self.tasks) if b.work else None) for b in branches],
        )

    def case(self, branch: Branch, landing: frozenset[str] | None = None) -> Case:
        """Build the case of one branch at the gate; it must be one of those given at the start.

        `landing` are tasks that land right before it.
        """
        task = task_of_work(branch.work, self.tasks) if branch.work else None
        brief = task.brief if task else None
        own, new = self.owns[branch.ref], self._new(branch)
        states = self.base_states.get(branch.head, frozenset())
        paths = touched_paths(self._net(branch), own, self.gate, below=self._below(branch), states=states)
        merged = self._tasks_merged_in(branch)
        standing = self.fresh.standing(branch)
        return Case(
            gate=self.gate,
            now=self.fleet.now,
            policy=self.fleet.policy,
            base=short_base_ref(self.fleet.base),
            branch=branch.name,
            head=branch.head,
            is_agent_branch=True,
            agent=branch.agent.name if branch.agent else "",
            hooks_off=find_hooks_off(branch, brief),
            task=task,
            work=branch.work,
            standing=standing,
            scope=scope_of(brief, self.fleet) if brief else None,
            since=brief.document.source.at if brief else None,
            changed=paths,
            renames=self.renames.get(branch.head, {}),
            code=any(t.own and not t.path.startswith(LEDGER_BYTES) for t in paths),
            added=branch.added,
            removed=branch.removed,
            commits=len(code_commits(branch)),
            conflict=branch.conflict or _conflict_of_net(self._net(branch)),
            collisions=tuple(_find_collisions(self.fleet, branch)),
            parted=self._parted_paths(branch),
            other_base=short_ref(self.fleet.base.other_ref or ""),
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
            replayed=find_replayed(branch.commits),
            merged=merged,
            foreign=self._foreign_work(branch, merged),
            copies=self.copies.get(branch.ref, ()),
            peers=self._near_peers(brief),
            done=self.done | landing if landing else self.done,
            gone=self.gone,
            dependencies=self.known,
            packet_files=self.packets.files(
                branch,
                self._net(branch),
                bool(standing and standing.packet_fresh and standing.packet_fresh.holds),
            ),
            blind_checks=self.blind_checks.get(branch.ref, {}),
            review_fresh=self.fresh.review(branch, brief),
        )

    def _parted_paths(self, branch: Branch) -> dict[bytes, str]:
        """Map what the other copy of base changes in this branch to the newest commit of its that does."""
        own = self.parted.get(branch.ref)
        return {path: commit for path, (commit, _) in own.newest.items()} if own else {}

    def _below(self, branch: Branch) -> frozenset[bytes]:
        """Return what merging the branches that it stands on would change: theirs, as long as they have not landed."""
        return frozenset().union(*(self.grounds[stand.commit].paths for stand in branch.stands_on))

    def _find_base_states(self, branches: Sequence[Branch]) -> dict[str, frozenset[bytes]]:
        """Map heads to the conflicted paths outside their scope at which they have what base has, or had."""
        conflicted: dict[str, frozenset[bytes]] = {}
        for branch in branches:
            task = task_of_work(branch.work, self.tasks) if branch.work else None
            granted = scope_of(task.brief, self.fleet) if task and task.brief else None
            paths = self._net(branch).conflicted & self.owns[branch.ref].paths
            if granted is not None:
                conflicted[branch.head] = frozenset(path for path in paths if not granted.holds(path))
        forks = {branch.head: branch.merge_bases for branch in branches}
        return base_states.find_base_states(self.scratch, self.fleet.base.head, conflicted, forks)

    def _find_renames(
        self, branches: Sequence[Branch], own_commits: Mapping[str, Sequence[Line]], store: Cache | None
    ) -> dict[str, dict[bytes, Rename]]:
        """Map heads to their renames, where a change outside the scope may be a side of one."""
        sides = []
        for branch in branches:
            task = task_of_work(branch.work, self.tasks) if branch.work else None
            granted = scope_of(task.brief, self.fleet) if task and task.brief else None
            newest = self.owns[branch.ref].newest
            gone = any(change.status == "D" for _, change in newest.values())
            if granted is not None and gone and any(not granted.holds(path) for path in newest):
                forks = branch.merge_bases[:1]
                lines = own_commits[branch.ref]
                sides.append(renames.Sides(branch.head, forks, lines, paths=frozenset(newest)))
        return renames.find_branch_renames(self.scratch, sides, store)

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


def _find_collisions(fleet: Fleet, branch: Branch) -> Iterator[Collided]:
    for pair in collisions.list_unsettled(fleet, branch):
        other = pair.other(branch.ref)
        action = collisions.settle_collision(fleet, pair)
        yield Collided(
            escape_hidden(collisions.name_branches(fleet, [other])[other]),
            pair.paths[0],
            collisions.describe_files(pair.files),
            first=collisions.describe_first(fleet, branch, pair),
            hint=f"{action.text}: {action.command}" if action.command else action.text,
        )


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
