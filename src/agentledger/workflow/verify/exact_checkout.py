"""Finds out whether a fresh worktree holds what its commit says, byte for byte.

Belongs here: comparing the files with the ids that the commit has of them. Does not: making the worktree (see
`fresh_worktree`), or what follows from a difference.

An agent that works in a linked worktree of the same clone can write the clone's configuration, its
`info/attributes` and its objects. With a filter of its own, or another content under an object's name, a checkout
would hold code that no commit has, and what passes there would be called reproduced. So nothing of that is
believed: ids are computed anew, from the commit down to each file.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from agentledger.git import process
from agentledger.git.objects import blob_id, read_files
from agentledger.git.process import Git
from agentledger.model.text import decode

_LINK, _SUBMODULE = "120000", "160000"
_IDENT = re.compile(rb"\$Id: [0-9a-f]+ \$")
# What the user has for all repositories; an agent's sandbox, or its worktree, gives it the clone's own alone.
_USERS = ("global", "system")

Files = Mapping[bytes, tuple[str, str]]


def find_altered_files(git: Git, folder: Path, commit: str) -> tuple[bytes, ...]:
    """Return the paths below `folder` that are not as `commit` has them; all of them where its tree is not.

    Line ends, `$Id$`, files of Git LFS and what a filter of the user's own configuration made are as they should be.
    """
    files = read_files(git, commit)
    if not _has_tree(git, commit, files):
        return tuple(files)
    return find_altered_paths(git, folder, files)


def find_altered_paths(git: Git, folder: Path, files: Files) -> tuple[bytes, ...]:
    """Return the paths below `folder` that are not as these entries, mode and id by path, have them."""
    altered = [path for path, entry in files.items() if not _is_as_committed(folder, path, *entry)]
    trusted = _find_user_filtered(git, altered) if altered else frozenset()
    return tuple(path for path in altered if path not in trusted)


def _has_tree(git: Git, commit: str, files: Files) -> bool:
    """Does the commit really have its id, and the tree of these files?"""
    content = process.run(git, ["cat-file", "commit", commit])
    form = "sha1" if len(commit) == 40 else "sha256"
    named = hashlib.new(form, b"commit %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    tree = content.partition(b"\n")[0].removeprefix(b"tree ")
    return named == commit and tree == _write_tree(git, files)


def _write_tree(git: Git, files: Files) -> bytes:
    """Compute the id of the tree with these files; nothing is written into the repository."""
    lines = (b"%s %s\t%s\0" % (mode.encode(), oid.encode(), path) for path, (mode, oid) in files.items())
    with tempfile.TemporaryDirectory(prefix="agentledger-") as name:
        env = {**git.env, "GIT_INDEX_FILE": f"{name}/index", "GIT_OBJECT_DIRECTORY": name}
        aside = replace(git, env=env)
        process.run(aside, ["update-index", "-z", "--index-info"], b"".join(lines))
        return process.run(aside, ["write-tree", "--missing-ok"]).strip()


def _is_as_committed(folder: Path, path: bytes, mode: str, oid: str) -> bool:
    if mode == _SUBMODULE:
        return True
    file = folder / os.fsdecode(path)
    try:
        if mode == _LINK and file.is_symlink():
            # Not by Path.readlink, which drops ./ and a last slash of what the link says.
            return _has_id(oid, os.readlink(os.fsencode(file)))  # noqa: PTH115
        content = b"" if file.is_symlink() else file.read_bytes()
    except OSError:
        return False
    return not file.is_symlink() and any(_has_id(oid, undo(content)) for undo in _UNDOING)


def _has_id(oid: str, content: bytes) -> bool:
    return blob_id(content, "sha1" if len(oid) == 40 else "sha256") == oid


def _point_to(content: bytes) -> bytes:
    """The pointer by which Git LFS keeps a file of this content; it has the content's own digest."""
    digest = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n".encode()


# What leads from a file back to its blob, whatever the clone's settings are; as it is comes first.
_UNDOING: tuple[Callable[[bytes], bytes], ...] = (
    bytes,
    lambda content: content.replace(b"\r\n", b"\n"),
    lambda content: _IDENT.sub(b"$Id$", content),
    _point_to,
)


def _find_user_filtered(git: Git, paths: Sequence[bytes]) -> frozenset[bytes]:
    """Return those of these paths whose filter is one that only the user's own configuration names."""
    words = process.run(git, ["check-attr", "-z", "--stdin", "filter"], b"".join(p + b"\0" for p in paths))
    fields = words.split(b"\0")
    filters = dict(zip(fields[0::3], map(decode, fields[2::3]), strict=False))
    scopes = _read_filter_scopes(git)
    return frozenset(
        path for path, name in filters.items() if name in scopes and scopes[name].issubset(_USERS)
    )


def _read_filter_scopes(git: Git) -> dict[str, set[str]]:
    """Map each filter to where it is configured, in git's words for that."""
    pattern = r"^filter\..*\.(smudge|process)$"
    out = process.run_or_none(git, ["config", "-z", "--show-scope", "--name-only", "--get-regexp", pattern])
    fields = decode(out or b"").split("\0")
    scopes: dict[str, set[str]] = {}
    for scope, key in zip(fields[0::2], fields[1::2], strict=False):
        scopes.setdefault(key.split(".", 1)[1].rpartition(".")[0], set()).add(scope)
    return scopes
