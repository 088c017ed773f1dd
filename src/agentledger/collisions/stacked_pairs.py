"""Pairs of branches that share commits which base lacks: one stands on the other, or both on a third.

Belongs here: finding them and the commit that they share, and which of them can conflict. Does not: merging them (see
`merge_pairs`), or what a brief says of it (see `changes.stacks`).

Base with the one merged, and the other, begin at the commit that both share, and not at base. So they are compared
from there, with the same filter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from agentledger.changes.ancestry import History
from agentledger.collisions.footprints import build_footprints
from agentledger.collisions.hunk_ranges import find_touching_edits
from agentledger.collisions.pair_filter import Two, find_suspects, order_pairs
from agentledger.collisions.where import Where
from agentledger.git import diffs
from agentledger.git.objects import Failure


class Stack(NamedTuple):
    """Two heads that share commits: the one that lands first, the other, and the commit where they part.

    `ground` is None where they part at several: then git has to merge them as they are.
    """

    first: int
    second: int
    ground: str | None


def find_stacks(history: History, heads: Sequence[str]) -> dict[Two, Stack]:
    """Map each pair of numbers of `heads` that share commits outside base to how they share them."""
    own = [frozenset(commit.id for commit in history.own(head)) for head in heads]
    holders: dict[str, list[int]] = defaultdict(list)
    for number, commits in enumerate(own):
        for commit in commits:
            holders[commit].append(number)
    # Most commits of a stack are held by the same heads.
    groups = {tuple(numbers) for numbers in holders.values() if len(numbers) > 1}
    pairs = {two for numbers in groups for two in combinations(numbers, 2)}
    return {two: _describe(history, heads, own, two) for two in sorted(pairs)}


def _describe(history: History, heads: Sequence[str], own: Sequence[frozenset[str]], two: Two) -> Stack:
    one, other = two
    # The lower one lands first: once the upper one has, there is nothing left to merge of it.
    first, second = (other, one) if heads[other] in own[one] else (one, other)
    shared = own[one] & own[other]
    below = {parent for commit in shared for parent in history.outside[commit].parents}
    tops = shared - below
    ground = next(iter(tops)) if len(tops) == 1 else None
    # What the second has of base must be below that commit, too, or git begins at both.
    if ground and history.merge_bases(ground) != history.merge_bases(heads[second]):
        ground = None
    return Stack(first, second, ground)


def find_suspect_stacks(
    where: Where, stacks: Mapping[Two, Stack], *, landed: Mapping[int, str], heads: Sequence[str]
) -> frozenset[Two]:
    """Return those of the stacks that git has to merge; `landed` are commits of base with a head merged."""
    sides = {
        two: ((stack.ground, landed[stack.first]), (stack.ground, heads[stack.second]))
        for two, stack in stacks.items()
        if stack.ground
    }
    unique = list(dict.fromkeys(side for both in sides.values() for side in both))
    changes = dict(zip(unique, diffs.read_changes(where.scratch.git, unique), strict=True))
    read = {side: each for side, each in changes.items() if not isinstance(each, Failure)}
    grounded = [(ground, each) for (ground, _), each in read.items()]
    footprints = dict(zip(read, build_footprints(where.scratch, grounded), strict=True))
    compared = {
        two: find_suspects([footprints[one], footprints[other]])
        for two, (one, other) in sides.items()
        if one in footprints and other in footprints
    }
    touching = find_touching_edits(where, [each.edits for each in compared.values()], lambda _: None)
    free = {
        two
        for (two, suspects), touched in zip(compared.items(), touching, strict=True)
        if not order_pairs(suspects, touched)
    }
    return frozenset(stacks.keys() - free)
