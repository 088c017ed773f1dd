"""Keeps a branch open while work goes on in its worktree: commits alone say that it has ended.

Belongs here: that one decision. Does not: what is uncommitted (see `repository.worktrees`), or what commits
alone say (see `fleet_reader`, `changes.absorbed`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from agentledger.model.fleet import AT_REST, Branch, State


def reopen_branches(branches: Iterable[Branch]) -> list[Branch]:
    """Return the branches; those that have not ended after all are open.

    What the manager has ended (killed, declined, explored) stays so.
    """
    return [_reopen(branch) if branch.state in AT_REST else branch for branch in branches]


def _reopen(branch: Branch) -> Branch:
    in_use = branch.worktree is not None and branch.worktree.is_in_use
    if branch.state is State.DORMANT:
        # Nothing may have happened for long to commits that only a worktree has, and they can still be lost.
        return replace(branch, state=State.OPEN, state_why="") if in_use or branch.unsaved else branch
    return replace(branch, state=State.OPEN, at_rest=branch.state) if in_use else branch
