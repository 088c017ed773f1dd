"""What each branch changes of base, for the filter of pairs.

Belongs here: from merges with base to footprints, without the ledger's folder. Does not: the merges (see
`changes.net_changes`), or comparing footprints (see `pair_filter`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from agentledger.collisions.pair_filter import Footprint, parent_folders
from agentledger.git import objects
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Change
from agentledger.model.ledger_paths import LEDGER_BYTES

# What a folder has: its files and submodules, and its folders with a slash at the end.
_Listing = tuple[bytes, ...]


def build_footprints(scratch: Scratch, sides: Sequence[tuple[str, Iterable[Change]]]) -> list[Footprint]:
    """Return the footprint of each list of changes against its commit."""
    by_path = [
        {change.path: change for change in changes if not change.path.startswith(LEDGER_BYTES)}
        for _, changes in sides
    ]
    # Only a folder that loses a file, to one that also adds some, can have been renamed.
    deleted = [
        {path for path, change in each.items() if change.status == "D"}
        if any(change.status == "A" for change in each.values())
        else set()
        for each in by_path
    ]
    folders = {
        (base, folder)
        for (base, _), paths in zip(sides, deleted, strict=True)
        for path in paths
        for folder in parent_folders(path)
    }
    listings = _list_folders(scratch, sorted(folders))
    return [
        Footprint(each, _find_gone(paths, each, listings.get(base, {})))
        for (base, _), each, paths in zip(sides, by_path, deleted, strict=True)
    ]


def _find_gone(
    deleted: set[bytes], changes: Mapping[bytes, Change], listings: Mapping[bytes, _Listing]
) -> frozenset[bytes]:
    """The folders of base of which nothing is left."""
    added = {
        folder for path, each in changes.items() if each.status == "A" for folder in parent_folders(path)
    }
    folders = {folder for path in deleted for folder in parent_folders(path)} - added
    gone: set[bytes] = set()
    # Inner folders first, since the outer ones depend on them.
    for folder in sorted(folders, key=lambda each: -each.count(b"/")):
        if all(item in deleted or item in gone for item in listings.get(folder, (b"",))):
            gone.add(folder)
    return frozenset(gone)


def _list_folders(scratch: Scratch, folders: Sequence[tuple[str, bytes]]) -> dict[str, dict[bytes, _Listing]]:
    """Map commits to some of their folders, and these to what is in them; what cannot be read is left out."""
    if not folders:
        return {}
    names = [b"%s:%s" % (base.encode(), folder[:-1]) for base, folder in folders]
    infos = objects.read_object_info(scratch.git, names)
    trees = {each: oid for each, (oid, kind, _) in zip(folders, infos, strict=True) if kind == "tree"}
    bodies = dict(objects.read_object_contents(scratch.git, list(dict.fromkeys(trees.values()))))
    listings: dict[str, dict[bytes, _Listing]] = {}
    for (base, folder), oid in trees.items():
        if oid in bodies:
            listings.setdefault(base, {})[folder] = tuple(
                folder + name for name in objects.parse_tree_names(bodies[oid], scratch.object_format)
            )
    return listings
