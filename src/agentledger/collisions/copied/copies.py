"""Find changes that are a commit of their own on two branches: picked from one to the other, or rebased.

Belongs here: which pairs of branches have one, and what is out of scope in it. Does not: when two commits are one
change (see `same_commits`), or what a reader is told of it (see `rules.copied_commits`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache as remember
from typing import NamedTuple

from agentledger.changes import net_changes
from agentledger.collisions.copied import same_commits
from agentledger.collisions.copied.same_commits import Candidate
from agentledger.collisions.where import Where
from agentledger.model.collisions import Copy
from agentledger.model.findings import Gate
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.work import find_dependencies
from agentledger.rules.case import Case
from agentledger.rules.ownership import can_change
from agentledger.scope import task_scope

# Where more branches than this have one change, each is compared with the one that had it first.
MOST_IN_FULL = 8


class _Holder(NamedTuple):
    """A branch that has a change, and its commit that made it."""

    branch: Branch
    candidate: Candidate


def find_copies(
    where: Where, fleet: Fleet, *, branches: Sequence[Branch], only: str = ""
) -> tuple[Copy, ...]:
    """Return the commits outside base that are on two of these branches under different ids.

    `only` is the ref of the branch that is asked for; '' for all. See `list_cut` for what was not compared.
    """
    same = same_commits.group_same_commits(where, fleet.policy, _choose_branches(branches))
    groups = _drop_built(fleet, map(_list_holders, same))
    meetings = [two for holders in groups for two in _pair_holders(holders, only)]
    scopes = _Scopes(fleet)
    # Two commits can be the same in both ways.
    copies = dict.fromkeys(_build_copy(two, scopes) for two in _drop_idle(where, meetings))
    return tuple(sorted(copies, key=lambda copy: (copy.a, copy.b, copy.paths, copy.commit_a)))


def list_cut(branches: Sequence[Branch]) -> tuple[str, ...]:
    """Return the refs of the branches of which only the newest commits are compared."""
    return tuple(sorted(b.ref for b in _choose_branches(branches) if b.ahead > same_commits.MOST_COMMITS))


def _choose_branches(branches: Iterable[Branch]) -> list[Branch]:
    return [b for b in branches if b.state is State.OPEN and b.at_rest is None and not b.detached]


# -- which branches ---------------------------------------------------------------------


def _list_holders(same: Iterable[Candidate]) -> list[_Holder]:
    """List the branches that have a change, each with its commit of it, the one that had it first before the others."""
    holders: dict[str, _Holder] = {}
    for candidate in sorted(same, key=_made_at):
        # Of branches with the very same commit, the lowest: the others begin at it, or at a newer base than this.
        branch = min(candidate.branches, key=lambda b: (b.ahead, b.name, b.ref))
        # A branch may have made a change twice, with its revert between: then its newest one counts.
        holders[branch.ref] = _Holder(branch, candidate)
    return sorted(holders.values(), key=lambda holder: (*_made_at(holder.candidate), holder.branch.ref))


def _pair_holders(holders: Sequence[_Holder], only: str) -> Iterator[tuple[_Holder, _Holder]]:
    """Yield each two branches that have one change under different ids, the one that had it first before the other."""
    for at, later in enumerate(holders):
        for first in holders[: at if len(holders) <= MOST_IN_FULL else min(at, 1)]:
            wanted = only in ("", first.branch.ref, later.branch.ref)
            if wanted and not _shares(first, later) and not _is_one_branch(first.branch, later.branch):
                yield first, later


def _made_at(candidate: Candidate) -> tuple[int, str]:
    return candidate.commit.committed_at, candidate.commit.id


def _shares(first: _Holder, later: _Holder) -> bool:
    """Has one of the two the very commit of the other?"""
    refs = {branch.ref for branch in first.candidate.branches}
    return later.branch.ref in refs or first.branch.ref in {b.ref for b in later.candidate.branches}


def _drop_built(fleet: Fleet, groups: Iterable[Sequence[_Holder]]) -> Iterator[list[_Holder]]:
    """Yield each group without the branches that build on another one of it: from that one they have the change."""
    briefs = {task.id: task.brief for task in fleet.tasks}
    needs_of = remember(lambda task: find_dependencies(task, briefs))
    for holders in groups:
        refs = {holder.branch.ref for holder in holders}
        tasks = {holder.branch.work.task for holder in holders if holder.branch.work}
        yield [
            holder
            for holder in holders
            if not any(stand.ref in refs for stand in holder.branch.stands_on)
            and not (holder.branch.work and tasks & needs_of(holder.branch.work.task))
        ]


def _is_one_branch(one: Branch, other: Branch) -> bool:
    """Are they one branch, as two clones have it?"""
    return _plain_name(one.ref) == _plain_name(other.ref)


def _plain_name(ref: str) -> str:
    """Return a branch's name at its own repository: without the remote, as far as that is one word."""
    if ref.startswith("refs/remotes/"):
        return ref.removeprefix("refs/remotes/").partition("/")[2]
    return ref.removeprefix("refs/heads/")


def _drop_idle(
    where: Where, meetings: Sequence[tuple[_Holder, _Holder]]
) -> Iterator[tuple[_Holder, _Holder]]:
    """Yield those of which both would still bring something of the change to base.

    One that a later commit took back, or that base has by another way, does not come twice.
    """
    holders = [holder for two in meetings for holder in two]
    heads = list(dict.fromkeys(h.branch.head for h in holders if h.branch.merge_bases))
    nets = net_changes.find_net_changes(where.scratch, where.base, heads, where.cache) if heads else {}

    def brings_something(holder: _Holder) -> bool:
        net = nets.get(holder.branch.head)
        return net is None or bool(net.failed) or any(c.path in net.paths for c in holder.candidate.changes)

    return (two for two in meetings if all(map(brings_something, two)))


# -- what is said of them ---------------------------------------------------------------


class _Scopes:
    """What the brief of each branch does not let it change."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._cases: dict[str, Case | None] = {}

    def outside(self, branch: Branch, paths: Iterable[bytes]) -> tuple[bytes, ...]:
        """Return those of the paths that are not the branch's to change; none where nobody has said what is."""
        if branch.ref not in self._cases:
            self._cases[branch.ref] = self._case_of(branch)
        case = self._cases[branch.ref]
        return tuple(path for path in paths if not can_change(case, path)) if case else ()

    def _case_of(self, branch: Branch) -> Case | None:
        task = self._fleet.task_of(branch.work) if branch.work else None
        if task is None or task.brief is None:
            return None
        policy, now = self._fleet.policy, self._fleet.now
        granted = task_scope.scope_of_brief(task.brief, policy, task_scope.PROTECTED)
        return Case(gate=Gate.MERGE, now=now, policy=policy, task=task, scope=granted)


def _build_copy(two: tuple[_Holder, _Holder], scopes: _Scopes) -> Copy:
    first, later = two
    a, b = sorted(two, key=lambda holder: (holder.branch.name, holder.branch.ref))
    paths = tuple(sorted(change.path for change in a.candidate.changes))
    origin = first.candidate.commit
    tasks = [holder.branch.work.task for holder in two if holder.branch.work]
    return Copy(
        a.branch.ref,
        b.branch.ref,
        a.candidate.commit.id,
        b.candidate.commit.id,
        author=origin.author.name,
        subject=origin.subject,
        paths=paths,
        outside_a=scopes.outside(a.branch, paths),
        outside_b=scopes.outside(b.branch, paths),
        later=later.branch.ref if origin.committed_at < later.candidate.commit.committed_at else "",
        rivals=len(tasks) == 2 and tasks[0] == tasks[1],
    )
