"""The code tree: a commit's tree without the ledger's own folder.

What evidence and packets are bound to, so that a status report does not make them stale.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from agentledger.git import objects
from agentledger.git.scratch import Scratch

_LEDGER = b"40000 .agentledger\0"


def compute_code_trees(scratch: Scratch, trees: Sequence[str]) -> dict[str, str]:
    """For each root tree that can be read, the id it would have without `.agentledger`.

    Hashed here, as git hashes trees, instead of by a process for each; SHA-1 and SHA-256.
    """
    raw = objects.read_object_contents(scratch.git, list(dict.fromkeys(trees)))
    return {tree: _hash_without_ledger(tree, body, scratch.object_format) for tree, body in raw}


def _hash_without_ledger(tree: str, body: bytes, object_format: str) -> str:
    size = 32 if object_format == "sha256" else 20
    at = 0
    while at < len(body):
        name_end = body.index(b"\0", at) + 1
        if body[at:name_end] == _LEDGER:
            rest = body[:at] + body[name_end + size :]
            return hashlib.new(object_format, b"tree %d\0" % len(rest) + rest).hexdigest()
        at = name_end + size
    return tree
