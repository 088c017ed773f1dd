"""Compares a change with single commits of base: is it the same patch, or what merging the change gives?

Belongs here: the comparisons that need the content of files, and the merges of trees that they are made
of. Does not: choosing the commits (see `squash_candidates`), or what a match means (see `absorbed` and
`takebacks`).

Trees are compared and merged without the folders of the ledger's tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from agentledger.changes.ancestry import History
from agentledger.changes.line_counts import Counts, count_pairs
from agentledger.changes.squash_candidates import Search, has_same_result
from agentledger.git import diffs, merging, objects
from agentledger.git.blob_pairs import Pair, blob_pairs_of, read_blob_sizes
from agentledger.git.code_tree import write_trees_without_tasks
from agentledger.git.diffs import Landing
from agentledger.git.merging import Merged
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Change
from agentledger.storage.cache import Cache


class Attempt(NamedTuple):
    """A commit of base to compare with a search's change, its step, and its first parent."""

    search: Search
    landing: Landing
    step: int
    parent: str


def _list_attempts(history: History, searches: Sequence[Search]) -> list[Attempt]:
    return [
        Attempt(search, landing, step, parent)
        for search in searches
        for _, step, landing in search.candidates
        if (parent := next(iter(history.parents[landing.id]), None))
    ]


# -- the same patch ---------------------------------------------------------------------


def compare_patches(scratch: Scratch, history: History, searches: Sequence[Search]) -> None:
    """Accept the candidates whose patch is the change's, white space counted."""
    attempts = [a for a in _list_attempts(history, searches) if _has_same_shape(a.search.net, a.landing)]
    # git's patch id dies on a missing blob, and with it the whole batch.
    sizes = read_blob_sizes(scratch, (pair for attempt in attempts for pair in _blob_pairs(attempt)))
    readable = [
        attempt
        for attempt in attempts
        if all(blob in sizes or blob == scratch.null for pair in _blob_pairs(attempt) for blob in pair)
    ]
    trees = read_trees(
        scratch, {c for a in readable for c in (a.search.old, a.search.new, a.parent, a.landing.id)}
    )
    steps = [
        (
            attempt,
            _write_step(scratch, trees, s.old, s.new),
            _write_step(scratch, trees, attempt.parent, landed.id),
        )
        for attempt in readable
        for s, landed in [(attempt.search, attempt.landing)]
        if {s.old, s.new, attempt.parent, landed.id} <= trees.keys()
    ]
    if not steps:
        return
    patch_ids = diffs.read_patch_ids(scratch.git, {pair for _, *pairs in steps for pair in pairs})
    for attempt, (_, net), (_, landed) in steps:
        # Two different defaults: two patches without an id are not the same patch.
        if patch_ids.get(net, "-") == patch_ids.get(landed, "+"):
            attempt.search.accept(attempt.landing.id, attempt.step)


def _blob_pairs(attempt: Attempt) -> list[Pair]:
    changes = (*attempt.search.net.values(), *attempt.landing.changes)
    return [pair for change in changes for pair in blob_pairs_of(change)]


def _write_step(scratch: Scratch, trees: dict[str, str], old: str, new: str) -> tuple[str, str]:
    """Write two commits with these two's trees, the second on the first: no other pair ends at that one."""
    root = scratch.commit(trees[old])
    return root, scratch.commit(trees[new], [root])


def _has_same_shape(net: dict[bytes, Change], landing: Landing) -> bool:
    """Do both change the same paths and modes? A patch id ignores binary content, so that must be equal."""
    return len(net) == len(landing.changes) and all(
        (change.old_mode, change.new_mode) == (net[change.path].old_mode, net[change.path].new_mode)
        and (net[change.path].binary is False or has_same_result(net[change.path], change))
        for change in landing.changes
    )


# -- the size of it ---------------------------------------------------------------------

# Two diffs of the same lines can differ by a few, where lines repeat.
SLACK = 2


def drop_larger_candidates(scratch: Scratch, cache: Cache, searches: Sequence[Search]) -> None:
    """Drop the candidates that add or remove more lines in a file than the change does: a merge costs more.

    Such a commit did more than this change there. Files that cannot be counted decide nothing.
    """
    pairs = {
        pair: None
        for search in searches
        for _, _, landing in search.candidates
        for change in landing.changes
        for pair in (*blob_pairs_of(search.net[change.path]), *blob_pairs_of(change))
    }
    counts = count_pairs(scratch, cache, list(pairs))
    for search in searches:
        search.candidates = [
            candidate
            for candidate in search.candidates
            if all(_is_within(counts, c, search.net[c.path]) for c in candidate[2].changes)
        ]


def _is_within(counts: Mapping[Pair, Counts], landed: Change, net: Change) -> bool:
    sizes = []
    for change in (landed, net):
        rows = [counts.get(pair) for pair in blob_pairs_of(change)]
        sizes.append([sum(row[at] for row in rows if row) for at in (0, 1)])
        if None in rows:
            return True
    return all(ours <= theirs + min(theirs, SLACK) for ours, theirs in zip(*sizes, strict=True))


# -- the same merge ---------------------------------------------------------------------


def compare_merges(scratch: Scratch, history: History, searches: Sequence[Search]) -> None:
    """Accept the candidates that are what merging the change into their parent gives."""
    attempts = _list_attempts(history, searches)
    trees = read_trees(
        scratch, {c for a in attempts for c in (a.search.old, a.search.new, a.parent, a.landing.id)}
    )
    gives = merge_trees(scratch, trees, [Fork(a.search.old, a.parent, a.search.new) for a in attempts])
    for attempt, tree in zip(attempts, gives, strict=True):
        # A commit with its parent's tree changed nothing, so it cannot have landed the change.
        if tree is not None and tree == trees.get(attempt.landing.id) != trees[attempt.parent]:
            attempt.search.accept(attempt.landing.id, attempt.step)


class Fork(NamedTuple):
    """Three commits whose trees are to be merged: both sides, and what both began with."""

    base: str
    ours: str
    theirs: str


def read_trees(scratch: Scratch, commits: Iterable[str]) -> dict[str, str]:
    """Map each commit to its tree without the tasks' folders; commits whose tree is missing are left out."""
    ordered = sorted(commits)
    answers = objects.read_object_info(scratch.git, [f"{commit}^{{tree}}" for commit in ordered])
    whole = {commit: tree for commit, (tree, kind, _) in zip(ordered, answers, strict=True) if kind == "tree"}
    bare = write_trees_without_tasks(scratch, list(whole.values()))
    return {commit: bare[tree] for commit, tree in whole.items() if tree in bare}


def merge_trees(scratch: Scratch, trees: dict[str, str], forks: Sequence[Fork]) -> list[str | None]:
    """The tree that each of these merges gives; None where it conflicts, or a tree is missing."""
    ready = {fork: None for fork in forks if all(commit in trees for commit in fork)}
    pairs = [_fork_commits(scratch, *(trees[commit] for commit in fork)) for fork in ready]
    answers = dict(zip(ready, merging.simulate_merges(scratch, pairs), strict=True))
    return [
        answer.tree if isinstance(answer := answers.get(fork), Merged) and answer.clean else None
        for fork in forks
    ]


def _fork_commits(scratch: Scratch, base: str, ours: str, theirs: str) -> tuple[str, str]:
    """Write two commits with the trees `ours` and `theirs`, both on one whose tree is `base`."""
    # `git merge-tree` takes trees as arguments since 2.45 only, and `--merge-base` since 2.40.
    root = scratch.commit(base)
    return scratch.commit(ours, [root]), scratch.commit(theirs, [root])
