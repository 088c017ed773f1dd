"""What a change does to the lines of a file, as a short value: equal for the same patch at another place.

Belongs here: asking git for the patches of many files, and digesting them. Does not: which commits are compared, or
when two are the same (see `copies`).

`git patch-id` is not used: it takes paths for equal that differ only in their blanks, ends at the first blob that is
missing, and says nothing of how much a patch changes. Blobs are compared in pairs here, so neither can happen, and
blanks count.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agentledger.git.blob_pairs import DIFF_TREE, Pair, read_blob_sizes, write_pair_trees
from agentledger.git.objects import Failure, salvage_batch
from agentledger.git.process import split_stream, stream_output
from agentledger.git.scratch import Scratch
from agentledger.storage.cache import Cache, Form, get_or_compute

# Of a file above that, only its ids are compared: what is larger is seldom written by hand.
MOST_BYTES = 1 << 20

# git's own line between two patches: the lines of a patch begin with a blank, +, -, \ or @.
_NEXT = b"\ndiff --git "
# Where a hunk is. The function that git names behind it stays: the same lines in another one are no copy.
_PLACE = re.compile(rb"(?m)^@@ -\S+ \+\S+ @@")
_CHANGED = re.compile(rb"(?m)^[-+\\].*$")


class Digest(NamedTuple):
    """The patch of one file. Two are the same where `whole` is equal."""

    #: Its lines with those around them, and the function in which they are.
    whole: str
    #: The removed and added lines alone.
    lines: str
    #: How many bytes these have, without white space.
    size: int


def read_digests(scratch: Scratch, cache: Cache, pairs: Iterable[Pair]) -> dict[Pair, Digest]:
    """Map each pair of blobs to the digest of its patch; two processes for all, and none for what is cached.

    A binary file, a large one, and one that is not in this clone is the same only as itself: by the ids of its blobs.
    """
    wanted = list(dict.fromkeys(pairs))
    keys = {pair: pair.old + pair.new for pair in wanted}
    return get_or_compute(
        cache, "patch", keys, compute=lambda missing: _compute_digests(scratch, missing), form=_FORM
    )


def _dump_digest(digest: Digest) -> list[str | int] | None:
    # Without a size the blobs were not read: they may be there later.
    return list(digest) if digest.size >= 0 else None


def _load_digest(row: list[str | int]) -> Digest:
    whole, lines, size = row
    return Digest(str(whole), str(lines), int(size))


_FORM = Form(_dump_digest, _load_digest)


def _compute_digests(scratch: Scratch, pairs: Sequence[Pair]) -> dict[Pair, Digest]:
    sizes = read_blob_sizes(scratch, pairs) | {scratch.null: 0}
    # A new file's patch is the file.
    changed = [
        pair
        for pair in pairs
        if scratch.null not in pair and all(sizes.get(b, MOST_BYTES) < MOST_BYTES for b in pair)
    ]
    digests = {pair: _digest_ids(pair, sizes) for pair in pairs}
    answers = zip(changed, salvage_batch(changed, lambda part: _read_patches(scratch, part)), strict=True)
    return digests | {pair: digest for pair, digest in answers if isinstance(digest, Digest)}


def _digest_ids(pair: Pair, sizes: dict[str, int]) -> Digest:
    ids = f"{pair.old} {pair.new}"
    known = all(blob in sizes for blob in pair)
    return Digest(ids, ids, max(sizes[blob] for blob in pair) if known else -1)


def _read_patches(scratch: Scratch, pairs: Sequence[Pair]) -> tuple[list[Digest | Failure], str]:
    """Digest the patches of these pairs, up to the first that git cannot read, and its reason."""
    flow = stream_output(scratch.git, [*DIFF_TREE, "-p", *write_pair_trees(scratch, pairs)], [])
    digests = [_digest_patch(patch) for patch in split_stream(flow.blocks, _NEXT)]
    reason = flow.failure()
    # Where git stopped, the last patch may be cut off.
    return (digests[:-1] if reason else digests), reason


def _digest_patch(patch: bytes) -> Digest | Failure:
    _, hunk, rest = patch.partition(b"\n@@ ")
    if not hunk:
        return Failure("it has no lines")  # binary: its ids say more
    body = b"@@ " + rest.removesuffix(b"\n")
    lines = _CHANGED.findall(body)
    size = sum(len(line.strip(b"-+ \t\r")) for line in lines if not line.startswith(b"\\"))
    return Digest(_hash(_PLACE.sub(b"@@", body)), _hash(b"\n".join(lines)), size)


def _hash(text: bytes) -> str:
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()
