"""Trees of commits with some files exchanged, written into the sealed directory.

Belongs here: from paths and their new entries to the id of a tree. Does not: the blobs (see `scratch`), or where the
new entries come from (see `repository.uncommitted_files`).

Only the folders on the way to a changed path are read, those of all commits by two processes, and none is started to
write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from agentledger.git import objects
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch

_FOLDER = "40000"


class Entry(NamedTuple):
    """What a tree has under a name: git's mode, and the id of a blob, or of a submodule's commit."""

    mode: str
    id: str


# By path; None takes the path away.
Edits = Mapping[bytes, Entry | None]
_Folders = Mapping[bytes, dict[bytes, Entry]]


def write_edited_trees(scratch: Scratch, edited: Sequence[tuple[str, Edits]]) -> list[str | Failure]:
    """Return, for each commit with its edits, the id of the tree that they make of the commit's tree."""
    wanted = [(commit, folder) for commit, edits in edited for folder in _list_folders(edits)]
    folders: dict[str, dict[bytes, dict[bytes, Entry]]] = {commit: {} for commit, _ in edited}
    for (commit, folder), entries in _read_folders(scratch, list(dict.fromkeys(wanted))):
        folders[commit][folder] = entries
    return [_write_root(scratch, folders[commit], edits) for commit, edits in edited]


def _list_folders(edits: Edits) -> list[bytes]:
    """The folders on the way to the paths, each with a slash at its end but the top, which is empty."""
    folders = {b""}
    for path in edits:
        end = path.rfind(b"/")
        while end > 0 and path[: end + 1] not in folders:
            folders.add(path[: end + 1])
            end = path.rfind(b"/", 0, end)
    return sorted(folders)


def _read_folders(
    scratch: Scratch, wanted: Sequence[tuple[str, bytes]]
) -> Iterator[tuple[tuple[str, bytes], dict[bytes, Entry]]]:
    """Yield what is in each of the folders that is one, and can be read."""
    names = [b"%s:%s" % (commit.encode(), folder[:-1]) for commit, folder in wanted]
    infos = objects.read_object_info(scratch.git, names)
    trees = {key: oid for key, (oid, kind, _) in zip(wanted, infos, strict=True) if kind == "tree"}
    bodies = dict(objects.read_object_contents(scratch.git, list(dict.fromkeys(trees.values()))))
    for key, oid in trees.items():
        if oid in bodies:
            yield key, _parse_tree(bodies[oid], scratch.object_format)


def _parse_tree(body: bytes, object_format: str) -> dict[bytes, Entry]:
    size, at = 32 if object_format == "sha256" else 20, 0
    entries = {}
    while at < len(body):
        end = body.index(b"\0", at)
        mode, _, name = body[at:end].partition(b" ")
        at = end + 1 + size
        entries[name] = Entry(mode.decode("ascii"), body[end + 1 : at].hex())
    return entries


def _write_root(scratch: Scratch, folders: _Folders, edits: Edits) -> str | Failure:
    lost = Failure("a tree of its commit is missing")
    if b"" not in folders or any(_is_lost(folders, folder) for folder in _list_folders(edits)):
        return lost
    return _write_folders(scratch, folders, _sort_by_folder(edits)) or scratch.tree([])


def _is_lost(folders: _Folders, folder: bytes) -> bool:
    """Is this a folder of the commit that could not be read?"""
    parent, _, name = folder[:-1].rpartition(b"/")
    entry = folders.get(parent + b"/" if parent else b"", {}).get(name)
    return folder not in folders and entry is not None and entry.mode == _FOLDER


def _sort_by_folder(edits: Edits) -> Mapping[bytes, Edits]:
    """By folder, the edits right in it, by name; a folder inside it has an empty row of its own."""
    by_folder: dict[bytes, dict[bytes, Entry | None]] = {folder: {} for folder in _list_folders(edits)}
    for path, entry in edits.items():
        folder, slash, name = path.rpartition(b"/")
        by_folder[folder + slash][name] = entry
    return by_folder


def _write_folders(scratch: Scratch, folders: _Folders, edits: Mapping[bytes, Edits]) -> str:
    """Write all folders, and return the id of the top's tree; '' where nothing is left in it."""
    inside: dict[bytes, list[bytes]] = {}
    for folder in edits:
        if folder:
            inside.setdefault(folder[: folder.rfind(b"/", 0, -1) + 1], []).append(folder)
    trees: dict[bytes, str] = {}
    # The inner ones first. Not by recursion: an agent can nest folders deeper than Python calls.
    for folder in sorted(edits, key=lambda each: each.count(b"/"), reverse=True):
        inner = {each[len(folder) : -1]: trees[each] for each in inside.get(folder, ())}
        entries = _edit_entries(folders.get(folder, {}), edits[folder], inner)
        rows = [(entry.mode, name, entry.id) for name, entry in _sort_entries(entries)]
        trees[folder] = scratch.tree(rows) if rows else ""
    return trees[b""]


def _edit_entries(
    before: Mapping[bytes, Entry], edits: Edits, inner: Mapping[bytes, str]
) -> dict[bytes, Entry]:
    """What is in a folder afterwards; `inner` are the folders in it that were written anew, '' for an empty one."""
    # In this order a file can take the place of a folder, and a folder that of a file.
    gone = {name for name, entry in edits.items() if entry is None}
    entries = {n: e for n, e in before.items() if n not in gone or e.mode == _FOLDER}
    entries = {n: e for n, e in entries.items() if n not in inner or e.mode != _FOLDER}
    entries |= {name: Entry(_FOLDER, tree) for name, tree in inner.items() if tree}
    return entries | {name: entry for name, entry in edits.items() if entry is not None}


def _sort_entries(entries: Mapping[bytes, Entry]) -> list[tuple[bytes, Entry]]:
    """In git's order, in which the name of a folder has a slash at its end."""
    return sorted(entries.items(), key=lambda item: item[0] + b"/" if item[1].mode == _FOLDER else item[0])
