"""Trees without the ledger's own folder: the code tree of a commit, and trees to compare without tasks.

Belongs here: computing and writing such trees. Does not: comparing them (see `attention.progress` and
`changes.absorbed`). Evidence and packets are bound to the code tree and not to the commit, so that a check-in
does not make them stale.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from agentledger.git import objects
from agentledger.git.scratch import Scratch
from agentledger.model import ledger_paths

_LEDGER = f"40000 {ledger_paths.FOLDER}\0".encode()
_TASKS = f"40000 {ledger_paths.TASKS.rstrip('/').rpartition('/')[2]}\0".encode()


def compute_code_trees(scratch: Scratch, trees: Sequence[str]) -> dict[str, str]:
    """For each root tree that can be read, by id, the id it would have without `.agentledger`.

    Hashed here, as git hashes trees, instead of by a process for each; SHA-1 and SHA-256.
    """
    # Many branches have the same tree.
    raw = objects.read_object_contents(scratch.git, list(dict.fromkeys(trees)))
    return {tree: _hash_without_ledger(tree, body, scratch.object_format) for tree, body in raw}


def write_code_trees(scratch: Scratch, trees: Sequence[str]) -> dict[str, str]:
    """For each root tree that can be read, by id, one without `.agentledger`; written into the sealed directory."""
    written = {}
    for tree, body in objects.read_object_contents(scratch.git, list(dict.fromkeys(trees))):
        without = _drop_entry(body, _LEDGER, scratch.object_format)
        written[tree] = tree if without == body else scratch.write("tree", without)
    return written


def write_trees_without_tasks(scratch: Scratch, trees: Sequence[str]) -> dict[str, str]:
    """For each root tree that can be read, by id, one without the folder of the ledger's tasks.

    Policy stays in it. What differs is written into the sealed directory.
    """
    bodies = dict(objects.read_object_contents(scratch.git, list(dict.fromkeys(trees))))
    ledgers = {tree: _entry_id(body, _LEDGER, scratch.object_format) for tree, body in bodies.items()}
    wanted = list(dict.fromkeys(oid for oid in ledgers.values() if oid))
    folders = dict(objects.read_object_contents(scratch.git, wanted))
    return {
        tree: _write_without_tasks(scratch, tree, body, ledger=folders.get(ledgers[tree], b""))
        for tree, body in bodies.items()
    }


def _write_without_tasks(scratch: Scratch, tree: str, body: bytes, ledger: bytes) -> str:
    """Write the tree with this content without tasks; `ledger` is the content of its `.agentledger`."""
    without_tasks = _drop_entry(ledger, _TASKS, scratch.object_format)
    if without_tasks == ledger:
        return tree
    if not without_tasks:
        return scratch.write("tree", _drop_entry(body, _LEDGER, scratch.object_format))
    folder = bytes.fromhex(scratch.write("tree", without_tasks))
    start, end = find_entry(body, _LEDGER, scratch.object_format)
    return scratch.write("tree", body[:start] + _LEDGER + folder + body[end:])


def _hash_without_ledger(tree: str, body: bytes, object_format: str) -> str:
    without_ledger = _drop_entry(body, _LEDGER, object_format)
    if without_ledger == body:
        return tree
    return hashlib.new(object_format, b"tree %d\0" % len(without_ledger) + without_ledger).hexdigest()


def _drop_entry(body: bytes, entry: bytes, object_format: str) -> bytes:
    start, end = find_entry(body, entry, object_format)
    return body[:start] + body[end:]


def _entry_id(body: bytes, entry: bytes, object_format: str) -> str:
    """The id that a tree has under an entry; '' where it has none."""
    start, end = find_entry(body, entry, object_format)
    return body[start + len(entry) : end].hex()


def find_entry(body: bytes, entry: bytes, object_format: str) -> tuple[int, int]:
    """Where an entry (mode, name and NUL) and its id stand in a tree's content; an empty span where it is not."""
    size = 32 if object_format == "sha256" else 20
    at = 0
    # Each entry of a tree object is mode, blank, name, NUL, and an id of `size` bytes. An id can have any
    # bytes in it, so only a walk from entry to entry is sure to find a name.
    while at < len(body):
        name_end = body.index(b"\0", at) + 1
        if body[at:name_end] == entry:
            return at, name_end + size
        at = name_end + size
    return at, at
