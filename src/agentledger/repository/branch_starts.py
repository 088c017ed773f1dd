"""At which commit each local branch began, as the logs of its ref and of base's tell.

Belongs here: reading those logs, in one process for all branches, and what their entries mean. Does not: the
commit graph (see `changes.arrivals`).

Only this clone has these logs, and whoever works in it can rewrite them: what follows from them is shown, and
decides at no gate.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from agentledger.git import queries
from agentledger.git.process import Git
from agentledger.git.queries import RefMove
from agentledger.model.fleet import Base, Branch
from agentledger.repository.bases import HEADS

# Entries after which a branch stands at commits that somebody else made: what follows is its own.
_BEGINS = re.compile(
    r"branch: (?:Created|Reset)|reset: moving|checkout: moving|(?:merge|pull)\b.*: Fast-forward|clone: from"
)
# `spawn` makes the branch at its first commit.
_SPAWNED = "agentledger: spawn"
# `git rebase` puts the branch's commits onto this one.
_REBASED = re.compile(r"rebase .*onto ([0-9a-f]{40,64})$")
_FORWARDED = re.compile(r"merge (\S+): Fast-forward$")


class Start(NamedTuple):
    """The commit at which a branch began; `is_own`: it is the branch's own first one."""

    commit: str
    is_own: bool = False


def read_branch_starts(git: Git, base: Base, branches: Sequence[Branch]) -> dict[str, Start]:
    """Map the refs of local branches to where they began, as far as the logs show it."""
    refs = [branch.ref for branch in branches if branch.ref.startswith(HEADS)]
    if not refs:
        return {}
    local_base = f"{HEADS}{base.name}"
    moves = _group_by_ref(queries.read_ref_moves(git, [*refs, local_base, base.ref]))
    forwarded = _find_forwarded(moves.get(local_base, ()))
    starts = {}
    for branch in branches:
        before = forwarded.get((branch.name, branch.head))
        start = Start(before) if before else _find_start(moves.get(branch.ref, ()))
        if start:
            starts[branch.ref] = start
    return starts


def _group_by_ref(moves: Iterable[RefMove]) -> Mapping[str, list[RefMove]]:
    groups: dict[str, list[RefMove]] = {}
    for move in moves:
        groups.setdefault(move.ref, []).append(move)
    return groups


def _find_start(moves: Sequence[RefMove]) -> Start | None:
    """Return where the branch began, by its log, newest entry first; None where it does not say."""
    for move in moves:
        if match := _REBASED.match(move.message):
            return Start(match[1])
        if _BEGINS.match(move.message):
            return Start(move.id)
        if move.message == _SPAWNED:
            return Start(move.id, is_own=True)
    return None


def _find_forwarded(moves: Sequence[RefMove]) -> dict[tuple[str, str], str]:
    """Map branches and heads that base moved forward to, to where base was before that."""
    forwarded: dict[tuple[str, str], str] = {}
    for move, before in itertools.pairwise(moves):
        if match := _FORWARDED.match(move.message):
            forwarded[match[1], move.id] = before.id
    return forwarded
