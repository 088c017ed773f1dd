"""Which files' contents a merge reads: those that a partial clone has to have before one is tried.

Belongs here: listing them, from trees alone. Does not: fetching them (see `git.promised`), or merging (see
`git.merging`).

git reads a file where both sides changed it, and, to find renames, the files that one side deleted and the other
one changed, with everything that the first side added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from agentledger.git import diffs
from agentledger.git.process import Git, run_unchecked
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Change
from agentledger.model.paths import parent_folders
from agentledger.model.text import decode

_SUBMODULE = "160000"
Side = Mapping[bytes, Change]


class Merge(NamedTuple):
    """A merge of two commits, with the commit from which both began."""

    base: str
    left: str
    right: str


def find_merge(sealed: Git, left: str, right: str) -> Merge | None:
    """The merge of two commits; None where they share no history, or one of them is not here."""
    out, code, _ = run_unchecked(sealed, ["merge-base", left, right])
    return None if code else Merge(decode(out).strip(), left, right)


def list_merge_blobs(scratch: Scratch, merges: Sequence[Merge]) -> Iterator[tuple[bytes, str]]:
    """The path and id of each blob that git reads for these merges. One process for all of them."""
    pairs = [pair for merge in merges for pair in ((merge.base, merge.left), (merge.base, merge.right))]
    sides = [_by_path(changes) for changes in diffs.read_changes(scratch.git, pairs)]
    for left, right in zip(sides[::2], sides[1::2], strict=True):
        yield from _list_both(left, right)
        yield from _list_renames(left, right)
        yield from _list_renames(right, left)


def list_change_blobs(changes: Iterable[Change]) -> Iterator[tuple[bytes, str]]:
    """The path and id of each file that a change has before and after it."""
    for change in changes:
        for mode, blob in ((change.old_mode, change.old), (change.new_mode, change.new)):
            if mode != _SUBMODULE and blob.strip("0"):
                yield change.path, blob


def _by_path(changes: Iterable[Change] | object) -> Side:
    # A side that cannot be read fails again in the merge, which says why.
    return {change.path: change for change in changes} if isinstance(changes, tuple) else {}


def _list_both(left: Side, right: Side) -> Iterator[tuple[bytes, str]]:
    for path in left.keys() & right.keys():
        if left[path].new != right[path].new:
            yield from list_change_blobs((left[path], right[path]))


def _list_renames(side: Side, other: Side) -> Iterator[tuple[bytes, str]]:
    """What is compared to find where `side` has moved files that `other` changed, or added files beside."""
    deleted = {path for path, change in side.items() if change.status == "D"}
    added = [change for change in side.values() if change.status == "A"]
    emptied = {folder for path in deleted for folder in parent_folders(path) if folder}
    beside = any(
        change.status == "A" and emptied.intersection(parent_folders(path)) for path, change in other.items()
    )
    moved = deleted if beside else deleted & other.keys()
    if moved and added:
        yield from list_change_blobs([*(side[path] for path in moved), *added])
