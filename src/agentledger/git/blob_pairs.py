"""Blob pairs: how `lines` and `patches` ask git what changed inside files.

git is asked about pairs of blobs, not about commits: each pair becomes one entry,
named by its number, of two trees that exist in the sealed directory only. So a pair
that many branches share is compared once, a blob that is missing or huge is left out
beforehand instead of ending the batch, and paths, however strange, take no part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agentledger.git import objects
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Change

GITLINK = "160000"
# Above this a blob's lines are neither counted nor shown; git would hold it in memory several times.
LARGE_BLOB = 16 << 20
# Paths name nothing here, content alone is compared; renames would pair up unrelated entries.
DIFF_TREE = ("diff-tree", "-r", "--no-renames", "--no-textconv", "--no-ext-diff")


class Pair(NamedTuple):
    """Two blobs to compare; the id of zeros stands for none."""

    old: str
    new: str


def blob_pairs_of(change: Change) -> tuple[Pair, ...]:
    """The blob pairs that hold a change's lines: none for a submodule, two where the type changed."""
    null = "0" * len(change.old)
    old = null if change.old_mode == GITLINK else change.old
    new = null if change.new_mode == GITLINK else change.new
    if change.status == "T":
        return tuple(pair for pair in (Pair(old, null), Pair(null, new)) if pair.old != pair.new)
    return (Pair(old, new),) if old != new else ()


def write_pair_trees(scratch: Scratch, pairs: Sequence[Pair]) -> tuple[str, str]:
    """Two trees whose n-th entries are the n-th pair, all of them plain files."""
    null = scratch.null
    sides: list[list[tuple[str, bytes, str]]] = [[], []]
    for number, pair in enumerate(pairs):
        for side, blob in zip(sides, pair, strict=True):
            if blob != null:
                side.append(("100644", b"%07d" % number, blob))
    return scratch.tree(sides[0]), scratch.tree(sides[1])


def read_blob_sizes(scratch: Scratch, pairs: Iterable[Pair]) -> dict[str, int]:
    """The size in bytes of each blob that is there; the missing ones are left out."""
    blobs = list(dict.fromkeys(blob for pair in pairs for blob in pair if blob != scratch.null))
    answers = zip(blobs, objects.read_object_info(scratch.git, blobs), strict=True)
    return {blob: size for blob, (_, kind, size) in answers if kind == "blob"}
