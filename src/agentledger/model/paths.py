"""Paths and names as git's trees have them, in bytes: which are unsafe, and which are the same on some disks.

Belongs here: what follows from the bytes of a path or a tree. Does not: whose a path is (see `scope`), or
whether it changed (see `changes`). The commit hook imports this module, so it imports next to nothing.
"""

from __future__ import annotations

from agentledger.model.ledger_paths import FOLDER


def unsafe_path_reason(path: bytes) -> str | None:
    """Why no system should check out a file of this path; None where every one can.

    The reason completes a sentence that begins with the path.
    """
    parts = path.split(b"/")
    if any(part in (b"", b".", b"..") for part in parts):
        return "has a component that is empty, . or .."
    # git~1 is the short name by which Windows opens .git, too.
    if any(part.lower() in (b".git", b"git~1") for part in parts):
        return "has a component that git keeps for itself"
    if min(path) < 32 or 127 in path:
        return "has a control character in its name"
    first = parts[0]
    # On a disk that ignores case, `.AgentLedger` is the ledger's folder.
    return "looks like the ledger's folder" if first.lower() == FOLDER.encode() != first else None


def parent_folders(path: bytes) -> list[bytes]:
    """The folders that a path lies in, the top (b"") first."""
    parts = path.split(b"/")
    return [b"/".join(parts[:count]) for count in range(len(parts))]


def next_component(path: bytes, folder: bytes) -> bytes:
    """The component of a path that comes next below `folder`, in which it lies."""
    return path[len(folder) :].lstrip(b"/").split(b"/")[0]


def fold_name(name: bytes) -> str:
    """One key for all names that differ only by case or Unicode normalisation."""
    if name.isascii():
        return name.decode().lower()
    from unicodedata import normalize  # most names are ASCII, and its tables are large

    # Twice, since case folding can undo the normalisation.
    return normalize("NFC", normalize("NFC", name.decode("utf-8", "surrogateescape")).casefold())


def parse_tree_names(tree: bytes, size: int) -> list[bytes]:
    """The names in a tree as git stores it: mode, blank, name, NUL, an id of `size` bytes."""
    names, at = [], 0
    while at < len(tree):
        end = tree.index(b"\0", at)
        names.append(tree[at:end].partition(b" ")[2])
        at = end + 1 + size
    return names


def is_tree_sorted(tree: bytes, size: int) -> bool:
    """Is each name in a tree once, and where git would have put it? `size` is that of an id, in bytes.

    Folders sort as if they ended with `/`.
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
