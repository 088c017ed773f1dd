"""Branches that stand on a dependency: which one, at which commit, and what is then their own.

Belongs here: finding that from the commits that were read, and the changes against it. Does not: whether the two
merge (see `stack_forecast`), or whether a branch may stand there (see `rules.ownership`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agentledger.changes import abandoned_grounds, line_counts
from agentledger.changes.ancestry import History
from agentledger.git import diffs, merging
from agentledger.git.merging import Merged
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import UNMERGED, Branch, Fleet, Stand, State
from agentledger.model.work import find_dependencies
from agentledger.storage.cache import Cache


def attach_stands(scratch: Scratch, cache: Cache, history: History, fleet: Fleet, *, lines: bool) -> Fleet:
    """The fleet; each branch that stands on dependencies has these, and its changes against them.

    `lines` counts the lines of those changes.
    """
    briefs = {task.id: task.brief for task in fleet.tasks}
    needs = {
        b.ref: find_dependencies(b.work.task, briefs) - {b.work.task}
        for b in fleet.branches
        if b.work and b.commits and b.state in UNMERGED
    }
    if not any(needs.values()):
        return fleet
    standing = [
        _place_branch(history, b, needs[b.ref], fleet.branches) for b in fleet.branches if needs.get(b.ref)
    ]
    standing = abandoned_grounds.find_abandoned_grounds(
        scratch, cache, history, branches=standing, needs=needs, fleet=fleet
    )
    placed = {b.ref: b for b in standing}
    compared = _compare_with_ground(scratch, [b for b in standing if b.stands_on])
    if lines:
        compared = line_counts.count_lines(scratch, cache, compared)
    placed |= {b.ref: b for b in compared}
    return replace(fleet, branches=tuple(placed.get(b.ref, b) for b in fleet.branches))


# -- on which branch ------------------------------------------------------------------


def _place_branch(
    history: History, branch: Branch, needs: frozenset[str], branches: Sequence[Branch]
) -> Branch:
    """The branch with what it stands on, as far as the commits of the branches that are here show it."""
    positions = {commit.id: at for at, commit in enumerate(branch.commits)}
    stands: dict[int, Stand] = {}
    borrowed: set[str] = set()
    for other in branches:
        if other.work is None or other.work.task not in needs or other.ref == branch.ref:
            continue
        shared = [positions[c.id] for c in other.commits if c.id in positions]
        if not shared:
            continue
        borrowed |= {branch.commits[at].id for at in shared}
        top = min(shared)
        # Of two branches with the same newest commit, the one that ends there is meant.
        if not _has_landed_below(history, branch, other) and (top not in stands or stands[top].moved):
            stands[top] = _stand_on(history, branch, other, branch.commits[top].id)
    return replace(branch, stands_on=_keep_topmost(branch, stands), borrowed=frozenset(borrowed))


def _has_landed_below(history: History, branch: Branch, other: Branch) -> bool:
    """Has `other` landed in what the branch has of base? Then the branch stands on base alone."""
    return other.same_as is not None and any(
        history.is_ancestor(other.same_as, base) for base in branch.merge_bases
    )


def _stand_on(history: History, branch: Branch, other: Branch, commit: str) -> Stand:
    return Stand(
        branch=other.name,
        ref=other.ref,
        task=other.work.task if other.work else "",
        commit=commit,
        state=other.state,
        landing=other.same_as if other.state is State.ABSORBED else None,
        moved=other.head != commit,
        plain=history.merge_bases(commit) == branch.merge_bases,
    )


def _keep_topmost(branch: Branch, stands: Mapping[int, Stand]) -> tuple[Stand, ...]:
    """Without those that another one stands on in turn; in the order of the branch's commits, newest first."""
    kept: list[Stand] = []
    below: set[str] = set()
    parents = {commit.id: commit.parents for commit in branch.commits}
    for at in sorted(stands):
        stand = stands[at]
        if stand.commit in below:
            continue
        kept.append(stand)
        left = [stand.commit]
        while left:
            commit = left.pop()
            if commit not in below:
                below.add(commit)
                left += (parent for parent in parents.get(commit, ()) if parent in parents)
    if len(kept) > 1:
        kept = [replace(stand, plain=False) for stand in kept]
    return tuple(kept)


# -- what is its own --------------------------------------------------------------------


def _compare_with_ground(scratch: Scratch, branches: Sequence[Branch]) -> list[Branch]:
    """The branches with their changes against what they stand on."""
    grounds = _merge_grounds(scratch, branches)
    pairs = [(grounds[b.ref], b.head) for b in branches]
    answers = zip(branches, diffs.read_changes(scratch.git, pairs), strict=True)
    return [b if isinstance(diff, Failure) else replace(b, changes=diff) for b, diff in answers]


def _merge_grounds(scratch: Scratch, branches: Sequence[Branch]) -> dict[str, str]:
    """By ref, a commit with all that is below a branch's own work: what it stands on, and what it has of base."""
    parts = {
        b.ref: [stand.commit for stand in b.stands_on]
        + ([] if all(stand.plain for stand in b.stands_on) else list(b.merge_bases[:1]))
        for b in branches
    }
    grounds = {ref: commits[0] for ref, commits in parts.items()}
    for number in range(1, max((len(commits) for commits in parts.values()), default=1)):
        pending = [ref for ref, commits in parts.items() if number < len(commits)]
        pairs = [(grounds[ref], parts[ref][number]) for ref in pending]
        for ref, pair, answer in zip(pending, pairs, merging.simulate_merges(scratch, pairs), strict=True):
            if isinstance(answer, Merged):
                grounds[ref] = scratch.commit(answer.tree, pair)
    return grounds
