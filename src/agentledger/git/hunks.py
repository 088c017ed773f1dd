"""Reads which lines of a file each change touches, as ranges, for many pairs of blobs in two processes.

Belongs here: asking git, and its output as values. Does not: what it means that two ranges meet (see
`collisions.hunk_ranges`).

The lines are those of the diff that git's merge makes by itself: its algorithm, no heuristic for indented blocks, no
context.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from agentledger.git.blob_pairs import DIFF_TREE, LARGE_BLOB, Pair, read_blob_sizes, write_pair_trees
from agentledger.git.process import split_stream, stream_output
from agentledger.git.scratch import Scratch

_FLAGS = ("-p", "-U0", "--inter-hunk-context=0", "--no-indent-heuristic", "--full-index")
_HEADER = re.compile(rb"@@ -([0-9]+)(?:,([0-9]+))? ")
# What git's merge takes where nobody sets another one.
_ALGORITHM = "histogram"


class HunkRange(NamedTuple):
    """The lines of the old file that one change replaces, as gaps between lines: `start` lies before the first.

    Gap 0 is before line 1. An insertion has one gap. `digest` tells what was put there.
    """

    start: int
    end: int
    digest: str


# None: nobody can tell, since the content is binary, missing or too large.
Ranges = tuple[HunkRange, ...] | None


def read_hunk_ranges(
    scratch: Scratch, pairs: Sequence[Pair], algorithm: str | None = None
) -> dict[Pair, Ranges]:
    """Map each pair of blobs to the ranges that change; `algorithm` is the diff's, None for that of git's merge."""
    sizes = read_blob_sizes(scratch, pairs)
    # One that is missing would end the batch.
    fit = {blob for blob, size in sizes.items() if size <= LARGE_BLOB}
    ready = [pair for pair in pairs if pair.old in fit and pair.new in fit]
    ranges: dict[Pair, Ranges] = dict.fromkeys(pairs)
    with ThreadPoolExecutor(2) as pool:
        for part in pool.map(
            lambda turn: _read_part(scratch, ready[turn::2], algorithm or _ALGORITHM), (0, 1)
        ):
            ranges |= part
    return ranges


def _read_part(scratch: Scratch, pairs: Sequence[Pair], algorithm: str) -> dict[Pair, Ranges]:
    if not pairs:
        return {}
    args = [*DIFF_TREE, *_FLAGS, f"--diff-algorithm={algorithm}", *write_pair_trees(scratch, pairs)]
    flow = stream_output(scratch.git, args, [])
    answers = dict(_parse_patches(split_stream(flow.blocks, b"\n")))
    # After a failure, as at a damaged blob, the last one may be cut off: whoever asks then has git merge them.
    if flow.failure():
        return {}
    return {pair: answers.get(number) for number, pair in enumerate(pairs)}


def _parse_patches(lines: Iterator[bytes]) -> Iterator[tuple[int, Ranges]]:
    """The number of each file of a patch, and its ranges; without context no line of content looks like a header."""
    number, rows, binary = -1, list[tuple[int, int, list[bytes]]](), False
    for line in lines:
        if line.startswith(b"diff --git "):
            if number >= 0:
                yield number, _finish(rows, binary)
            number, rows, binary = int(line.rpartition(b"/")[2]), [], False
        elif (header := _HEADER.match(line)) is not None:
            first, count = int(header[1]), int(header[2] or b"1")
            start = first - 1 if count else first
            rows.append((start, start + count, []))
        elif rows:
            if line[:1] in b"+\\":
                rows[-1][2].append(line)
        elif line.startswith((b"Binary files ", b"GIT binary patch")):
            binary = True
    if number >= 0:
        yield number, _finish(rows, binary)


def _finish(rows: Sequence[tuple[int, int, list[bytes]]], binary: bool) -> Ranges:
    if binary:
        return None
    return tuple(
        HunkRange(start, end, hashlib.sha256(b"\n".join(added)).hexdigest()[:16])
        for start, end, added in rows
    )
