"""What a change can hide: where links point, characters that mislead, names that collide, damaged trees.

Belongs here: reading that from blobs and trees, at a cost that grows with what changed, never with the
repository. Does not: whether it is allowed (see `rules.ownership`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

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
from agentledger.model.text import count_misleading, decode, encode, format_path
from agentledger.rules.case import Hidden
from agentledger.storage.cache import Cache, Form, get_or_compute

LINK, SUBMODULE = "120000", "160000"
MOST_BYTES = 1 << 20  # of a blob; nobody reads a larger one line by line


def read_link_targets(scratch: Scratch, changes: Iterable[Change]) -> dict[str, bytes]:
    """Map the blob of each symbolic link among the new sides to the link's target."""
    blobs = dict.fromkeys(change.new for change in changes if change.new_mode == LINK)
    return dict(objects.read_object_contents(scratch.git, list(blobs)))


def find_hidden(
    scratch: Scratch, changes: Iterable[Change], store: Cache | None = None
) -> dict[Change, tuple[Hidden, ...]]:
    """Map each change to the misleading characters that it adds, in the file or in its name.

    A kind of character that the file had before is left out. Without `store` nothing is remembered.
    """
    keys = {
        change: f"{change.old} {change.new} {change.new_mode} {decode(change.path)}" for change in changes
    }
    hidden = get_or_compute(
        store, "hidden", keys, compute=lambda missing: _find_hidden(scratch, missing), form=_HIDDEN
    )
    return {change: places for change, places in hidden.items() if places}


def _dump_hidden(places: tuple[Hidden, ...]) -> Any:
    return [[each.where, decode(each.path or b""), each.line, list(each.names)] for each in places]


def _load_hidden(rows: Any) -> tuple[Hidden, ...]:
    return tuple(
        Hidden(str(where), encode(path), None if line is None else int(line), tuple(map(str, names)))
        for where, path, line, names in rows
    )


_HIDDEN = Form(_dump_hidden, _load_hidden)


def _find_hidden(scratch: Scratch, changes: list[Change]) -> dict[Change, tuple[Hidden, ...]]:
    # An id of zeros is git's "no blob here": the file was deleted, or is new.
    files = [c for c in changes if c.new.strip("0") and c.new_mode not in (LINK, SUBMODULE)]
    small = _small_blobs(scratch, {blob for c in files for blob in (c.old, c.new) if blob.strip("0")})
    # Most files are ASCII, which has no misleading characters: nothing of those is kept.
    texts = {
        blob: decode(raw)
        for blob, raw in objects.read_object_contents(scratch.git, small)
        if not raw.isascii()
    }
    return {change: (*_hidden_in_path(change), *_hidden_in_text(change, texts)) for change in changes}


def _hidden_in_text(change: Change, texts: Mapping[str, str]) -> Iterator[Hidden]:
    text = texts.get(change.new, "")
    names = set(count_misleading([text])) - set(count_misleading([texts.get(change.old, "")]))
    if names:
        line = next(n for n, row in enumerate(text.split("\n"), 1) if names & set(count_misleading([row])))
        yield Hidden(format_path(change.path), change.path, line, tuple(sorted(names)))


def _hidden_in_path(change: Change) -> Iterator[Hidden]:
    names = count_misleading([decode(change.path)]) if change.status != "D" else None
    if names:
        yield Hidden("the name of a file", change.path, None, tuple(sorted(names)))


def _small_blobs(scratch: Scratch, blobs: Iterable[str]) -> list[str]:
    ordered = list(blobs)
    answers = objects.read_object_info(scratch.git, ordered)
    return [
        blob
        for blob, (_, kind, size) in zip(ordered, answers, strict=True)
        if kind == "blob" and size <= MOST_BYTES
    ]


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
