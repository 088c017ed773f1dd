"""What a change can hide: where links point, names that collide, damaged trees.

Belongs here: reading that from blobs and trees, at a cost that grows with what changed, never with the
repository. Does not: characters that mislead (see `hidden_characters`), or whether it is allowed (see
`rules.ownership`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from agentledger.git import objects
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Change
from agentledger.model.paths import (
    fold_name,
    is_tree_sorted,
    next_component,
    parent_folders,
    parse_tree_names,
)
from agentledger.model.text import decode, encode
from agentledger.storage.cache import Cache, Form, get_or_compute

LINK, SUBMODULE = "120000", "160000"


def read_link_targets(scratch: Scratch, changes: Iterable[Change]) -> dict[str, bytes]:
    """Map the blob of each symbolic link among the new sides to the link's target."""
    blobs = dict.fromkeys(change.new for change in changes if change.new_mode == LINK)
    return dict(objects.read_object_contents(scratch.git, list(blobs)))


def find_twins(
    scratch: Scratch, changes_by_commit: Sequence[tuple[str, Sequence[Change]]], store: Cache | None = None
) -> dict[str, dict[bytes, bytes]]:
    """Map each commit to its added paths that collide, each with a path of the commit that it collides with.

    Two paths collide where they differ only by case or Unicode normalisation.
    Only the folders above added paths are read: elsewhere no collision can be new.
    """
    added = {commit: [c.path for c in changes if c.status == "A"] for commit, changes in changes_by_commit}
    keys = {commit: f"{commit} {_digest_paths(paths)}" for commit, paths in added.items()}
    return get_or_compute(
        store,
        "twins",
        keys,
        compute=lambda commits: _find_twins(scratch, {c: added[c] for c in commits}),
        form=_TWINS,
    )


def _digest_paths(paths: Iterable[bytes]) -> str:
    return hashlib.sha256(b"\0".join(paths)).hexdigest()


_TWINS: Form[dict[bytes, bytes]] = Form(
    lambda twins: {decode(path): decode(twin) for path, twin in twins.items()},
    lambda row: {encode(path): encode(twin) for path, twin in row.items()},
)


def _find_twins(scratch: Scratch, added: Mapping[str, Sequence[bytes]]) -> dict[str, dict[bytes, bytes]]:
    folders = {
        (commit, folder)
        for commit, paths in added.items()
        for path in paths
        for folder in parent_folders(path)
    }
    names = _read_folder_names(scratch, sorted(folders))
    return {commit: _colliding_paths(commit, paths, names) for commit, paths in added.items()}


def _colliding_paths(
    commit: str, paths: Iterable[bytes], names: Mapping[tuple[str, bytes], Mapping[str, list[bytes]]]
) -> dict[bytes, bytes]:
    twins = {}
    for path in paths:
        for folder in parent_folders(path):
            mine = next_component(path, folder)
            same = [name for name in names[commit, folder].get(fold_name(mine), ()) if name != mine]
            if same:
                twins[path] = folder + (b"/" if folder else b"") + same[0]
    return twins


def _read_folder_names(
    scratch: Scratch, folders: Sequence[tuple[str, bytes]]
) -> dict[tuple[str, bytes], dict[str, list[bytes]]]:
    """Map each (commit, folder) to the names in it, by what they are folded to."""
    names_in_git = [commit.encode() + b":" + folder for commit, folder in folders]
    trees = [oid for oid, _, _ in objects.read_object_info(scratch.git, names_in_git)]
    size = 32 if scratch.object_format == "sha256" else 20
    # By tree: commits of one repository share most of their folders. "" is a folder that is not there.
    by_tree: dict[str, dict[str, list[bytes]]] = {"": {}}
    for oid, raw in objects.read_object_contents(scratch.git, [oid for oid in dict.fromkeys(trees) if oid]):
        names = by_tree.setdefault(oid, {})
        for name in parse_tree_names(raw, size):
            names.setdefault(fold_name(name), []).append(name)
    return {folder: by_tree.get(oid, {}) for folder, oid in zip(folders, trees, strict=True)}


def find_disordered(
    scratch: Scratch, paths_by_commit: Mapping[str, Iterable[bytes]], store: Cache | None = None
) -> dict[str, frozenset[bytes]]:
    """Map each commit to those of its paths that lie in a folder whose tree git would not have written.

    In such a tree an entry is there twice, or lies where a reader who trusts the order does not find it.
    """
    sorted_paths = {commit: tuple(sorted(paths)) for commit, paths in paths_by_commit.items()}
    keys = {commit: f"{commit} {_digest_paths(paths)}" for commit, paths in sorted_paths.items()}
    return get_or_compute(
        store,
        "order",
        keys,
        compute=lambda commits: _find_disordered(scratch, {c: sorted_paths[c] for c in commits}),
        form=_ORDER,
    )


_ORDER: Form[frozenset[bytes]] = Form(
    lambda paths: sorted(map(decode, paths)), lambda row: frozenset(map(encode, row))
)


def _find_disordered(
    scratch: Scratch, paths_by_commit: Mapping[str, Iterable[bytes]]
) -> dict[str, frozenset[bytes]]:
    folders = {
        (commit, folder)
        for commit, paths in paths_by_commit.items()
        for path in paths
        for folder in parent_folders(path)
    }
    ordered = sorted(folders)
    answers = objects.read_object_info(
        scratch.git, [commit.encode() + b":" + folder for commit, folder in ordered]
    )
    ids = {place: oid for place, (oid, kind, _) in zip(ordered, answers, strict=True) if kind == "tree"}
    size = 32 if scratch.object_format == "sha256" else 20
    unsorted = {
        oid
        for oid, raw in objects.read_object_contents(scratch.git, list(dict.fromkeys(ids.values())))
        if not is_tree_sorted(raw, size)
    }
    return {
        commit: frozenset(
            p for p in paths if any(ids.get((commit, folder)) in unsorted for folder in parent_folders(p))
        )
        for commit, paths in paths_by_commit.items()
    }
