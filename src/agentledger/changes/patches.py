"""The text of each change, for the pages that show it: streamed from one git process.

Belongs here: asking git for patches, and why one is left out (binary, missing, large, unreadable). Does not:
counting lines (see `line_counts`), or laying a patch out (see `site.diff`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agentledger.git.blob_pairs import (
    DIFF_TREE,
    LARGE_BLOB,
    Pair,
    blob_pairs_of,
    read_blob_sizes,
    write_pair_trees,
)
from agentledger.git.process import Stream, split_stream, stream_output
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Branch, Change, FilePatch

# A patch above either is left out as `large`: nobody reads a page that long.
MOST_LINES = 20_000
MOST_BYTES = 500_000

# git's own lines between patches. Lines of a patch's body begin with a blank, +, -, \ or @, so no file's
# content can look like one of these.
_FILE = re.compile(rb"diff --git a/\d+ b/\d+")
_TREES = re.compile(rb"[0-9a-f]{40,64} [0-9a-f]{40,64}")


def read_patches(
    scratch: Scratch, branches: Sequence[Branch]
) -> Iterator[tuple[Branch, tuple[FilePatch, ...]]]:
    """Yield each branch with the patch of every change, in the order of its changes.

    A change of type (file to symlink) gives two patches: the deletion, then the addition.
    """
    # A missing blob would end git's whole batch, so those are found first.
    sizes = read_blob_sizes(
        scratch, (pair for branch in branches for change in branch.changes for pair in blob_pairs_of(change))
    )
    plans = [_plan_branch(scratch, branch, sizes) for branch in branches]
    bodies = _read_bodies(scratch, [plan for plan in plans if plan.pairs])
    for branch, plan in zip(branches, plans, strict=True):
        fetched = iter(next(bodies) if plan.pairs else ())
        yield branch, tuple(patch or next(fetched).patch(change) for change, patch in plan.halves)


class _Plan(NamedTuple):
    """What to ask of git for one branch.

    `halves` has each change, or each half of one, with its patch where that is known without git, else None.
    `pairs` has the pairs of the others, in the same order.
    """

    halves: tuple[tuple[Change, FilePatch | None], ...]
    pairs: tuple[Pair, ...]


def _plan_branch(scratch: Scratch, branch: Branch, sizes: dict[str, int]) -> _Plan:
    # A submodule or a change of mode alone has no pair, but still a patch, if an empty one.
    no_blobs = (Pair(scratch.null, scratch.null),)
    changed_pairs = [
        (change, pair) for change in branch.changes for pair in blob_pairs_of(change) or no_blobs
    ]
    halves = [
        (change, _patch_without_git(change, pair, sizes, scratch.null)) for change, pair in changed_pairs
    ]
    pairs = (pair for (_, pair), (_, patch) in zip(changed_pairs, halves, strict=True) if patch is None)
    return _Plan(tuple(halves), tuple(pairs))


def _patch_without_git(change: Change, pair: Pair, sizes: dict[str, int], null: str) -> FilePatch | None:
    blobs = [blob for blob in pair if blob != null]
    if not blobs:
        return FilePatch(change, b"")
    if change.binary:
        return FilePatch(change, b"", "binary")
    if any(blob not in sizes for blob in blobs):
        return FilePatch(change, b"", "missing")
    return FilePatch(change, b"", "large") if max(sizes[b] for b in blobs) > LARGE_BLOB else None


class _Body:
    """Collects the hunks of one file, and stops keeping them when they get too long."""

    def __init__(self, omitted: str = "") -> None:
        self.omitted = omitted
        self._lines: list[bytes] = []
        self._count = self._size = 0

    def add(self, line: bytes) -> None:
        # Before the first @@ git prints headers, which name made-up paths.
        if self._count or line.startswith(b"@@"):
            self._count += 1
            self._size += len(line) + 1
            if self._count <= MOST_LINES and self._size <= MOST_BYTES:
                self._lines.append(line)
        elif line.startswith(b"Binary files "):
            self.omitted = "binary"

    def patch(self, change: Change) -> FilePatch:
        if self._count > MOST_LINES or self._size > MOST_BYTES:
            return FilePatch(change, b"", "large")
        return FilePatch(change, b"".join(line + b"\n" for line in self._lines), self.omitted)


def _read_bodies(scratch: Scratch, plans: Sequence[_Plan]) -> Iterator[list[_Body]]:
    """Yield, for each plan, the bodies of the halves that git was asked about, in order.

    A damaged blob ends git's batch. The plan that it may belong to is then asked for alone, and the batch
    goes on behind it.
    """
    requests = [_format_request(scratch, plan.pairs) for plan in plans]
    done = 0
    while done < len(plans):
        flow = _stream_diff(scratch, requests[done:])
        for bodies in _parse_bodies(flow):
            yield bodies
            done += 1
        if flow.failure():
            yield _salvage_bodies(scratch, plans[done].pairs)
            done += 1


def _salvage_bodies(scratch: Scratch, pairs: Sequence[Pair]) -> list[_Body]:
    """Return the bodies of these pairs; the one that git cannot read is found by halving."""
    flow = _stream_diff(scratch, [_format_request(scratch, pairs)])
    for bodies in list(_parse_bodies(flow)):
        return bodies
    if len(pairs) == 1:
        return [_Body("unreadable")]
    middle = len(pairs) // 2
    return _salvage_bodies(scratch, pairs[:middle]) + _salvage_bodies(scratch, pairs[middle:])


def _stream_diff(scratch: Scratch, lines: Sequence[bytes]) -> Stream:
    return stream_output(scratch.git, [*DIFF_TREE, "--stdin", "-p"], lines)


def _format_request(scratch: Scratch, pairs: Sequence[Pair]) -> bytes:
    return " ".join(write_pair_trees(scratch, pairs)).encode() + b"\n"


def _parse_bodies(flow: Stream) -> Iterator[list[_Body]]:
    """Yield the bodies of each plan whose output is complete."""
    bodies: list[_Body] | None = None
    for line in split_stream(flow.blocks, b"\n"):
        if _FILE.fullmatch(line):
            assert bodies is not None
            bodies.append(_Body())
        elif _TREES.fullmatch(line):
            if bodies is not None:
                yield bodies
            bodies = []
        elif bodies:
            bodies[-1].add(line)
    # Where git failed, the last plan may be cut off in the middle of a patch.
    if bodies is not None and not flow.failure():
        yield bodies
