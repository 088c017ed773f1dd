"""Find the branches whose change is in base already, though their commits are not.

Belongs here: comparing a branch with single commits of base. Does not: choosing those commits (see
`squash_candidates`), or merging a branch into base's tip (see `forecast`).

A squash or a rebase leaves the branch's commits outside base. Its net change, merge
base to head, is compared with each commit that base's first-parent line gained since:

1. the same paths with the same new content;
2. the same paths and the same patch, white space counted (base had moved underneath);
3. git's own merge of the change onto that commit's parent gives exactly that commit's
   tree. Here the commit may touch only some of the paths: the last of several that
   landed the branch piece by piece.

A match says "same change as <commit>", not "merged as": somebody else may have made the
same fix. Where base's tip has lost the change again, the branch is not absorbed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from agentledger.changes import squash_candidates
from agentledger.changes.ancestry import History
from agentledger.changes.squash_candidates import Search, has_same_result
from agentledger.git import diffs, merging, objects
from agentledger.git.blob_pairs import blob_pairs_of, read_blob_sizes
from agentledger.git.diffs import Landing
from agentledger.git.merging import Merged
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import UNMERGED, Branch, Change, State
from agentledger.model.text import decode, encode
from agentledger.storage.cache import Cache

Progress = Callable[[str, int, int], None]


def mark_absorbed(
    scratch: Scratch, cache: Cache, history: History, branches: Sequence[Branch], progress: Progress
) -> list[Branch]:
    """Return the branches; those whose change base has already are in state absorbed.

    `progress` is called with a stage in words, what is done of it, and the total.
    """
    candidates = [b for b in branches if b.state in UNMERGED and b.merge_bases and b.changes]
    if not candidates:
        return list(branches)
    tip = history.chain[0]
    stored = {
        key: row
        for key, row in cache.get("absorbed", map(_cache_key, candidates)).items()
        if _is_valid_row(row)
    }
    # A row made against this very tip needs no look; an older one says where to go on.
    settled = {b.head: stored[_cache_key(b)] for b in candidates if stored.get(_cache_key(b), [""])[0] == tip}
    searches = [
        _resume_search(history, b, stored.get(_cache_key(b))) for b in candidates if b.head not in settled
    ]
    read_to_end = squash_candidates.scan_base_line(scratch, history, searches, progress)
    _compare_patches(scratch, history, [s for s in searches if s.same is None and s.candidates])
    _compare_merges(scratch, history, [s for s in searches if s.same is None and s.candidates])
    lost = _find_lost(scratch, history, {s.same for s in searches if s.same})
    fresh = {s.branch.head: [tip, s.same, s.same in lost] for s in searches}
    # Without line counts (a blob is missing) patches were not compared, and a line that could not be read to its
    # end was not searched: a later search may find a match.
    cacheable = [s for s in searches if s.same or (read_to_end and s.branch.lines_counted)]
    cache.put("absorbed", ((_cache_key(s.branch), fresh[s.branch.head]) for s in cacheable))
    settled |= fresh
    refs = {b.ref for b in candidates}
    return [_mark_branch(b, settled[b.head]) if b.ref in refs else b for b in branches]


def _cache_key(branch: Branch) -> str:
    return f"{branch.head} {branch.merge_bases[0]}"


def _is_valid_row(stored: Any) -> bool:
    """Is this a row that `mark_absorbed` stores? Anybody can write to the cache's file."""
    return (
        isinstance(stored, list)
        and len(stored) == 3
        and isinstance(stored[0], str)
        and isinstance(stored[1], str | None)
    )


def _resume_search(history: History, branch: Branch, stored: Any) -> Search:
    """Build a search that starts where the stored one ended, with its result.

    It starts at the merge base where base no longer has the commits that the stored row names.
    """
    begin = history.step(branch.merge_bases[0])
    # Base may have been moved back or rewritten since: then nothing stored is true of it.
    if stored and history.on_first_parent_line(stored[0]):
        same = stored[1] if stored[1] and history.on_first_parent_line(stored[1]) else None
        if same or not stored[1]:
            return Search(branch, begin, max(begin, history.step(stored[0])), same)
    return Search(branch, begin, begin)


def _mark_branch(branch: Branch, row: Sequence[Any]) -> Branch:
    _, same, lost = row
    if not same:
        return branch
    if lost:
        return replace(branch, state_why=f"same change as {same[:12]}, which base has lost since")
    return replace(branch, state=State.ABSORBED, same_as=same, state_why=f"same change as {same[:12]}")


# -- 2: the same patch ------------------------------------------------------------------


def _compare_patches(scratch: Scratch, history: History, searches: Sequence[Search]) -> None:
    same_shape = [
        (s, landing) for s in searches for _, _, landing in s.candidates if _has_same_shape(s.net, landing)
    ]
    # git's patch id dies on a missing blob, and with it the whole batch.
    sizes = read_blob_sizes(
        scratch,
        (
            p
            for s, landing in same_shape
            for c in (*s.net.values(), *landing.changes)
            for p in blob_pairs_of(c)
        ),
    )
    readable = [
        (s, landing)
        for s, landing in same_shape
        if all(
            blob in sizes or blob == scratch.null
            for c in (*s.net.values(), *landing.changes)
            for p in blob_pairs_of(c)
            for blob in p
        )
    ]
    net_pairs = {(s.branch.merge_bases[0], s.branch.head) for s, _ in readable}
    landing_pairs = {
        (parent, landing.id) for _, landing in readable if (parent := _first_parent(history, landing.id))
    }
    if not readable:
        return
    patch_ids = diffs.read_patch_ids(scratch.git, net_pairs | landing_pairs)
    for search, landing in readable:
        # Two different defaults: two patches without an id are not the same patch.
        if search.same is None and patch_ids.get(search.branch.head, "-") == patch_ids.get(landing.id, "+"):
            search.same = landing.id


