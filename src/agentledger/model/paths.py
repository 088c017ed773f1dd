"""Paths and names as trees hold them: bytes, and what some system would make of them.

Belongs here: which are unsafe anywhere, and which two are one on some disk. Does not: whose they are (see
`scope`), or which of them changed. It is imported by every commit, so it imports next to nothing.
"""

from __future__ import annotations


def unsafe_path_reason(path: bytes) -> str | None:
    """Why no system should check out a file of this path, to stand behind it; None where each can."""
    parts = path.split(b"/")
    if any(part in (b"", b".", b"..") for part in parts):
        return "has a component that is empty, . or .."
    if any(part.lower() in (b".git", b"git~1") for part in parts):
        return "has a component that git keeps for itself"
    if min(path) < 32 or 127 in path:
        return "has a control character in its name"
    first = parts[0]
    return "looks like the ledger's folder" if first.lower() == b".agentledger" != first else None


def parent_folders(path: bytes) -> list[bytes]:
    """The folders that a path lies in, the top (b"") first."""
    parts = path.split(b"/")
    return [b"/".join(parts[:count]) for count in range(len(parts))]


def next_component(path: bytes, folder: bytes) -> bytes:
    """What a folder that a path lies in holds of it: the next component."""
    return path[len(folder) :].lstrip(b"/").split(b"/")[0]


def fold_name(name: bytes) -> str:
    """What all names have in common that differ only by case or Unicode normalisation."""
    if name.isascii():
        return name.decode().lower()
    from unicodedata import normalize  # most names are ASCII, and its tables are large

    return normalize("NFC", normalize("NFC", name.decode("utf-8", "surrogateescape")).casefold())


def parse_tree_names(tree: bytes, size: int) -> list[bytes]:
    """The names in a tree as git stores it: mode, blank, name, NUL, an id of `size` bytes."""
    found, at = [], 0
    while at < len(tree):
        end = tree.index(b"\0", at)
        found.append(tree[at:end].partition(b" ")[2])
        at = end + 1 + size
    return found


def is_tree_sorted(tree: bytes, size: int) -> bool:
    """Does each name of a tree stand there once, and where git would have put it? Folders sort as if they
    ended with `/`.
    """
    last, names, at = b"", set(), 0
    while at < len(tree):
        end = tree.index(b"\0", at)
        mode, _, name = tree[at:end].partition(b" ")
        key = name + b"/" if mode.lstrip(b"0") == b"40000" else name
        if key <= last or name in names:
            return False
        names.add(name)
        last, at = key, end + 1 + size
    return True
