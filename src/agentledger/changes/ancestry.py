"""How heads relate to base: merge bases, ahead, behind, ancestors, from two walks of the commit graph.

Belongs here: pure functions of that graph. Does not: walking it (see `git.commits`), or anything about files.

A merge base per branch as a process of its own costs 10 to 100 ms on a large history; here all of them
together cost one pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentledger.model.fleet import Commit, Sync

NONE: frozenset[str] = frozenset()


class History:
    """Base's whole history, and the commits outside it that some head reaches.

    `base`: one tuple a commit, itself and its parents, children before parents, as
    `git.commits.read_ancestry` gives it. `commits`: those outside base, parents before children.
    """

    def __init__(self, base: Sequence[tuple[str, ...]], commits: Iterable[Commit]) -> None:
        self.parents: dict[str, tuple[str, ...]] = {line[0]: line[1:] for line in base}
        # 0 is base's tip; an ancestor's number is always greater than its descendant's.
        self.position: dict[str, int] = {line[0]: at for at, line in enumerate(base)}
        # With skewed clocks the walk with ^base lets some commits of base through.
        self.outside: dict[str, Commit] = {c.id: c for c in commits if c.id not in self.position}
        self.order: dict[str, int] = {commit: at for at, commit in enumerate(self.outside)}
        self.chain: list[str] = list(self._first_parents(base[0][0]) if base else ())
        self._on_chain = frozenset(self.chain)
        self._candidates = self._all_candidates()
        self._reduced: dict[frozenset[str], tuple[str, ...]] = {}
        self._introduced: dict[str, int] | None = None
        self._counts: list[int] = []

    def _first_parents(self, tip: str) -> Iterable[str]:
        commit: str | None = tip
        while commit is not None and commit in self.position:
            yield commit
            commit = next(iter(self.parents[commit]), None)

    # -- merge bases ----------------------------------------------------------------

    def _all_candidates(self) -> dict[str, frozenset[str]]:
        """Map each commit outside base to the commits of base at which its history enters base."""
        entries: dict[str, frozenset[str]] = {}
        # Equal sets are one object: nearly all branches have the same few.
        shared: dict[frozenset[str], frozenset[str]] = {}
        for commit in self.outside.values():
            sets = [
                frozenset((parent,)) if parent in self.position else entries.get(parent, NONE)
                for parent in commit.parents
            ]
            union = sets[0] if len(sets) == 1 else NONE.union(*sets)
            entries[commit.id] = shared.setdefault(union, union)
        return entries

    def merge_bases(self, head: str) -> tuple[str, ...]:
        """Return all best common ancestors of `head` and base's tip, newest first; () for unrelated ones."""
        if head in self.position:
            return (head,)
        candidates = self._candidates.get(head, NONE)
        if candidates not in self._reduced:
            self._reduced[candidates] = self._drop_ancestors(candidates)
        return self._reduced[candidates]

    def _drop_ancestors(self, candidates: frozenset[str]) -> tuple[str, ...]:
        """Drop each candidate that is an ancestor of another; return the rest, newest first."""
        newest_first = sorted(candidates, key=self.position.__getitem__)
        if len(newest_first) < 2:
            return tuple(newest_first)
        remaining, oldest = set(newest_first), self.position[newest_first[-1]]
        seen: set[str] = set()
        for start in newest_first:
            if start not in remaining:
                continue
            stack = [p for p in self.parents[start] if p in self.position]
            while stack:
                commit = stack.pop()
                # Older than the oldest candidate: from here no candidate can be reached.
                if commit in seen or self.position[commit] > oldest:
                    continue
                seen.add(commit)
                remaining.discard(commit)
                stack.extend(p for p in self.parents[commit] if p in self.position)
        return tuple(c for c in newest_first if c in remaining)

    # -- membership -----------------------------------------------------------------

    def contains(self, commit: str) -> bool:
        """Is `commit` in base?"""
        return commit in self.position

    def on_first_parent_line(self, commit: str) -> bool:
        """Was `commit` itself once base's tip, as far as base's first-parent line shows?"""
        return commit in self._on_chain

    def entry(self, head: str) -> str | None:
        """Return the first commit of `head`'s first-parent line that base has; None for unrelated histories."""
        commit: str | None = head
        while commit is not None and commit not in self.position:
            commit = next(iter(self.outside[commit].parents), None) if commit in self.outside else None
        return commit

    def landing(self, commit: str) -> str:
        """Return the commit of the first-parent line that brought `commit` into base.

        Raises KeyError where `commit` is not in base.
        """
        return self.chain[len(self.chain) - 1 - self.step(commit)]

    def own(self, head: str) -> list[Commit]:
        """Return the commits of `head` outside base, children before parents."""
        seen: set[str] = set()
        stack = [head]
        while stack:
            commit = stack.pop()
            if commit in self.outside and commit not in seen:
                seen.add(commit)
                stack.extend(self.outside[commit].parents)
        return [self.outside[c] for c in sorted(seen, key=self.order.__getitem__, reverse=True)]

    def is_ancestor(self, old: str, new: str) -> bool:
        """Is `old` reachable from `new`? Both must be heads of this history, or in base."""
        limit = self.position.get(old)
        seen: set[str] = set()
        stack = [new]
        while stack:
            commit = stack.pop()
            if commit == old:
                return True
            if commit in seen:
                continue
            seen.add(commit)
            if commit in self.outside:
                stack.extend(self.outside[commit].parents)
            elif limit is not None and self.position.get(commit, limit) < limit:
                # In base, nothing older than `old` can lead to it.
                stack.extend(self.parents[commit])
        return False

    def sync(self, local: str, remote: str) -> Sync:
        """Say how a local head relates to its remote-tracking twin."""
        if local == remote:
            return Sync.SAME
        if self.is_ancestor(remote, local):
            return Sync.AHEAD
        return Sync.BEHIND if self.is_ancestor(local, remote) else Sync.DIVERGED

    # -- counting -------------------------------------------------------------------

    def _index_steps(self) -> dict[str, int]:
        """Map each commit of base to the step of the first-parent line (0 is its root) that brought it.

        `_counts[i]` is then the number of commits reachable from the line's i-th commit, counted from
        the root. So a merge base on that line costs nothing, and nearly every merge base is on it.
        """
        if self._introduced is None:
            introduced: dict[str, int] = {}
            for step, tip in enumerate(reversed(self.chain)):
                stack = [tip]
                while stack:
                    commit = stack.pop()
                    if commit not in introduced and commit in self.position:
                        introduced[commit] = step
                        stack.extend(self.parents[commit])
                self._counts.append(len(introduced))
            self._introduced = introduced
        return self._introduced

    def step(self, commit: str) -> int:
        """Return the step of the first-parent line (0 is its root) that brought `commit` into base.

        Raises KeyError where `commit` is not in base.
        """
        return self._index_steps()[commit]

    def behind(self, merge_bases: Sequence[str]) -> int:
        """Count the commits of base that are not reachable from any of `merge_bases`."""
        introduced = self._index_steps()
        stack, seen, reached = list(merge_bases), set(), -1
        while stack:
            commit = stack.pop()
            if commit in seen or introduced[commit] <= reached:
                continue
            seen.add(commit)
            if commit in self._on_chain:
                # All that lies below is in `_counts` already, so the walk stops here.
                reached = introduced[commit]
            else:
                stack.extend(p for p in self.parents[commit] if p in self.position)
        beside = sum(1 for c in seen if introduced[c] > reached)
        return len(self.position) - beside - (self._counts[reached] if reached >= 0 else 0)