def _has_same_shape(net: dict[bytes, Change], landing: Landing) -> bool:
    """Do both change the same paths and modes? A patch id ignores binary content, so that must be equal."""
    return len(net) == len(landing.changes) and all(
        (change.old_mode, change.new_mode) == (net[change.path].old_mode, net[change.path].new_mode)
        and (net[change.path].binary is False or has_same_result(net[change.path], change))
        for change in landing.changes
    )


def _first_parent(history: History, commit: str) -> str | None:
    return next(iter(history.parents[commit]), None)


# -- 3: the same merge ------------------------------------------------------------------


def _compare_merges(scratch: Scratch, history: History, searches: Sequence[Search]) -> None:
    attempts = [
        (s, landing, parent)
        for s in searches
        for _, _, landing in s.candidates
        if (parent := _first_parent(history, landing.id))
    ]
    trees = _read_trees(
        scratch, {c for s, _, parent in attempts for c in (s.branch.merge_bases[0], s.branch.head, parent)}
    )
    ready = [
        (s, landing, [trees[c] for c in (s.branch.merge_bases[0], parent, s.branch.head)])
        for s, landing, parent in attempts
        if all(c in trees for c in (s.branch.merge_bases[0], parent, s.branch.head))
    ]
    answers = merging.simulate_merges(
        scratch, [_fork_commits(scratch, *fork_trees) for _, _, fork_trees in ready]
    )
    for (search, landing, fork_trees), answer in zip(ready, answers, strict=True):
        # A commit with its parent's tree changed nothing, so it cannot have landed the branch.
        lands_here = (
            isinstance(answer, Merged) and answer.clean and answer.tree == landing.tree != fork_trees[1]
        )
        if lands_here and search.same is None:
            search.same = landing.id


def _read_trees(scratch: Scratch, commits: Iterable[str]) -> dict[str, str]:
    """Map each commit to its tree; commits whose tree is missing are left out."""
    ordered = sorted(commits)
    answers = objects.read_object_info(scratch.git, [f"{commit}^{{tree}}" for commit in ordered])
    return {commit: tree for commit, (tree, kind, _) in zip(ordered, answers, strict=True) if kind == "tree"}


def _fork_commits(scratch: Scratch, base: str, ours: str, theirs: str) -> tuple[str, str]:
    """Write two commits with the trees `ours` and `theirs`, both on one whose tree is `base`."""
    # `git merge-tree` takes trees as arguments since 2.45 only, and `--merge-base` since 2.40.
    root = scratch.commit(base)
    return scratch.commit(ours, [root]), scratch.commit(theirs, [root])


# -- lost again? ------------------------------------------------------------------------


def _find_lost(scratch: Scratch, history: History, landed: Collection[str]) -> set[str]:
    """Find the commits whose change base's tip has lost: some path is as before, or all of it is undone."""
    if not landed:
        return set()
    pairs = [(parent, commit) for commit in sorted(landed) if (parent := _first_parent(history, commit))]
    answers = zip((commit for _, commit in pairs), diffs.read_changes(scratch.git, pairs), strict=True)
    changes = {commit: diff for commit, diff in answers if not isinstance(diff, Failure)}
    tip = _Tip(scratch, history.chain[0], [change for diff in changes.values() for change in diff])
    lost = {commit for commit, diff in changes.items() if any(map(tip.lost, diff))}
    # Only where base went on changing these paths does it take a merge to tell.
    changed_since = [
        commit for commit, diff in changes.items() if commit not in lost and not all(map(tip.has, diff))
    ]
    return lost | _find_undone(scratch, history, changed_since)


class _Tip:
    """Base's tip at the paths of some changes, and which of their new contents it has at any path."""

    def __init__(self, scratch: Scratch, tip: str, changes: Iterable[Change]) -> None:
        paths = {change.path for change in changes}
        contents = {encode(change.new) for change in changes}
        self._null = scratch.null
        self._at: dict[bytes, str] = {}
        self._present: set[str] = set()
        for path, oid in objects.read_file_ids(scratch.git, tip):
            if path in paths:
                self._at[path] = decode(oid)
            if oid in contents:
                self._present.add(decode(oid))

    def has(self, change: Change) -> bool:
        """Is the path as the change left it?"""
        return self._at.get(change.path, self._null) == change.new

    def lost(self, change: Change) -> bool:
        """Is the path as it was before the change? A new file that was only moved since is not lost."""
        is_reverted = self._at.get(change.path, self._null) == change.old != change.new
        return is_reverted and not (change.old == self._null and change.new in self._present)


def _find_undone(scratch: Scratch, history: History, landed: Sequence[str]) -> set[str]:
    """Find the commits whose revert on base's tip would change nothing there."""
    tip = history.chain[0]
    parents = {commit: history.parents[commit][0] for commit in landed}
    trees = _read_trees(scratch, {tip, *parents, *parents.values()}) if landed else {}
    ready = [commit for commit in landed if commit in trees and parents[commit] in trees and tip in trees]
    pairs = [_fork_commits(scratch, trees[commit], trees[tip], trees[parents[commit]]) for commit in ready]
    answers = merging.simulate_merges(scratch, pairs)
    return {
        commit
        for commit, answer in zip(ready, answers, strict=True)
        if isinstance(answer, Merged) and answer.clean and answer.tree == trees[tip]
    }
