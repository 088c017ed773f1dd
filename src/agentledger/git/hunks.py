"""Reads which lines of a file each change touches, as ranges, for many pairs of blobs in two processes.

Belongs here: asking git, and its output as values. Does not: what it means that two ranges meet (see
`collisions.hunk_ranges`).

The lines are those of the diff that git's merge makes by itself: its algorithm, no heuristic for indented blocks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from agentledger.git.blob_pairs import Pair, read_blob_sizes
from agentledger.git.pair_patches import BINARY, fold_pair_patches
from agentledger.git.scratch import Scratch

# A line of context: without any, git leaves out the end that both files have before it compares them, and a run of
# added lines does not slide down as far as in a merge.
_FLAGS = ("-U1", "--inter-hunk-context=0", "--no-indent-heuristic")
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
    flags = [*_FLAGS, f"--diff-algorithm={algorithm or _ALGORITHM}"]
    ranges: dict[Pair, Ranges] = dict.fromkeys(pairs)
    read_blob_sizes(scratch, pairs)  # once for both halves
    with ThreadPoolExecutor(2) as pool:
        for part in pool.map(
            lambda turn: fold_pair_patches(scratch, pairs[turn::2], flags, _read_ranges), (0, 1)
        ):
            ranges |= part
    return ranges


def _read_ranges(_: Pair, lines: Iterable[bytes]) -> Ranges:
    """The ranges of one file's patch; None where it is binary."""
    ranges = _RangeReader()
    for line in lines:
        if (header := _HEADER.match(line)) is not None:
            ranges.begin(int(header[1]), int(header[2] or b"1"))
        elif ranges.begun:
            ranges.take(line)
        elif line.startswith(BINARY):
            return None
    return ranges.finish()


class _RangeReader:
    """Takes the hunks of one file line by line, and has a range for each run of changed lines."""

    def __init__(self) -> None:
        self.begun = False
        self._at = 0
        self._ranges: list[HunkRange] = []
        # The gap before the first line of the run, and what is put there; None between two runs.
        self._start: int | None = None
        self._added: list[bytes] = []

    def begin(self, first: int, count: int) -> None:
        """Begin a hunk with so many lines of the old file, of which the first has this number."""
        self._close()
        self.begun = True
        self._at = first - 1 if count else first

    def take(self, line: bytes) -> None:
        """Take a line of a hunk with its sign."""
        sign = line[:1]
        if sign in (b"+", b"-"):
            if self._start is None:
                self._start = self._at
        elif sign != b"\\":
            self._close()
        if sign in (b"-", b" "):
            self._at += 1
        elif self._start is not None:
            # The words about a missing newline belong to the content.
            self._added.append(line)

    def _close(self) -> None:
        if self._start is not None:
            digest = hashlib.sha256(b"\n".join(self._added)).hexdigest()[:16]
            self._ranges.append(HunkRange(self._start, self._at, digest))
        self._start, self._added = None, []

    def finish(self) -> Ranges:
        """Return the ranges."""
        self._close()
        return tuple(self._ranges)
