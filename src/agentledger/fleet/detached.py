"""Counts the commits of detached worktrees that no ref has: only the worktree itself keeps them.

Belongs here: one walk for all of these worktrees. Does not: finding them (see `repository.worktrees`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentledger.git import process
from agentledger.git.scratch import Scratch
from agentledger.model.text import decode, encode
from agentledger.repository.repository_state import Observation


def count_unsaved(scratch: Scratch, observed: Observation, heads: Sequence[str]) -> dict[str, int]:
    """For each commit at the HEAD of a detached worktree, how many commits it has that no ref has.

    Where git cannot walk that history, the head alone counts: what may be lost is better shown once too often.
    """
    if not heads:
        return {}
    lines = "".join(f"{line}\n" for line in (*heads, *(f"^{oid}" for oid in observed.kept)))
    # Of a clone that lacks objects, some refs lead nowhere.
    walk = ["rev-list", "--parents", "--ignore-missing", "--stdin"]
    out, code, _ = process.run_unchecked(scratch.git, walk, encode(lines))
    if code:
        return dict.fromkeys(heads, 1)
    graph = {commit: parents for commit, *parents in map(str.split, decode(out).splitlines())}
    return {head: _count_reachable(graph, head) for head in heads}


def _count_reachable(graph: Mapping[str, Sequence[str]], head: str) -> int:
    seen: set[str] = set()
    waiting = [head]
    while waiting:
        commit = waiting.pop()
        if commit in graph and commit not in seen:
            seen.add(commit)
            waiting += graph[commit]
    return len(seen)
