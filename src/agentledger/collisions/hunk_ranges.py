"""Do two changes of one file touch each other's lines? Without that, git merges them cleanly.

Belongs here: the ranges of many changes, remembered, and which of them meet. Does not: reading them (see `git.hunks`),
or which files have to be compared (see `pair_filter`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agentledger.collisions.pair_filter import Edits
from agentledger.collisions.where import Bring, Where
from agentledger.git.blob_pairs import Pair as BlobPair
from agentledger.git.hunks import HunkRange, Ranges, read_hunk_ranges
from agentledger.storage.cache import Form, get_or_compute


def find_ranges(where: Where, pairs: Sequence[BlobPair], bring: Bring) -> dict[BlobPair, Ranges]:
    """Map pairs of blobs to the lines of the old one that change; None where nobody can tell."""

    def read(missing: Sequence[BlobPair]) -> dict[BlobPair, Ranges]:
        bring(frozenset(pair.new for pair in missing))
        return read_hunk_ranges(where.scratch, missing, algorithm)

    algorithm = where.by.diff_algorithm
    keys = {pair: f"{pair.old}{pair.new}{algorithm or ''}" for pair in pairs}
    return get_or_compute(
        where.cache,
        # The name changes with what git is asked.
        "hunks1",
        keys,
        compute=read,
        form=_FORM,
    )


def _dump_ranges(ranges: Ranges) -> Any:
    # What nobody could tell is not kept: a blob that was missing may come.
    return None if ranges is None else [list(each) for each in ranges]


def _load_ranges(row: Any) -> Ranges:
    if not row:
        raise ValueError("two blobs differ somewhere")
    return tuple(HunkRange(int(start), int(end), str(digest)) for start, end, digest in row)


_FORM: Form[Ranges] = Form(_dump_ranges, _load_ranges)


def find_touching_edits(
    where: Where, edits: Sequence[Mapping[bytes, Edits]], bring: Bring
) -> list[list[tuple[bytes, str, str]]]:
    """Return, for each of several answers of the filter, the paths with two blobs whose changes touch each other.

    A merge that was remembered may have left a blob in a sealed directory that is gone: `bring` makes it again.
    """
    blobs = dict.fromkeys(
        BlobPair(each.old, blob) for row in edits for each in row.values() for blob in each.by_blob
    )
    ranges = find_ranges(where, list(blobs), bring)
    return [
        [
            (path, one, other)
            for path, each in row.items()
            for one, other in find_touching({blob: ranges[BlobPair(each.old, blob)] for blob in each.by_blob})
        ]
        for row in edits
    ]


def find_touching(ranges: Mapping[str, Ranges]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of keys of which one's ranges touch the other's; a pair may come more than once.

    `ranges` are those of changes of one file. Equal changes of the same lines are left out: git takes them once.
    """
    unknown = [key for key, each in ranges.items() if each is None]
    for at, key in enumerate(unknown):
        yield from ((key, other) for other in unknown[at + 1 :])
        yield from ((key, other) for other, each in ranges.items() if each is not None)
    edges = sorted((each, key) for key, row in ranges.items() if row is not None for each in row)
    open_: list[tuple[HunkRange, str]] = []
    for here, key in edges:
        # They are closed: git calls it a conflict where one change ends at the gap where the next begins.
        open_ = [(there, other) for there, other in open_ if there.end >= here.start]
        yield from ((other, key) for there, other in open_ if other != key and there != here)
        open_.append((here, key))
