"""Many pairs of blobs (a file before and after a change) as two trees that one git process can compare.

Belongs here: making those trees, and the sizes of blobs. Does not: comparing them (see `changes.line_counts`,
`changes.patches`).

Each pair becomes one entry, named by its number, of two trees that exist in the sealed directory only. Pairs
of blobs and not commits are compared, for three reasons: a pair that many branches share is compared once; a
blob that is missing or huge is left out beforehand instead of ending the batch; and paths, however strange,
take no part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agentledger.git import objects
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Change

GITLINK = "160000"
# The size in bytes above which a blob's lines are neither counted nor shown: git would hold it in memory
# several times.
LARGE_BLOB = 16 << 20
# The names of entries are numbers, so renames would pair up unrelated ones. Textconv and external diffs would
# start programs.
DIFF_TREE = ("diff-tree", "-r", "--no-renames", "--no-textconv", "--no-ext-diff")


class Pair(NamedTuple):
    """Two blobs to compare, by id; all zeros where there is none."""

    old: str
    new: str


def blob_pairs_of(change: Change) -> tuple[Pair, ...]:
    """The blob pairs that hold a change's lines: none for a submodule, two where the type changed."""
    null = "0" * len(change.old)
    # A submodule's id is a commit of another repository: there is no blob to read.
    old = null if change.old_mode == GITLINK else change.old
    new = null if change.new_mode == GITLINK else change.new
    if change.status == "T":
        return tuple(pair for pair in (Pair(old, null), Pair(null, new)) if pair.old != pair.new)
    return (Pair(old, new),) if old != new else ()


def write_pair_trees(scratch: Scratch, pairs: Sequence[Pair]) -> tuple[str, str]:
    """Write two trees whose n-th entries are the n-th pair, all of them plain files; the ids of the trees."""
    null = scratch.null
    sides: list[list[tuple[str, bytes, str]]] = [[], []]
    for number, pair in enumerate(pairs):
        for side, blob in zip(sides, pair, strict=True):
            if blob != null:
                # Padded with zeros, since git wants entries sorted by name.
                side.append(("100644", b"%07d" % number, blob))
    return scratch.tree(sides[0]), scratch.tree(sides[1])


def read_blob_sizes(scratch: Scratch, pairs: Iterable[Pair]) -> dict[str, int]:
    """The size in bytes of each blob of the pairs, by id; those that are missing are left out."""
    blobs = list(dict.fromkeys(blob for pair in pairs for blob in pair if blob != scratch.null))
    unknown = [blob for blob in blobs if blob not in scratch.sizes]
    answers = zip(unknown, objects.read_object_info(scratch.git, unknown), strict=True)
    scratch.sizes.update((blob, size) for blob, (_, kind, size) in answers if kind == "blob")
    return {blob: scratch.sizes[blob] for blob in blobs if blob in scratch.sizes}
