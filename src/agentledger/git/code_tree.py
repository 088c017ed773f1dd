"""The code tree of a commit: the id that its tree would have without the ledger's own folder.

Belongs here: computing that id. Does not: comparing it (see `attention.progress`). Evidence and packets are
bound to the code tree and not to the commit, so that a check-in does not make them stale.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from agentledger.git import objects
from agentledger.git.scratch import Scratch
from agentledger.model import ledger_paths
from agentledger.model.ledger_paths import LEDGER_BYTES

_LEDGER = f"40000 {ledger_paths.FOLDER}\0".encode()


def compute_code_trees(scratch: Scratch, trees: Sequence[str]) -> dict[str, str]:
    """For each root tree that can be read, by id, the id it would have without `.agentledger`.

    Hashed here, as git hashes trees, instead of by a process for each; SHA-1 and SHA-256.
    """
    # Many branches have the same tree.
    raw = objects.read_object_contents(scratch.git, list(dict.fromkeys(trees)))
    return {tree: _hash_without_ledger(tree, body, scratch.object_format) for tree, body in raw}


def _hash_without_ledger(tree: str, body: bytes, object_format: str) -> str:
    start, end = _locate_ledger(body, object_format)
    if start == end:
        return tree
    without_ledger = body[:start] + body[end:]
    return hashlib.new(object_format, b"tree %d\0" % len(without_ledger) + without_ledger).hexdigest()


def swap_ledger(body: bytes, other: bytes, object_format: str) -> bytes:
    """A root tree's raw content with the ledger's folder of another root tree in place of its own."""
    start, end = _locate_ledger(body, object_format)
    from_, to = _locate_ledger(other, object_format)
    return body[:start] + other[from_:to] + body[end:]


def _locate_ledger(body: bytes, object_format: str) -> tuple[int, int]:
    """Where the ledger's folder is in a root tree's raw content; where it would be, if there is none."""
    size = 32 if object_format == "sha256" else 20
    at, place = 0, None
    # Each entry of a tree object is mode, blank, name, NUL, and an id of `size` bytes. An id can have any
    # bytes in it, so only a walk from entry to entry is sure to find a name.
    while at < len(body):
        name_end = body.index(b"\0", at) + 1
        if body[at:name_end] == _LEDGER:
            return at, name_end + size
        # git sorts a folder as if its name ended with a slash.
        mode, _, name = body[at : name_end - 1].partition(b" ")
        if place is None and name + (b"/" if mode == b"40000" else b"") > LEDGER_BYTES:
            place = at
        at = name_end + size
    end = at if place is None else place
    return end, end
