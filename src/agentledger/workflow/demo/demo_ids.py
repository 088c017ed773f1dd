"""Computes the ids that git will give to the sample's commits, before git has seen them.

Belongs here: hashing blobs, trees and commits as git does. Does not: writing any (see `create_demo`).

Documents of the sample name commits that are imported together with them, so git cannot be asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

from agentledger.model.ledger_paths import LEDGER
from agentledger.workflow.demo.demo_fleet import File, Step, Tree


def tree_id(tree: Tree) -> str:
    """The id of a root tree."""
    folders: dict[str, Tree] = {}
    entries: list[tuple[str, str, str]] = []
    for path, file in tree.items():
        top_name, slash, subpath = path.partition("/")
        if slash:
            folders.setdefault(top_name, {})[subpath] = file
        else:
            entries.append((top_name, file.mode, _blob_id(file)))
    entries += [(f"{name}/", "40000", tree_id(subtree)) for name, subtree in folders.items()]
    # Git sorts a folder as if its name ended in a slash.
    ordered = sorted(entries, key=lambda entry: entry[0].encode())
    body = [f"{mode} {name.removesuffix('/')}\0".encode() + bytes.fromhex(oid) for name, mode, oid in ordered]
    return _hash_object("tree", b"".join(body))


def code_tree_id(tree: Tree) -> str:
    """The id of a root tree without the ledger's folder."""
    return tree_id({path: file for path, file in tree.items() if not path.startswith(LEDGER)})


def commit_id(step: Step, tree: str, parents: Sequence[str], now: int) -> str:
    """The id of the commit that a step becomes."""
    person = f"{step.who.name} <{step.who.email}> {now - 60 * step.minutes} +0000"
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents), f"author {person}"]
    return _hash_object("commit", "\n".join([*lines, f"committer {person}", "", step.message]).encode())


@lru_cache(maxsize=1024)
def _blob_id(file: File) -> str:
    return _hash_object("blob", file.content)


def _hash_object(kind: str, body: bytes) -> str:
    # SHA-1 is git's own name for what it stores; it protects nothing here.
    return hashlib.sha1(f"{kind} {len(body)}\0".encode() + body, usedforsecurity=False).hexdigest()
