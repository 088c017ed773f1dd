"""Find the branches whose change is in base already, though their commits are not.

Belongs here: which branches to compare with single commits of base, and what a match makes of them. Does not:
choosing those commits (see `squash_candidates`), comparing (see `same_change`), or merging a branch into base's
tip (see `forecast`).

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

from agentledger.changes import same_change, squash_candidates
from agentledger.changes.ancestry import History
from agentledger.changes.same_change import Fork
from agentledger.changes.squash_candidates import Search
from agentledger.git import diffs, objects
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import UNMERGED, Arrival, Branch, By, Change, State
from agentledger.model.ledger_paths import TASKS_BYTES
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
    same_change.compare_patches(scratch, history, [s for s in searches if s.same is None and s.candidates])
    same_change.compare_merges(scratch, history, [s for s in searches if s.same is None and s.candidates])
    lost = _find_lost(scratch, history, {s.same for s in searches if s.same})
    fresh = {s.new: [tip, s.same, s.same in lost] for s in searches}
    # Without line counts (a blob is missing) patches were not compared, and a line that could not be read to its
    # end was not searched: a later search may find a match.
    by_head = {b.head: b for b in candidates}
    cacheable = [s for s in searches if s.same or (read_to_end and by_head[s.new].lines_counted)]
    cache.put("absorbed", ((_cache_key(by_head[s.new]), fresh[s.new]) for s in cacheable))
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
    search = Search(
        old=branch.merge_bases[0], new=branch.head, changes=branch.changes, begin=begin, start=begin
    )
    # Base may have been moved back or rewritten since: then nothing stored is true of it.
    if stored and history.on_first_parent_line(stored[0]):
        same = stored[1] if stored[1] and history.on_first_parent_line(stored[1]) else None
        if same or not stored[1]:
            search.start = max(begin, history.step(stored[0]))
        if same:
            search.accept(same, history.step(same))
    return search


def _mark_branch(branch: Branch, row: Sequence[Any]) -> Branch:
    _, same, lost = row
    if not same:
        return branch
    arrival = Arrival(By.SAME_CHANGE, same, branch.merge_bases[0], after=branch.head)
    if lost:
        why = f"same change as {same[:12]}, which base has lost since"
        return replace(branch, arrival=arrival, state_why=why)
    return replace(
        branch,
        state=State.ABSORBED,
        same_as=same,
        arrival=arrival,
        state_why=f"same change as {same[:12]}",
    )


# -- lost again? ------------------------------------------------------------------------


def _find_lost(scratch: Scratch, history: History, landed: Collection[str]) -> set[str]:
    """Find the commits whose change base's tip has lost: some path is as before, or all of it is undone."""
    if not landed:
        return set()
    pairs = [(parents[0], commit) for commit in sorted(landed) if (parents := history.parents[commit])]
    answers = zip((commit for _, commit in pairs), diffs.read_changes(scratch.git, pairs), strict=True)
    # A task's folder is taken off base again once the task has ended: that is no loss.
    changes = {
        commit: [change for change in diff if not change.path.startswith(TASKS_BYTES)]
        for commit, diff in answers
        if not isinstance(diff, Failure)
    }
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
    forks = [Fork(commit, tip, history.parents[commit][0]) for commit in landed]
    trees = same_change.read_trees(scratch, {c for fork in forks for c in fork}) if forks else {}
    gives = same_change.merge_trees(scratch, trees, forks)
    return {c for c, tree in zip(landed, gives, strict=True) if tree is not None and tree == trees[tip]}
